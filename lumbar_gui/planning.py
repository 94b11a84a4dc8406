"""A reading plan that is made in the window: kept as it is typed, checked, written."""

from __future__ import annotations

from pathlib import Path

from lumbar_core.errors import Refused
from lumbar_gui import problems
from lumbar_gui.plan_form import PlanForm
from lumbar_gui.state import State
from lumbar_gui.tasks import FilesRead, Tasks
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox, Reported


class Planning:
    """One plan at a time, while nothing else is done."""

    def __init__(self, state: State, tasks: Tasks, outbox: Outbox) -> None:
        self._state = state
        self._tasks = tasks
        self._outbox = outbox
        self._job: Job | None = None

    def keep(self, form: PlanForm) -> None:
        """What is typed so far; it is still there when the sheet is opened again."""
        self._state.change(plan_form=form)

    def objection(self) -> str:
        """What of the form cannot be meant, and what to write; "" where all is well."""
        try:
            self._state.plan_form.wishes()
        except Refused as error:
            return str(error)
        return ""

    def make(self, path: Path) -> None:
        """Find the studies of the form's folder and write their plan."""
        folder = self._state.plan_form.folder
        if folder is None or self._state.busy or self.objection():
            return
        wishes = self._state.plan_form.wishes()
        self._state.change(problem=None, told="", saved=None, busy="Looking for studies…")
        work = Job("plan", lambda job: self._tasks.make_plan(job, folder, path, wishes), self._outbox)
        self._job = work.start()

    def cancel(self) -> None:
        """Stop looking for studies; no plan is written."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self._state.change(busy="")

    def owns(self, job: Job) -> bool:
        """Whether a message of this job is for this object."""
        return job is self._job

    def handle(self, message: Message) -> None:
        """Take a message of its own job."""
        if isinstance(message, Reported):
            if isinstance(message.value, FilesRead):
                self._state.change(busy=f"Reading {message.value.done} of {message.value.of} files…")
            return
        self._job = None
        self._state.change(busy="")
        if isinstance(message, Failed):
            self._state.change(problem=problems.from_error(message.error, message.details))
        elif isinstance(message, Done):
            self._state.change(told=str(message.value))
