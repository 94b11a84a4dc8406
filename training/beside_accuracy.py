"""What stands beside a grader's accuracy: other operating points, the burden of checks, what the level alone gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS
from lumbar_core.grade.calibrate import grade as grade_by
from lumbar_core.inference.contract import OPERATING_POINTS
from training.evaluate import Scored
from training.metrics import (
    Grades,
    Probs,
    accuracy,
    bootstrap_each,
    for_weighted_loss,
    linear_kappa,
    pack_metric,
    recall,
    weighted_log_loss,
)

NEARLY_AS_RIGHT = 0.003  # of accuracy, which may be given up for agreement


def operating_points(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Accuracy, κ and recalls under each of the three rules, from the same probabilities."""
    hits = [each for each in scored if each.assessed and each.cell.grade is not None]
    grades = np.array([int(each.cell.grade or 0) for each in hits])
    rows = np.array([each.answer.probabilities for each in hits])  # type: ignore[union-attr]  # assessed
    return points_of(grades, rows)


def points_of(grades: Grades, rows: Probs) -> dict[str, dict[str, float]]:
    """The same of grades (n,) and probabilities (n, 3)."""
    table = {}
    for point in OPERATING_POINTS:
        given = np.array([int(grade_by(row, point)) for row in rows])
        table[point] = {
            "acc": accuracy(grades, given),
            "kappa": linear_kappa(grades, given),
            "recall_moderate": recall(grades, given, 1),
            "recall_severe": recall(grades, given, 2),
        }
    return table


def best_operating_point(table: dict[str, dict[str, float]]) -> str:
    """The rule with the best κ among those within .003 of the best accuracy (DESIGN.md §2)."""
    best = max(row["acc"] for row in table.values())
    good = [point for point, row in table.items() if row["acc"] >= best - NEARLY_AS_RIGHT]
    return max(good, key=lambda point: table[point]["kappa"])


def check_burden(scored: Sequence[Scored]) -> dict[str, Any]:
    """How many findings a study has flagged `check`, and what share of Severe read as Normal/Mild they catch."""
    hits = [each for each in scored if each.assessed and each.cell.grade is not None]
    answers = [each.answer for each in hits if each.answer is not None]
    return burden_of(
        [each.cell.study_id for each in hits],
        np.array([int(each.cell.grade or 0) for each in hits]),
        np.array([int(each.grade or 0) for each in answers]),
        np.array([each.check for each in answers], np.bool_),
    )


def burden_of(studies: Sequence[str], grades: Grades, given: Grades, flagged: NDArray[np.bool_]) -> dict[str, Any]:
    """The same of each finding's study, its true grade, the one given, and whether it is flagged.

    `ci95`: intervals over studies of the figures a study, and of `caught`, the share of the errors that is flagged.
    """
    names, study = np.unique(studies, return_inverse=True)
    missed = (grades == 2) & (given == 0)
    by_study = np.stack([np.bincount(study, weights=each) for each in (flagged, missed, missed & flagged)])

    def figures(chosen: NDArray[np.int64]) -> dict[str, float]:
        flags, errors, caught = by_study[:, chosen]
        return {
            "median_per_study": float(np.median(flags)),
            "mean_per_study": float(np.mean(flags)),
            "caught": float(caught.sum() / errors.sum()) if errors.any() else float("nan"),
        }

    total = figures(np.arange(len(names)))
    return {
        "studies": len(names),
        "median_per_study": total["median_per_study"],
        "mean_per_study": total["mean_per_study"],
        "severe_read_as_normal": int(missed.sum()),
        "of_these_flagged": int((missed & flagged).sum()),
        "ci95": bootstrap_each(list(names), figures),
    }


def burden_metrics(burden: dict[str, Any], protocol: str) -> list[dict[str, Any]]:
    """What a card tells of it; no share of errors where there were none."""
    spread, missed = burden["ci95"], burden["severe_read_as_normal"]
    rows = [
        pack_metric(f"checks a study, {name}", burden[key], spread[key], burden["studies"], protocol)
        for name, key in (("median", "median_per_study"), ("mean", "mean_per_study"))
    ]
    if missed:
        share = burden["of_these_flagged"] / missed
        rows.append(pack_metric("Severe read as Normal/Mild, flagged", share, spread["caught"], missed, protocol))
    return rows


def level_alone(scored: Sequence[Scored]) -> dict[str, float]:
    """Accuracy and weighted log loss of the grades' frequencies at a cell's level in the other folds: no picture."""
    hits = [each for each in scored if each.assessed and each.cell.grade is not None]
    grades = np.array([int(each.cell.grade or 0) for each in hits])
    levels = np.array([LEVELS.index(each.cell.level) for each in hits])
    folds = np.array([each.cell.fold for each in hits])
    rows = np.zeros((len(hits), 3))
    for fold in np.unique(folds):
        for level in np.unique(levels):
            others = grades[(folds != fold) & (levels == level)]
            counts = np.bincount(others, minlength=3) + 1.0  # no grade is impossible
            rows[(folds == fold) & (levels == level)] = counts / counts.sum()
    return {
        "acc": accuracy(grades, rows.argmax(axis=1)),
        "wll": weighted_log_loss(grades, for_weighted_loss(rows)),
    }
