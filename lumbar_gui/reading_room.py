"""What a reading plan brings into the window: a reader's queue, read blind, and what readers look at together.

Of a study that is read by a plan only what the plan shows comes into the state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.errors import LumbarError
from lumbar_core.report.result import StudyResult
from lumbar_core.study import Study
from lumbar_gui import problems
from lumbar_gui.blind import next_ungraded, target_of, unnamed
from lumbar_gui.browsing import Browser
from lumbar_gui.lesson import Lesson
from lumbar_gui.sitting import Sitting, open_plan
from lumbar_gui.state import Page, State
from lumbar_gui.worklist import Status


@dataclass(frozen=True, slots=True)
class Around:
    """What a plan asks of the window around it.

    choose: read files, for the sitting or lesson that waits for them. forget_list: the list before. go_on: what is
    graded ahead.
    """

    choose: Callable[[Sequence[Path], Sitting | Lesson], None]
    forget_list: Callable[[], None]
    go_on: Callable[[], None]


class ReadingRoom:
    """One sitting of a reader, or one lesson of several, at a time; or none."""

    def __init__(self, state: State, browser: Browser, around: Around) -> None:
        self._state = state
        self._browser = browser
        self._around = around
        self._sitting: Sitting | None = None  # a reader works through a plan
        self._lesson: Lesson | None = None  # readers look together at what they disagree on
        self._entering: Sitting | Lesson | None = None  # one of the two, once the plan's studies are read

    @property
    def is_open(self) -> bool:
        """Whether what is read belongs to a plan: then nothing of it is named, graded anew or saved here."""
        return self._sitting is not None or self._lesson is not None

    @property
    def entering(self) -> Sitting | Lesson | None:
        """Who waits for the plan's studies to be read."""
        return self._entering

    def enter(self, plan: Path, reader: str, paths: Sequence[Path]) -> None:
        """Read the studies of a plan as one of its readers."""
        self._begin(lambda: Sitting(plan, reader), paths)

    def look_together(self, plan: Path, report: Path, paths: Sequence[Path]) -> None:
        """Go through what the readers of a plan disagree on most, by a report of theirs."""
        self._begin(lambda: Lesson(plan, report), paths)

    def readers_of(self, plan: Path) -> tuple[str, ...]:
        """The readers' codes of a plan; none, and said why, where the file is no plan."""
        try:
            return tuple(open_plan(plan).queues)
        except LumbarError as error:
            self._state.change(problem=problems.from_error(error))
            return ()

    def wait_for(self, sitting: Sitting | Lesson | None) -> None:
        """Who waits for the studies that are being read; whoever waited before is gone."""
        if self._entering is not None and self._entering is not sitting:
            self._entering.end()
        self._entering = sitting

    def take(self, studies: Sequence[Study]) -> None:
        """The plan's studies are read: show the list of what is to be done."""
        sitting, self._entering = self._entering, None
        if sitting is None:
            return
        self._around.forget_list()
        self._state.change(busy="", study=None, page=Page.START, preview=None)
        try:
            worklist = sitting.take(studies)
        except LumbarError as error:
            sitting.end()
            self._state.change(problem=problems.from_error(error))
            return
        missing = problems.studies_missing(sitting.missing) if sitting.missing else None
        if isinstance(sitting, Sitting):
            self._sitting = sitting
            self._state.change(worklist=worklist, room=sitting.room(), problem=missing)
        else:
            self._lesson = sitting
            self._state.change(worklist=worklist, problem=missing)

    def show(self, result: StudyResult) -> None:
        """A study of the plan is graded: show what may be seen of it."""
        worklist = self._state.worklist
        if worklist is None or worklist.current is None:
            return
        if self._sitting is not None:
            self._show_to_reader(self._sitting, worklist.current, result)
        elif self._lesson is not None:
            self._show_disputed(self._lesson, worklist.current, result)
        self._around.go_on()

    def mark(self, letter: str) -> None:
        """Write down what a reader says, n, m, s or x, and go to the next structure; nothing is marked in a lesson."""
        finding, sitting = self._state.finding, self._sitting
        paused = self._state.room is None or self._state.room.paused
        if sitting is None or finding is None or paused or self._state.page is not Page.RESULTS or self._state.busy:
            return
        try:
            result = sitting.mark(finding, letter.upper())
        except LumbarError as error:
            self._state.change(problem=problems.from_error(error))
            return
        self._state.change(result=result, room=sitting.room(), problem=None)
        following, worklist = next_ungraded(result, finding.key), self._state.worklist
        if following is not None:
            self._browser.select(following.key)
        elif worklist is not None and worklist.current is not None:
            self._state.change(worklist=worklist.with_status(worklist.current, Status.READ))

    def agree(self) -> None:
        """The reader agrees with the program, whose grade is there only where the plan shows it."""
        finding = self._state.finding
        if finding is not None and finding.grade is not None:
            self.mark("nms"[finding.grade])

    def pause(self) -> None:
        """Stop the clock of a sitting and cover what is read, or go on."""
        if self._sitting is not None and self._state.page is Page.RESULTS and not self._state.busy:
            self._sitting.pause()
            self._state.change(room=self._sitting.room())

    def close_study(self) -> None:
        """No study of the plan is open; once all is read the list shows all of it, to look at again."""
        if self._sitting is not None:
            self._sitting.close()
            if self._sitting.finished:
                self._state.change(worklist=self._sitting.worklist())
            self._state.change(room=self._sitting.room())

    def end(self) -> None:
        """The plan is left; what a reader said is on the disk."""
        if self._sitting is not None:
            self._sitting.end()
        self._sitting = self._lesson = None

    def _begin(self, make: Callable[[], Sitting | Lesson], paths: Sequence[Path]) -> None:
        try:
            made = make()
        except LumbarError as error:
            self._state.change(problem=problems.from_error(error))
            return
        self._around.choose(paths, made)

    def _show_to_reader(self, sitting: Sitting, case: int, result: StudyResult) -> None:
        shown = sitting.open(case, result)
        self._state.change(result=shown, room=sitting.room(), busy="", preview=None, problem=None, page=Page.RESULTS)
        self._browser.open_result()
        first = next_ungraded(shown, None)
        if first is not None:
            self._browser.select(first.key)

    def _show_disputed(self, lesson: Lesson, case: int, result: StudyResult) -> None:
        """A study of the list, at the structure that it is about."""
        disputed, shown = lesson.at(case), unnamed(result)
        self._state.change(result=shown, lesson=disputed, busy="", preview=None, problem=None, page=Page.RESULTS)
        self._browser.open_result()
        about = next((each for each in shown.findings if target_of(each) == disputed.target), None)
        if about is not None:
            self._browser.select(about.key)
