"""A result written as a report or for an archive: asked where unreviewed, told once it is on the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.report.result import StudyResult
from lumbar_core.study import Study
from lumbar_gui import problems
from lumbar_gui.journal import Journal
from lumbar_gui.remark import Remark
from lumbar_gui.state import Archive, Leaving, State
from lumbar_gui.tally import Tally
from lumbar_gui.tasks import Archived, Tasks, Written
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox, Reported
from lumbar_gui.worklist import Case, Status


@dataclass(frozen=True, slots=True)
class Desk:
    """What saving asks of the case around it.

    by_plan: whether a plan forbids it. as_saved: a result as it goes into a file. clean: a result's marks are all in a
    file. leave: go on, back or away.
    """

    by_plan: Callable[[], bool]
    as_saved: Callable[[StudyResult], StudyResult]
    clean: Callable[[StudyResult], None]
    leave: Callable[[Leaving], None]


class Saving:
    """One report at a time; it goes on although its case is closed meanwhile."""

    def __init__(
        self,
        state: State,
        tasks: Tasks,
        outbox: Outbox,
        desk: Desk,
        journal: Journal,
        remark: Remark,
        tally: Tally,
    ) -> None:
        self._state = state
        self._tasks = tasks
        self._outbox = outbox
        self._journal = journal
        self._remark = remark
        self._tally = tally
        self._desk = desk
        self._job: Job | None = None
        self._of: Study | None = None  # whose report is being written
        self._case: Case | None = None  # of the list, whose report is being written
        self._done = Status.SAVED  # what that case then is
        self._next_after = False
        self._leaving_after: Leaving | None = None
        self.last: Path | None = None  # in this sitting; says where and as what the next report goes

    @property
    def is_going(self) -> bool:
        """Whether a report is being written."""
        return self._job is not None

    def save(self, path: Path, identity: bool, *, then_next: bool = False) -> None:
        """Write the report of the kind that the path's ending names; then_next: and go on in the list."""
        result, study = self._state.result, self._state.study
        if result is None or study is None or self.is_going or self._desk.by_plan():
            return
        self._next_after = then_next
        self._case = self._state.worklist.open_case if self._state.worklist is not None else None
        saved_as, form = self._desk.as_saved(result), self._state.form
        self._done = Status.CONFIRMED if all(each.confirmed for each in saved_as.findings) else Status.SAVED
        self._state.change(problem=None, saved=None, told="", busy="Saving…")
        self._start("save", study, lambda job: self._tasks.write(job, path, result, saved_as, study, identity, form))

    def archive(self, folder: Path, identity: bool) -> None:
        """Write DICOM objects into a folder; asks first where the reader has not seen and marked every finding."""
        if self._state.result is None or self._desk.by_plan():
            return
        self._state.change(archive=Archive(folder, identity))
        if not self._state.unconfirmed:
            self.confirm_archive()

    def confirm_archive(self) -> None:
        """Write them all the same; each says that it is unreviewed."""
        archive, result, study = self._state.archive, self._state.result, self._state.study
        if archive is None or result is None or study is None or self.is_going:
            return
        saved_as, form = self._desk.as_saved(result), self._state.form
        self._state.change(archive=None, problem=None, saved=None, told="", busy="Writing DICOM objects…")
        self._start("archive", study, lambda job: self._tasks.archive(job, archive, saved_as, study, form))

    def refuse_archive(self) -> None:
        self._state.change(archive=None)

    def holds_back(self, leaving: Leaving) -> bool:
        """Whether going waits for the report that is being written; asked a second time it does not."""
        if self.is_going and self._leaving_after is not leaving:
            self._leaving_after = leaving
            return True
        return False

    def shut_down(self, seconds: float) -> None:
        """The program ends: a report is still written, within this time."""
        if self._job is not None:
            self._job.wait(seconds)

    def owns(self, job: Job) -> bool:
        """Whether a message of this job is for this object."""
        return job is self._job

    def handle(self, message: Message) -> None:
        """Take a message of its own job."""
        if isinstance(message, Reported):
            return
        self._job = None
        leaving, self._leaving_after = self._leaving_after, None
        if isinstance(message, Done) and isinstance(message.value, Written):
            self._note(message.value.path)
            self._tally.add(message.value.result)
        if self._state.study is not self._of:
            self._late(message)
            return
        self._state.change(busy="")
        self._tell(message)
        if leaving is not None and isinstance(message, Done):
            self._desk.leave(leaving)

    def _late(self, message: Message) -> None:
        """The case is closed: that its report is written is no word on this one, that it is not must be said."""
        if isinstance(message, Done) and isinstance(message.value, Written):
            self._journal.forget(message.value.result)
        elif isinstance(message, Failed):
            self._state.change(problem=problems.from_error(message.error, message.details))

    def _tell(self, message: Message) -> None:
        match message:
            case Failed():
                self._state.change(problem=problems.from_error(message.error, message.details))
            case Done(value=Archived() as archived):
                told = f"DICOM objects written to “{archived.folder.name}”"
                self._state.change(saved=archived.folder, told=told)
                self._remark.printed(archived.remark)
            case Done(value=Written() as written):
                self._written(written)

    def _written(self, written: Written) -> None:
        self._desk.clean(written.result)
        leaving = self._state.leaving
        marked_since = self._state.edited and self._state.result is not written.result
        if not marked_since:
            self._journal.forget(written.result)
        self._state.change(saved=written.path, edited=marked_since, leaving=None)
        if written.path.suffix.lower() == ".pdf":  # no other kind holds the remark
            self._remark.printed(written.remark)
        worklist, onward = self._state.worklist, self._next_after
        self._next_after = False
        if marked_since:
            return
        if leaving is None and onward and worklist is not None:
            leaving = Leaving.NEXT if worklist.next() is not None else Leaving.BACK
        if leaving is not None:
            self._desk.leave(leaving)

    def _note(self, path: Path) -> None:
        """Where the last report went, and in the list that it did."""
        self.last = path
        worklist = self._state.worklist
        for index, case in enumerate(worklist.cases if worklist is not None else ()):
            if worklist is not None and self._case is not None and case.study is self._case.study:
                self._state.change(worklist=worklist.with_status(index, self._done))

    def _start(self, name: str, study: Study, work: Callable[[Job], object]) -> None:
        self._of = study
        self._job = Job(name, work, self._outbox).start()
