"""What is looked at beside the pictures: a file's header, an earlier result, what a grade rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.errors import Refused
from lumbar_core.report.comparison import Earlier, compare
from lumbar_core.report.result import Finding
from lumbar_gui import problems
from lumbar_gui.expectation import series_title
from lumbar_gui.services import Place
from lumbar_gui.state import Evidence, EvidenceMap, Header, State
from lumbar_gui.tasks import Tasks
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox

if TYPE_CHECKING:
    from lumbar_core.pipeline import Options


@dataclass(frozen=True, slots=True)
class Sight:
    """What looking asks of the case around it.

    by_plan: whether a plan forbids what names the patient. grading: whether the networks are at work. options: by which
    the result was graded. where: the reader put a finding. pause, go_on: what is graded ahead.
    """

    by_plan: Callable[[], bool]
    grading: Callable[[], bool]
    options: Callable[[], Options]
    where: Callable[[Finding], Place | None]
    pause: Callable[[], None]
    go_on: Callable[[], None]


class Looking:
    """One look at a time."""

    def __init__(self, state: State, tasks: Tasks, outbox: Outbox, sight: Sight) -> None:
        self._state = state
        self._tasks = tasks
        self._outbox = outbox
        self._sight = sight
        self._job: Job | None = None

    def compare_with(self, path: Path) -> None:
        """Set the result beside an earlier one of the same patient."""
        if self._state.result is not None and self._job is None and not self._sight.by_plan():
            self._start("earlier", lambda job: self._tasks.earlier(job, path))

    def at_header(self) -> None:
        """Show the header of the file that the active pane shows."""
        panes = self._state.panes
        if panes is None or self._sight.by_plan():  # a header names the patient
            return
        series, instance = self._state.series(panes.current.series_id), self._state.instance(panes.current)
        if series is not None and instance is not None:
            of = f"{series_title(series)}, slice {panes.current.index + 1}"
            self._start("header", lambda job: self._tasks.header(job, of, instance))

    def behind(self) -> None:
        """Show what the networks saw of the chosen finding."""
        study, finding = self._state.study, self._state.finding
        if study is None or finding is None or not finding.assessed:
            return
        if not self._sight.grading() and self._job is None:
            self._sight.pause()
            options, placed = self._sight.options(), self._sight.where(finding)
            self._start("evidence", lambda job: self._tasks.explain(job, finding, study, placed, options))

    def paint(self, map_: EvidenceMap) -> None:
        """Paint one or the other map over what the networks saw, from now on."""
        self._state.change(evidence_map=map_)

    def paint_other(self) -> None:
        """The map that is not painted, where there are two."""
        maps = self._state.evidence.maps if self._state.evidence is not None else ()
        if len(maps) > 1:
            self.paint(next(map_ for map_ in maps if map_ is not self._state.evidence_map))

    def close(self) -> None:
        """Nothing is looked through or behind any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self._sight.go_on()
        self._state.change(tags=None, evidence=None)

    def forget(self) -> None:
        """The case is closed: what a look still says is dropped."""
        self._job = None

    def owns(self, job: Job) -> bool:
        """Whether a message of this job is for this object."""
        return job is self._job

    def handle(self, message: Message) -> None:
        """Take a message of its own job."""
        self._job = None
        self._sight.go_on()
        if isinstance(message, Done) and isinstance(message.value, Header):
            self._state.change(tags=message.value)
        elif isinstance(message, Done) and isinstance(message.value, Evidence):
            self._state.change(evidence=message.value)
        elif isinstance(message, Done) and isinstance(message.value, Earlier):
            self._compare(message.value)
        elif isinstance(message, Failed):
            self._state.change(problem=problems.from_error(message.error, message.details))

    def _compare(self, earlier: Earlier) -> None:
        if self._state.result is None:
            return
        try:
            compare(earlier, self._state.result)
        except Refused as error:
            self._state.change(problem=problems.from_error(error))
        else:
            self._state.change(earlier=earlier, problem=None)

    def _start(self, name: str, work: Callable[[Job], object]) -> None:
        self._job = Job(name, work, self._outbox).start()
