"""The sets without grades of ours, checked: SPIDER's two and Mendeley's. One adapter each.

What training takes from a file's name is asked of the functions by which it takes it (`splits`); masks are read as
`refusal` reads them. An adapter gives the files that can be learnt from and what is wrong with the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from training.pictures import files_of
from training.prepare.download import Row, number_of, read_table
from training.prepare.gaps import Gap, What
from training.prepare.hand_on import is_picture, opened
from training.splits import mendeley_labels

NAME = re.compile(r"(?P<patient>\d+)_(?P<sequence>t1|t2|t2_SPACE)(?:_slice\d+)?", re.IGNORECASE)
GRADINGS, OVERVIEW = "gradings.csv", "overview.csv"
DISCS = range(1, 11)  # upwards from L5/S1
GRADED = {  # what gradings.csv may say
    "Modic": range(4), "UP endplate": range(2), "LOW endplate": range(2), "Spondylolisthesis": range(2),
    "Disc herniation": range(2), "Disc narrowing": range(2), "Disc bulging": range(2), "Pfirrman grade": range(1, 6),
}  # fmt: skip
CLASSES = (0, 1, 2, 3)  # background, disc, vertebra, spinal canal


@dataclass(slots=True)
class Checked:
    """files: of a set that can be handed on, relative to it."""

    files: list[Path] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def spider_midsagittal(folder: Path) -> Checked:
    """Middle slices named `<patient>_<sequence>`, the gradings of their discs, and their scanners' parameters."""
    found = Checked()
    stems = _pictures(folder, found)
    patients = {_patient(stem) for stem in stems}
    graded = _gradings(read_table(folder / GRADINGS, ("Patient", "IVD label", *GRADED)), folder.name, found)
    named = {row["new_file_name"] for row in read_table(folder / OVERVIEW, ("new_file_name",))}
    for patient in sorted(patients ^ graded, key=number_of):
        what = What.MISSING if patient in graded else What.NO_GRADINGS
        found.gaps.append(Gap(what, patient, "", f"{folder.name}/{GRADINGS}"))
    for stem in sorted(named ^ stems):
        what = What.MISSING if stem in named else What.UNNAMED
        found.gaps.append(Gap(what, _patient(stem), "", f"{folder.name}/{OVERVIEW}: {stem}"))
    found.files += [Path(GRADINGS), Path(OVERVIEW)]
    return found


def spider_space_masks(folder: Path) -> Checked:
    """Slices, and masks of the same name and size with the four classes; a slice whose mask is wrong goes without."""
    found = Checked()
    for stem in sorted(_pictures(folder, found)):
        image = next(path for path in found.files if path.stem == stem)
        mask = Path("masks") / f"{stem}.png"
        classes = opened(folder / mask)
        if isinstance(classes, What):
            what = What.NO_MASK if classes is What.MISSING else classes
            found.gaps.append(Gap(what, _patient(stem), "", f"{folder.name}/{mask}"))
            found.files.remove(image)
            continue
        pixels = opened(folder / image)
        if isinstance(pixels, What) or pixels.shape != classes.shape or not np.isin(classes, CLASSES).all():
            found.gaps.append(Gap(What.BAD_MASK, _patient(stem), "", f"{folder.name}/{mask}"))
            found.files.remove(image)
            continue
        found.files.append(mask)
    return found


def mendeley_mixed(folder: Path) -> Checked:
    """Mixed slices; training takes those whose kind was told by eye, in a table of this repository."""
    found = Checked()
    for path in files_of(folder):
        _take(path, folder, "", found)
    there = {path.name for path in found.files}
    labelled = {label.file for label in mendeley_labels() if label.patient is not None}
    found.gaps += [Gap(What.MISSING, "", "", f"{folder.name}/{file}") for file in sorted(labelled - there)]
    found.gaps += [Gap(What.NO_LABEL, "", "", f"{folder.name}/{file}") for file in sorted(there - labelled)]
    return found


ADAPTERS: dict[str, Callable[[Path], Checked]] = {
    "spider_midsagittal": spider_midsagittal,
    "spider_space_masks": spider_space_masks,
    "mendeley_mixed": mendeley_mixed,
}


def _pictures(folder: Path, found: Checked) -> set[str]:
    """SPIDER's pictures that open and tell their patient; their names without suffix."""
    for path in files_of(folder / "images"):
        if NAME.fullmatch(path.stem) is None:
            found.gaps.append(Gap(What.STRAY, "", "", f"{folder.name}/{path.relative_to(folder)}"))
        else:
            _take(path, folder, _patient(path.stem), found)
    return {path.stem for path in found.files}


def _take(path: Path, folder: Path, patient: str, found: Checked) -> None:
    where = path.relative_to(folder)
    problem = opened(path) if is_picture(path) else What.STRAY
    if isinstance(problem, What):
        found.gaps.append(Gap(problem, patient, "", f"{folder.name}/{where}"))
    else:
        found.files.append(where)


def _gradings(rows: list[Row], name: str, found: Checked) -> set[str]:
    """The patients that are graded; a row that says what it cannot is told."""
    patients = set()
    for number, row in enumerate(rows, start=2):
        allowed = {"IVD label": DISCS} | GRADED
        odd = [column for column, values in allowed.items() if row[column] not in map(str, values)]
        if odd:
            words = f"{name}/{GRADINGS}, line {number}: {odd[0]} {row[odd[0]]}"
            found.gaps.append(Gap(What.BAD_ROW, row["Patient"], "", words))
        patients.add(row["Patient"])
    return patients


def _patient(stem: str) -> str:
    return stem.partition("_")[0]
