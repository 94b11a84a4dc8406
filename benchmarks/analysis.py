"""Times of one picture and one study through the program's own pipeline, cancelling, and the memory it takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.material import REPOSITORY, picture_folder, resident_bytes, study_folder
from benchmarks.row import Row
from lumbar_core.errors import Cancelled
from lumbar_core.inference.packs import PackSet, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DecodeProcess, DirectReader

REPEATS = 10
RATIO_REPEATS = 3
CANCEL_AFTER_S = 0.5
NO_PACK = "no model pack is installed"


def rows() -> Iterator[Row]:
    """Picture, study, what the decode process costs, cancel, memory, packs."""
    packs = load_packs("cpu")
    size = sum(path.stat().st_size for path in (REPOSITORY / "lumbar_core" / "models").rglob("*") if path.is_file())
    yield Row("packs shipped, all together", size / 1e6, 25, "MB")
    folder, words = study_folder()
    if not packs.all:
        for what, budget, unit in (("one picture", 0.25, "s"), ("a study", 6, "s"), ("its memory", 900, "MB")):
            yield Row(what, None, budget, unit, NO_PACK)
        return
    packs.warm_up()
    yield Row(f"one sagittal picture, open to grades, warm, best of {REPEATS}", picture_seconds(packs), 0.25, "s")
    yield Row(f"{words}, open to findings", study_seconds(packs, folder), 6, "s")
    yield Row(f"{words}, decode process ÷ decoding in the program", decoding_ratio(packs, folder), 1.2, "")
    yield Row(f"{words}, cancelled after {CANCEL_AFTER_S} s", cancel_seconds(packs, folder), 1, "s", "it ended before")
    yield Row(f"{words}, peak memory of all processes", peak_megabytes(folder), 900, "MB")


def picture_seconds(packs: PackSet) -> float:
    """Best time from a path to a result."""
    with tempfile.TemporaryDirectory() as work, closing(DecodeProcess()) as pixels:
        picture = sorted(picture_folder(Path(work), 1)[0].iterdir())[0]
        times = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            analyse(read_study([picture]), packs, pixels=pixels)
            times.append(time.perf_counter() - started)
        return min(times)


def study_seconds(packs: PackSet, folder: Path) -> float:
    """Time from a folder to all findings."""
    started = time.perf_counter()
    with closing(DecodeProcess()) as pixels:
        pixels.start()
        analyse(read_study([folder]), packs, pixels=pixels)
    return time.perf_counter() - started


def decoding_ratio(packs: PackSet, folder: Path) -> float:
    """Time of a study with a decode process that runs already over the time without one, each the best of a few."""
    times: dict[bool, list[float]] = {True: [], False: []}
    with closing(DecodeProcess()) as process:
        process.start()
        for apart in (True, False) * RATIO_REPEATS:
            started = time.perf_counter()
            analyse(read_study([folder]), packs, pixels=process if apart else DirectReader())
            times[apart].append(time.perf_counter() - started)
    return min(times[True]) / min(times[False])


def cancel_seconds(packs: PackSet, folder: Path) -> float | None:
    """Time from asking to the end of a running analysis; None where it had ended by itself."""
    asked = threading.Event()
    timer = threading.Timer(CANCEL_AFTER_S, asked.set)
    study = read_study([folder])
    timer.start()
    started = time.perf_counter()
    try:
        analyse(study, packs, cancelled=asked.is_set)
    except Cancelled:
        return time.perf_counter() - started - CANCEL_AFTER_S
    finally:
        timer.cancel()
    return None


def peak_megabytes(folder: Path) -> float:
    """Largest sum of resident memory of the program and its processes while it grades the study."""
    command = [sys.executable, "-m", "lumbar_core", "grade", str(folder)]
    program = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while program.poll() is None:
        peak = max(peak, resident_bytes(program.pid))
        time.sleep(0.02)
    return peak / 1e6
