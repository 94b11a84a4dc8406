"""Readers made up for patients made up: of a known noise and a known bias, so that their true agreement is known.

A reader perceives the true grade displaced by a bias and by noise that is normal, and says the nearest grade. From that
follows a table of what they say of each true grade, and from two such tables and the true grades the exact table of two
readers: their agreement without any sampling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumbar_core.agreement.readings import Arm, Judgement
from lumbar_core.anatomy import STUDY_TARGETS, Severity
from training.phantom.body import Patient
from training.phantom.disease import diseases_of
from training.phantom.spine import Variant, build_spine, variant_of
from training.phantom.truth import structures_of

Truths = NDArray[np.int64]  # (studies, 25) true grades, columns as STUDY_TARGETS
Random = np.random.Generator

USUAL_GRADES = Path(__file__).with_name("usual_grades.txt")
PATIENTS = 200
_LETTERS = "NMS"


@dataclass(frozen=True, slots=True)
class SimulatedReader:
    """code: as in a file of readings. noise: in grades. bias: grades higher (or lower) than the truth."""

    code: str
    noise: float
    bias: float = 0.0

    @property
    def confusion(self) -> NDArray[np.float64]:
        """(3, 3) by true grade, how often each grade is said."""
        below = np.array(
            [[_normal_below((cut - true - self.bias) / self.noise) for cut in (0.5, 1.5)] for true in range(3)]
        )
        return np.diff(below, prepend=0.0, append=1.0, axis=1)

    def read(self, truths: Truths, random: Random) -> Truths:
        """What is said of each structure, in the shape of the truth."""
        perceived = truths + self.bias + random.normal(0.0, self.noise, truths.shape)
        return np.clip(np.rint(perceived), 0, 2).astype(np.int64)


def true_table(truths: Truths, first: SimulatedReader, second: SimulatedReader) -> NDArray[np.float64]:
    """(3, 3) the exact shares of first by second over structures of these true grades, read independently."""
    shares = np.bincount(truths.ravel(), minlength=3) / truths.size
    return np.einsum("t,ti,tj->ij", shares, first.confusion, second.confusion)


def usual_grades() -> Truths:
    """The true grades of the first 200 seeds' patients, as `python -m training.phantom.readers` prints them."""
    lines = USUAL_GRADES.read_text(encoding="ascii").split()
    return np.array([[_LETTERS.index(letter) for letter in line] for line in lines])


def judgements(arm: Arm, studies: Sequence[str], grades: Truths, seconds: float | None = None) -> list[Judgement]:
    """What was said, as a file of readings holds it."""
    return [
        Judgement(arm, study, target, Severity(int(grade)), seconds=seconds)
        for study, row in zip(studies, grades, strict=True)
        for target, grade in zip(STUDY_TARGETS, row, strict=True)
    ]


def grades_of(seed: int) -> str:
    """N, M or S of the 25 structures of a seed's patient with five lumbar vertebrae, as STUDY_TARGETS."""
    patient = Patient.of(build_spine(seed, diseases_of(seed), Variant(scoliosis_mm=variant_of(seed).scoliosis_mm)))
    grades = {(each.condition, each.level, each.side): each.grade for each in structures_of(patient)}
    return "".join(_LETTERS[grades[target.condition, target.level, target.side]] for target in STUDY_TARGETS)


def _normal_below(z: float) -> float:
    return (1 + math.erf(z / math.sqrt(2))) / 2


if __name__ == "__main__":
    for each in range(PATIENTS):
        print(grades_of(each), flush=True)
