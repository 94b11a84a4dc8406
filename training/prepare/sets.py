"""A folder of sets as they are handed around (`rsna_canal`, `spider_midsagittal`, …), recognised by their names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lumbar_core.errors import Refused
from training.cells import LABELLED, read_cells
from training.prepare.gaps import Gap, What
from training.prepare.hand_on import hand_on
from training.prepare.labelled import IMAGES, TABLE, SetStudy, read_labelled
from training.prepare.plain import ADAPTERS

NAMES = (*LABELLED, *ADAPTERS)


@dataclass(frozen=True, slots=True)
class Sets:
    """The labelled sets' studies, and what tables and folders lack."""

    studies: tuple[SetStudy, ...]
    gaps: tuple[Gap, ...]


def sets_in(root: Path) -> list[str]:
    """The names of the sets below a folder."""
    return [name for name in NAMES if (root / name).is_dir()]


def read_sets(root: Path, out: Path) -> Sets:
    """Read the tables, and hand the sets without grades on to `out`.

    Raises ReadingError for a table that is none, Refused where `out` holds other pictures under a set's name.
    """
    _refuse_others(root, out)
    gaps = [Gap(What.NO_SET, "", "", name) for name in NAMES if not (root / name).is_dir()]
    studies, of_tables = read_labelled(root)
    gaps += of_tables
    for name, check in ADAPTERS.items():
        if not (root / name).is_dir():
            continue
        checked = check(root / name)
        gaps += checked.gaps
        for file in checked.files:
            hand_on(root / name / file, out / name / file)
    return Sets(tuple(studies), tuple(gaps))


def _refuse_others(root: Path, out: Path) -> None:
    if out.resolve() == root.resolve():
        raise Refused("The sets cannot be prepared in their own folder.", "Name another folder with --out.")
    for name in LABELLED:
        if (root / name).is_dir() and (out / name / TABLE).is_file():
            files = {cell.file for cell in read_cells(out / name)}
            if files and not any((root / name / IMAGES / file).exists() for file in files):
                raise Refused(
                    f"“{out / name}” holds other pictures than “{root / name}”.",
                    "Name another folder with --out, or remove that one.",
                )
