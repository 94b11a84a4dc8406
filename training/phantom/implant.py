"""Pedicle screws and rods, and what their field does to a slice: signal is moved along the readout, piled up and lost.

Outside a long cylinder of radius R in a field B0 the field differs by B0 · χ/2 · sin²θ · (R/r)² · cos 2φ (Schenck, Med
Phys 1996;23:815): χ the susceptibility above the tissue's, θ the cylinder's angle to B0, φ the place's about its axis.
What the field does across the slice (its selection) is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Level
from training.phantom.disease import SIDES
from training.phantom.spine import Spine, sign_of

Array = NDArray[np.floating[Any]]

# Above that of tissue, −9 ppm (Schenck 1996).
TITANIUM_PPM = 191.0
COBALT_CHROME_PPM = 909.0
SCREW_MM, ROD_MM = 3.25, 2.75  # radii of the usual 6.5 mm screws and 5.5 mm rods
HEAD_BEHIND_MM = 24.0
FINE = 6  # parts of a pixel that are moved each by itself
FAT_PPM = 3.5  # fat's shift against water, by which a protocol's `shift_px` is told


@dataclass(frozen=True, slots=True, eq=False)
class Cylinder:
    """A screw or a rod: its ends (3,) in the spine frame, and its radius."""

    start_mm: Array
    end_mm: Array
    radius_mm: float

    def field(self, points: Array, towards: Array, ppm: float) -> Array:
        """By how much (...) the field differs at points (..., 3), in ppm; NaN inside the metal.

        towards: (3,) the main field's direction. ppm: the metal's susceptibility above the tissue's.
        """
        axis = self.end_mm - self.start_mm
        along = np.clip((points - self.start_mm) @ axis / (axis @ axis), 0, 1)
        away = points - self.start_mm - along[..., None] * axis
        distance = np.maximum(np.linalg.norm(away, axis=-1), 1e-6)
        axis = axis / np.linalg.norm(axis)
        across = towards - (towards @ axis) * axis  # its length is sin θ
        sine = float(np.linalg.norm(across))
        cosine = away @ across / (distance * max(sine, 1e-6))
        found = ppm / 2 * sine**2 * (self.radius_mm / distance) ** 2 * (2 * cosine**2 - 1)
        return np.where(distance < self.radius_mm, np.nan, found)


@dataclass(frozen=True, slots=True, eq=False)
class Implant:
    """Screws and rods that hold a level's two vertebrae, of a metal so many ppm above tissue."""

    level: Level
    cylinders: tuple[Cylinder, ...]
    ppm: float

    def distorted(self, image: Array, points: Array, towards: Array, shift_px: float) -> Array:
        """An image (rows, columns) of the places `points` (rows, columns, 3), its signal moved along the columns.

        shift_px: how far fat is moved.
        """
        fine = np.repeat(image, FINE, axis=1)
        places = _between(points)
        offset = np.sum([each.field(places, towards, self.ppm) for each in self.cylinders], axis=0)
        signal = np.where(np.isnan(offset), 0.0, fine) / FINE
        columns = (np.arange(fine.shape[1]) + 0.5) / FINE - 0.5 + np.nan_to_num(offset) * shift_px / FAT_PPM
        into = np.rint(columns).astype(int)
        kept = (into >= 0) & (into < image.shape[1])
        into += np.arange(len(image))[:, None] * image.shape[1]
        return np.bincount(into[kept], signal[kept], image.size).reshape(image.shape)


def _between(points: Array) -> Array:
    """Points (rows, columns, 3) on straight lines, `FINE` for each, in the middle of as many parts of a pixel."""
    steps = np.gradient(points, axis=1)
    parts = (np.arange(FINE) + 0.5) / FINE - 0.5
    fine = points[:, :, None] + parts[:, None] * steps[:, :, None]
    return np.asarray(fine.reshape(len(points), -1, 3))


def screws_at(spine: Spine, level: Level, ppm: float = TITANIUM_PPM) -> Implant:
    """Four pedicle screws, and a rod on either side, in the vertebrae above and below a level's disc."""
    index = spine.discs.index(spine.level_disc(level))
    cylinders = []
    for side in SIDES:
        heads = []
        for body in spine.bodies[index : index + 2]:
            _, width = spine.canal(np.array(body.along_mm))
            along, outside = body.along_mm - 0.2 * body.height_mm, float(width) + 3.5
            head = spine.place(along, HEAD_BEHIND_MM, sign_of(side) * (outside + 4))
            tip = spine.place(along, -1.2 * body.half_depth_mm, sign_of(side) * (outside - 6))
            cylinders.append(Cylinder(head, tip, SCREW_MM))
            heads.append(head)
        cylinders.append(Cylinder(heads[0], heads[1], ROD_MM))
    return Implant(level, tuple(cylinders), ppm)
