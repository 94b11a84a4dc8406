"""The localiser's figures on hand-made tables, and points brought back to the picture's own pixels."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import ImagePoint, SliceLevels
from tests.training.made_up import COLUMN, ROWS, SIDE, FixedLevels, a_cell, a_config, a_picture, a_slice, five_cells
from training.locate import errors_px, locate, off_by_one, summary

FILE = "11_22_3.png"


def moved(levels: int) -> SliceLevels:
    """A chain counted that many levels wrong, with its neighbours beyond."""
    gap = ROWS[Level.L2_L3] - ROWS[Level.L1_L2]
    shifted = a_slice(**{level.name: (ROWS[level] + levels * gap, COLUMN) for level in LEVELS})
    above, below = (
        ImagePoint(row + levels * gap, COLUMN, 0.9, 0.9) for row in (ROWS[Level.L1_L2] - gap, ROWS[Level.L5_S1] + gap)
    )
    return replace(shifted, above=above, below=below)


def test_errors_are_told_in_pixels_of_a_250_pixel_picture() -> None:
    found = {FILE: a_slice(L4_L5=(ROWS[Level.L4_L5] + 3, COLUMN + 4))}
    assert errors_px([a_cell(FILE, Level.L4_L5)], found) == pytest.approx([5.0])
    assert errors_px([a_cell(FILE, Level.L4_L5, width=500, height=400)], found) == pytest.approx([2.5])


def test_a_level_without_a_point_is_infinitely_wrong() -> None:
    levels = a_slice()
    del levels.points[Level.L1_L2]
    assert errors_px([a_cell(FILE, Level.L1_L2)], {FILE: levels}).tolist() == [math.inf]


@pytest.mark.parametrize(("levels", "wrong"), [(0, False), (1, True), (-1, True)])
def test_a_chain_counted_a_level_wrong_is_off_by_one(levels: int, wrong: bool) -> None:
    assert off_by_one(five_cells(FILE), {FILE: moved(levels)}) == {FILE: wrong}


def test_a_small_error_is_not_off_by_one() -> None:
    near = a_slice(**{level.name: (ROWS[level] + 8, COLUMN) for level in LEVELS})
    assert off_by_one(five_cells(FILE), {FILE: near}) == {FILE: False}


def test_the_summary_counts_cells_and_slices() -> None:
    cells = five_cells("1_1_1.png") + five_cells("2_2_2.png")
    found = {"1_1_1.png": a_slice(L1_L2=(ROWS[Level.L1_L2] + 7, COLUMN)), "2_2_2.png": moved(1)}
    figures = summary(cells, found, least_margin=5.0)
    assert (figures["cells"], figures["slices"]) == (10, 2)
    assert figures["within6"] == pytest.approx(0.4)
    assert figures["not_off_by_one"] == pytest.approx(0.5)
    assert figures["median_px"] == pytest.approx((7 + 30) / 2)


def test_a_count_that_is_flagged_is_told_apart() -> None:
    cells = [cell for study in (1, 2, 3) for cell in five_cells(f"{study}_1_1.png")]
    found = {
        "1_1_1.png": replace(a_slice(), margin=9.0),
        "2_1_1.png": replace(moved(1), margin=2.0),
        "3_1_1.png": replace(a_slice(), margin=5.0),
    }
    figures = summary(cells, found, least_margin=5.0)
    assert (figures["not_off_by_one"], figures["undoubted"]) == pytest.approx((2 / 3, 2 / 3))
    assert figures["undoubted_not_off_by_one"] == 1.0
    assert math.isnan(summary(cells, found, least_margin=10.0)["undoubted_not_off_by_one"])


@pytest.mark.parametrize("side", [SIDE, 2 * SIDE])
def test_points_lie_in_the_pixels_of_the_picture_whatever_its_size(tmp_path: Path, side: int) -> None:
    config = a_config("localise")
    path = tmp_path / "a.png"
    Image.fromarray(a_picture(0, side)).save(path)
    levels = locate(FixedLevels(config.side), [path], config)["a.png"]  # type: ignore[arg-type]
    assert set(levels.points) == set(LEVELS)
    for level, point in levels.points.items():
        wanted = np.array([ROWS[level] + 0.5, COLUMN + 0.5]) / SIDE * side - 0.5
        np.testing.assert_allclose((point.row, point.column), wanted, atol=0.02 * side)
    assert levels.instance.rows == side
    assert levels.lumbar > 0.9
