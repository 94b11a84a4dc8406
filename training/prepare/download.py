"""The tables of RSNA's download, read and held against its folders."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.anatomy import LEVELS, Condition, Level, Orientation, Severity, Side, Weighting
from lumbar_core.errors import ReadingError
from training.phantom.rsna_layout import COORDINATE_COLUMNS, SERIES_COLUMNS, SERIES_WORDS, SIDED
from training.prepare.gaps import Gap, What
from training.study_table import Key, structure

IMAGES, GRADES = "train_images", "train.csv"
DESCRIPTIONS, COORDINATES = "train_series_descriptions.csv", "train_label_coordinates.csv"
KIND_OF_WORDS = {words: kind for kind, words in SERIES_WORDS.items()}
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a radiologist marked a graded structure: column to the right, row down, 0 = the first pixel's centre."""

    condition: Condition
    side: Side | None
    level: Level
    grade: Severity
    series: str
    instance: str
    row: float
    column: float

    @property
    def words(self) -> str:
        """The structure, for gaps."""
        return in_words((self.condition, self.side, self.level))


@dataclass(frozen=True, slots=True)
class StudyTables:
    """What the tables say of one study. kinds: of its series, by folder, where they are described."""

    study: str
    marks: tuple[Mark, ...]
    kinds: dict[str, tuple[Orientation, Weighting]]


@dataclass(frozen=True, slots=True)
class Download:
    """Every study that has images and grades, in the order of their numbers, and what the tables and folders lack."""

    images: Path
    studies: tuple[StudyTables, ...]
    gaps: tuple[Gap, ...]


def read_download(root: Path) -> Download:
    """Read the three tables and list the folders. Raises ReadingError for a folder that is no such download."""
    images = root / IMAGES
    if not images.is_dir():
        raise ReadingError(
            f"“{root}” has no folder {IMAGES}.",
            "Choose the folder that the download was unpacked to, or one that holds sets (rsna_canal/, …).",
        )
    grades = read_table(root / GRADES, ("study_id",))
    described = by_study(read_table(root / DESCRIPTIONS, SERIES_COLUMNS))
    marked = by_study(read_table(root / COORDINATES, COORDINATE_COLUMNS))
    folders = {path.name for path in images.iterdir() if path.is_dir()}
    gaps = [Gap(What.NO_GRADES, name) for name in sorted(folders - {row["study_id"] for row in grades}, key=number_of)]
    studies = []
    for row in sorted(grades, key=lambda row: number_of(row["study_id"])):
        study = row["study_id"]
        if study not in folders:
            gaps.append(Gap(What.NO_FOLDER, study))
            continue
        tables, lacks = _study(row, described.get(study, []), marked.get(study, []), images / study)
        studies.append(tables)
        gaps += lacks
    return Download(images, tuple(studies), tuple(gaps))


def in_words(key: Key) -> str:
    """ "left neural foraminal narrowing L4/L5" """
    condition, side, level = key
    return f"{side} {condition.replace('_', ' ')} {level}" if side else f"{condition.replace('_', ' ')} {level}"


def read_table(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """A table's rows. Raises ReadingError where it cannot be read, lacks a column or is cut short."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            missing = [name for name in columns if name not in (table.fieldnames or ())]
            rows = list(table)
    except (OSError, UnicodeDecodeError) as error:
        raise ReadingError(f"“{path}” cannot be read.", "The download is not complete; unpack it again.") from error
    if missing:
        raise ReadingError(f"“{path}” lacks the columns {', '.join(missing)}.", "Another table belongs there.")
    if any(row[name] is None for row in rows for name in columns):
        raise ReadingError(f"“{path}” is cut short.", "The download is not complete; unpack it again.")
    return rows


def by_study(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows grouped by their study."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["study_id"]].append(row)
    return groups


def number_of(name: str) -> tuple[int, str]:
    """What studies are sorted by."""
    return (int(name), name) if name.isdecimal() else (0, name)


def _study(row: Row, described: list[Row], marked: list[Row], folder: Path) -> tuple[StudyTables, list[Gap]]:
    study = row["study_id"]
    gaps: list[Gap] = []
    kinds = _kinds(study, described, folder, gaps)
    grades = _grades(study, row, gaps)
    marks: dict[Key, Mark] = {}
    for place in marked:
        mark = _mark(study, place, grades, gaps)
        key = None if mark is None else (mark.condition, mark.side, mark.level)
        if mark is None or key is None:
            continue
        if key in marks:
            gaps.append(Gap(What.MARKED_TWICE, study, mark.series, mark.words))
            continue
        marks[key] = mark
    gaps += [Gap(What.NOT_MARKED, study, "", in_words(key)) for key in grades if key not in marks]
    return StudyTables(study, tuple(marks.values()), kinds), gaps


def _kinds(study: str, described: list[Row], folder: Path, gaps: list[Gap]) -> dict[str, tuple[Orientation, Weighting]]:
    kinds = {}
    folders = {path.name for path in folder.iterdir() if path.is_dir() and any(path.iterdir())}
    for row in described:
        series, words = row["series_id"], row["series_description"].strip()
        if series not in folders:
            gaps.append(Gap(What.NO_SERIES_FOLDER, study, series, words))
        elif words not in KIND_OF_WORDS:
            gaps.append(Gap(What.UNKNOWN_DESCRIPTION, study, series, words))
        else:
            kinds[series] = KIND_OF_WORDS[words]
    named = {row["series_id"] for row in described}
    gaps += [Gap(What.NO_DESCRIPTION, study, series) for series in sorted(folders - named, key=number_of)]
    seen = {SERIES_WORDS[kind] for kind in kinds.values()}
    wanted = dict.fromkeys(SERIES_WORDS.values())
    gaps += [Gap(What.NO_SERIES_OF_KIND, study, "", words) for words in wanted if words not in seen]
    return kinds


def _grades(study: str, row: Row, gaps: list[Gap]) -> dict[Key, Severity]:
    grades: dict[Key, Severity] = {}
    given = {structure(name): value for name, value in row.items() if name != "study_id" and value is not None}
    for key in _every_structure():
        value = given.get(key, "").strip()
        if not value:
            gaps.append(Gap(What.NO_GRADE, study, "", in_words(key)))
            continue
        try:
            grades[key] = Severity.from_label(value)
        except ValueError:
            gaps.append(Gap(What.UNKNOWN_GRADE, study, "", f"{in_words(key)}: {value}"))
    return grades


def _mark(study: str, place: Row, grades: dict[Key, Severity], gaps: list[Gap]) -> Mark | None:
    words = f"{place['condition']} {place['level']}"
    try:
        key = structure(words)
        row, column = float(place["y"]), float(place["x"])
    except ValueError:
        key, row, column = None, math.nan, math.nan
    if key is None or not (math.isfinite(row) and math.isfinite(column)):
        gaps.append(Gap(What.UNKNOWN_STRUCTURE, study, place["series_id"], words))
        return None
    if key not in grades:
        gaps.append(Gap(What.MARK_WITHOUT_GRADE, study, place["series_id"], in_words(key)))
        return None
    return Mark(*key, grades[key], place["series_id"], place["instance_number"], row, column)


def _every_structure() -> Iterator[Key]:
    for condition in Condition:
        for side in Side if condition in SIDED else (None,):
            for level in LEVELS:
                yield condition, side, level
