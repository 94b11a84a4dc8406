"""Crops for the graders: scaled by the disc distance, brightness taken from around the spine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import ImagePoint, SliceLevels
from lumbar_core.inference.contract import CropRule, NetworkInput
from lumbar_core.picture import Box, GridMap, brightness_range, fit_long_side, normalise, resample
from lumbar_core.study import Pixels

SPINE_MARGIN_DISCS = 1.3  # how far around the level chain the neighbourhood of the spine reaches


@dataclass(frozen=True, slots=True)
class CropPlace:
    """Where to cut: centre in original pixels and the local disc distance, original pixels."""

    row: float
    column: float
    disc_distance_px: float


def crop_places(levels: SliceLevels) -> dict[Level, CropPlace]:
    """One place per located level, scaled by the distances to its neighbours in the chain."""
    return {
        level: CropPlace(point.row, point.column, local_disc_distance(levels, level))
        for level, point in levels.points.items()
    }


def local_disc_distance(levels: SliceLevels, level: Level) -> float:
    """Mean distance to the neighbouring levels; the chain's mean where neither is located."""
    index = LEVELS.index(level)
    chain = [levels.above, *(levels.points.get(each) for each in LEVELS), levels.below]
    around = chain[index : index + 3]
    gaps = [_distance(one, other) for one, other in pairwise(around) if one is not None and other is not None]
    return sum(gaps) / len(gaps) if gaps else levels.disc_distance_px


def cut_crops(
    pixels: Pixels,
    places: Sequence[CropPlace],
    spine: Sequence[CropPlace],
    wanted: NetworkInput,
    content: Box | None = None,
) -> NDArray[np.float32]:
    """Crops (n, 1, side, side) of one slice, as the network's contract wants them.

    spine: all located levels of the slice; their surroundings set the brightness, whichever of them are cut.
    content: the part of the picture that is the slice, where a frame surrounds it.
    The slice is brought to the working grid first, so that a sharper original gives the same crop.
    """
    if not isinstance(wanted.crop, CropRule):
        raise ValueError(f"input {wanted.name!r} takes no crop of a sagittal slice")  # noqa: TRY004  a contract's fault
    working, grid = fit_long_side(pixels, wanted.working_grid.long_side, content)
    centres = grid.to_working(np.array([[place.row, place.column] for place in places], np.float64).reshape(-1, 2))
    distances = np.array([place.disc_distance_px for place in places]) / grid.scale
    low, high = _brightness(working, grid, spine, wanted)
    crops = [
        normalise(resample(working, _square(centre, half), (wanted.crop.side, wanted.crop.side)), low, high)
        for centre, half in zip(centres, distances * wanted.crop.half_width_discs, strict=True)
    ]
    return np.stack(crops)[:, None] if crops else np.zeros((0, 1, wanted.crop.side, wanted.crop.side), np.float32)


def crop_brightness(pixels: Pixels, spine: Sequence[CropPlace], wanted: NetworkInput) -> tuple[float, float]:
    """The values of a slice that become 0 and 1 in all crops that `cut_crops` makes of it."""
    return _brightness(*fit_long_side(pixels, wanted.working_grid.long_side), spine, wanted)


def _brightness(
    working: Pixels, grid: GridMap, spine: Sequence[CropPlace], wanted: NetworkInput
) -> tuple[float, float]:
    return brightness_range(working[_spine_box(spine, grid)], wanted.normalisation.percentiles)


def _spine_box(spine: Sequence[CropPlace], grid: GridMap) -> tuple[slice, slice]:
    """The surroundings of the level chain on the working grid; skin fat near the coil must not set the brightness."""
    centres = grid.to_working(np.array([[place.row, place.column] for place in spine], np.float64))
    margin = SPINE_MARGIN_DISCS * float(np.mean([place.disc_distance_px for place in spine])) / grid.scale
    top, left = np.maximum(0, np.floor(centres.min(axis=0) - margin)).astype(int)
    bottom, right = np.ceil(centres.max(axis=0) + margin).astype(int) + 1
    return slice(int(top), max(int(bottom), int(top) + 1)), slice(int(left), max(int(right), int(left) + 1))


def _square(centre: NDArray[np.float64], half: float) -> tuple[float, float, float, float]:
    """Corner coordinates (top, left, bottom, right) of a square about a pixel-centre coordinate."""
    row, column = float(centre[0]) + 0.5, float(centre[1]) + 0.5
    return row - half, column - half, row + half, column + half


def _distance(one: ImagePoint, other: ImagePoint) -> float:
    return float(np.hypot(one.row - other.row, one.column - other.column))
