"""A grader's word without neighbours is set right by what other folds ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lumbar_core.grade.axial_crops import missing_neighbours
from lumbar_core.grade.calibrate import softmax
from tests.training.made_up import a_config, an_axial_config, tile_cells, write_tiles
from training.lone_grades import ALONE, EDGE, WHOLE, Answered, figures, fit_correction, score_lone_grades, shown
from training.tiles import load_tiles
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


def told(alone: Answered, operating_point: str = "ordinal_median") -> dict[str, Any]:
    """Figures where the grader errs without any neighbour, and not where it has one."""
    right = Answered(SCALE * alone.logits + BIAS, alone.grades, alone.folds, alone.studies)
    return figures({WHOLE: right, ALONE: alone, EDGE: right}, operating_point)


def test_scale_and_biases_are_found_again() -> None:
    data = answered(4000)
    found = fit_correction(data.logits, data.grades)
    assert found.scale == pytest.approx(SCALE, abs=0.15)
    assert found.bias == pytest.approx(tuple(BIAS - BIAS.mean()), abs=0.15)
    assert found.of(np.zeros(3)) == pytest.approx(found.bias)
    assert found.of(np.zeros((3, 2, 2))).shape == (3, 2, 2), "maps of the last layer, too"


def test_set_right_it_grades_better_on_folds_that_had_no_part_in_it() -> None:
    found = told(answered())
    before, after = found[ALONE]["as answered"], found[ALONE]["set right"]
    assert after["wll"]["value"] < before["wll"]["value"]
    assert after["kappa"]["value"] > before["kappa"]["value"]
    assert after["wll"]["value"] == pytest.approx(found[WHOLE]["wll"]["value"], abs=0.05)
    names = {metric["name"] for metric in found["pack_metrics"]}
    assert names >= {"lone slice: acc", "lone slice: kappa", "end of a block: acc", "end of a block: kappa"}


def test_each_kind_of_stack_has_its_own_correction() -> None:
    corrections = told(answered(4000))["corrections"]
    assert set(corrections) == {ALONE, EDGE}
    assert corrections[ALONE]["scale"] == pytest.approx(SCALE, abs=0.15)
    assert corrections[EDGE]["scale"] == pytest.approx(1.0, abs=0.1)
    assert corrections[EDGE]["bias"] == pytest.approx([0.0, 0.0, 0.0], abs=0.15)


def test_a_fold_is_not_set_right_by_its_own_grades() -> None:
    data = answered()
    turned = data.grades.copy()
    turned[data.folds == 1] = 2 - turned[data.folds == 1]  # one fold's labels are the wrong way round
    found = told(Answered(data.logits, turned, data.folds, data.studies), "argmax")
    right = told(data, "argmax")
    assert found[ALONE]["set right"]["acc"]["value"] < right[ALONE]["set right"]["acc"]["value"] - 0.05


def test_neighbours_are_taken_away_both_and_either_in_turn(tmp_path: Path) -> None:
    write_tiles(tmp_path, tile_cells("11_22_3.png"))
    (tile,) = load_tiles(tile_cells("11_22_3.png"), tmp_path / "images")
    stacks = shown(tile)
    lacking = {name: [missing_neighbours(np.stack(stack)) for stack in each] for name, each in stacks.items()}
    assert lacking == {WHOLE: [0], ALONE: [2], EDGE: [1, 1]}
    first, second = stacks[EDGE]
    assert first[2] is tile.slice.stack[2]
    assert second[0] is tile.slice.stack[0]
    for stack in (first, second, *stacks[ALONE]):
        assert stack[1] is tile.slice.stack[1]


def test_a_grader_of_sagittal_slices_has_nothing_to_set_right(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="grades no axial slices"):
        score_lone_grades(a_config("grade"), Workshop(tmp_path, tmp_path, tmp_path))


def test_without_the_temperature_that_ships_nothing_is_fitted_over_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        score_lone_grades(an_axial_config("grade"), Workshop(tmp_path, tmp_path, tmp_path))
