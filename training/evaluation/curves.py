"""The curves of an evaluation as numbers: reliability, the price of leaving findings to a reader, ROC."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.cells import GradedCells
from training.metrics import BINS, accuracy, bootstrap_each, recall

LEFT_SHARES = tuple(step / 20 for step in range(11))  # 0 to 50 % of the findings
ROC_POINTS = 60


def reliability(table: GradedCells) -> list[dict[str, Any]]:
    """By bin of the most likely grade's probability: how many, what was said, and how often it was so.

    The bins are those of the calibration error: 15 of equal width; empty ones are left out.
    """
    top = table.probabilities.max(axis=1)
    right = table.probabilities.argmax(axis=1) == table.grades
    return _bins(top, right, table.studies.tolist())


def reliability_of_severe(table: GradedCells) -> list[dict[str, Any]]:
    """The same of P(Severe)."""
    return _bins(table.probabilities[:, 2], table.grades == 2, table.studies.tolist())


def _bins(said: NDArray[np.float64], so: NDArray[np.bool_], studies: list[str]) -> list[dict[str, Any]]:
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    filled = sorted(set(bins.tolist()))

    def shares(chosen: NDArray[np.int64]) -> dict[str, float]:
        count = np.bincount(bins[chosen], minlength=BINS)
        hits = np.bincount(bins[chosen], so[chosen].astype(float), BINS)
        return {str(each): float(hits[each] / count[each]) if count[each] else float("nan") for each in filled}

    spread = bootstrap_each(studies, shares)
    return [
        {
            "from": each / BINS,
            "to": (each + 1) / BINS,
            "cells": int((bins == each).sum()),
            "said": float(said[bins == each].mean()),
            "so": float(so[bins == each].mean()),
            "ci95": spread[str(each)],
        }
        for each in filled
    ]


def left_to_review(table: GradedCells) -> list[dict[str, Any]]:
    """Accuracy of what the program keeps when the least certain findings are left to a reader."""
    return [
        {
            "left": left,
            "acc": accuracy(kept.grades, kept.given),
            "ci95": bootstrap_each(
                kept.studies.tolist(),
                lambda i, kept=kept: {"acc": accuracy(kept.grades[i], kept.given[i])},  # type: ignore[misc]
            )["acc"],
            "recall_severe": recall(kept.grades, kept.given, 2),
        }
        for left in LEFT_SHARES
        if len(kept := table.chosen(_most_certain(table, left)))
    ]


def _most_certain(table: GradedCells, left: float) -> NDArray[np.int64]:
    order = np.argsort(table.probabilities.max(axis=1), kind="stable")
    return np.sort(order[round(left * len(order)) :])


def flagged(table: GradedCells) -> dict[str, float]:
    """The same for the program's own choice: what it flags `check`, and how right the rest is."""
    kept = table.chosen(~table.checks)
    rest = accuracy(kept.grades, kept.given) if len(kept) else float("nan")
    return {"left": float(table.checks.mean()), "acc": rest, "recall_severe": recall(kept.grades, kept.given, 2)}


def roc(table: GradedCells, grade: int) -> list[tuple[float, float]]:
    """(share of false alarms, sensitivity) of a grade against the rest, thinned out; empty without both."""
    positive, score = table.grades == grade, table.probabilities[:, grade]
    if positive.all() or not positive.any():
        return []
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.diff(score[order]) != 0, True)
    found = np.append(0, np.cumsum(positive[order])[last_of_tie]) / positive.sum()
    false = np.append(0, np.cumsum(~positive[order])[last_of_tie]) / (~positive).sum()
    picked = np.unique(np.linspace(0, len(found) - 1, min(len(found), ROC_POINTS)).round().astype(int))
    return [(float(false[i]), float(found[i])) for i in picked]
