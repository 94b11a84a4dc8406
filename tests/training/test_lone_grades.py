"""A grader's word on one slice for three is set right by what other folds ask for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lumbar_core.grade.calibrate import softmax
from tests.training.made_up import a_config
from training.lone_grades import Answered, figures, fit_alone, score_lone_grades
from training.workshop import Workshop

SCALE, BIAS = 1.5, np.array([-2.0, 0.5, 1.5])


def answered(count: int = 300) -> Answered:
    """Logits of a grader that is too sure of Normal/Mild; what is true follows them once they are set right."""
    random = np.random.default_rng(0)
    logits = random.normal(0.0, 1.5, (count, 3)) + np.array([1.5, 0.0, -1.5])
    chances = np.cumsum(softmax(SCALE * logits + BIAS), axis=1)
    grades = (random.random((count, 1)) > chances[:, :2]).sum(axis=1)
    studies = [str(number // 5) for number in range(count)]
    return Answered(logits, grades, np.arange(count) % 4 + 1, studies)


def test_scale_and_biases_are_found_again() -> None:
    data = answered(4000)
    found = fit_alone(data.logits, data.grades)
    assert found.scale == pytest.approx(SCALE, abs=0.15)
    assert found.bias == pytest.approx(tuple(BIAS - BIAS.mean()), abs=0.15)
    assert found.of(np.zeros(3)) == pytest.approx(found.bias)
    assert found.of(np.zeros((3, 2, 2))).shape == (3, 2, 2), "maps of the last layer, too"


def test_set_right_it_grades_better_on_folds_that_had_no_part_in_it() -> None:
    told = figures(answered(), "ordinal_median")
    assert told["set right"]["wll"]["value"] < told["as answered"]["wll"]["value"]
    assert told["set right"]["kappa"]["value"] > told["as answered"]["kappa"]["value"]
    assert set(told["alone"]) == {"scale", "bias"}
    assert {metric["name"] for metric in told["pack_metrics"]} >= {"lone slice: acc", "lone slice: kappa"}


def test_a_fold_is_not_set_right_by_its_own_grades() -> None:
    data = answered()
    turned = data.grades.copy()
    turned[data.folds == 1] = 2 - turned[data.folds == 1]  # one fold's labels are the wrong way round
    found = figures(Answered(data.logits, turned, data.folds, data.studies), "argmax")
    assert found["set right"]["acc"]["value"] < figures(data, "argmax")["set right"]["acc"]["value"] - 0.05


def test_a_grader_of_sagittal_slices_has_nothing_to_set_right(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="grades no axial slices"):
        score_lone_grades(a_config("grade"), Workshop(tmp_path, tmp_path, tmp_path))
