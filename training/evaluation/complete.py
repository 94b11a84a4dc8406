"""Everything `training evaluate` tells beside the flat figures, as it stands in the JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, SEVERITY_LABELS, Side
from training import metrics
from training.evaluation.cells import GradedCells
from training.evaluation.competition import competition
from training.evaluation.curves import flagged, left_to_review, reliability, reliability_of_severe, roc
from training.evaluation.quality import THIRDS, third_of

EVERY = "all"  # in place of a pack's name: all graders together
SENSITIVITY = "severe_sensitivity_at_95_specificity"
SHORT = ("normal_mild", "moderate", "severe")


def complete(table: GradedCells) -> dict[str, Any]:
    """Figures with intervals, in all and by group, the competition's score, and the curves; no NaN.

    Calibration errors have no interval: resampling only ever adds to them. Beside them stands `ece_bound`, what a
    perfectly calibrated model would reach at that size.
    """
    assessed = table.chosen(table.assessed)
    if not len(assessed):
        return {}
    in_all = figures_of(table)
    document = {
        "studies": len(np.unique(table.studies)),
        "ci95": {name: entry["ci95"] for name, entry in in_all["figures"].items() if "ci95" in entry},
        "all_cells": in_all,
        "confusion": {"rows_true_columns_given": metrics.confusion(assessed.grades, assessed.given).tolist()},
        "competition": competition(table),
        "reliability": reliability(assessed),
        "reliability_severe": reliability_of_severe(assessed),
        "left_to_review": left_to_review(assessed),
        "flagged_check": flagged(assessed),
        "roc": {label: roc(assessed, grade) for grade, label in enumerate(SEVERITY_LABELS)},
        "by": {name: {key: figures_of(part) for key, part in parts.items()} for name, parts in groups(table).items()},
    }
    cleaned: dict[str, Any] = without_nan(document)
    return cleaned


def figures_of(table: GradedCells) -> dict[str, Any]:
    """`cells`, `assessed` (the share) and `figures` of some cells, each with its value and interval."""
    known = table.chosen(table.assessed)
    share = metrics.bootstrap(table.studies.tolist(), lambda i: float(table.assessed[i].mean()))
    shown: dict[str, Any] = {"assessed": {"value": float(table.assessed.mean()), "ci95": share}}
    if len(known):

        def figures(chosen: NDArray[np.int64]) -> dict[str, float]:
            return cell_figures(known.grades[chosen], known.probabilities[chosen], known.given[chosen])

        values = figures(np.arange(len(known)))
        spread = metrics.bootstrap_each(known.studies.tolist(), figures)
        shown |= {name: {"value": value, "ci95": spread[name]} for name, value in values.items()}
        shown["ece"] = {"value": metrics.expected_calibration_error(known.grades, known.probabilities)}
        shown["ece_bound"] = {"value": metrics.calibration_bound(known.probabilities)}
    counts = np.bincount(table.grades, minlength=3).tolist()
    return {"cells": len(table), "of_grade": dict(zip(SEVERITY_LABELS, counts, strict=True)), "figures": shown}


def cell_figures(
    grades: NDArray[np.int64], probabilities: NDArray[np.float64], given: NDArray[np.int64]
) -> dict[str, float]:
    """The flat figures, and those of each grade."""
    rows = metrics.plain_figures(grades, probabilities, given)
    for grade, name in enumerate(SHORT):
        rows[f"precision_{name}"] = metrics.precision(grades, given, grade)
        rows[f"recall_{name}"] = metrics.recall(grades, given, grade)
        rows[f"auc_{name}"] = metrics.auc(grades == grade, probabilities[:, grade])
    rows[SENSITIVITY] = metrics.severe_at_specificity(grades, probabilities)[0]
    return rows


def groups(table: GradedCells) -> dict[str, dict[str, GradedCells]]:
    """The cells by condition, level, side and picture quality; groups of one kind with nothing in them are left out."""
    thirds = np.array(third_of(table.qualities.tolist()))
    kinds: dict[str, tuple[NDArray[np.str_], tuple[str, ...]]] = {
        "condition": (table.conditions, tuple(np.unique(table.conditions).tolist())),
        "level": (table.levels, tuple(map(str, LEVELS))),
        "side": (table.sides, tuple(map(str, Side))),
        "picture_quality": (thirds, THIRDS),
    }
    return {
        name: {key: table.chosen(words == key) for key in keys if (words == key).any()}
        for name, (words, keys) in kinds.items()
    }


def without_nan(value: Any) -> Any:
    """The same with None for every number that has no value, pairs as lists: what JSON can hold."""
    if isinstance(value, dict):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        items = [without_nan(each) for each in value]
        return None if isinstance(value, tuple) and None in items else items
    return None if isinstance(value, float) and not math.isfinite(value) else value
