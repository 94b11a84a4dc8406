"""What stands beside a grader's accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Severity
from tests.training.made_up import CANAL, a_cell
from training.answers import Answer
from training.beside_accuracy import best_operating_point, burden_metrics, check_burden, level_alone, operating_points
from training.evaluate import Scored


def a_scored(
    study: str, truth: int, probabilities: tuple[float, float, float], check: bool = False, **cell: Any
) -> Scored:
    given = Severity(int(np.argmax(probabilities)))
    answer = Answer(CANAL, LEVELS[0], True, probabilities, given, 0.5, 0.5, check, None, (100, 100))
    return Scored(a_cell(f"{study}_1_1.png", cell.pop("level", LEVELS[0]), truth, **cell), answer, 1.0)


def test_each_rule_of_grading_is_scored_from_the_same_probabilities() -> None:
    scored = [a_scored("1", 2, (0.5, 0.2, 0.3)), a_scored("1", 1, (0.45, 0.3, 0.25)), a_scored("2", 0, (0.9, 0.1, 0.0))]
    table = operating_points(scored)
    assert table["argmax"]["acc"] == pytest.approx(1 / 3)
    assert table["ordinal_median"]["recall_moderate"] == 1.0
    assert table["sensitive"]["recall_severe"] == 1.0


def test_agreement_decides_among_rules_of_nearly_the_same_accuracy() -> None:
    table = {
        "argmax": {"acc": 0.930, "kappa": 0.70},
        "ordinal_median": {"acc": 0.928, "kappa": 0.72},
        "sensitive": {"acc": 0.920, "kappa": 0.80},
    }
    assert best_operating_point(table) == "ordinal_median"


def test_the_burden_of_checks_stands_beside_the_errors_they_catch() -> None:
    normal = (0.8, 0.1, 0.1)
    scored = [a_scored("1", 2, normal, True), a_scored("1", 2, normal), a_scored("1", 0, normal, True)]
    burden = check_burden([*scored, a_scored("2", 0, normal)])
    spread = burden.pop("ci95")
    assert burden == {
        "studies": 2,
        "median_per_study": 1.0,
        "mean_per_study": 1.0,
        "severe_read_as_normal": 2,
        "of_these_flagged": 1,
    }
    assert spread == {
        "median_per_study": pytest.approx((0.0, 2.0)),  # either study alone: none, or two
        "mean_per_study": pytest.approx((0.0, 2.0)),
        "caught": pytest.approx((0.5, 0.5)),  # all errors are of one study
    }


def test_a_card_tells_the_burden_and_the_errors_caught_where_there_are_any() -> None:
    flagged, quiet = a_scored("1", 2, (0.8, 0.1, 0.1), True), a_scored("2", 0, (0.8, 0.1, 0.1))
    rows = burden_metrics(check_burden([flagged, quiet]), "made up")
    assert [(row["name"], row["value"], row["cells"]) for row in rows] == [
        ("checks a study, median", 0.5, 2),
        ("checks a study, mean", 0.5, 2),
        ("Severe read as Normal/Mild, flagged", 1.0, 1),
    ]
    assert len(burden_metrics(check_burden([quiet]), "made up")) == 2


def test_the_level_alone_is_scored_by_the_other_folds_frequencies() -> None:
    sure = (1.0, 0.0, 0.0)
    first = [a_scored("1", 0, sure, level=LEVELS[0], fold=1) for _ in range(9)]
    second = [a_scored("2", truth, sure, level=LEVELS[0], fold=2) for truth in (2, 2, 2)]
    alone = level_alone([*first, *second])
    assert alone["acc"] == 0.0  # each fold is told what the other one mostly holds
    likely, rest = 4 / 6, 1 / 6  # of fold 2: three Severe, and one of each grade on top; weighted 1/2/4
    in_first = -np.log(rest / (rest + 2 * rest + 4 * likely))
    in_second = -np.log(4 * (1 / 12) / (10 / 12 + 2 / 12 + 4 / 12))
    assert alone["wll"] == pytest.approx((9 * in_first + 12 * in_second) / 21)
