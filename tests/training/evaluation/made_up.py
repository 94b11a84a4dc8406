"""Graded cells for the tests of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Condition, Side
from training.evaluation.cells import GradedCells


def a_table(
    studies: Sequence[str], conditions: Sequence[str], grades: Sequence[int], probabilities: NDArray[np.float64]
) -> GradedCells:
    """Cells with these answers; NaN: not assessed."""
    assessed = np.isfinite(probabilities).all(axis=1)
    given = np.where(assessed, np.nan_to_num(probabilities).argmax(axis=1), -1)
    count = len(studies)
    return GradedCells(
        studies=np.array(studies, np.str_),
        conditions=np.array(conditions, np.str_),
        levels=np.array([LEVELS[index % 5] for index in range(count)], np.str_),
        sides=np.array(["" if each == Condition.SPINAL_CANAL_STENOSIS else Side.LEFT for each in conditions], np.str_),
        qualities=np.arange(count, dtype=np.float64),
        grades=np.array(grades, np.int64),
        assessed=assessed,
        probabilities=probabilities,
        given=given.astype(np.int64),
        checks=np.arange(count) % 7 == 0,
    )


def made_up_table(studies: int, seed: int = 0, skill: float = 1.5) -> GradedCells:
    """Fifteen cells a study, five of each condition, answered with some skill and calibrated."""
    rng = np.random.default_rng(seed)
    count = 15 * studies
    probabilities = rng.dirichlet(np.array([2.0, 1.0, 0.7]) / skill, count).clip(1e-6, 1)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    grades = (rng.random(count)[:, None] > np.cumsum(probabilities, axis=1)[:, :2]).sum(axis=1)
    names = [f"s{index // 15}" for index in range(count)]
    conditions = [list(Condition)[index % 15 // 5] for index in range(count)]
    return a_table(names, conditions, grades.tolist(), probabilities)
