"""Who may train on what: folds by study, and what is kept out of all training."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDS = (1, 2, 3, 4)

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
