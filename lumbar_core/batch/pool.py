"""Worker processes of `batch`: fed one task at a time, replaced when they die or hang."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lumbar_core.batch.pipes import read_message, write_message
from lumbar_core.batch.task import Task
from lumbar_core.batch.worker import READY
from lumbar_core.errors import LumbarError

# Longest time for one task; far above any honest input's (a study takes seconds).
TASK_LIMIT_S = 600.0

Answer = tuple[Task, bytes | None]  # a line, or None where the worker died over the task


def worker_command(device: str) -> list[str]:
    """This program again, as a worker."""
    start = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "lumbar_core"]
    return [*start, "--batch-worker", device]


class Pool:
    """Runs tasks on several processes; answers come as they are ready. Use as a context."""

    def __init__(self, command: Sequence[str], workers: int, limit_s: float = TASK_LIMIT_S) -> None:
        self._command = list(command)
        self._workers = workers
        self._limit_s = limit_s
        self._answers: queue.Queue[Answer | Exception] = queue.Queue(maxsize=2 * workers)
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._running: set[WorkerProcess] = set()
        self._lock = threading.Lock()
        self._stopping = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        """End every worker, whatever it is doing."""
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for worker in running:
            worker.kill()

    def answers(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Each task once. Raises LumbarError when workers cannot even start."""
        for task in tasks:
            self._tasks.put(task)
        for _ in range(min(self._workers, len(tasks))):
            threading.Thread(target=self._feed, daemon=True).start()
        for _ in tasks:
            answer = self._answers.get()
            if isinstance(answer, Exception):
                raise answer
            yield answer

    def _feed(self) -> None:
        """One thread for each worker process: give it tasks, start a new one when it dies."""
        worker: WorkerProcess | None = None
        try:
            while (task := self._next_task()) is not None:
                worker = worker if worker is not None and worker.alive else self._start()
                line = worker.ask(task.to_bytes(), self._limit_s)
                if not self._stopping:
                    self._answers.put((task, line))
        except Exception as error:  # noqa: BLE001 - raised again by `answers`, which would else wait for ever
            self._answers.put(error)
        finally:
            if worker is not None:
                worker.kill()

    def _next_task(self) -> Task | None:
        with suppress(queue.Empty):
            return None if self._stopping else self._tasks.get_nowait()
        return None

    def _start(self) -> WorkerProcess:
        worker = WorkerProcess(self._command)
        with self._lock:
            self._running.add(worker)
            stopping = self._stopping
        if stopping:
            worker.kill()
        return ready(worker, self._limit_s)


def ready(worker: WorkerProcess, limit_s: float) -> WorkerProcess:
    """The same, once it has loaded what it needs. Raises LumbarError when it cannot."""
    if not worker.is_ready(limit_s):
        worker.kill()
        raise LumbarError("The program could not start a process of its own.", "Run the self-test to see why.")
    return worker


class WorkerProcess:
    """One process and its pipes; a task that kills or hangs it kills nobody else."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # codecs' complaints quote the file
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.alive = True

    def is_ready(self, limit_s: float) -> bool:
        """Wait until it has loaded what it needs."""
        return self._receive(limit_s) == READY

    def ask(self, task: bytes, limit_s: float) -> bytes | None:
        """Its answer; None when it died or took too long, and is then gone."""
        assert self._process.stdin is not None
        try:
            write_message(self._process.stdin, task)
        except OSError:
            self.kill()
            return None
        return self._receive(limit_s)

    def kill(self) -> None:
        """End it now."""
        self.alive = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _receive(self, limit_s: float) -> bytes | None:
        assert self._process.stdout is not None
        deadline = threading.Timer(limit_s, self._process.kill)
        deadline.start()
        try:
            message = read_message(self._process.stdout)
        except (OSError, ValueError):  # killed, its pipe closed under us
            message = None
        finally:
            deadline.cancel()
        if message is None:
            self.kill()
        return message


def _environment() -> dict[str, str]:
    """Ours, with one thread a library: the workers are the parallelism; from source also the way to this package."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    if not getattr(sys, "frozen", False):
        environment |= {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PYTHONSAFEPATH": "1"}
    return environment
