"""A whole generated patient: tissue numbers at any place of the spine frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from training.phantom.bones import paint_bones
from training.phantom.canvas import STEPS_MM, Canvas
from training.phantom.implant import Implant
from training.phantom.nerves import paint_fat, paint_nerves
from training.phantom.spine import Spine
from training.phantom.surroundings import skin_of, surroundings
from training.phantom.texture import Texture
from training.phantom.tissues import Tissue

Array = NDArray[np.floating[Any]]
# (y, z) box in mm of the spine frame in which places are told along and behind the wall, and its two grids.
CORNER_MM, FAR_MM = (-160.0, -200.0), (140.0, 170.0)
COARSE_MM, FINE_MM = 2.0, 0.25


def paint_column(spine: Spine) -> Canvas:
    """The column's tissues in its own frame: fat first, then what pushes it aside."""
    canvas = Canvas.around(spine)
    paint_fat(canvas, spine)
    paint_bones(canvas, spine)
    paint_nerves(canvas, spine)
    return canvas


@dataclass(frozen=True, slots=True, eq=False)
class Patient:
    """Anatomy that can be cut anywhere.

    along, behind, bow: (ny, nz) by place on a fine (y, z) grid: along and behind the wall, and the scoliosis there.
    base:   (ny, nz) index of the column's voxel at the leftmost `aside`, −1 outside.
    implant: metal in the spine, None for most.
    """

    spine: Spine
    column: Canvas
    texture: Texture
    along: Array
    behind: Array
    bow: Array
    base: NDArray[np.int32]
    implant: Implant | None = None

    @property
    def skin(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(z, y) along the skin of the back in the midline, z rising."""
        return skin_of(self.spine)

    @classmethod
    def of(cls, spine: Spine, implant: Implant | None = None) -> Patient:
        """Paint a spine's patient."""
        column = paint_column(spine)
        y, z = (np.arange(low, high + COARSE_MM / 2, COARSE_MM) for low, high in zip(CORNER_MM, FAR_MM, strict=True))
        coarse = spine.wall.locate(*np.meshgrid(y, z, indexing="ij"))
        shape = [round((size - 1) * COARSE_MM / FINE_MM) + 1 for size in coarse[0].shape]
        factors = [new / old for new, old in zip(shape, coarse[0].shape, strict=True)]
        along, behind = (zoom(field.astype(np.float32), factors, order=1, grid_mode=False) for field in coarse)
        rows, columns = (
            np.rint((field - axis.ravel()[0]) / step).astype(np.int32)
            for field, axis, step in zip((along, behind), (column.along, column.behind), STEPS_MM[:2], strict=True)
        )
        _, deep, wide = column.tissue.shape
        inside = (rows >= 0) & (rows < column.tissue.shape[0]) & (columns >= 0) & (columns < deep)
        base = np.where(inside, (rows * deep + columns) * wide, -1).astype(np.int32)
        return cls(spine, column, Texture.of_seed(spine.seed), along, behind,
                   spine.bow(along).astype(np.float32), base, implant)  # fmt: skip

    def column_tissue(self, points: Array) -> NDArray[np.uint8]:
        """Tissue numbers (...) at points (..., 3) of the spine frame; `SURROUNDINGS` beside the column."""
        place = self._place(points)
        column = (points[..., 0] - self.bow.ravel()[place] - self.column.aside[0, 0, 0]) / STEPS_MM[2]
        voxel = np.rint(column).astype(np.int32)
        base = self.base.ravel()[place]
        outside = (base < 0) | (voxel < 0) | (voxel >= self.column.tissue.shape[2])
        found = self.column.tissue.ravel()[np.where(outside, 0, base + voxel)]
        found[outside] = Tissue.SURROUNDINGS
        return found

    def around(self, points: Array, lumps: Array, loops: Array) -> NDArray[np.uint8]:
        """Tissue numbers (...) of what surrounds the column at points (..., 3), given random fields there."""
        place = self._place(points)
        local = points.copy()
        local[..., 0] -= self.bow.ravel()[place]
        along, behind = self.along.ravel()[place], self.behind.ravel()[place]
        return surroundings(self.spine, local, along, behind, lumps, loops)

    def lace(self, points: Array, sheets: Array, lumps: Array) -> Array:
        """How much of a place is in a sheet of `sheets`, 0 to 1: the lower and the fatter, the thicker they are."""
        low = np.clip(-points[..., 2] / 80, -0.4, 1.2)
        width = (0.16 + 0.14 * low) * (0.6 + self.spine.fat_mm / 40)
        laced: Array = np.exp(-((sheets / width) ** 2)) / (1 + np.exp(-3 * lumps))  # here and there, not everywhere
        return laced

    def _place(self, points: Array) -> NDArray[np.int64]:
        """Index into the raveled (y, z) grids; places beyond them count as on their edge."""
        rows, columns = (
            np.clip(np.rint((points[..., axis] - corner) / FINE_MM), 0, size - 1).astype(np.int64)
            for axis, corner, size in zip((1, 2), CORNER_MM, self.along.shape, strict=True)
        )
        return rows * self.along.shape[1] + columns
