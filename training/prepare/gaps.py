"""What a download or a folder of sets lacks, one row each: nothing is left out without being told."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path

from lumbar_core.report.save import save_by


class What(StrEnum):
    """The kinds of gap."""

    NO_FOLDER = "study without a folder of images"
    NO_GRADES = "folder of images without a row in train.csv"
    NO_SERIES_FOLDER = "series of the table without images"
    NO_DESCRIPTION = "series folder without a description"
    UNKNOWN_DESCRIPTION = "series description that is not known"
    NO_SERIES_OF_KIND = "study without a series of this kind"
    NO_GRADE = "structure without a grade"
    UNKNOWN_GRADE = "grade that is not known"
    NOT_MARKED = "graded structure without a mark"
    MARK_WITHOUT_GRADE = "mark of a structure without a grade"
    MARKED_TWICE = "structure marked more than once; the first mark is taken"
    UNKNOWN_STRUCTURE = "mark of a structure that is not known"
    NO_IMAGE = "mark on an image that is not there"
    OUTSIDE = "mark outside its image"
    OTHER_PLANE = "mark on an image of another plane"
    OTHER_SERIES = "mark on a series described as another kind"
    UNREADABLE = "image that cannot be read"
    UNREADABLE_STUDY = "study that cannot be read"
    NO_SET = "set that is not there"
    MISSING = "image that a table names but that is not there"
    NO_GRADINGS = "patient without gradings"
    BAD_ROW = "row that cannot be used"
    NO_FOLD = "study of no fold of the cross-validation; it is not learnt from"
    TWO_FOLDS = "study in more than one fold; the first fold is taken"
    OTHER_SIZE = "image of another size than its table says"
    UNNAMED = "image that no table names"
    STRAY = "file that is no image of its set"
    NO_MASK = "image without a mask"
    BAD_MASK = "mask that does not fit its image"
    NO_LABEL = "image that nobody has labelled; it is not learnt from"
    SEEN = "crops cut by a localiser that has seen their studies; cross-validate does not score beside it"
    SIDEWAYS = "axial image turned by a quarter"
    OBLONG = "image with oblong pixels"


@dataclass(frozen=True, slots=True)
class Gap:
    """One of them. detail: the structure, file or word that it is about."""

    what: What
    study: str
    series: str = ""
    detail: str = ""


def write_gaps(path: Path, gaps: Iterable[Gap]) -> None:
    """All of them as a table."""
    with save_by(path) as file:
        table = csv.DictWriter(file, [field.name for field in fields(Gap)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(gap) for gap in gaps)


def gaps_in_words(gaps: Sequence[Gap]) -> list[str]:
    """One line a kind, the most frequent first."""
    counts = Counter(gap.what for gap in gaps)
    return [f"{count:6d}  {what}" for what, count in counts.most_common()]
