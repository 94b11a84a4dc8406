"""What leaves the program besides results: copies without identity, pages for a printer, reports on readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lumbar_core.report.printing import Handed
from lumbar_core.report.result import StudyResult
from lumbar_core.study import InputKind, Study
from lumbar_gui import problems
from lumbar_gui.state import State
from lumbar_gui.tasks import FilesRead, Tasks
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox, Reported

if TYPE_CHECKING:
    from lumbar_core.dicom_out.deidentify import Exported

PRINTED = {
    Handed.PRINTER: "Handed to the printer",
    Handed.VIEWER: "No printer was found: the report is open in your PDF program, print it from there",
}


class Outgoing:
    """One piece of work at a time, only while nothing else is done; as_saved: a result as it goes into a file."""

    def __init__(
        self, state: State, tasks: Tasks, outbox: Outbox, as_saved: Callable[[StudyResult], StudyResult]
    ) -> None:
        self._state = state
        self._tasks = tasks
        self._outbox = outbox
        self._as_saved = as_saved
        self._job: Job | None = None
        self._of: Study | None = None

    def can_copy(self) -> bool:
        """Whether a DICOM examination is open, not by a reading plan, and nothing is under way."""
        study = self._state.study
        whole = study is not None and study.kind is not InputKind.PICTURE
        return whole and not self._state.busy and not self._state.by_plan

    def copy(self, folder: Path) -> None:
        """Write a copy without identity into a new folder below this one."""
        study = self._state.study
        if study is not None and self.can_copy():
            self._start("copy", "Copying…", lambda job: self._tasks.copy(job, study, folder))

    def print(self, identity: bool) -> None:
        """Hand the report to the printer, with the patient's identity or without."""
        result, study = self._state.result, self._state.study
        if result is not None and study is not None and not self._state.busy and not self._state.by_plan:
            shown, form = self._as_saved(result), self._state.form
            self._start("print", "Printing…", lambda job: self._tasks.print(job, shown, study, identity, form))

    def save_picture(self, path: Path, png: bytes) -> None:
        """Write a picture as a pane shows it."""
        if not self._state.busy and not self._state.by_plan:
            self._start("picture", "Saving…", lambda job: self._tasks.save_picture(job, path, png))

    def report_agreement(self, readings: Sequence[Path], folder: Path) -> None:
        """Write how far the readers of some files agree."""
        if not self._state.busy:
            work = "Writing the report…"
            self._start("agreement", work, lambda job: self._tasks.report_agreement(job, readings, folder))

    def cancel(self) -> None:
        """Stop a copy, of which nothing is left; what it still says is dropped."""
        if self._job is not None and self._job.name == "copy":
            self._job.cancel()
            self._job = None
            self._state.change(busy="")

    def shut_down(self, seconds: float) -> None:
        """The program ends: a copy is stopped and cleared away, pages still go to the printer, within this time."""
        last = self._job
        self.cancel()
        if last is not None:
            last.wait(seconds)

    def owns(self, job: Job) -> bool:
        """Whether a message of this job is for this object."""
        return job is self._job

    def handle(self, message: Message) -> None:
        """Take a message of its own job; of a case that was closed meanwhile, only that something failed."""
        still_open = self._state.study is self._of
        if isinstance(message, Reported):
            if still_open and isinstance(message.value, FilesRead):
                self._state.change(busy=f"Copying {message.value.done} of {message.value.of} files…")
            return
        self._job = None
        if still_open:
            self._state.change(busy="")
        if isinstance(message, Failed):
            self._state.change(problem=problems.from_error(message.error, message.details))
        elif isinstance(message, Done) and still_open:
            self._tell(message.value)

    def _tell(self, value: object) -> None:
        if isinstance(value, Handed):
            self._state.change(told=PRINTED[value])
        elif isinstance(value, str):
            self._state.change(told=value)
        elif isinstance(value, Path):
            self._state.change(told=f"The report is in “{value.name}”: agreement.html, .pdf and .json")
        else:
            self._state.change(problem=problems.copied(cast("Exported", value)))

    def _start(self, name: str, busy: str, work: Callable[[Job], object]) -> None:
        self._of = self._state.study
        self._state.change(problem=None, told="", saved=None, busy=busy)
        self._job = Job(name, work, self._outbox).start()
