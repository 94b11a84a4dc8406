"""Readers of known noise and bias and the generated examinations that they read, for a walk through a whole reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lumbar_core.agreement.plan import Plan, read_plan
from lumbar_core.agreement.readings import Arm, to_lines
from lumbar_core.reading import read_studies
from training.phantom.disease import diseases_of
from training.phantom.protocols import PROTOCOLS, fast
from training.phantom.readers import SimulatedReader, Truths, judgements, usual_grades
from training.phantom.spine import Variant, build_spine, variant_of
from training.phantom.study import write_study

READERS = (SimulatedReader("R1", 0.45), SimulatedReader("R2", 0.55, 0.2))
LETTERS = "nms"
_SEED = 16


@dataclass(frozen=True)
class Readings:
    """What is true of each study of a plan, and what each sitting says of it. (25,) as STUDY_TARGETS."""

    truths: Mapping[str, Truths]
    grades: Mapping[tuple[Arm, str], Truths]

    def keys(self, arm: Arm, study: str) -> list[str]:
        """The keys that a reader presses in a study, structure after structure."""
        return [LETTERS[grade] for grade in self.grades[arm, study]]

    def lines(self, arm: Arm, without: Iterable[str]) -> bytes:
        """The file of a sitting, but for the studies that are read in the window."""
        left = [study for who, study in self.grades if who == arm and study not in set(without)]
        return to_lines(judgements(arm, left, np.stack([self.grades[arm, study] for study in left])))


def seeds_of(count: int) -> list[int]:
    """Which of the usual patients are read."""
    patients = len(usual_grades())
    return [int(seed) for seed in np.random.default_rng(_SEED).choice(patients, count, replace=False)]


def write_examinations(folder: Path, count: int) -> None:
    """The usual patients' examinations, quickly scanned, a folder each that is named by the patient's seed."""
    for seed in seeds_of(count):
        spine = build_spine(seed, diseases_of(seed), Variant(scoliosis_mm=variant_of(seed).scoliosis_mm))
        write_study(spine, folder / f"{seed}", tuple(map(fast, PROTOCOLS)))


def simulate(plan_path: Path, folder: Path) -> Readings:
    """What two readers say of a plan's studies, and the first of them once more."""
    patients, random = usual_grades(), np.random.default_rng(_SEED)
    seeds = _seeds_by_label(read_plan(plan_path.read_bytes()), folder)
    sittings = ((Arm("R1", 1, False), READERS[0]), (Arm("R2", 1, False), READERS[1]), (Arm("R1", 2, False), READERS[0]))
    truths = {study: patients[seed] for study, seed in sorted(seeds.items(), key=lambda pair: pair[1])}
    grades = {(arm, study): reader.read(truth, random) for arm, reader in sittings for study, truth in truths.items()}
    return Readings(truths, grades)


def _seeds_by_label(plan: Plan, folder: Path) -> dict[str, int]:
    found = {}
    for study in read_studies([folder]):
        label = plan.label(study)
        assert label is not None
        found[label] = int(study.series[0].instances[0].source.path.relative_to(folder).parts[0])
    return found
