"""Who may train on what: folds by study, and what is kept out of all training."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDS = (1, 2, 3, 4)
CALIBRATION_SHARE = 0.08  # of the studies, kept from the gradient to fit the temperature

# Kept out of every training, so that "never a grade for what was not seen" can be tested on them:
# two of Mendeley's four patients and the last third of SPIDER's.
HELD_MENDELEY_PATIENTS = (3, 4)
FIRST_HELD_SPIDER = 150


@dataclass(frozen=True, slots=True)
class KindLabel:
    """Plane, weighting and patient of a Mendeley slice, told by eye.

    shows:   whether a sagittal slice shows what is graded on it (the canal on T2, a foramen on T1); None elsewhere, and
             where nobody said.
    patient: 1 to 4, told by the outline of the skin, the muscles and the discs. None where the slice does not tell:
             it is neither trained on nor scored.
    """

    file: str
    kind: str
    shows: bool | None
    patient: int | None

    @property
    def held(self) -> bool:
        """Whether the slice is kept out of training."""
        return self.patient in HELD_MENDELEY_PATIENTS


def fold_of(name: str) -> int:
    """A steady fold 1–4 for a study or patient that the tables give none."""
    return FOLDS[int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(FOLDS)]


def is_for_calibration(study_id: str) -> bool:
    """Whether a study is kept from the gradient of every grader, and of localisers without nested ones."""
    return int(hashlib.sha256(f"calibration {study_id}".encode()).hexdigest(), 16) % 1000 < CALIBRATION_SHARE * 1000


def usable_by_localiser(
    folds: NDArray[np.int64], studies: Sequence[str], wanted: set[int], *, nested: bool
) -> NDArray[np.bool_]:
    """(N,) which pictures a localiser may train on.

    Nested localisers cut every crop without having seen its study. Where there are none, the studies that a grader's
    temperature is fitted on are kept from the localiser too, so that they are located as a new patient's are.
    """
    usable = np.isin(folds, sorted(wanted))
    return usable if nested else usable & ~np.array([is_for_calibration(study) for study in studies])


def mendeley_labels() -> list[KindLabel]:
    """The labels by eye of the Mendeley slices; unclear slices have none."""
    path = Path(__file__).parent / "labels" / "mendeley_kind.csv"
    with path.open(newline="", encoding="utf-8") as table:
        return [
            KindLabel(
                file=row["file"],
                kind=row["kind"],
                shows={"yes": True, "no": False, "": None}[row["shows"]],
                patient=int(row["patient"]) if row["patient"] else None,
            )
            for row in csv.DictReader(table)
        ]


def is_held_spider(file: str) -> bool:
    """Whether a SPIDER picture (`<patient>_<sequence>…`) is kept out of training."""
    return int(Path(file).stem.split("_")[0]) >= FIRST_HELD_SPIDER
