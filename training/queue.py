"""A queue of trainings, run unattended and side by side, stopped and taken up again at will.

A file holds one command of `python -m training` a line ("train --config F --without 1"); a line of dashes waits for all
before it. Each runs in a process of its own with its share of the cores: on two cores two trainings of one thread each
take less time than one after the other with both.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

FINISHED = "finished.txt"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command of the queue, and how its process ended (0: well)."""

    command: str
    code: int


def read_queue(file: Path) -> list[list[str]]:
    """The commands in groups: all of one are done before the next begins. Comments (#) and empty lines are left out."""
    groups: list[list[str]] = [[]]
    for line in file.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].strip()
        if words and not words.strip("-"):
            groups.append([])
        elif words:
            groups[-1].append(words)
    return [group for group in groups if group]


def run_queue(file: Path, lanes: int, runs: Path, program: Sequence[str] = ()) -> list[Outcome]:
    """Run what is not finished, group by group; a group in which one fails is the last. Logs lie below runs/queue.

    A broken-off training goes on from its last epoch the next time (`train` gets `--resume`).
    program: what runs a command, `python -m training` unless told otherwise.
    """
    folder = runs / "queue"
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / FINISHED
    finished = set(record.read_text(encoding="utf-8").splitlines()) if record.exists() else set()
    outcomes: list[Outcome] = []

    def run(command: str) -> Outcome:
        outcome = Outcome(command, _run(command, lanes, runs, folder, program))
        if outcome.code == 0:
            with lock, record.open("a", encoding="utf-8") as done:
                done.write(f"{command}\n")
        return outcome

    lock = threading.Lock()
    with ThreadPoolExecutor(lanes) as pool:
        for group in read_queue(file):
            outcomes += pool.map(run, [command for command in group if command not in finished])
            if any(outcome.code for outcome in outcomes):
                break
    return outcomes


def _run(command: str, lanes: int, runs: Path, folder: Path, program: Sequence[str]) -> int:
    threads = str(max(1, (os.cpu_count() or 1) // lanes))
    words = [*shlex.split(command), "--runs", str(runs)]
    if words[0] == "train":
        words += ["--resume", "--threads", threads]
    name = "".join(letter if letter.isalnum() else "_" for letter in command)
    environment = os.environ | {"OMP_NUM_THREADS": threads}
    with (folder / f"{name}.log").open("ab") as log:
        started = [*(program or (sys.executable, "-m", "training")), *words]
        return subprocess.run(started, stdout=log, stderr=log, env=environment, check=False).returncode
