"""Levels and sides of phantoms: what is right, what is flagged, and what is neither is told."""

from __future__ import annotations

import pytest

from training.phantom_counts import Counted, phantom_counts, summed


def test_a_study_is_counted_wrong_if_one_of_its_places_is() -> None:
    counted = [
        Counted("usual", 5, 0, 0, flagged=False),
        Counted("usual", 5, 5, 2, flagged=True),
        Counted("usual", 4, 1, 0, flagged=False),
        Counted("usual", 0, 0, 0, flagged=False),
    ]
    assert summed(counted) == {
        "studies": 4,
        "studies_placed": 3,
        "structures_placed": 14,
        "sides_swapped": 2,
        "flagged": pytest.approx(1 / 3),
        "counted_wrong": 2,
        "counted_wrong_without_flag": 1,
    }


def test_nothing_placed_has_no_shares() -> None:
    assert summed([Counted("usual", 0, 0, 0, flagged=False)])["flagged"] is None


@pytest.mark.slow
def test_usual_spines_are_counted_right_and_no_side_is_swapped() -> None:
    usual = phantom_counts(6, ["usual"], None, workers=2)["usual"]
    assert usual["studies_placed"] == usual["studies"]
    assert usual["counted_wrong"] == usual["sides_swapped"] == 0
