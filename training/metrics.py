"""Figures of a grader on cells: the field's weighted log loss, accuracy, AUC, κ, recall, calibration.

Inputs are grades (n,) 0–2 and probabilities (n, 3) unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Grades = NDArray[np.int64]
Probs = NDArray[np.float64]

WEIGHTS = np.array([1.0, 2.0, 4.0])  # RSNA 2024's row weights by true grade
BINS = 15
_REACH = 1.959964  # standard errors to 95 %


def weighted_log_loss(grades: Grades, probabilities: Probs) -> float:
    """RSNA 2024's loss: rows weighted 1/2/4 by their true grade, normalised by the total weight."""
    chosen = np.clip(probabilities[np.arange(len(grades)), grades], 1e-15, 1)
    return float(-(np.log(chosen) * WEIGHTS[grades]).sum() / WEIGHTS[grades].sum())


def for_weighted_loss(probabilities: Probs) -> Probs:
    """Calibrated probabilities turned into those that minimise the weighted loss: times 1/2/4, renormalised."""
    weighted = probabilities * WEIGHTS
    return weighted / weighted.sum(axis=1, keepdims=True)


def without_weights(probabilities: Probs) -> Probs:
    """Probabilities fitted to the weighted loss turned back to plain ones: divided by 1/2/4, renormalised."""
    plain = probabilities / WEIGHTS
    return plain / plain.sum(axis=1, keepdims=True)


def accuracy(grades: Grades, given: Grades) -> float:
    """Share of cells with the right grade."""
    return float(np.mean(grades == given))


def auc(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve by ranks (Mann and Whitney); NaN where one class is empty."""
    first, second = int(positive.sum()), int((~positive).sum())
    if first == 0 or second == 0:
        return float("nan")
    return float((rankdata(score)[positive].sum() - first * (first + 1) / 2) / (first * second))


def auc_severe(grades: Grades, probabilities: Probs) -> float:
    """AUC of Severe against the rest."""
    return auc(grades == 2, probabilities[:, 2])


def macro_auc(grades: Grades, probabilities: Probs) -> float:
    """Mean of the three one-against-rest AUCs."""
    return float(np.mean([auc(grades == each, probabilities[:, each]) for each in range(3)]))


def linear_kappa(grades: Grades, given: Grades) -> float:
    """Cohen's κ with linear weights (Cohen, Psychol. Bull. 1968)."""
    table = confusion(grades, given) / len(grades)
    cost = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    expected = np.outer(table.sum(1), table.sum(0))
    chance = (cost * expected).sum()
    return float(1 - (cost * table).sum() / chance) if chance > 0 else float("nan")


def recall(grades: Grades, given: Grades, grade: int) -> float:
    """Share of the cells truly of a grade that got it; NaN where there are none."""
    of_grade = grades == grade
    return float(np.mean(given[of_grade] == grade)) if of_grade.any() else float("nan")


def precision(grades: Grades, given: Grades, grade: int) -> float:
    """Share of the cells that got a grade and truly are of it; NaN where none got it."""
    got = given == grade
    return float(np.mean(grades[got] == grade)) if got.any() else float("nan")


def confusion(grades: Grades, given: Grades) -> NDArray[np.int64]:
    """Counts (3, 3): rows by true grade, columns by the grade given."""
    table = np.zeros((3, 3), np.int64)
    np.add.at(table, (grades, given), 1)
    return table


def severe_at_specificity(grades: Grades, probabilities: Probs, specificity: float = 0.95) -> tuple[float, float]:
    """Sensitivity for Severe at a specificity of at least so much, and the P(Severe) above which it is reached.

    NaN twice where there is no Severe, or nothing else.
    """
    severe, score = grades == 2, probabilities[:, 2]
    others = np.sort(score[~severe])
    if not severe.any() or not len(others):
        return float("nan"), float("nan")
    # One in 10⁹ of room: 0.05 · 20 is a little less than 1 in binary.
    false_alarms = int(np.floor((1 - specificity) * len(others) + 1e-9))
    threshold = others[len(others) - 1 - false_alarms] if false_alarms < len(others) else -np.inf
    return float(np.mean(score[severe] > threshold)), float(threshold)


def expected_calibration_error(grades: Grades, probabilities: Probs) -> float:
    """Top-label calibration error over 15 equal-width bins (Guo et al., ICML 2017)."""
    return _calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == grades)


def calibration_bound(probabilities: Probs, seed: int = 0, draws: int = 400) -> float:
    """The 95th percentile of the error that a perfectly calibrated model with these probabilities would show."""
    rng = np.random.default_rng(seed)
    top = probabilities.max(axis=1)
    errors = [_calibration_error(top, rng.random(len(top)) < top) for _ in range(draws)]
    return float(np.percentile(errors, 95))


def _calibration_error(top: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    bins = np.minimum((top * BINS).astype(int), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    gap = np.bincount(bins, top, BINS) - np.bincount(bins, right.astype(float), BINS)
    return float(np.abs(gap[count > 0]).sum() / len(top))


def bootstrap(
    studies: Sequence[str], figure: Callable[[NDArray[np.int64]], float], draws: int = 500, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of figure(cell indices) over studies drawn with replacement; NaN where it never has a value."""
    return bootstrap_each(studies, lambda chosen: {"figure": figure(chosen)}, draws, seed)["figure"]


def bootstrap_each(
    studies: Sequence[str], figures: Callable[[NDArray[np.int64]], dict[str, float]], draws: int = 500, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """The same for several figures at once, over the same draws."""
    rng = np.random.default_rng(seed)
    names, inverse = np.unique(np.asarray(studies), return_inverse=True)
    members = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
    rows = [
        figures(np.concatenate([members[i] for i in rng.integers(len(names), size=len(names))])) for _ in range(draws)
    ]
    return {name: _interval(np.array([row[name] for row in rows])) for name in rows[0]}


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def wilson(share: float, number: float) -> tuple[float, float]:
    """The 95 % score interval of a share of so many independent cases: Wilson, J. Am. Stat. Assoc. 22 (1927)."""
    squared = _REACH**2
    middle = (share + squared / (2 * number)) / (1 + squared / number)
    reach = _REACH * math.sqrt(share * (1 - share) / number + squared / (4 * number**2)) / (1 + squared / number)
    return min(share, max(0.0, middle - reach)), max(share, min(1.0, middle + reach))  # at 0 and 1 despite rounding


def plain_figures(grades: Grades, probabilities: Probs, given: Grades) -> dict[str, float]:
    """The figures of calibrated probabilities and the grades given from them, but for those of calibration."""
    return {
        "wll": weighted_log_loss(grades, for_weighted_loss(probabilities)),
        "acc": accuracy(grades, given),
        "auc_severe": auc_severe(grades, probabilities),
        "macro_auc": macro_auc(grades, probabilities),
        "kappa": linear_kappa(grades, given),
        "recall_moderate": recall(grades, given, 1),
        "recall_severe": recall(grades, given, 2),
    }


def grader_figures(grades: Grades, probabilities: Probs, given: Grades) -> dict[str, float]:
    """All figures of calibrated probabilities and the grades given from them."""
    return {
        **plain_figures(grades, probabilities, given),
        "ece": expected_calibration_error(grades, probabilities),
        "ece_bound": calibration_bound(probabilities),
    }


def reference_figures(grades: Grades, reference: Probs) -> dict[str, float]:
    """The same figures of networks fitted to the weighted loss: the loss as given, the rest without the weights."""
    plain = without_weights(reference)
    figures = grader_figures(grades, plain, plain.argmax(axis=1))
    return {**figures, "wll": weighted_log_loss(grades, reference)}


def pack_metric(name: str, value: float, ci95: tuple[float, float] | None, cells: int, protocol: str) -> dict[str, Any]:
    """A figure as a pack's contract holds it."""
    return {"name": name, "value": value, "ci95": ci95, "cells": cells, "protocol": protocol}
