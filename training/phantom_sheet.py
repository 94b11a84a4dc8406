"""A contact sheet of phantoms, alone or beside real slices: the eye finds what tests don't ask for.

Rows: sagittal T2 through the canal, sagittal T1 through a foramen, axial T2 at a disc. A sheet with real slices shows
patients and never leaves the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.anatomy import LEVELS, Condition, Orientation
from lumbar_core.study import Pixels
from training.phantom.body import Patient
from training.phantom.protocols import Protocol, protocols_of
from training.phantom.scan import pose_of, scan
from training.phantom.spine import build_spine
from training.phantom.truth import Structure, structures_of
from training.pictures import load_picture, middle_tile

TILE = 192
GAP = 4
SHOWN = (
    Condition.SPINAL_CANAL_STENOSIS,
    Condition.NEURAL_FORAMINAL_NARROWING,
    Condition.SUBARTICULAR_STENOSIS,
)
REAL_SETS = ("rsna_canal", "rsna_foraminal", "rsna_subarticular")


def phantom_sheet(seeds: Sequence[int], data: Path | None, out: Path) -> None:
    """Write one column a seed; with `data`, each beside a column of real slices."""
    columns: list[list[Pixels]] = []
    for number, seed in enumerate(seeds):
        columns.append(_phantom_column(seed))
        if data is not None:
            columns.append(_real_column(data, number))
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([np.concatenate([_tile(p) for p in column]) for column in columns], axis=1)).save(
        out
    )


def _phantom_column(seed: int) -> list[Pixels]:
    patient = Patient.of(build_spine(seed))
    structures = structures_of(patient)
    level = LEVELS[2 + seed % 3]
    shown = [next(s for s in structures if s.level is level and s.condition is condition) for condition in SHOWN]
    return [
        _slice_through(patient, protocol, structure)
        for protocol, structure in zip(protocols_of(seed), shown, strict=True)
    ]


def _slice_through(patient: Patient, protocol: Protocol, structure: Structure) -> Pixels:
    """The slice of a series that lies nearest to a structure."""
    pose = pose_of(patient.spine.seed)
    one = scan(patient, protocol, pose)
    place = pose.to_patient(structure.point_mm)
    if protocol.orientation is Orientation.SAGITTAL and structure.side is None:
        place = pose.to_patient(patient.spine.place(patient.spine.bodies[4].along_mm, 8.0, 0.0))
    nearest = int(np.argmin([abs(float(plane.distance_mm(place))) for plane in one.planes]))
    return one.pixels[nearest].astype(np.float32)


def _real_column(data: Path, number: int) -> list[Pixels]:
    """A slice of each of RSNA's sets, far enough apart to be of different patients."""
    files = [sorted((data / name / "images").iterdir()) for name in REAL_SETS]
    chosen = [load_picture(paths[(37 * number + 11) % len(paths)]) for paths in files]
    return [*chosen[:2], middle_tile(chosen[2])]


def _tile(pixels: Pixels) -> NDArray[np.uint8]:
    low, high = np.percentile(pixels, [1, 99.5])
    grey = (255 * np.clip((pixels - low) / max(high - low, 1), 0, 1)).astype(np.uint8)
    image = Image.fromarray(grey)
    image.thumbnail((TILE, TILE), Image.Resampling.BOX)
    framed = Image.new("L", (TILE + GAP, TILE + GAP))
    framed.paste(image, ((TILE + GAP - image.width) // 2, (TILE + GAP - image.height) // 2))
    return np.asarray(framed)
