"""Lost signal in a vertebra: found where a part is black beside a bright edge, wherever the spine leans."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lumbar_core.analysis.signal_voids import has_void
from lumbar_core.anatomy import LEVELS
from lumbar_core.findings import ImagePoint, SliceLevels
from lumbar_core.study import Pixels
from tests.core.fake_studies import an_image

DISTANCE, MARROW = 40.0, 100.0
FRONT = 0.6 * DISTANCE  # the middle of a vertebra, in front of its canal
SURELY = 0.3

Paint = Callable[[Pixels], None]


def levels_at(lean: float, confidence: float = 0.9) -> SliceLevels:
    points = {
        level: ImagePoint(30 + DISTANCE * index, 120 + lean * DISTANCE * index, confidence, 0.9)
        for index, level in enumerate(LEVELS)
    }
    return SliceLevels(an_image(0), points, None, None, 0.9, 9.0, DISTANCE * float(np.hypot(1, lean)))


def a_slice() -> Pixels:
    pixels = np.full((240, 220), MARROW, np.float32)
    pixels[:, :4] = 0  # air
    pixels[:, 200:] = 255  # the fat of the back
    return pixels


def vertebra(number: int, lean: float) -> tuple[int, int]:
    """(row, column) of the middle of the vertebra below a level."""
    along = (number + 0.5) * DISTANCE
    length = float(np.hypot(1, lean))
    return round(30 + along + FRONT * lean), round(120 + lean * along - FRONT / length)


def box(pixels: Pixels, middle: tuple[int, int], half: tuple[int, int], value: float) -> None:
    (row, column), (rows, columns) = middle, half
    pixels[row - rows : row + rows, column - columns : column + columns] = value


@pytest.mark.parametrize("lean", [0.0, 0.2, -0.2])
@pytest.mark.parametrize("number", range(4))
def test_a_screw_is_found_in_any_vertebra_however_the_spine_leans(number: int, lean: float) -> None:
    pixels = a_slice()
    row, column = vertebra(number, lean)
    box(pixels, (row, column), (5, 10), 0)
    box(pixels, (row + 8, column), (3, 8), 2 * MARROW)
    assert has_void(pixels, levels_at(lean), SURELY)


@pytest.mark.parametrize(("void", "edge"), [(0.0, MARROW), (MARROW, 2 * MARROW)])
def test_a_dark_part_or_a_bright_one_alone_is_none(void: float, edge: float) -> None:
    pixels = a_slice()
    row, column = vertebra(1, 0.0)
    box(pixels, (row, column), (5, 10), void)
    box(pixels, (row + 8, column), (3, 8), edge)
    assert not has_void(pixels, levels_at(0.0), SURELY)


def test_black_discs_and_bright_fluid_are_none() -> None:
    pixels = a_slice()
    pixels[:, 115:127] = 255  # the fluid of the canal
    for index in range(len(LEVELS)):
        row = round(30 + index * DISTANCE)
        pixels[row - 6 : row + 6, 70:114] = 0
    assert not has_void(pixels, levels_at(0.0), SURELY)


def test_levels_without_a_sure_place_are_not_looked_at() -> None:
    pixels = a_slice()
    row, column = vertebra(1, 0.0)
    box(pixels, (row, column), (5, 10), 0)
    box(pixels, (row + 8, column), (3, 8), 2 * MARROW)
    assert not has_void(pixels, levels_at(0.0, confidence=0.2), SURELY)


def test_what_lies_beyond_the_picture_is_not_looked_at() -> None:
    assert not has_void(a_slice()[:, 110:], levels_at(0.0), SURELY)


def test_a_picture_as_dark_as_its_rounding_is_not_judged() -> None:
    pixels = a_slice()
    row, column = vertebra(1, 0.0)
    box(pixels, (row, column), (5, 10), 0)
    box(pixels, (row + 8, column), (3, 8), 2 * MARROW)
    pixels[0, 100] = 20 * MARROW
    assert not has_void(pixels, levels_at(0.0), SURELY)
