"""Crops of axial slices for the graders: three slices as channels, both sides of the body looking alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Side
from lumbar_core.inference.contract import AxialRule, NetworkInput
from lumbar_core.picture import Cutout, brightness_range, normalise
from lumbar_core.study import Pixels

# The square about the canal that sets the brightness, half its side: canal, joints and recesses, and no skin.
AROUND_CANAL_MM = 16.0
AROUND_CANAL_SIDE = 64  # of its pixels


@dataclass(frozen=True, slots=True)
class AxialPlace:
    """Where to cut, (row, column) in the pixels of a slice seen as usual, and the side of the patient that it shows.

    side: None for the canal, which lies in the middle.
    """

    row: float
    column: float
    side: Side | None


def cut_axial_crops(
    stack: Sequence[Pixels],
    places: Sequence[AxialPlace],
    canal: tuple[float, float],
    spacing_mm: tuple[float, float],
    wanted: NetworkInput,
) -> NDArray[np.float32]:
    """Crops (n, slices, rows, columns) of one slice and its neighbours, as the network's contract wants them.

    stack: the slice before, the slice, the slice after, seen as usual and alike in shape.
    canal: (row, column) on the slice; its surroundings there set the brightness of all channels.
    spacing_mm: (between rows, between columns).
    """
    mirrored = wanted.crop.mirrored if isinstance(wanted.crop, AxialRule) else None
    low, high = axial_brightness(stack[len(stack) // 2], canal, spacing_mm, wanted)
    crops = []
    for place in places:
        cutout = wanted.cutout((place.row, place.column), spacing_mm)
        crop = np.stack([normalise(cutout.of(pixels), low, high) for pixels in stack])
        crops.append(crop[:, :, ::-1] if mirrored is not None and place.side is mirrored else crop)
    return np.stack(crops)


def missing_neighbours(crop: NDArray[np.float32]) -> int:
    """How many neighbours of a crop's slice are the slice itself, which stands for those that its block lacks.

    crop: (slices, rows, columns) of `cut_axial_crops`.
    """
    here = len(crop) // 2
    return sum(np.array_equal(crop[here], each) for number, each in enumerate(crop) if number != here)


def axial_brightness(
    pixels: Pixels, canal: tuple[float, float], spacing_mm: tuple[float, float], wanted: NetworkInput
) -> tuple[float, float]:
    """The values of a slice that become 0 and 1 in all crops that `cut_axial_crops` makes of it."""
    half = (AROUND_CANAL_MM / spacing_mm[0], AROUND_CANAL_MM / spacing_mm[1])
    around = Cutout.around(canal, half, (AROUND_CANAL_SIDE, AROUND_CANAL_SIDE)).of(pixels)
    return brightness_range(around, wanted.normalisation.percentiles)
