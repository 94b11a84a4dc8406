"""What an earlier run has done already: which lines hold, and which inputs have changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.batch.task import Task
from lumbar_core.errors import Refused
from lumbar_core.report.result import BatchInput

ANEW = "Choose another folder for --out, or remove that file to grade everything anew."


@dataclass(frozen=True, slots=True)
class Resumption:
    """What is left to do.

    open: the inputs without a line that holds. stale: by their paths, the lines of inputs that have changed.
    """

    open: tuple[Task, ...]
    stale: frozenset[str]


def go_on(tasks: Sequence[Task], done: Mapping[str, BatchInput | None], journal: Path) -> Resumption:
    """Compare what there is with the lines of an earlier run (`Journal.done`).

    An input is known again by its place and its files. Lines of inputs that are gone stay. A folder that was moved, or
    is seen from another PC, holds all that was graded and unchanged; any other one is another cohort.
    Raises Refused where one table would mix two.
    """
    marks = _all_marked(done, journal)
    for other in {mark.listed_as for mark in marks.values()} - {task.listed_as for task in tasks}:
        raise Refused(f"{journal} holds results of “--as {other}”.", ANEW)
    same = {task.path for task in tasks if task.path in marks and marks[task.path].digest == task.digest}
    folders = {mark.folder for mark in marks.values()}
    if marks and same != set(marks) and not any(task.folder in folders for task in tasks):
        raise Refused(f"{journal} holds results of another folder than this one.", ANEW)
    left = tuple(task for task in tasks if task.path not in same)
    return Resumption(left, frozenset(marks) - same - _gone(left, marks))


def _all_marked(done: Mapping[str, BatchInput | None], journal: Path) -> dict[str, BatchInput]:
    marks = {path: mark for path, mark in done.items() if mark is not None}
    if len(marks) < len(done):
        raise Refused(f"{journal} is of an earlier version, which did not note what it had read.", ANEW)
    return marks


def _gone(left: Sequence[Task], marks: Mapping[str, BatchInput]) -> set[str]:
    """The lines of which nothing lies here any more, also under no other name."""
    paths, digests = {task.path for task in left}, {task.digest for task in left}
    return {path for path, mark in marks.items() if path not in paths and mark.digest not in digests}
