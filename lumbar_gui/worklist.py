"""Several examinations to be read one after the other: which, how far, and which comes next. Never mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lumbar_core.study import Study

AHEAD = 2  # examinations that are graded while another is read


class Status(StrEnum):
    """How far an examination is."""

    WAITING = "waiting"
    GRADED = "graded"
    OPENED = "opened"
    SAVED = "saved"
    CONFIRMED = "confirmed and saved"
    READ = "read"
    FAILED = "could not be graded"


DONE = frozenset({Status.SAVED, Status.CONFIRMED, Status.READ})


@dataclass(frozen=True, slots=True)
class Case:
    """One examination, as it was read, and how far it is.

    label: what it is called where it must not be named; "" where it may.
    """

    study: Study
    status: Status = Status.WAITING
    label: str = ""

    @property
    def words(self) -> str:
        """How far it is; of a plan's study not that the program has graded it ahead, for it waits for its reader."""
        return (Status.WAITING if self.label and self.status is Status.GRADED else self.status).value


@dataclass(frozen=True, slots=True)
class Room:
    """Where a reader is in a reading plan, as far as it may be shown.

    study:   the label of the open one, "" where none is. helped: it is read with the program's grades in sight.
    graded:  how many of its structures. read, of: how many readings of the plan are done.
    revealed: the program's grades are shown, and nothing can be changed. at_end: they are shown when all is read.
    """

    reader: str
    study: str
    helped: bool
    graded: int
    read: int
    of: int
    revealed: bool
    at_end: bool
    paused: bool

    @property
    def blind(self) -> bool:
        """Whether the program's grades of the open study are hidden."""
        return bool(self.study) and not self.helped and not self.revealed


@dataclass(frozen=True, slots=True)
class Worklist:
    """The examinations in the order in which they were found, and the one that is open (None: none is).

    title: what the list is, where it is more than the examinations that were found.
    """

    cases: tuple[Case, ...]
    current: int | None = None
    title: str = ""

    @classmethod
    def of(cls, studies: Sequence[Study]) -> Worklist:
        """A list of examinations none of which was opened yet."""
        return cls(tuple(Case(study) for study in studies))

    def opened(self, index: int) -> Worklist:
        """With a case open."""
        return replace(self.with_status(index, Status.OPENED), current=index)

    def closed(self) -> Worklist:
        """With none open."""
        return replace(self, current=None)

    def with_status(self, index: int, status: Status) -> Worklist:
        """With another status of a case; what is done stays so, until it is done again."""
        kept = self.cases[index]
        if kept.status in DONE and status not in DONE:
            return self
        return replace(self, cases=(*self.cases[:index], replace(kept, status=status), *self.cases[index + 1 :]))

    def next(self) -> int | None:
        """The case after the open one; the first where none is open; None after the last."""
        index = 0 if self.current is None else self.current + 1
        return index if index < len(self.cases) else None

    def ahead(self) -> range:
        """The cases after the open one that are graded while it is read."""
        start = 0 if self.current is None else self.current + 1
        return range(start, min(start + AHEAD, len(self.cases)))

    @property
    def open_case(self) -> Case | None:
        """The one that is open."""
        return self.cases[self.current] if self.current is not None else None

    @property
    def place(self) -> str:
        """ "2 of 5", "" where none is open."""
        return f"{self.current + 1} of {len(self.cases)}" if self.current is not None else ""
