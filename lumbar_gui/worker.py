"""One piece of work on one thread; what it has to say comes back by a queue.

The window never waits: it starts a Job, the pump drains the queue, and messages of a job that is no longer
wanted are dropped by comparing the job.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

from lumbar_core.errors import Cancelled, LumbarError
from lumbar_core.faults import log_fault, places_of


@dataclass(frozen=True, slots=True)
class Reported:
    """The job is under way and says how far."""

    job: Job
    value: object


@dataclass(frozen=True, slots=True)
class Done:
    """The job has ended with a value."""

    job: Job
    value: object


@dataclass(frozen=True, slots=True)
class Failed:
    """The job has ended with an error; details are for a bug report, not for reading."""

    job: Job
    error: LumbarError
    details: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job has ended because it was cancelled."""

    job: Job


Message = Reported | Done | Failed | Stopped
Outbox = SimpleQueue[object]


class Job:
    """One piece of work on its own thread.

    `report` and `cancelled` are for the worker's side; `cancel` may be called from any thread and never waits.
    """

    def __init__(self, name: str, work: Callable[[Job], object], outbox: Outbox) -> None:
        self.name = name
        self._work = work
        self._outbox = outbox
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Job:
        self._thread.start()
        return self

    def cancel(self) -> None:
        self._cancelled.set()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def report(self, value: object) -> None:
        """Say how far the work is."""
        self._outbox.put(Reported(self, value))

    def wait(self, timeout_s: float) -> bool:
        """Wait for the thread to end; for tests and for closing the program."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            value = self._work(self)
        except Cancelled:
            self._outbox.put(Stopped(self))
        except LumbarError as error:
            self._end(Failed(self, error, ""))
        except Exception as error:  # noqa: BLE001 - the one place that turns our own faults into a message
            fault = LumbarError(
                "Something went wrong inside the program.",
                "Nothing is lost; please try again. If it happens again, pass the details on.",
            )
            self._end(
                Failed(self, fault, f"{log_fault(error)}\n{self.name}: {type(error).__name__}\n{places_of(error)}")
            )
        else:
            self._end(Done(self, value))

    def _end(self, message: Message) -> None:
        self._outbox.put(Stopped(self) if self.cancelled() else message)
