"""The competition's score against cases reckoned by hand and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss

from lumbar_core.anatomy import Condition
from tests.training.evaluation.made_up import a_table, made_up_table
from training.evaluation.competition import ANY_SEVERE, competition
from training.metrics import without_weights

CANAL, FORAMEN, RECESS = Condition


def answered(weighted: list[list[float]]) -> np.ndarray:
    """Plain probabilities whose weighted form is this."""
    return without_weights(np.array(weighted))


def test_by_hand() -> None:
    # Study a: Moderate (answered .5), Severe (.8): (2·ln 2 + 4·ln 1.25) / 6; study b: Normal/Mild (.6) adds ln(5/3), 1.
    table = a_table(
        studies=["a", "a", "b"],
        conditions=[CANAL] * 3,
        grades=[1, 2, 0],
        probabilities=answered([[0.3, 0.5, 0.2], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]]),
    )
    found = competition(table)
    canal = (2 * math.log(2) + 4 * math.log(1.25) + math.log(5 / 3)) / 7
    # Any Severe: a is, said with .8, weight 4; b is not, said with .1, weight 1.
    any_severe = (4 * math.log(1.25) + math.log(1 / 0.9)) / 5
    assert found["parts"][CANAL]["value"] == pytest.approx(canal)
    assert found["parts"][ANY_SEVERE]["value"] == pytest.approx(any_severe)
    assert found["score"] is None


def test_a_study_without_severe_is_weighted_by_its_worst_grade() -> None:
    table = a_table(
        studies=["a", "a"],
        conditions=[CANAL] * 2,
        grades=[0, 1],
        probabilities=answered([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3]]),
    )
    assert competition(table)["parts"][ANY_SEVERE]["value"] == pytest.approx(-math.log(0.7))


def test_the_score_is_the_mean_of_four_parts() -> None:
    table = a_table(
        studies=["a"] * 3,
        conditions=[CANAL, FORAMEN, RECESS],
        grades=[0, 1, 2],
        probabilities=answered([[0.5, 0.25, 0.25], [0.2, 0.5, 0.3], [0.25, 0.5, 0.25]]),
    )
    wanted = (math.log(2) + math.log(2) + math.log(4) - math.log(0.75)) / 4
    found = competition(table)
    assert found["score"] == pytest.approx(wanted)
    low, high = found["ci95"]
    assert low == pytest.approx(high), "one study is always the same one"


def test_what_was_not_assessed_is_answered_by_thirds() -> None:
    table = a_table(["a"], [FORAMEN], [2], np.full((1, 3), np.nan))
    found = competition(table)
    assert found["parts"][FORAMEN]["value"] == pytest.approx(math.log(3))
    assert found["answered_by_thirds"] == 1


def test_each_part_is_scikit_learns_log_loss() -> None:
    table = made_up_table(40)
    found = competition(table)["parts"]
    weights = np.array([1.0, 2.0, 4.0])
    answers = table.probabilities * weights
    answers /= answers.sum(axis=1, keepdims=True)
    for condition in Condition:
        of = table.conditions == condition
        wanted = log_loss(table.grades[of], answers[of], sample_weight=weights[table.grades[of]])
        assert found[condition]["value"] == pytest.approx(wanted)
    canal = table.conditions == CANAL
    studies = np.unique(table.studies)
    rows = [canal & (table.studies == study) for study in studies]
    wanted = log_loss(
        [int(table.grades[row].max() == 2) for row in rows],
        [answers[row, 2].max() for row in rows],
        sample_weight=[weights[table.grades[row]].max() for row in rows],
    )
    assert found[ANY_SEVERE]["value"] == pytest.approx(wanted)
