"""`batch --cluster`: the same tasks on the processes of a Dask cluster, which may be many machines.

Paths travel and lines of results come back; images do not travel: every machine sees the input under the same path.
What there is to grade is listed by the workers too, a folder each (`listing`). A Dask worker hands each task to a
worker process of our own (`pool`), so that a file that kills or hangs the reader costs that process and not the
machine. A Dask worker that is lost has its tasks done by the others. The only importer of Dask.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from lumbar_core.batch.listing import Listing, list_folder
from lumbar_core.batch.pool import TASK_LIMIT_S, Answer, WorkerProcess, ready, worker_command
from lumbar_core.batch.task import Task
from lumbar_core.errors import LumbarError

CONNECT_S = 30  # for a scheduler to answer, and for the first worker to be there
AHEAD = 2  # tasks handed out for each thread of the cluster: nobody waits, and few are lost with a machine

Item = TypeVar("Item")

_of_thread = threading.local()


class Cluster:
    """Runs tasks on a Dask cluster; answers come as they are ready. Use as a context.

    address: of its scheduler ("tcp://10.0.0.1:8786"). command: what starts a worker process, `worker_command` unless
    told otherwise. Raises LumbarError without Dask, and where no cluster answers.
    """

    def __init__(self, address: str, device: str, command: Sequence[str] | None = None) -> None:
        self._address = address
        self._device = device
        self._command = None if command is None else list(command)
        self._client: Any = None

    def __enter__(self) -> Cluster:
        try:
            from distributed import Client
        except ImportError as error:
            raise LumbarError(
                "Grading on a cluster needs Dask, which is not here.",
                "Run from source, with requirements-cluster.txt installed.",
            ) from error
        try:
            self._client = Client(self._address, timeout=CONNECT_S)
            self._client.wait_for_workers(1, timeout=CONNECT_S)
        except (OSError, TimeoutError, ValueError) as error:
            self.__exit__()
            raise LumbarError(
                f"No cluster with a worker answers at {self._address}.",
                "Start “dask scheduler”, and “dask worker ADDRESS --nthreads 1” on each machine.",
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the cluster; what it is still doing for us is dropped."""
        if self._client is not None:
            self._client.close()

    def answers(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Each task once. Raises LumbarError when the cluster is lost, or cannot run the program."""
        for task, future in self._done(
            "grade", tasks, lambda task: (ask_here, task.to_bytes(), self._device, self._command)
        ):
            yield task, _line_of(future)

    def listings(self, folders: Sequence[Path], root: Path, secret: bytes) -> Iterator[tuple[Path, Listing]]:
        """What lies below each of the folders, as they are read. Raises LumbarError as `answers`."""
        for folder, future in self._done("list", folders, lambda folder: (list_folder, folder, root, secret)):
            with _said(f"list “{folder.name}”"):
                yield folder, future.result()

    def _done(
        self, what: str, items: Sequence[Item], call: Callable[[Item], tuple[Any, ...]]
    ) -> Iterator[tuple[Item, Any]]:
        """Each item with the future of its call, as they end."""
        from distributed import as_completed

        run, left = uuid.uuid4().hex[:8], iter(enumerate(items))
        pending: dict[str, Item] = {}
        running = as_completed()
        while True:
            # Keep every thread of the cluster, however many there are by now, in work.
            threads = max(1, sum(self._client.nthreads().values()))
            for number, item in islice(left, max(0, AHEAD * threads - len(pending))):
                key = f"{what}-{run}-{number}"
                pending[key] = item
                running.add(self._client.submit(*call(item), key=key, pure=False))
            if not pending:
                return
            future = next(running)
            yield pending.pop(future.key), future


def ask_here(task: bytes, device: str, command: list[str] | None) -> bytes | None:
    """On a Dask worker: the answer of a worker process of this thread, started anew where the last has died."""
    worker: WorkerProcess | None = getattr(_of_thread, "worker", None)
    if worker is None or not worker.alive:
        worker = ready(WorkerProcess(command or worker_command(device)), TASK_LIMIT_S)
        _of_thread.worker = worker
    return worker.ask(task, TASK_LIMIT_S)


def _line_of(future: Any) -> bytes | None:
    """A line; None where too many Dask workers died over the task. Raises LumbarError for anything else."""
    from distributed import KilledWorker

    if future.status == "finished":
        line: bytes | None = future.result()
        return line
    with _said("grade"), suppress(KilledWorker):
        future.result()
    return None


@contextmanager
def _said(what: str) -> Iterator[None]:
    """What went wrong on the cluster, in words."""
    try:
        yield
    except LumbarError:
        raise
    except Exception as error:
        raise LumbarError(
            f"The cluster could not {what}: {type(error).__name__}.",
            "Look at the log of its workers, then start again: what is done is kept.",
        ) from error
