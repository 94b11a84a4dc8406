"""A finding's mark that the reader puts elsewhere: carried, let go, graded there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Instance
from lumbar_gui import problems, reader_marks
from lumbar_gui.browsing import Browser
from lumbar_gui.places import find_instance, level_frame
from lumbar_gui.rendering import Point, turned
from lumbar_gui.services import Place
from lumbar_gui.state import Page, State
from lumbar_gui.tasks import Tasks
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox, Reported

if TYPE_CHECKING:
    from lumbar_core.pipeline import Options


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What placing asks of the case around it.

    blocked: whether other work, or a plan, forbids it. options: by which the result was graded. pause, go_on: what is
    graded ahead. stop: a job and the decoding that it waits for. keep: a result with something new of the reader's.
    """

    blocked: Callable[[], bool]
    options: Callable[[], Options]
    pause: Callable[[], None]
    go_on: Callable[[], None]
    stop: Callable[[Job | None], None]
    keep: Callable[[StudyResult], None]


class Placing:
    """One placement at a time; a mark that is moved on takes the place of the one that is being graded."""

    def __init__(self, state: State, browser: Browser, tasks: Tasks, outbox: Outbox, case: Surroundings) -> None:
        self._state = state
        self._browser = browser
        self._tasks = tasks
        self._outbox = outbox
        self._case = case
        self._job: Job | None = None
        self._to: Point | None = None

    @property
    def is_going(self) -> bool:
        """Whether a mark is being graded where it was put."""
        return self._job is not None

    def nudge(self, down: int, right: int) -> None:
        """Move the chosen finding's mark by pixels of its slice, as that lies on the screen, and grade it there."""
        panes = self._state.panes
        place = self._browser.carriable() if self._state.page is Page.RESULTS else None
        if place is not None and panes is not None:
            columns, rows = turned(right, down, -panes.look_at(panes.current.series_id).turns)
            self._browser.carry((place[0] + rows, place[1] + columns))
            self.let_go()

    def let_go(self) -> None:
        """Grade the chosen finding where its mark was put on the slice that the active pane shows."""
        study, finding, panes = self._state.study, self._state.finding, self._state.panes
        image = self._state.instance(panes.current) if panes is not None else None
        if study is None or finding is None or panes is None or panes.carried is None or image is None:
            return
        if self._case.blocked() or (self._state.busy and not self.is_going):
            self._browser.put_down()
            return
        self._case.stop(self._job)
        self._case.pause()
        self._to = panes.carried
        place, options = self._at(finding, image, panes.carried), self._case.options()
        self._state.change(busy="Grading it there…", problem=None)
        work = Job("place", lambda job: self._tasks.place(job, finding, study, place, options), self._outbox)
        self._job = work.start()

    def where(self, finding: Finding) -> Place | None:
        """Where the reader put a finding; None where it lies as the program had it."""
        location, study = finding.location, self._state.study
        found = find_instance(study, location) if finding.own is not None and location and study else None
        if found is None or location is None:
            return None
        return self._at(finding, found[0].instances[found[1]], (location.row, location.column))

    def cancel(self) -> None:
        """Leave the mark where it was."""
        if self._job is not None:
            self.forget()
            self._browser.put_down()
            self._state.change(busy="")
            self._case.go_on()

    def forget(self) -> None:
        """The case is closed, or the program ends."""
        self._case.stop(self._job)
        self._job = None

    def owns(self, job: Job) -> bool:
        """Whether a message of this job is for this object."""
        return job is self._job

    def handle(self, message: Message) -> None:
        """Take a message of its own job."""
        if isinstance(message, Reported):
            return
        self._job = None
        if self._state.panes is not None and self._state.panes.carried == self._to:
            self._browser.put_down()  # else the hand has it again
        self._state.change(busy="")
        self._case.go_on()
        result = self._state.result
        if isinstance(message, Done) and isinstance(message.value, Finding) and result is not None:
            there = message.value
            before = next(each for each in result.findings if each.key == there.key)
            self._case.keep(reader_marks.with_finding(result, reader_marks.placed(before, there)))
        elif isinstance(message, Failed):
            self._state.change(problem=problems.from_error(message.error, message.details))

    def _at(self, finding: Finding, image: Instance, point: Point) -> Place:
        result = self._state.result
        # By the program's own places: a canal that was put elsewhere must not turn left into right.
        own = result.with_findings(tuple(each.own or each for each in result.findings)) if result is not None else None
        frame = level_frame(own) if own is not None else None
        return Place(image, point, frame.places.get(finding.level) if frame is not None else None)
