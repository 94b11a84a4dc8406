"""A neck on a sagittal slice, for the guard that lumbar grades are never given to another region.

C2 to T3 with their discs, a cord that runs all the way down in a canal of bright fluid, the brain stem above, air in
front and no sacrum. Sizes follow Panjabi et al. (Spine 1991;16:861: bodies about 15 mm deep and 13 mm high).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from lumbar_core.anatomy import Weighting
from lumbar_core.geometry import Plane
from training.phantom.canvas import Array, rounded, within
from training.phantom.encoding import encode
from training.phantom.protocols import T1_SAGITTAL, T2_SAGITTAL
from training.phantom.tissues import FIRST_NUCLEUS, Brightness, Tissue
from training.phantom.writing import add_pixels, add_place, empty_file, uid

SIDE, SPACING_MM = 256, 0.9
BODIES = 9  # C2 … T3
BODY_MM, DISC_MM = 13.5, 5.0
DEPTH_MM, CANAL_MM, CORD_MM = 15.5, 13.0, 7.5
SLICES, STEP_MM = 9, 3.5
WHITE = 1500.0


def cervical_slice(seed: int, weighting: Weighting, aside_mm: float = 0.0) -> NDArray[np.uint16]:
    """(256, 256) stored values of a slice so far from the midline; the same arguments give the same pixels."""
    random = np.random.default_rng([seed, 21])
    protocol = T1_SAGITTAL if weighting is Weighting.T1 else T2_SAGITTAL
    tissue = _tissues(random, aside_mm)
    brightness = Brightness.of(protocol.sequence, 1.5, (0.5,))
    noise = np.random.default_rng([seed, 22, round(10 * aside_mm) + 1000, weighting is Weighting.T1])
    texture = gaussian_filter(noise.standard_normal(tissue.shape), 1.5) * 3
    image = brightness.water[tissue] + brightness.fat[tissue] + texture * brightness.grain[tissue]
    across, _ = _grid()
    image = gaussian_filter(image, 0.7) * (0.35 + 1.1 / (1 + np.exp(-(across + 25) / 14)))
    real, imaginary = image + noise.normal(0, 0.01, image.shape), noise.normal(0, 0.01, image.shape)
    return np.clip(np.rint(np.hypot(real, imaginary) * WHITE), 0, 4095).astype(np.uint16)


def write_cervical(seed: int, folder: Path, weighting: Weighting = Weighting.T2) -> list[Path]:
    """A series of nine slices; its header names neither the body part nor the sequence."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    images = [cervical_slice(seed, weighting, (index - SLICES // 2) * STEP_MM) for index in range(SLICES)]
    for index, image in enumerate(images):
        sop = uid(seed, "cervical", index)
        dataset = empty_file(sop)
        dataset.SOPClassUID, dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPClassUID, sop
        dataset.Modality, dataset.PatientID, dataset.PatientName = "MR", f"PHANTOM-{seed}", "Phantom^Generated"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid(seed, "neck"), uid(seed, "neck", "series")
        dataset.FrameOfReferenceUID, dataset.InstanceNumber = uid(seed, "neck", "frame"), index + 1
        origin = np.array([(index - SLICES // 2) * STEP_MM, -SIDE * SPACING_MM / 2, SIDE * SPACING_MM / 2])
        plane = Plane(origin, np.array([0.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0]), (SPACING_MM, SPACING_MM))
        add_place(dataset, plane)
        add_pixels(dataset, image, images[SLICES // 2])
        paths.append(folder / f"{index + 1}.dcm")
        paths[-1].write_bytes(encode(dataset))
    return paths


def _grid() -> tuple[Array, Array]:
    """(across, down) in mm of every pixel from the picture's middle, backwards and to the feet."""
    axis = (np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2) * SPACING_MM
    down, across = np.meshgrid(axis, axis, indexing="ij")
    return across, down


def _tissues(random: np.random.Generator, aside_mm: float) -> NDArray[np.uint8]:
    """Tissue numbers of the slice: what lies behind first, the spine over it."""
    across, down = _grid()
    size, bend = float(random.normal(1.0, 0.06)), float(random.normal(8.0, 4.0))
    # The wall behind the bodies: hollow to the back in the neck, to the front in the chest.
    heights = np.arange(-70.0, 130.0, 0.5)
    wall = -bend * np.sin((heights + 60) / 190 * 2 * np.pi) * np.where(heights < 35, 1, 1.6) - 2
    curve = np.stack([wall, heights], axis=1)
    steps = np.gradient(curve, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    _, nearest = cKDTree(curve).query(np.stack([across.ravel(), down.ravel()], axis=1))
    off = np.stack([across.ravel(), down.ravel()], axis=1) - curve[nearest]
    behind = (off[:, 0] * steps[nearest, 1] - off[:, 1] * steps[nearest, 0]).reshape(across.shape)
    along = heights[nearest].reshape(across.shape) + 55
    found = np.full(across.shape, Tissue.MUSCLE, np.uint8)
    _paint_head_and_neck(found, across, down, behind, along)
    middle = np.clip(1 - (aside_mm / 9.0) ** 2, 0, 1) ** 0.5
    for index in range(BODIES):
        pitch = (BODY_MM + DISC_MM + 0.5 * index) * size
        centre = index * pitch
        off_centre = along - centre
        disc = rounded(behind + DEPTH_MM / 2, DEPTH_MM / 2 + 0.5, off_centre - pitch / 2, DISC_MM / 2 + 1, 6.0)
        found[disc] = Tissue.ANNULUS
        inner = rounded(behind + DEPTH_MM / 2, DEPTH_MM / 2 - 3, off_centre - pitch / 2, DISC_MM / 2 - 0.5, 4.0)
        found[inner] = FIRST_NUCLEUS
        tall = BODY_MM * size / 2 + (6 if index == 0 else 0)  # the dens stands on C2
        found[rounded(behind + DEPTH_MM / 2, DEPTH_MM / 2, off_centre + (tall - BODY_MM * size / 2), tall, 8.0)] = (
            Tissue.CORTEX
        )
        core = rounded(behind + DEPTH_MM / 2, DEPTH_MM / 2 - 1, off_centre + (tall - BODY_MM * size / 2), tall - 1, 8.0)
        found[core] = Tissue.MARROW
        spinous = rounded(behind - CANAL_MM - 15, 12 + index, off_centre - 5 - 0.25 * (behind - CANAL_MM), 4.0, 3.0)
        found[spinous & (abs(aside_mm) < 5)] = Tissue.MARROW
    canal = within(behind, 0.5, 0.5 + CANAL_MM * middle)
    found[canal] = Tissue.FLUID
    cord = within(behind, 0.5 + (CANAL_MM - CORD_MM) / 2, 0.5 + (CANAL_MM + CORD_MM) / 2)
    if abs(aside_mm) < CORD_MM * 0.7:
        found[canal & cord] = Tissue.CORD
    return found


def _paint_head_and_neck(found: NDArray[np.uint8], across: Array, down: Array, behind: Array, along: Array) -> None:
    """Brain stem and cerebellum above, airway in front, fat behind, air outside."""
    found[behind < -DEPTH_MM - 6] = Tissue.BOWEL
    found[within(behind, -DEPTH_MM - 22, -DEPTH_MM - 9) & (along > -30)] = Tissue.AIR  # pharynx and trachea
    found[within(behind, 34 + 0.12 * (along - 40), 80)] = Tissue.FAT
    head = rounded(across - 14, 62.0, down + 100, 48.0, 2.5)
    found[head] = Tissue.CORTEX
    found[rounded(across - 14, 58.0, down + 100, 44.0, 2.5)] = Tissue.FLUID
    found[rounded(across - 34, 26.0, down + 84, 20.0, 2.0)] = Tissue.CORD  # cerebellum
    found[rounded(across - 2, 10.0, down + 84, 26.0, 2.5)] = Tissue.CORD  # stem
    found[rounded(across - 14, 54.0, down + 122, 24.0, 2.5)] = Tissue.CORD
    found[(behind > 52 + 0.2 * np.abs(along - 60)) & (down > -60)] = Tissue.AIR
    found[(behind < -DEPTH_MM - 42) & (down > -60)] = Tissue.AIR
    found[(down < -50) & ~head & (behind > 30)] = Tissue.AIR
    found[(down < -70) & ~head] = Tissue.AIR
    found[(across < -62) & ~head] = Tissue.AIR
