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
    """One at a time, on a thread of its own; what is ready waits until it is opened, or is dropped.

    options: of a run for a patient of whom the user has said nothing.
    """

    def __init__(self, state: State, tasks: Tasks, outbox: Outbox, options: Callable[[], Options]) -> None:
        self._state = state
        self._tasks = tasks
        self._outbox = outbox
        self._options = options
        self._job: Job | None = None
        self._at = 0
        self._ready: dict[int, Prepared] = {}
        self._tried: set[int] = set()  # and nothing in it can be graded

    def go_on(self) -> None:
        """Grade the next that waits, if nothing is being graded; what lies no longer ahead is dropped."""
        worklist = self._state.worklist
        if worklist is None or worklist.current is None or self._job is not None:
            return
        near = worklist.ahead()
        self._drop(set(self._ready) - set(near))
        worklist = self._state.worklist or worklist
        waiting = [i for i in near if worklist.cases[i].status is Status.WAITING and i not in self._tried]
        if waiting:
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

    def begin_anew(self) -> None:
        """What is ready was graded by other settings."""
        self.pause()
        self._drop(set(self._ready))
        self.go_on()

    def forget(self) -> None:
        """The list is closed."""
        self.pause()
        self._ready, self._tried = {}, set()

    def owns(self, job: Job) -> bool:
        """Whether a message of this job is for this object."""
        return job is self._job

    def handle(self, message: Message) -> None:
        """Take a message of its own job."""
        self._job = None
        worklist = self._state.worklist
        if worklist is None or not isinstance(message, Done | Failed):
            return
        if isinstance(message, Failed):
            self._state.change(worklist=worklist.with_status(self._at, Status.FAILED))
        elif isinstance(message.value, Prepared):
            self._ready[self._at] = message.value
            self._state.change(worklist=worklist.with_status(self._at, Status.GRADED))
        else:
            self._tried.add(self._at)
        self.go_on()

    def _drop(self, indices: set[int]) -> None:
        for index in indices:
            del self._ready[index]
            if self._state.worklist is not None:
                self._state.change(worklist=self._state.worklist.with_status(index, Status.WAITING))
