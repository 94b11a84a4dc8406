"""The scanner: slices through a patient with thickness, coil, faults and noise, and their place in the patient."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift

from lumbar_core.anatomy import LEVELS, Orientation
from lumbar_core.geometry import Plane
from training.phantom.body import Patient
from training.phantom.protocols import Protocol, Stack
from training.phantom.spine import Spine
from training.phantom.texture import Field
from training.phantom.tissues import Brightness, Tissue

Array = NDArray[np.floating[Any]]
Image = NDArray[np.floating[Any]]

WHITE = 1500.0  # stored value of a brightness of 1
BLUR_PX = 0.5  # of the acquired resolution against the pixel
MOVING = (Tissue.BLOOD, Tissue.BOWEL, Tissue.KIDNEY)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the spine lies in the scanner: patient = rotation @ spine + shift_mm."""

    rotation: Array  # (3, 3)
    shift_mm: Array  # (3,)

    def to_patient(self, points: Array) -> Array:
        """Map (..., 3) from the spine frame to the patient frame (LPS)."""
        return points @ self.rotation.T + self.shift_mm

    def to_spine(self, points: Array) -> Array:
        """Map (..., 3) from the patient frame (LPS) to the spine frame."""
        return (points - self.shift_mm) @ self.rotation


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanned series in the order of its slices: pixels (rows, columns) of uint16 and their planes."""

    protocol: Protocol
    pixels: tuple[NDArray[np.uint16], ...]
    planes: tuple[Plane, ...]


def pose_of(seed: int) -> Pose:
    """How this seed's patient lies: a few degrees off the scanner's axes, and up to 30 mm off its middle."""
    random = np.random.default_rng([seed, 3])
    roll, turn = np.deg2rad(random.normal(0, 1.5, 2))
    shift_mm = np.array([random.uniform(-30, 30), random.normal(0, 12), random.normal(0, 20)])
    return Pose(_about_z(float(turn)) @ _about_y(float(roll)), shift_mm)


def _about_z(angle: float) -> Array:
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def _about_y(angle: float) -> Array:
    return np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])


def scan(patient: Patient, protocol: Protocol, pose: Pose) -> Scan:
    """Cut, blur over the thickness, shade and add noise; the same arguments give the same pixels."""
    spine = patient.spine
    random = np.random.default_rng([spine.seed, 4, zlib.crc32(protocol.name.encode())])
    brightness = Brightness.of(protocol.sequence, protocol.tesla, spine.degenerations)
    planes = planes_of(spine, protocol, pose, random)
    pixels = tuple(_slice(patient, protocol, pose, plane, brightness, random) for plane in planes)
    return Scan(protocol, pixels, planes)


def planes_of(spine: Spine, protocol: Protocol, pose: Pose, random: np.random.Generator) -> tuple[Plane, ...]:
    """The series' planes in the patient frame, as a technologist places them on the spine."""
    if protocol.orientation is Orientation.SAGITTAL:
        planes = _sagittal(spine, protocol, pose, random)
    else:
        planes = _axial(spine, protocol, pose)
    return planes[::-1] if protocol.backwards else planes


def _sagittal(spine: Spine, protocol: Protocol, pose: Pose, random: np.random.Generator) -> tuple[Plane, ...]:
    """From the patient's right to left, about the middle of the column."""
    rotation = pose.rotation @ _about_z(np.deg2rad(protocol.turned_deg))
    aside = float(random.uniform(-1.0, 1.0)) + float(spine.bow(np.array(spine.bodies[4].along_mm)))
    middle = np.array([aside, -16.0, -20.0])  # the column in the rear half of the picture, L3/L4 in its middle
    offsets = (np.arange(protocol.slices) - (protocol.slices - 1) / 2) * protocol.step_mm
    return tuple(
        _plane(protocol, pose.to_patient(middle) + offset * rotation[:, 0], -rotation[:, 2], rotation[:, 1])
        for offset in offsets
    )


def _axial(spine: Spine, protocol: Protocol, pose: Pose) -> tuple[Plane, ...]:
    """From head to feet: a block tilted to each disc, or one stack square to the scanner."""
    offsets = (np.arange(protocol.slices) - (protocol.slices - 1) / 2) * protocol.step_mm
    planes = []
    if protocol.stack is Stack.STRAIGHT:
        discs = [spine.level_disc(level).along_mm for level in LEVELS]
        middle = pose.to_patient(spine.place((discs[0] + discs[-1]) / 2, 8.0, 0.0))
        right, back, down = np.eye(3)[0], np.eye(3)[1], np.array([0.0, 0.0, -1.0])
        return tuple(_plane(protocol, middle + offset * down, back, right) for offset in offsets)
    for level in LEVELS:
        along = spine.level_disc(level).along_mm
        middle = pose.to_patient(spine.place(along, 6.0, 0.0))
        back = pose.rotation @ np.array([0.0, *spine.wall.backwards_at(along)])
        right = pose.rotation[:, 0]
        down = np.cross(back, right)
        down = down if down[2] < 0 else -down
        planes += [_plane(protocol, middle + offset * down, back, right) for offset in offsets]
    return tuple(planes)


def _plane(protocol: Protocol, middle: Array, down: Array, right: Array) -> Plane:
    spacing = protocol.spacing_mm
    origin = middle - spacing * ((protocol.rows - 1) / 2 * down + (protocol.columns - 1) / 2 * right)
    return Plane(origin, down.copy(), right.copy(), (spacing, spacing))


def _slice(
    patient: Patient,
    protocol: Protocol,
    pose: Pose,
    plane: Plane,
    brightness: Brightness,
    random: np.random.Generator,
) -> NDArray[np.uint16]:
    """One image: the column sampled within each voxel, its surroundings at the voxel's middle."""
    points = _points(protocol, pose, plane)
    texture = patient.texture
    lumps, loops = (_texture(field, points, 3) for field in (texture.coarse, texture.loops))
    fine, sheets = (_texture(field, points, 2) for field in (texture.fine, texture.sheets))
    around = patient.around(points, lumps, loops)
    tables = np.stack(
        [brightness.water, brightness.fat, brightness.grain, brightness.lumps, brightness.lace], axis=1
    )  # (256, 5)
    samples = list(_within_voxel(protocol, pose, plane))
    total = np.zeros((*around.shape, 5), np.float32)
    for offset in samples:
        tissue = patient.column_tissue(points + offset)
        total += np.take(tables, np.where(tissue == Tissue.SURROUNDINGS, around, tissue), axis=0)
    water, fat, grain, coarse, laced = np.moveaxis(total, -1, 0)
    structure = grain * fine + coarse * lumps + laced * patient.lace(points, sheets, lumps)
    moved = shift(fat, (0.0, protocol.shift_px), order=1, mode="nearest") if protocol.shift_px else fat
    image = (water + moved + structure) / len(samples)
    if patient.implant is not None:
        towards = pose.rotation.T @ np.array([0.0, 0.0, 1.0])
        image = patient.implant.distorted(image, points, towards, protocol.shift_px)
    if protocol.ghosts:
        image = image + protocol.ghosts * _ghosts(image * np.isin(around, MOVING), random)
    image = gaussian_filter(image, BLUR_PX) * _coil(patient, protocol, points)
    return _measured(image, protocol.noise, random)


def _points(protocol: Protocol, pose: Pose, plane: Plane) -> Image:
    """(rows, columns, 3) places of the pixels in the spine frame."""
    rows, columns = np.mgrid[: protocol.rows, : protocol.columns]
    return pose.to_spine(plane.to_patient(np.stack([rows, columns], axis=-1).astype(float))).astype(np.float32)


def _texture(field: Field, points: Image, every: int) -> Image:
    """A field at the pixels, sampled at one in so many each way: it is smoother than they are."""
    rows, columns = points.shape[:2]
    return _between(_between(field.at(points[::every, ::every]), every, rows).T, every, columns).T


def _between(samples: Image, every: int, size: int) -> Image:
    """(size, …) values on the straight lines between samples (n, …) that are `every` so many rows apart."""
    places = np.minimum(np.arange(size, dtype=np.float32) / every, len(samples) - 1)
    before = np.minimum(places.astype(int), len(samples) - 2)
    share = (places - before)[:, None]
    return samples[before] * (1 - share) + samples[before + 1] * share


def _within_voxel(protocol: Protocol, pose: Pose, plane: Plane) -> list[Image]:
    """(3,) offsets in the spine frame of the samples that make up one voxel."""
    inside = (np.arange(protocol.fine) + 0.5) / protocol.fine - 0.5
    steps = np.stack([plane.down, plane.right, plane.normal]) @ pose.rotation
    return [
        (protocol.spacing_mm * (row * steps[0] + column * steps[1]) + protocol.thickness_mm * cut * steps[2]).astype(
            np.float32
        )
        for row in inside
        for column in inside
        for cut in protocol.cuts
    ]


def _ghosts(moving: Image, random: np.random.Generator) -> Image:
    """Copies of what moves, along the columns (the phase direction), as breathing and pulse make them."""
    apart = int(random.integers(moving.shape[0] // 9, moving.shape[0] // 5))
    copies: Image = sum(np.roll(moving, step * apart, axis=0) / abs(step) for step in (-2, -1, 1, 2))  # type: ignore[assignment]
    return copies


def _coil(patient: Patient, protocol: Protocol, points: Image) -> Image:
    """The surface coil under the back, its fall-off at both ends, and the band that mutes the belly."""
    y, z = points[..., 1], points[..., 2]
    depth = np.clip(np.interp(z, *patient.skin) - y, 0, None)
    axial = protocol.orientation is Orientation.AXIAL
    near = 1.4 * np.exp(-depth / (130.0 if axial else 190.0))
    band = 0.06 + 0.94 / (1 + np.exp((depth - patient.spine.fat_mm - 120.0) / 8.0))
    ends = 1.0 if axial else np.clip(1 - 0.55 * (np.abs(z + 28) / 140) ** 3, 0.1, 1)
    return np.asarray(near * ends * band, np.float32)


def _measured(image: Image, noise: float, random: np.random.Generator) -> NDArray[np.uint16]:
    """Magnitude of a complex signal with noise in both parts (Rician: Gudbjartsson & Patz 1995)."""
    real = image + random.normal(0, noise, image.shape)
    imaginary = random.normal(0, noise, image.shape)
    return np.clip(np.rint(np.hypot(real, imaginary) * WHITE), 0, 4095).astype(np.uint16)
