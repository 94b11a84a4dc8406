"""The score of the RSNA 2024 Lumbar Spine Degenerative Classification: the mean of four weighted log losses.

Three are of the conditions, rows weighted 1/2/4 by their true grade. The fourth, `any_severe_spinal`, is of studies:
whether any level's canal is Severe, predicted by the largest P(Severe) among its levels, weighted by the study's
largest row weight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Condition
from training.evaluation.cells import GradedCells
from training.metrics import WEIGHTS, bootstrap_each, for_weighted_loss

ANY_SEVERE = "any_severe_spinal"
LEAST = 1e-15  # a certain mistake costs much, not infinitely
Sums = dict[str, NDArray[np.float64]]  # by part: (studies, 2), weighted loss and weight


def competition(table: GradedCells) -> dict[str, Any]:
    """Each part's loss and their mean with intervals; the mean is None unless all four parts are there.

    A cell that was not assessed is answered by a third each, as the competition's sample submission answers all.
    """
    sums = study_sums(table)
    studies = np.unique(table.studies)
    parts = score_of(sums, np.arange(len(studies)))
    spread = bootstrap_each(studies.tolist(), lambda chosen: score_of(sums, chosen))
    complete = len(sums) == len(Condition) + 1
    return {
        "score": parts["score"] if complete else None,
        "ci95": spread["score"] if complete else None,
        "parts": {name: {"value": parts[name], "ci95": spread[name]} for name in sums},
        "answered_by_thirds": int((~table.assessed).sum()),
    }


def score_of(sums: Sums, chosen: NDArray[np.int64]) -> dict[str, float]:
    """The losses of chosen studies (repeated ones count again) and `score`, their mean."""
    totals = {name: rows[chosen].sum(axis=0) for name, rows in sums.items()}
    parts = {name: float(loss / weight) if weight > 0 else float("nan") for name, (loss, weight) in totals.items()}
    return {**parts, "score": float(np.mean(list(parts.values())))}


def study_sums(table: GradedCells) -> Sums:
    """What every study, in sorted order, adds to each part."""
    _, study = np.unique(table.studies, return_inverse=True)
    count = int(study.max()) + 1 if len(study) else 0
    answers = np.full((len(table), 3), 1 / 3)
    answers[table.assessed] = for_weighted_loss(table.probabilities[table.assessed])
    weights = WEIGHTS[table.grades]
    losses = -np.log(np.clip(answers[np.arange(len(table)), table.grades], LEAST, 1)) * weights
    sums: Sums = {}
    for condition in Condition:
        of = table.conditions == condition
        if of.any():
            sums[str(condition)] = np.stack(
                [np.bincount(study[of], values[of], count) for values in (losses, weights)], axis=1
            )
    canal = table.conditions == Condition.SPINAL_CANAL_STENOSIS
    if canal.any():
        sums[ANY_SEVERE] = _any_severe(study[canal], table.grades[canal], answers[canal, 2], count)
    return sums


def _any_severe(
    study: NDArray[np.int64], grades: NDArray[np.int64], severe: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    worst, said, weight = np.zeros(count, np.int64), np.zeros(count), np.zeros(count)
    np.maximum.at(worst, study, grades)
    np.maximum.at(said, study, severe)
    np.maximum.at(weight, study, WEIGHTS[grades])
    right = np.where(worst == 2, said, 1 - said)
    return np.stack([-np.log(np.clip(right, LEAST, 1)) * weight, weight], axis=1)
