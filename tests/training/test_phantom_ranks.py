"""The ranks of phantoms: measured over studies, with what was not assessed told."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.anatomy import Condition
from training.phantom_ranks import Answered, phantom_ranks, ranked

CANAL = Condition.SPINAL_CANAL_STENOSIS


def answered(expected_of_room: float, count: int = 40, unassessed: int = 5) -> list[Answered]:
    """Structures whose mean grade follows the room lost this strongly, beside noise."""
    random = np.random.default_rng(1)
    room = random.uniform(20, 200, count)
    expected = 2 - room / 100 * expected_of_room + random.normal(0, 0.2, count)
    found = [
        Answered(index // 5, CANAL, float(r), int(r < 100), float(e), 1.5)
        for index, (r, e) in enumerate(zip(room, expected, strict=True))
    ]
    return found + [Answered(90, CANAL, 100.0, 0, None, None)] * unassessed


def test_less_room_graded_higher_is_a_positive_rank() -> None:
    followed, against = ranked(answered(1.0)), ranked(answered(-1.0))
    assert followed["rank_correlation"] > 0.8
    assert against["rank_correlation"] < -0.8
    low, high = followed["interval"]
    assert low < followed["rank_correlation"] < high
    assert followed["mean_grade_by_truth"]["1"] > followed["mean_grade_by_truth"]["0"]


def test_what_was_not_assessed_is_counted_and_left_out() -> None:
    result = ranked(answered(1.0))
    assert (result["structures"], result["assessed"]) == (45, 40)
    assert ranked(answered(1.0, count=0)) == {"structures": 5, "assessed": 0}


@pytest.mark.slow
def test_the_shipped_packs_follow_simulated_disease() -> None:
    result = phantom_ranks(8, None, workers=2)["spinal_canal_stenosis"]
    assert result["assessed"] >= 36
    assert result["interval"][0] > 0.3
    assert result["median_off_mm"] < 6
