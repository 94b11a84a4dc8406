"""What the three grades look like to the networks: crops of phantoms whose measures give the grade.

The window shows them beside a reader's finding, so that all readers have one scale before their eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.anatomy import Condition, Level, Severity
from lumbar_core.findings import Grade
from training.phantom.body import Patient
from training.phantom.disease import spread
from training.phantom.spine import build_spine
from training.phantom.truth import structures_of
from training.phantom_answers import grade_phantom
from training.program_pool import program_pool

FIRST_SEED = 300_000  # far from the seeds of samples, tests and training
LEVELS_SHOWN = (Level.L3_L4, Level.L4_L5)  # where most is narrow


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A structure, the grade that its measure gives, the program's chance of it, and its crop (side, side), 0 to 1."""

    condition: Condition
    grade: Severity
    chance: float
    crop: NDArray[np.float32]


def phantom_examples(studies: int, out: Path, workers: int) -> dict[str, float]:
    """Write <condition>_<grade>.png, of each the one to which the program gives its grade most surely; gives how sure.

    Raises ValueError if one was not among so many studies.
    """
    with program_pool(None, workers) as pool:
        found = [each for study in pool.map(_ask, range(FIRST_SEED, FIRST_SEED + studies)) for each in study]
    out.mkdir(parents=True, exist_ok=True)
    chosen: dict[str, float] = {}
    for condition in Condition:
        for grade in Severity:
            alike = [each for each in found if (each.condition, each.grade) == (condition, grade)]
            if not alike:
                raise ValueError(f"no {condition} graded {grade.label} in {studies} studies")
            best = max(alike, key=lambda each: each.chance)
            name = f"{condition}_{grade.name.lower()}"
            Image.fromarray((255 * best.crop).astype(np.uint8)).save(out / f"{name}.png", optimize=True)
            chosen[name] = round(best.chance, 3)
    return chosen


def _ask(seed: int) -> list[Candidate]:
    patient = Patient.of(build_spine(seed, spread(seed)))
    grades: list[Grade] = []
    grade_phantom(seed, patient, quick=False, behind=grades.append)
    given = {(g.target.condition, g.target.level, g.target.side): g for g in grades}
    candidates = []
    for each in structures_of(patient):
        answer = given.get((each.condition, each.level, each.side))
        if answer is None or each.level not in LEVELS_SHOWN:
            continue
        crop = answer.views[0].crop
        middle = np.clip(crop[len(crop) // 2], 0, 1)
        candidates.append(Candidate(each.condition, each.grade, float(answer.probabilities[each.grade]), middle))
    return candidates
