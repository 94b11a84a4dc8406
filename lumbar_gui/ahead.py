"""Grades the next examinations of a list while another one is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lumbar_gui.state import State
from lumbar_gui.tasks import Prepared, Tasks
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox
from lumbar_gui.worklist import Status

if TYPE_CHECKING:
    from lumbar_core.pipeline import Options


class Ahead:
    """One at a time, on a thread of its own; what it has ready is kept until it is opened or the list is closed."""

    def __init__(self, state: State, tasks: Tasks, outbox: Outbox, options: Callable[[], Options]) -> None:
        self._state = state
        self._tasks = tasks
        self._outbox = outbox
        self._options = options
        self._job: Job | None = None
        self._at = 0
        self._ready: dict[int, Prepared] = {}

    def go_on(self) -> None:
        """Grade the next that waits, if nothing is being graded."""
        worklist = self._state.worklist
        waiting = worklist.to_prepare() if worklist is not None and worklist.current is not None else ()
        if worklist is None or not waiting or self._job is not None:
            return
        self._at, study, options = waiting[0], worklist.cases[waiting[0]].study, self._options()
        self._job = Job("ahead", lambda job: self._tasks.prepare(job, study, options), self._outbox).start()

    def take(self, index: int) -> Prepared | None:
        """What is ready of a case, given once."""
        return self._ready.pop(index, None)

    def pause(self) -> None:
        """Let go of the networks: the user waits for them."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def forget(self) -> None:
        """The list is closed."""
        self.pause()
        self._ready = {}

    def owns(self, job: Job) -> bool:
        """Whether a message of this job is for this object."""
        return job is self._job

    def handle(self, message: Message) -> None:
        """Take a message of its own job."""
        worklist = self._state.worklist
        if worklist is None or not isinstance(message, Done | Failed):
            return
        self._job = None
        if isinstance(message, Done) and isinstance(message.value, Prepared):
            self._ready[self._at] = message.value
        status = Status.GRADED if isinstance(message, Done) else Status.FAILED
        self._state.change(worklist=worklist.with_status(self._at, status))
        self.go_on()
