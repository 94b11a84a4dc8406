"""The story of `batch`: find inputs, skip what is done, grade the rest, build the table."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from lumbar_core import __version__
from lumbar_core.batch.cluster import Cluster
from lumbar_core.batch.journal import Journal
from lumbar_core.batch.listing import find_studies, list_here
from lumbar_core.batch.pool import Pool, worker_command
from lumbar_core.batch.progress import Pace, ProgressLine
from lumbar_core.batch.resume import ANEW, go_on
from lumbar_core.batch.task import Task, picture_tasks
from lumbar_core.batch.worker import unread_result
from lumbar_core.errors import ReadingError, Refused, WrongFormat
from lumbar_core.reading.source import unreadable_file
from lumbar_core.report.result import UnreadableFile
from lumbar_core.report.save import save_by
from lumbar_core.report.study_key import folder_key
from lumbar_core.report.to_csv import write_csv
from lumbar_core.report.to_json import render_json_line

LINES, TABLE = "results.jsonl", "results.csv"
Packs = set[tuple[str, str]]  # versions and digests: a version may calibrate the same network otherwise


def run_batch(
    root: Path,
    out: Path,
    workers: int | None = None,
    kind: Literal["pictures", "studies"] = "studies",
    device: str = "auto",
    *,
    say: Callable[[str], None],
    command: Sequence[str] | None = None,
    cluster: str | None = None,
) -> int:
    """Write `results.jsonl` and `results.csv` below `out`; returns the number of inputs that have their line.

    workers: processes, None for one a core. command: what starts a worker (tests bring their own). cluster: address of
    a Dask scheduler, whose workers grade instead.
    Raises ReadingError for an input that is not there or holds nothing, and for an `out` with results of another input,
    another `kind` or other packs; SavingError, LumbarError.
    """
    root, out = root.absolute(), out.absolute()
    _check_input(root)
    runner: Pool | Cluster = (
        Pool(command or worker_command(device), workers or _cores())
        if cluster is None
        else Cluster(cluster, device, command)
    )
    with closing(ProgressLine(sys.stderr)) as line, runner:
        tasks = find_tasks(root, out, kind, line, runner)
        _make_folder(out)
        with closing(Journal(out / LINES)) as journal:
            if journal.done:
                _refuse_other_packs(journal, device)
                tasks = _known_again(tasks, journal, line)
            left = go_on(tasks, journal.done, journal.path)
            if len(left.open) < len(tasks):
                say(f"{len(tasks) - len(left.open)} of {len(tasks)} are done already.")
            if left.stale:
                say(f"{len(left.stale)} have changed since they were graded and are graded anew.")
                journal.drop(left.stale)
            ours = None if cluster is None else packs_here(device)
            _grade_all(left.open, len(tasks), journal, line, runner, ours)
            line.close()
            with save_by(out / TABLE) as file:
                write_csv(file, journal.documents())
    say(f"{len(tasks)} results in {out / LINES} and {out / TABLE}")
    return len(tasks)


def _check_input(root: Path) -> None:
    try:
        there = root.exists()
    except OSError as error:  # a name that is too long, or a folder above it that may not be entered
        raise unreadable_file(root.name, error) from error
    if not there:
        raise ReadingError(f"“{root}” is not there.", "Check the path, or plug the drive in again.")


def find_tasks(root: Path, out: Path, kind: str, line: ProgressLine, runner: Pool | Cluster) -> list[Task]:
    """Everything below `root` that will have a line."""

    def show(done: int, of: int) -> None:
        line.show("read", done, of)

    if kind == "pictures":
        tasks = picture_tasks(root, leave_out=out)
    else:
        tasks = find_studies(root, show, runner.listings if isinstance(runner, Cluster) else list_here)
    if not tasks:
        raise WrongFormat(f"There is nothing to grade in “{root}”.", "Choose a folder with pictures or examinations.")
    folder = folder_key(root)
    return [replace(task, folder=folder) for task in tasks]


def _known_again(tasks: Sequence[Task], journal: Journal, line: ProgressLine) -> list[Task]:
    """The tasks, those that have a line with the digest of their files."""
    known = []
    for number, task in enumerate(tasks, start=1):
        known.append(task.fingerprinted() if task.path in journal.done else task)
        line.show("read", number, len(tasks))
    return known


def _refuse_other_packs(journal: Journal, device: str) -> None:
    """One table must not mix two programs' grades. Raises Refused."""
    ours = packs_here(device)
    for document in journal.documents():
        theirs = _packs_of(document)
        if theirs and theirs != ours:
            raise Refused(
                f"{journal.path} holds results of other model packs than this program has.",
                ANEW,
            )


def _refuse_other_program(answer: bytes, ours: Packs) -> None:
    """A machine of a cluster may have other packs, or another version. Raises Refused; nothing is written then."""
    document = json.loads(answer)
    theirs = _packs_of(document)
    if document["program"]["version"] != __version__ or (theirs and theirs != ours):
        raise Refused(
            "A worker has another version of the program, or other model packs, than this one.",
            "Install the same on every machine, then start again: what is done is kept.",
        )


def packs_here(device: str) -> Packs:
    """The versions and digests of the packs that this program grades with."""
    from lumbar_core.inference.packs import load_packs

    return {(pack.contract.version, pack.contract.digest) for pack in load_packs(device).all}


def _packs_of(document: Mapping[str, Any]) -> Packs:
    return {(str(pack["version"]), str(pack["digest"])) for pack in document.get("packs", ())}


def _grade_all(
    tasks: Sequence[Task], of: int, journal: Journal, line: ProgressLine, runner: Pool | Cluster, ours: Packs | None
) -> None:
    """ours: digests of the packs, where answers come from elsewhere and may be of others."""
    done = of - len(tasks)
    pace = Pace()
    for task, answer in runner.answers(tasks):
        if answer is not None and ours is not None:
            _refuse_other_program(answer, ours)
        journal.add(answer if answer is not None else _lost(task))
        done += 1
        line.show("grade", done, of, pace.words(done, of))


def _lost(task: Task) -> bytes:
    """The line of an input over which a worker died."""
    task = task.fingerprinted()
    reason = UnreadableFile(
        task.path,
        "The process that read it was ended: it crashed, ran out of memory or took too long.",
        "Export the file again; if it happens again, report it.",
    )
    return render_json_line(unread_result(task, (*task.unreadable, reason)))


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReadingError(f"The folder “{out}” cannot be made.", "Choose another folder for --out.") from error


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
