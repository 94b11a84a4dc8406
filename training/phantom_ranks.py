"""Do the packs, trained on real pictures, follow disease that is simulated? Rank correlations on phantom studies.

Every structure of a study is narrowed by an amount of its own; the study is written as DICOM, and the program reads,
recognises, locates and grades it as it would any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from lumbar_core.anatomy import Condition
from training.metrics import bootstrap
from training.phantom.body import Patient
from training.phantom.disease import spread
from training.phantom.spine import Variant, build_spine, variant_of
from training.phantom.truth import structures_of
from training.phantom_answers import grade_phantom
from training.program_pool import program_pool

# What was measured of each condition, and whether more of it means more room.
ROOM = {
    Condition.SPINAL_CANAL_STENOSIS: "area_mm2",
    Condition.NEURAL_FORAMINAL_NARROWING: "root_share",
    Condition.SUBARTICULAR_STENOSIS: "depth_mm",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """One structure: its study, what was measured, the grade that follows, and the program's mean grade (0 to 2).

    expected: None where the program did not assess it. off_mm: from the true place to the program's.
    """

    study: int
    condition: Condition
    room: float
    grade: int
    expected: float | None
    off_mm: float | None


def phantom_ranks(studies: int, packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """By condition: Spearman's correlation of the mean grade with the room lost, with its interval over studies."""
    with program_pool(packs, workers) as pool:
        answered = [each for study in pool.map(_ask, range(studies)) for each in study]
    return {str(condition): ranked([a for a in answered if a.condition is condition]) for condition in Condition}


def ranked(answered: list[Answered]) -> dict[str, Any]:
    """Figures of one condition's structures."""
    assessed = [each for each in answered if each.expected is not None]
    if len(assessed) < 2:
        return {"structures": len(answered), "assessed": len(assessed)}
    room, grade, expected = (np.array([getattr(a, name) for a in assessed]) for name in ("room", "grade", "expected"))
    studies = [str(each.study) for each in assessed]
    interval = bootstrap(studies, lambda chosen: _rank(room[chosen], expected[chosen]))
    off = [each.off_mm for each in assessed if each.off_mm is not None]
    return {
        "structures": len(answered),
        "assessed": len(assessed),
        "rank_correlation": _rank(room, expected),
        "interval": interval,
        "mean_grade_by_truth": {str(g): float(expected[grade == g].mean()) for g in np.unique(grade).tolist()},
        "median_off_mm": float(np.median(off)),
    }


def _rank(room: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Of the room lost: positive where less room is graded higher."""
    return float(-spearmanr(room, expected).statistic)


def _ask(seed: int) -> list[Answered]:
    # Five lumbar vertebrae for all: the count is not the question.
    variant = Variant(scoliosis_mm=variant_of(seed).scoliosis_mm)
    patient = Patient.of(build_spine(seed, spread(seed), variant))
    result, pose = grade_phantom(seed, patient)
    findings = {(f.condition, f.level, f.side): f for f in result.findings}
    answered = []
    for each in structures_of(patient):
        finding = findings[each.condition, each.level, each.side]
        chances, location = finding.probabilities, finding.location
        place = location.patient_mm if location is not None else None
        answered.append(
            Answered(
                study=seed,
                condition=each.condition,
                room=each.room[ROOM[each.condition]],
                grade=int(each.grade),
                expected=chances[1] + 2 * chances[2] if chances is not None else None,
                off_mm=math.dist(place, pose.to_patient(each.point_mm)) if place is not None else None,
            )
        )
    return answered
