"""The process that decodes and grades for `batch`: tasks in, lines of `results.jsonl` out."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from lumbar_core import __version__
from lumbar_core.batch.pipes import read_message, write_message
from lumbar_core.batch.task import Task, shown
from lumbar_core.errors import LumbarError
from lumbar_core.faults import log_fault
from lumbar_core.platform_limits import OwnLimits
from lumbar_core.report.result import (
    InputInfo,
    Numbering,
    ProgramInfo,
    StudyResult,
    Timing,
    UnreadableFile,
)
from lumbar_core.report.to_json import render_json_line
from lumbar_core.study import Identity, Study

READY = b"ready"
MEMORY_BYTES = 6 << 30  # address space, which is far more than what is used; a file that wants it all is ended

Grader = Callable[[Task], StudyResult]


def serve(words: Sequence[str], make_grader: Callable[[str], Grader] | None = None) -> int:
    """Answer tasks on stdin until it closes. `words`: the device."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to answer; it then ends us
    tasks, answers = _take_pipes()
    grade = (make_grader or PipelineGrader)(words[0] if words else "auto")
    write_message(answers, READY)
    while (data := read_message(tasks)) is not None:
        write_message(answers, render_json_line(answer(Task.from_bytes(data), grade)))
    return 0


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes, out of reach of codecs that print."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    return tasks, answers


def answer(task: Task, grade: Grader) -> StudyResult:
    """The task's result; what cannot be read or goes wrong becomes a result without findings."""
    task = task.fingerprinted()  # before it is graded: a file exchanged meanwhile is then graded again, not overlooked
    if not task.files:
        return unread_result(task, task.unreadable)
    try:
        result = grade(task)
    except LumbarError as error:
        reason = UnreadableFile(task.path, error.finding, error.remedy)
    except Exception as error:  # noqa: BLE001 - one input must never stop the others
        reason = UnreadableFile(task.path, log_fault(error), "Report it with the log.")
    else:
        return replace(result, input=replace(result.input, path=task.path, batch=task.batch))
    return unread_result(task, (*task.unreadable, reason))


def unread_result(task: Task, unreadable: Sequence[UnreadableFile]) -> StudyResult:
    """The result of an input that could not be read: no findings, and why."""
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    return StudyResult(
        program=ProgramInfo("Lumbar MRI", __version__, "none", started_at),
        packs=(),
        identity=Identity(),
        study_key="",
        input=InputInfo(task.path, task.kind, 0, tuple(unreadable), (), task.batch),
        numbering=Numbering("", None, None, ()),
        findings=(),
        measurements=(),
        notes=(),
        timing_ms=Timing(0, 0, 0, 0, 0, 0),
    )


class PipelineGrader:
    """The program's own pipeline, decoding in this process, one thread for the networks."""

    def __init__(self, device: str) -> None:
        from lumbar_core.inference.packs import load_packs
        from lumbar_core.reading.decoding import DirectReader

        self._packs = load_packs(device, threads=1)
        self._packs.warm_up()
        self._reader = DirectReader()
        # CUDA maps far more than it uses. Held, because the system forgets limits that nobody holds.
        self._limits = OwnLimits(MEMORY_BYTES) if self._packs.provider == "CPU" else None

    def __call__(self, task: Task) -> StudyResult:
        """Read and grade. Raises LumbarError."""
        from lumbar_core.pipeline import analyse

        started = time.perf_counter()
        study = read_task(task)
        read_ms = 1000 * (time.perf_counter() - started)
        result = analyse(study, self._packs, pixels=self._reader, read_ms=read_ms)
        # Most of it was found when the files were grouped; what gives no pixels is found only now.
        known = {(Path(file.path).name, file.finding) for file in task.unreadable}
        more = [f for f in result.input.unreadable if (Path(f.path).name, f.finding) not in known]
        return replace(result, input=replace(result.input, unreadable=(*task.unreadable, *more)))


def read_task(task: Task) -> Study:
    """The study that the task means, with paths relative to the batch's input. Raises ReadingError."""
    from lumbar_core.reading import read_studies, read_study

    files = [Path(file) for file in task.files]
    if str(files[0]) == task.member and len(files) == 1:
        return replace(read_study(files), root=Path(task.root))
    studies = read_studies(files)
    meant = next(study for study in studies if task.member in _members(study))
    return replace(meant, root=Path(task.root), kind=task.kind)


def _members(study: Study) -> set[str]:
    return {str(shown(instance.source)) for series in study.series for instance in series.instances}
