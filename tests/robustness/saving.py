"""R8: the program is killed while it saves. The old report or the new one is there, whole, and nothing else stays."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

from lumbar_core.batch.journal import Journal
from lumbar_core.errors import Damaged
from lumbar_core.report.leftovers import PREFIX, SUFFIX
from lumbar_core.report.save import save, save_by
from tests.robustness import saving_calls
from tests.robustness.gate import Check, Gate, Outcome, told

# A child that is forked from a warm process starts in milliseconds; Windows has no such thing.
START = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
LONGEST_LIFE_S = 0.04
Writer = Callable[[Path, bytes], None]
WAYS = ("whole", "piece by piece", "journal")


def a_report(number: int) -> bytes:
    """A line that says by itself whether it is whole."""
    body = {
        "input": {"path": str(number)},
        "findings": [],
        "filler": "0" * random.Random(number).choice((10, 5000, 200_000)),
    }
    text = json.dumps(body)
    return f'{text[:-1]}, "digest": "{hashlib.sha256(text.encode()).hexdigest()}"}}\n'.encode()


def is_whole(data: bytes) -> bool:
    """Whether these are the lines of `a_report`."""
    return bool(data) and all(a_report(int(number)) == line for number, line in _numbered(data))


def _numbered(data: bytes) -> Iterator[tuple[str, bytes]]:
    for line in data.splitlines(keepends=True):
        start = line.find(b'"path": "') + 9
        number = line[start : line.find(b'"', start)]
        yield (number.decode() if number.isdigit() else "-1"), line


def write_whole(path: Path, data: bytes) -> None:
    save(path, data)


def write_in_pieces(path: Path, data: bytes) -> None:
    with save_by(path) as file:
        for start in range(0, len(data), 1000):
            file.write(data[start : start + 1000].decode())


def keep_saving(path: Path, write: Writer, first: int, pipe: Connection) -> None:
    """Save one report after another until killed; tell of each that is saved."""
    number = first
    pipe.send(number)
    while True:
        number += 1
        write(path, a_report(number))
        pipe.send(number)


def keep_adding(path: Path, first: int, pipe: Connection) -> None:
    """The same for lines of `batch`."""
    number = first
    with closing(Journal(path)) as journal:
        pipe.send(number)
        while True:
            number += 1
            journal.add(a_report(number))
            pipe.send(number)


def run(count: int, folder: Path, write: Writer = write_whole) -> Outcome:
    """Kill at random times, and after each call that touches the disk."""
    if os.name == "posix":
        START.set_forkserver_preload([__name__])
    half, lost, strays, faults = 0, 0, 0, []
    chance = random.Random(8)
    for number in range(count):
        way = WAYS[number % 3]
        path = folder / f"{way}.jsonl"
        if not path.exists() or path.stat().st_size > 20_000_000:
            path.write_bytes(a_report(0))
        told_saved = _kill_one(path, way, write, chance.random() * LONGEST_LIFE_S)
        if way == "journal":
            whole, kept = _reopened(path)
        else:
            data = path.read_bytes()
            whole, kept = is_whole(data), {int(n) for n, _ in _numbered(data)}
        half += not whole
        lost += whole and max(kept) < told_saved
        strays += _strays_after_next_save(folder)
        if not whole or max(kept) < told_saved:
            faults.append(f"kill {number} ({way}): {'half a file' if not whole else 'what was saved is lost'}")
    at_calls = saving_calls.kill_at_each(folder)
    checks = (
        Check("half files", half, 0),
        Check("saved reports lost", lost, 0),
        Check("stray temporary files after the next save", strays, 0),
        *at_calls.checks,
    )
    done = f"{count:,} kills at random times; {at_calls.done}"
    return Outcome(done, checks, told([*faults, *at_calls.faults]), at_calls.undone)


def _kill_one(path: Path, way: str, write: Writer, life_s: float) -> int:
    """Let a child save for a while and kill it; returns the last number that it said was saved."""
    ours, theirs = START.Pipe(duplex=False)
    first = max((int(n) for n, _ in _numbered(path.read_bytes())), default=0)
    if way == "journal":
        child = START.Process(target=keep_adding, args=(path, first, theirs))
    else:
        in_pieces = way == "piece by piece" and write is write_whole
        child = START.Process(target=keep_saving, args=(path, write_in_pieces if in_pieces else write, first, theirs))
    child.start()
    theirs.close()
    saved = ours.recv()
    time.sleep(life_s)
    child.kill()
    child.join()
    try:
        while ours.poll():
            saved = ours.recv()
    except EOFError:
        pass
    ours.close()
    return int(saved)


def _reopened(path: Path) -> tuple[bool, set[int]]:
    """What `batch` finds when it is started again."""
    try:
        with closing(Journal(path)) as journal:
            done = {int(name) for name in journal.done}
    except Damaged:
        return False, {0}
    return is_whole(path.read_bytes()), done


def _strays_after_next_save(folder: Path) -> int:
    """Saving into the folder a while later removes what the killed one left."""
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        os.utime(path, (time.time() - 120,) * 2)
    save(folder / "next.json", b"{}")
    return len(list(folder.glob(f"{PREFIX}*")))


GATE = Gate("R8", "kills while saving", 30, 1000, run)
