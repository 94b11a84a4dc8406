"""One count for a series; the same count one level up or down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import ImagePoint, SliceLevels
from lumbar_core.localise.numbering import Shift, number_series, shift_levels
from tests.core.fake_studies import an_image

ROWS = {level: 10.0 + 20.0 * index for index, level in enumerate(LEVELS)}


def a_point(row: float, column: float = 50.0, visibility: float = 0.9) -> ImagePoint:
    return ImagePoint(row, column, 0.9, visibility)


def a_slice(
    shift: int = 0, *, lumbar: float = 0.9, visibility: float = 0.9, margin: float = 3.0, column: float = 50.0
) -> SliceLevels:
    """Five levels 20 pixels apart and both neighbours; shift moves every name that many discs down the picture."""
    points = {level: a_point(row + 20 * shift, column, visibility) for level, row in ROWS.items()}
    above, below = a_point(-10 + 20 * shift, column), a_point(110 + 20 * shift, column)
    return SliceLevels(an_image(), points, above, below, lumbar, margin, 20.0)


def rows(levels: SliceLevels) -> dict[Level, float]:
    return {level: point.row for level, point in levels.points.items()}


def test_a_disc_below_counts_by_the_slices_that_show_l5_s1_best() -> None:
    """Three slices of the middle agree; the clearest disc of the sacrum on a slice farther aside tells nothing."""
    plain = [replace(a_slice(), below=None)] * 2
    assert number_series([*plain, a_slice()], 0.5, 0.5).below == 0.0
    assert number_series([*plain[:1], a_slice(), a_slice()], 0.5, 0.5).below == 0.9
    aside = [a_slice(visibility=0.6)] * 3
    assert number_series([*plain, plain[0], *aside], 0.5, 0.5).below == 0.0
    assert number_series([a_slice()], 0.5, 0.5).below == 0.9


def test_up_gives_every_place_the_name_of_the_level_above() -> None:
    moved = shift_levels(a_slice(), "up")
    assert moved.points[Level.L3_L4].row == ROWS[Level.L4_L5]
    assert moved.points[Level.L5_S1].row == 110  # what lay below the chain
    assert moved.above is not None
    assert moved.above.row == ROWS[Level.L1_L2]
    assert moved.below is None
    assert moved.margin == -3


def test_down_gives_every_place_the_name_of_the_level_below() -> None:
    moved = shift_levels(a_slice(), "down")
    assert moved.points[Level.L5_S1].row == ROWS[Level.L4_L5]
    assert moved.points[Level.L1_L2].row == -10  # what lay above the chain
    assert moved.above is None
    assert moved.below is not None
    assert moved.below.row == ROWS[Level.L5_S1]


@pytest.mark.parametrize(("first", "second"), [("up", "down"), ("down", "up")])
def test_up_and_down_undo_each_other(first: Shift, second: Shift) -> None:
    start = a_slice()
    back = shift_levels(shift_levels(start, first), second)
    assert rows(back) == rows(start)
    assert back.margin == start.margin


def test_a_shift_past_a_missing_level_leaves_a_gap_not_a_guess() -> None:
    start = SliceLevels(an_image(), {Level.L4_L5: a_point(70)}, None, None, 0.9, 1.0, 20.0)
    assert rows(shift_levels(start, "up")) == {Level.L3_L4: 70}
    assert rows(shift_levels(shift_levels(start, "down"), "down")) == {}


def test_slices_that_agree_are_left_as_they_are() -> None:
    slices = [a_slice(margin=margin) for margin in (1.0, 5.0, 3.0)]
    numbering = number_series(slices, 0.5, 0.4)
    assert numbering.slices == tuple(slices)
    assert (numbering.disagreeing, numbering.voting, numbering.margin) == (0, 3, 3.0)


@pytest.mark.parametrize("off", [-1, 1])
def test_a_slice_that_counts_differently_is_renumbered_and_reported(off: int) -> None:
    numbering = number_series([a_slice(), a_slice(off), a_slice()], 0.5, 0.4)
    assert [rows(levels) for levels in numbering.slices] == [ROWS, ROWS, ROWS]
    assert (numbering.disagreeing, numbering.voting) == (1, 3)


@pytest.mark.parametrize(("others", "agreed"), [(1, False), (2, False), (3, True), (6, True)])
def test_a_quarter_of_the_slices_may_count_differently(others: int, agreed: bool) -> None:
    assert number_series([a_slice(1), *[a_slice()] * others], 0.5, 0.4).agreed is agreed


def test_a_slice_too_poor_to_vote_takes_the_others_count_and_keeps_only_what_lies_on_its_disc() -> None:
    poor = replace(a_slice(1), points={Level.L4_L5: a_slice(1).points[Level.L4_L5]}, above=None, below=None)
    numbering = number_series([a_slice(), a_slice(), poor], 0.5, 0.4)
    ((level, point),) = numbering.slices[2].points.items()
    assert point.row == a_slice().points[level].row
    lost = replace(poor, points={Level.L4_L5: replace(a_slice().points[Level.L4_L5], row=500.0)})
    assert number_series([a_slice(), a_slice(), lost], 0.5, 0.4).slices[2].points == {}


def test_places_differ_a_little_from_slice_to_slice_without_disagreeing() -> None:
    numbering = number_series([a_slice(column=40), a_slice(column=52), a_slice(column=59)], 0.5, 0.4)
    assert numbering.disagreeing == 0


@pytest.mark.parametrize(("column", "kept"), [(35.0, True), (65.0, True), (25.0, False), (75.0, False)])
def test_a_place_far_in_front_of_the_spine_or_behind_it_is_dropped(column: float, kept: bool) -> None:
    """Bowel at the height of L5/S1, on a slice that shows no more of the spine."""
    stray = replace(a_slice(), points={Level.L5_S1: a_point(ROWS[Level.L5_S1], column)})
    numbered = number_series([a_slice(), a_slice(), stray], 0.5, 0.5)
    assert (Level.L5_S1 in numbered.slices[2].points) is kept
    assert rows(numbered.slices[0]) == ROWS


@pytest.mark.parametrize(("first", "second"), [(5.0, 1.0), (1.0, 5.0)])
def test_two_slices_that_disagree_follow_the_surer_one(first: float, second: float) -> None:
    numbering = number_series([a_slice(margin=first), a_slice(1, margin=second)], 0.5, 0.4)
    assert numbering.disagreeing >= 1
    wanted = rows(a_slice(0 if first > second else 1))
    shared = [level for level in LEVELS if all(level in rows(levels) for levels in numbering.slices)]
    assert len(shared) >= 4
    assert all(rows(levels)[level] == wanted[level] for levels in numbering.slices for level in shared)


@pytest.mark.parametrize("blind", [{"lumbar": 0.1}, {"visibility": 0.1}])
def test_a_slice_beside_the_canal_has_no_vote(blind: dict[str, float]) -> None:
    numbering = number_series([a_slice(), a_slice(1, margin=99.0, **blind)], 0.5, 0.4)
    assert (numbering.voting, numbering.disagreeing, numbering.margin) == (1, 0, 3.0)


def test_without_a_vote_there_is_no_count() -> None:
    numbering = number_series([a_slice(lumbar=0.0)], 0.5, 0.4)
    assert (numbering.voting, numbering.margin) == (0, 0.0)
