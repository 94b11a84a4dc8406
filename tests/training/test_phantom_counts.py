"""The count on unusual phantoms: what is right, what is flagged, and what is neither is told."""

from __future__ import annotations

import pytest

from training.phantom_counts import Counted, phantom_counts, summed


def test_a_study_is_right_only_if_every_placed_level_is() -> None:
    counted = [
        Counted("usual", 5, 5, flagged=False),
        Counted("usual", 5, 0, flagged=True),
        Counted("usual", 4, 3, flagged=False),
        Counted("usual", 0, 0, flagged=False),
    ]
    assert summed(counted) == {
        "studies": 4,
        "placed": 3,
        "counted_right": pytest.approx(1 / 3),
        "flagged": pytest.approx(1 / 3),
        "wrong_and_flagged": "1 of 2",
    }


def test_nothing_placed_has_no_shares() -> None:
    assert summed([Counted("usual", 0, 0, flagged=False)])["counted_right"] is None


@pytest.mark.slow
def test_usual_spines_are_counted_right() -> None:
    usual = phantom_counts(6, None, workers=2)["usual"]
    assert usual["placed"] == usual["studies"]
    assert usual["counted_right"] == 1.0
