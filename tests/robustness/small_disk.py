"""A disk of 256 kB that fills up and is then made read-only: a mount of our own, seen by one process only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from lumbar_core.batch.journal import Journal
from lumbar_core.errors import LumbarError, SavingError
from lumbar_core.report.leftovers import PREFIX
from lumbar_core.report.save import save

REPOSITORY = Path(__file__).resolve().parents[2]
NO_MOUNT = "mounting a small disk needs root and `unshare`"


def fill_one(folder: Path) -> list[str] | None:
    """What goes wrong on a disk of 256 kB that fills up and is then made read-only; None where none can be made."""
    folder.mkdir()
    if shutil.which("unshare") is None:
        return None
    script = 'mount -t tmpfs -o size=256k none "$1" || exit 99; exec "$2" -m tests.robustness.small_disk "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(folder), sys.executable],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 99 or "unshare" in done.stderr:
        return None
    return [*done.stdout.splitlines(), *done.stderr.splitlines()[-1:]]


def fill_and_lock(folder: Path) -> Iterator[str]:
    """Run on the small disk itself; yields what went wrong."""
    path, lines = folder / "report.json", folder / "results.jsonl"
    save(path, b"old")
    if said := _too_much(path):
        yield said
    with closing(Journal(lines)) as journal:
        journal.add(b'{"input": {"path": "1"}, "findings": []}\n')
    said = _said(lambda: _fill(lines))
    if not said.startswith("SavingError"):
        yield f"a full disk under batch gave {said}"
    with closing(Journal(lines)) as journal:
        if "1" not in journal.done:
            yield "a line was lost"
    os.truncate(lines, 0)
    if _said(lambda: save(path, b"newest")) or path.read_bytes() != b"newest":
        yield "a retry fails once there is room"
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    said = _said(lambda: save(path, b"never"))
    if "can only be read" not in said:
        yield f"a read-only disk gave {said}"
    if path.read_bytes() != b"newest":
        yield "the report on a read-only disk was lost"


def _too_much(path: Path) -> str:
    try:
        save(path, bytes(400_000))
    except SavingError as error:
        whole = path.read_bytes() == b"old" and not list(path.parent.glob(f"{PREFIX}*"))
        return "" if "the disk is full" in str(error) and whole else str(error)
    return "more was saved than there is room"


def _fill(lines: Path) -> None:
    with closing(Journal(lines)) as journal:
        for number in range(2, 100):
            filler = "0" * 8000
            line = f'{{"input": {{"path": "{number}"}}, "findings": [], "filler": "{filler}"}}\n'
            journal.add(line.encode())


def _said(work: Callable[[], object]) -> str:
    """The error that the work ends with, or ""."""
    try:
        work()
    except LumbarError as error:
        return f"{type(error).__name__} {error}"
    return ""


if __name__ == "__main__":
    for words in fill_and_lock(Path(sys.argv[1])):
        print(words)
