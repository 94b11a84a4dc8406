"""A box of voxels in the column frame, to paint tissues into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Side
from training.phantom.spine import Spine, sign_of
from training.phantom.tissues import Tissue

Array = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Range = tuple[float, float]

STEPS_MM = (0.6, 0.5, 0.6)  # between voxels along, behind and aside
BEHIND_MM: Range = (-46.0, 52.0)
ASIDE_MM: Range = (-48.0, 48.0)
EVERYWHERE: Range = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Tissue numbers on a regular grid of the column frame; parts of a canvas share its voxels.

    tissue: (S, B, X) uint8, painted in place.
    along:  (S, 1, 1), behind: (1, B, 1), aside: (1, 1, X), in mm, `STEPS_MM` apart; they broadcast together.
    """

    tissue: NDArray[np.uint8]
    along: Array
    behind: Array
    aside: Array

    @classmethod
    def around(cls, spine: Spine) -> Canvas:
        """An empty canvas about the whole column."""
        along = spine.bodies[0].top_mm - 12.0, spine.bodies[-1].bottom_mm
        ranges = (along, BEHIND_MM, ASIDE_MM)
        axes = [np.arange(*ends, step, np.float32) for ends, step in zip(ranges, STEPS_MM, strict=True)]
        empty = np.full(tuple(axis.size for axis in axes), Tissue.SURROUNDINGS, np.uint8)
        return cls(empty, axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :])

    @classmethod
    def like(cls, other: Canvas) -> Canvas:
        """An empty canvas of the same place and grid."""
        empty = np.full_like(other.tissue, Tissue.SURROUNDINGS)
        return cls(empty, other.along, other.behind, other.aside)

    def part(self, along: Range = EVERYWHERE, behind: Range = EVERYWHERE, aside: Range = EVERYWHERE) -> Canvas:
        """The voxels within these ranges; painting them paints the whole."""
        cuts = [
            slice(*np.searchsorted(axis.ravel(), ends).tolist())
            for axis, ends in zip((self.along, self.behind, self.aside), (along, behind, aside), strict=True)
        ]
        return Canvas(
            self.tissue[cuts[0], cuts[1], cuts[2]],
            self.along[cuts[0]],
            self.behind[:, cuts[1]],
            self.aside[:, :, cuts[2]],
        )

    def half(self, side: Side) -> Canvas:
        """The voxels on one side of the patient, with `aside` counted outwards from the midline."""
        outwards = 1 if sign_of(side) > 0 else -1
        one = self.part(aside=(0.0, np.inf) if outwards > 0 else (-np.inf, 0.0))
        return Canvas(one.tissue, one.along, one.behind, outwards * one.aside)

    def beside(self, inner_mm: float, outer_mm: float) -> Canvas:
        """Of a half, the voxels between two distances from the midline."""
        distances = self.aside.ravel()
        kept = np.flatnonzero((distances >= inner_mm) & (distances <= outer_mm))
        cut = slice(int(kept[0]), int(kept[-1]) + 1) if kept.size else slice(0, 0)
        return Canvas(self.tissue[:, :, cut], self.along, self.behind, self.aside[:, :, cut])

    def paint(self, where: Mask, tissue: int, over: Tissue | None = None) -> None:
        """Fill voxels with a tissue; `over`: only those that hold this one."""
        where = np.broadcast_to(where, self.tissue.shape)
        self.tissue[where if over is None else where & (self.tissue == over)] = tissue

    def is_tissue(self, *tissues: Tissue) -> Mask:
        """Where one of these tissues is."""
        found: Mask = np.isin(self.tissue, [int(each) for each in tissues])
        return found


def within(value: Array, low: float | Array, high: float | Array) -> Mask:
    """Where a value lies between two bounds."""
    return (value > low) & (value < high)


def rounded(u: Array, half_u: float | Array, v: Array, half_v: float | Array, power: float = 4.0) -> Mask:
    """Inside a rectangle with round corners about the origin of (u, v) (a superellipse)."""
    return np.abs(u / half_u) ** power + np.abs(v / half_v) ** power < 1
