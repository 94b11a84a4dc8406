"""Pictures a second through `batch`, start-up included, with two processes, and the memory they take early and late."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.material import REPOSITORY, picture_folder, resident_bytes
from benchmarks.row import Row
from lumbar_core.batch.run import LINES
from lumbar_core.inference.packs import load_packs

PICTURES, WORKERS = 500, 2
LOOK_S = 0.25
FLAT = 1.05  # late memory over early: what is kept of a picture would grow with every one
EARLY, LATE = (0.2, 0.4), (0.8, 1.0)  # shares of the pictures that are done; the first ones still load what is kept


@dataclass(frozen=True, slots=True)
class Look:
    """How many pictures were done, and the resident bytes of all processes then."""

    done: int
    resident: int


def rows() -> Iterator[Row]:
    """The rate, and whether the memory stays flat."""
    if not load_packs("cpu").all:
        yield Row("batch over pictures", None, 5, "/s", "no model pack is installed", at_least=True)
        return
    with tempfile.TemporaryDirectory() as work:
        folder, words = picture_folder(Path(work), PICTURES)
        rate, looks = watched(folder, Path(work) / "out")
    what = f"batch over {PICTURES} {words}, {WORKERS} processes"
    yield Row(what, rate, 5, "/s", at_least=True)
    yield from memory_rows(what, looks)


def watched(folder: Path, out: Path) -> tuple[float, list[Look]]:
    """Pictures a second, and the memory looked at while they are graded."""
    command = [sys.executable, "-m", "lumbar_core", "batch", str(folder), "--out", str(out), "--as", "pictures"]
    looks: list[Look] = []
    started = time.perf_counter()
    with subprocess.Popen(
        [*command, "--workers", str(WORKERS)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as program:
        while program.poll() is None:
            looks.append(Look(_lines(out / LINES), resident_bytes(program.pid)))
            time.sleep(LOOK_S)
    if program.returncode:
        raise RuntimeError("`batch` did not grade the pictures.")
    return PICTURES / (time.perf_counter() - started), looks


def memory_rows(what: str, looks: Sequence[Look]) -> Iterator[Row]:
    """Late memory, for comparison, and late over early, which is to be 1."""
    early, late = (
        [look.resident for look in looks if first * PICTURES <= look.done < last * PICTURES]
        for first, last in (EARLY, LATE)
    )
    if not early or not late:
        yield Row(f"{what}: memory, late ÷ early", None, FLAT, "×", "it ended before memory was looked at")
        return
    yield Row(f"{what}: memory over the last fifth", fmean(late) / 1e6, None, "MB")
    yield Row(f"{what}: memory, last fifth ÷ second fifth", fmean(late) / fmean(early), FLAT, "×")


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0
