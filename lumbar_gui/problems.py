"""Errors as the window shows them: a title, what was found, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lumbar_core.errors import (
    Damaged,
    LocalisationError,
    LumbarError,
    ModelError,
    PrintingError,
    ReadingError,
    Refused,
    SavingError,
    SeveralStudies,
    WrongFormat,
)
from lumbar_core.report.result import StudyResult
from lumbar_core.study import Unreadable
from lumbar_gui.state import Problem

if TYPE_CHECKING:
    from lumbar_core.dicom_out.deidentify import Exported

WRONG_FORMAT = "Wrong format"
ACCEPTED = "Accepted are DICOM files, folders, ZIP archives and DICOMDIR, and PNG, JPEG, TIFF or WebP pictures."

NOT_SEEN = Problem(
    "Not confirmed",
    "The slice that this finding stands on has not been on the screen yet, and what nobody saw is not confirmed.",
    "Look at it first: E shows it. Another grade, or “cannot judge”, can be given at any time.",
)

NO_SPACING = Problem(
    "Not measured",
    "This picture does not say how large its pixels are, so nothing on it has a length or a true angle.",
    "Open the DICOM file that it was made from.",
)

TITLES: tuple[tuple[type[LumbarError], str], ...] = (
    (WrongFormat, WRONG_FORMAT),
    (Damaged, "Damaged file"),
    (Refused, "Cannot be used"),
    (SeveralStudies, "More than one examination"),
    (ReadingError, "Could not be read"),
    (SavingError, "Not saved"),
    (PrintingError, "Not printed"),
    (ModelError, "Model packs"),
    (LocalisationError, "Cannot be graded there"),
)


def from_error(error: LumbarError, details: str = "") -> Problem:
    """The message for an error."""
    title = next((title for kind, title in TITLES if isinstance(error, kind)), "Something went wrong")
    return Problem(title, _untitled(error.finding), error.remedy, details)


def restored(result: StudyResult | None, remark: bool) -> Problem:
    """The message where marks, a remark or both come back that were not saved before the program ended."""
    count = sum(finding.touched for finding in result.findings) if result is not None else 0
    if not count:
        return Problem(
            "Your remark is back",
            "It stands below the findings as you left it: the program ended before a report had it.",
            "Save the report to keep it.",
        )
    what = f"{count} findings that you had marked are" if count > 1 else "One finding that you had marked is"
    return Problem(
        "Your marks and your remark are back" if remark else "Your marks are back",
        f"{what} as you left them: the program ended before they were saved.",
        "Save the result to keep them; Ctrl + Z takes the marks away.",
    )


def copied(made: Exported) -> Problem:
    """The message once a copy without identity is written: how much, where, and what to look at."""
    count = len(made.left_out)
    left = "" if count == 0 else "1 file was left out. " if count == 1 else f"{count} files were left out. "
    return Problem(
        "Copied without identity",
        f"{'1 file is' if made.files == 1 else f'{made.files} files are'} in the new folder “{made.folder.name}”.",
        left + " ".join(made.notes),
        _each(made.left_out),
    )


def studies_missing(labels: Sequence[str]) -> Problem:
    """The message where a plan's studies were not all handed over."""
    which = ", ".join(labels[:8]) + ("…" if len(labels) > 8 else "")
    return Problem(
        "Not all of the plan's studies are there",
        f"{len(labels)} {'is' if len(labels) == 1 else 'are'} missing: {which}. The others can be read.",
        "Choose the folder that the plan was made of to read them all.",
    )


def left_out(unreadable: Sequence[Unreadable]) -> Problem:
    """The message beside a list of examinations where files that were handed over are in none of them."""
    first, count = unreadable[0], len(unreadable)
    title = "1 file could not be read" if count == 1 else f"{count} files could not be read"
    return Problem(
        title,
        _named(first) if count == 1 else f"The first: {_named(first)}",
        first.remedy,
        "" if count == 1 else _each(unreadable),
    )


def nothing_readable(unreadable: Sequence[Unreadable]) -> Problem:
    """The message where files were handed over and none of them could be read."""
    if not unreadable:
        return Problem(WRONG_FORMAT, "There is no picture and no DICOM image in there.", ACCEPTED)
    first = unreadable[0]
    if len(unreadable) == 1:
        return Problem(WRONG_FORMAT, _untitled(_named(first)), f"{first.remedy} {ACCEPTED}".strip())
    return Problem(
        WRONG_FORMAT,
        f"None of {len(unreadable)} files could be read. The first: {_named(first)}",
        f"{first.remedy} {ACCEPTED}".strip(),
        _each(unreadable),
    )


def _each(unreadable: Sequence[Unreadable]) -> str:
    return "\n".join(f"{_named(item)} {item.remedy}" for item in unreadable)


def _named(item: Unreadable) -> str:
    """What was found in a file, which many a finding names itself."""
    return item.finding if item.path.name in item.finding else f"{item.path.name}: {item.finding}"


def _untitled(finding: str) -> str:
    """A finding without the words that stand above it."""
    return finding.removeprefix(f"{WRONG_FORMAT}: ")
