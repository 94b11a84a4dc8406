"""Who may train on what: folds by study, and what is kept out of all training."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDS = (1, 2, 3, 4)

# Kept out of every training, so that "never a grade for what was not seen" can be tested on them:
# the second half of the Mendeley slices and the last third of SPIDER's patients. Mendeley's table names no patients,
# and some have slices in both halves.
FIRST_HELD_MENDELEY = 100
FIRST_HELD_SPIDER = 150


@dataclass(frozen=True, slots=True)
class KindLabel:
    """Plane and weighting of a Mendeley slice, told by eye.

    canal: True where a sagittal T2 slice shows the canal, False where it does not, None elsewhere.
    """

    file: str
    kind: str
    canal: bool | None


def fold_of(name: str) -> int:
    """A steady fold 1–4 for a study or patient that the tables give none."""
    return FOLDS[int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(FOLDS)]


def mendeley_labels() -> list[KindLabel]:
    """The labels by eye of the Mendeley slices; unclear slices have none."""
    path = Path(__file__).parent / "labels" / "mendeley_kind.csv"
    with path.open(newline="", encoding="utf-8") as table:
        return [
            KindLabel(row["file"], row["kind"], {"yes": True, "no": False, "": None}[row["canal"]])
            for row in csv.DictReader(table)
        ]


def is_held_mendeley(file: str) -> bool:
    """Whether a Mendeley slice is kept out of training."""
    return int(Path(file).stem) >= FIRST_HELD_MENDELEY


def is_held_spider(file: str) -> bool:
    """Whether a SPIDER picture (`<patient>_<sequence>…`) is kept out of training."""
    return int(Path(file).stem.split("_")[0]) >= FIRST_HELD_SPIDER
