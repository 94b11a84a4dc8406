"""A reader working through a plan: what comes next, what is shown of it, and where each grade goes. No Tk.

The program's own result of the open study is kept here and nowhere else until the plan lets the reader see it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lumbar_core.agreement.plan import Item, Plan, Progress, Reveal, progress_of, read_plan, to_read
from lumbar_core.agreement.readings import LETTERS, Judgement
from lumbar_core.agreement.readings_file import ReadingsFile
from lumbar_core.anatomy import STUDY_TARGETS, Severity, Target
from lumbar_core.errors import ReadingError, Refused
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Study
from lumbar_gui.blind import blinded, target_of, unnamed, with_given
from lumbar_gui.worklist import Case, Room, Status, Worklist

MOST_SECONDS = 600.0  # a longer look at one structure was a pause that nobody told of

Now = Callable[[], datetime]


def now_utc() -> datetime:
    """The time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


class Sitting:
    """One reader, one plan, one file of readings beside the plan.

    Raises ReadingError, WrongFormat, Refused or SavingError where one of them cannot be used.
    """

    def __init__(
        self, plan_path: Path, reader: str, now: Now = now_utc, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.plan, self.reader = open_plan(plan_path), reader
        self.plan.queue(reader)
        self._file = ReadingsFile(plan_path.with_name(f"{plan_path.stem}-{reader}.jsonl"), reader)
        self._now, self._clock = now, clock
        self._studies: dict[str, Study] = {}
        self._items: tuple[Item, ...] = ()
        self._at: int | None = None
        self._own: StudyResult | None = None  # what the program says of the open study
        self._since: float | None = None  # when the clock of this structure began; None while paused
        self._spent = 0.0

    @property
    def path(self) -> Path:
        """Where the grades go."""
        return self._file.path

    def take(self, studies: Sequence[Study]) -> Worklist:
        """The list of what can be read now, out of these examinations. Raises Refused where that is nothing."""
        named = [(self.plan.label(study), study) for study in studies]
        self._studies = {label: study for label, study in named if label is not None}
        if not self._studies:
            raise Refused("None of the plan's studies is in there.", "Choose the folder that the plan was made of.")
        worklist = self.worklist()
        if not worklist.cases:
            raise Refused(*self._nothing_to_read())
        return worklist

    @property
    def missing(self) -> tuple[str, ...]:
        """Labels of the plan whose examination was not handed over."""
        return tuple(label for label in self.plan.studies if label not in self._studies)

    def worklist(self) -> Worklist:
        """What can be read now, in the reader's order; once everything is read, all of it to look at again."""
        progress = self._progress()
        if all(each.done for each in progress):
            self._items = tuple(each.item for each in progress if each.item.pass_number == 1)
            status = Status.READ
        else:
            self._items = tuple(each.item for each in to_read(progress))
            status = Status.WAITING
        self._items = tuple(item for item in self._items if item.study in self._studies)
        return Worklist(tuple(Case(self._studies[item.study], status, _words(item)) for item in self._items))

    def open(self, index: int, result: StudyResult) -> StudyResult:
        """What the reader sees of a study when it is opened; the clock begins."""
        self._at, self._own = index, result
        self._since, self._spent = self._clock(), 0.0
        return self.shown()

    def close(self) -> None:
        """No study is open."""
        self._at = self._own = self._since = None

    def end(self) -> None:
        """The reader leaves the plan."""
        self.close()
        self._file.close()

    def shown(self) -> StudyResult:
        """The open study as the plan lets the reader see it, with what was said so far."""
        assert self._own is not None
        open_to_see = self._item.helped or self.revealed
        return with_given(unnamed(self._own) if open_to_see else blinded(self._own), self._given())

    @property
    def revealed(self) -> bool:
        """Whether the open study is read to its end and the plan shows the program's grades now."""
        if self._at is None or len(self._given()) < len(STUDY_TARGETS) or self._item.helped:
            return False
        return self.plan.reveal is Reveal.AFTER_STUDY or self.finished

    @property
    def finished(self) -> bool:
        """Whether the reader has read everything."""
        return all(each.done for each in self._progress())

    def room(self) -> Room:
        """What the window says of where the reader is."""
        progress = self._progress()
        item = self._item if self._at is not None else None
        return Room(
            reader=self.reader,
            study=item.study if item is not None else "",
            helped=item.helped if item is not None else False,
            graded=len(self._given()) if item is not None else 0,
            read=sum(each.done for each in progress),
            of=len(progress),
            revealed=self.revealed,
            at_end=self.plan.reveal is Reveal.AT_END,
            paused=self._at is not None and self._since is None,
        )

    def mark(self, finding: Finding, letter: str) -> StudyResult:
        """Write down a grade and give what is seen now. Raises SavingError; then nothing was said.

        A study that was revealed is closed: what one has seen cannot be graded blind.
        """
        assert self._own is not None
        if self.revealed or self._since is None:
            return self.shown()
        spent = self._spent + self._clock() - self._since
        before = self._told().get(target_of(finding))
        seconds = None if spent > MOST_SECONDS else spent + (before.seconds or 0.0 if before is not None else 0.0)
        self._file.add(
            Judgement(
                arm=self._item.arm(self.reader),
                study=self._item.study,
                target=target_of(finding),
                grade=LETTERS[letter],
                seconds=seconds,
                at=self._now().isoformat(),
            )
        )
        self._since, self._spent = self._clock(), 0.0
        return self.shown()

    def pause(self) -> None:
        """Stop the clock, or let it go on."""
        if self._since is None:
            self._since = self._clock()
        else:
            self._spent += self._clock() - self._since
            self._since = None

    @property
    def _item(self) -> Item:
        assert self._at is not None
        return self._items[self._at]

    def _told(self) -> dict[Target, Judgement]:
        arm, study = self._item.arm(self.reader), self._item.study
        return {each.target: each for each in self._file.judgements if each.arm == arm and each.study == study}

    def _given(self) -> dict[Target, Severity | None]:
        return {target: each.grade for target, each in self._told().items()}

    def _progress(self) -> tuple[Progress, ...]:
        return progress_of(self.plan, self.reader, self._file.judgements, self._now())

    def _nothing_to_read(self) -> tuple[str, str]:
        due = [each.due for each in self._progress() if each.due is not None]
        if due:
            day = min(due).date().isoformat()
            return (
                f"There is nothing to read before {day}.",
                "The wash-out between two readings is not over; come back.",
            )
        return "What is left to read is not in there.", "Choose the folder that the plan was made of."


def open_plan(path: Path) -> Plan:
    """The plan of a file. Raises ReadingError, WrongFormat."""
    try:
        return read_plan(path.read_bytes())
    except OSError as error:
        raise ReadingError(f"The plan “{path.name}” cannot be read: {error.strerror}.", "Choose another.") from error


def _words(item: Item) -> str:
    """ "S07", "S07 with help", "S07 again"."""
    again = " again" if item.pass_number > 1 else ""
    return f"{item.study}{again}{' with help' if item.helped else ''}"
