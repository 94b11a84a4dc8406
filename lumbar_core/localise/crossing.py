"""How well two series fit together along the spine: they show the same where an axial and a sagittal slice cross.

Both are T2: fluid, discs, bone and fat are alike on both, whatever the scanner made of their brightness. Along a line
through the body from front to back each place is compared with its own surroundings, so that only the pattern counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.geometry import Plane, Points2, Points3
from lumbar_core.study import Pixels

# Of the axial slices against the sagittal ones, mm: along the patient a disc and more; and to the back as much as
# patients breathe and move without anyone's noticing.
SHIFTS_MM = np.arange(-48.0, 49.0, 3.0)
BACK_MM = np.arange(-6.0, 7.0, 3.0)
BEFORE_MM, BEHIND_MM = 60.0, 50.0  # of the canal: from the vertebra's front edge to the fat of the back
AROUND_MM = 12  # to either side, over which brightness is evened out
LEAST_SHARE = 0.6  # of a line that both slices show; and of the lines, for a shift to count
ALONG_MM = np.arange(-BEFORE_MM, BEHIND_MM + 1.0)

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AxialLine:
    """An axial slice with its file's pixels, where its canal is, and where the sagittal series has it, mm."""

    plane: Plane
    pixels: Pixels
    canal_mm: Points3
    aside_mm: float = 0.0


def fits(axial: Sequence[AxialLine], sagittal: Sequence[tuple[Plane, Pixels]]) -> Values:
    """(shifts,) how alike the series are, at most 1, if the axial slices lay so far headwards of where they do.

    Minus infinity where too little of them crosses.
    """
    alike = np.array([_alike(slice_, plane, pixels) for slice_ in axial for plane, pixels in sagittal])
    known = np.isfinite(alike)
    lines = known.sum(axis=0)
    mean = np.where(known, alike, 0.0).sum(axis=0) / np.maximum(lines, 1)
    enough = lines >= LEAST_SHARE * max(int(lines.max(initial=0)), 1)
    best: Values = np.where(enough, mean, -np.inf).max(axis=0)
    return best


def _alike(slice_: AxialLine, sagittal: Plane, pixels: Pixels) -> Values:
    """(backward, shifts) correlations along the line where two slices cross; NaN where too little of it shows."""
    aside = np.array([slice_.aside_mm, 0.0, 0.0])
    front_to_back = slice_.plane.down * (1.0 if slice_.plane.down[1] > 0 else -1.0)
    points = slice_.canal_mm + ALONG_MM[:, None] * front_to_back
    off = (points - aside - sagittal.origin_mm) @ sagittal.normal
    points = points - (off / (slice_.plane.right @ sagittal.normal))[:, None] * slice_.plane.right
    here = _sampled(slice_.pixels, slice_.plane.to_pixels(points))
    moves = np.stack(np.broadcast_arrays(0.0, BACK_MM[:, None], SHIFTS_MM[None]), axis=-1)
    there = _sampled(pixels, sagittal.to_pixels(points - aside + moves[:, :, None]))
    both = np.isfinite(here) & np.isfinite(there)
    return np.where(both.mean(axis=-1) >= LEAST_SHARE, _correlation(_local(here), _local(there), both), np.nan)


def _sampled(pixels: Pixels, places: Points2) -> Values:
    """Brightness at (..., 2) places, between pixels from the four around; NaN outside."""
    row, column = places[..., 0], places[..., 1]
    rows, columns = pixels.shape
    inside = (row >= 0) & (column >= 0) & (row <= rows - 1) & (column <= columns - 1)
    top = np.clip(np.floor(row), 0, rows - 2).astype(np.int64)
    left = np.clip(np.floor(column), 0, columns - 2).astype(np.int64)
    down, right = row - top, column - left
    upper = pixels[top, left] * (1 - right) + pixels[top, left + 1] * right
    lower = pixels[top + 1, left] * (1 - right) + pixels[top + 1, left + 1] * right
    return np.where(inside, upper * (1 - down) + lower * down, np.nan)


def _local(line: Values) -> Values:
    """Each place against its surroundings along the last axis: how far, in their own spread, it is the brighter."""
    shown = np.isfinite(line)
    filled = np.where(shown, line, 0.0)
    weight = np.maximum(_summed(shown.astype(np.float64)), 1.0)
    apart = np.where(shown, filled - _summed(filled) / weight, 0.0)
    squared = apart**2
    # Where nothing differs what little does would count as much as an edge.
    floor = 0.01 * squared.mean(axis=-1, keepdims=True) + 1e-6
    local: Values = apart / np.sqrt(_summed(squared) / weight + floor)
    return local


def _summed(line: Values) -> Values:
    """The sum of each place's surroundings along the last axis, which are shorter at its ends."""
    size = line.shape[-1]
    total = np.concatenate([np.zeros((*line.shape[:-1], 1)), np.cumsum(line, axis=-1)], axis=-1)
    places = np.arange(size)
    ends = np.minimum(places + AROUND_MM + 1, size), np.maximum(places - AROUND_MM, 0)
    summed: Values = total[..., ends[0]] - total[..., ends[1]]
    return summed


def _correlation(one: Values, other: Values, both: NDArray[np.bool_]) -> Values:
    """Pearson's correlation along the last axis where both are known; 0 where either is even."""
    count = np.maximum(both.sum(axis=-1, keepdims=True), 1)
    here, there = np.where(both, one, 0.0), np.where(both, other, 0.0)
    here = np.where(both, here - here.sum(axis=-1, keepdims=True) / count, 0.0)
    there = np.where(both, there - there.sum(axis=-1, keepdims=True) / count, 0.0)
    spread = np.sqrt((here**2).sum(axis=-1) * (there**2).sum(axis=-1))
    correlation: Values = (here * there).sum(axis=-1) / np.maximum(spread, 1e-9)
    return correlation
