"""R2: the decode process is killed, over and over, at any moment. Reading goes on, with the right pixels."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import psutil

from lumbar_core.errors import Damaged
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.study import Instance
from lumbar_gui.pictures import PictureStore
from tests.core.reading.dicom_files import SAGITTAL, pattern, write_series
from tests.robustness.gate import Check, Gate, Outcome, told

BACK_S = 1.0
SIGNALS = ("SIGKILL", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGTERM", "SIGKILL")


class Pistol:
    """Decode processes as the window opens them, and the means to kill the one that lives now."""

    def __init__(self) -> None:
        self._opened: list[DecodeProcess] = []

    def open(self) -> DecodeProcess:
        self._opened.append(DecodeProcess())
        self._opened[-1].start()
        return self._opened[-1]

    def used_seconds(self) -> float:
        """Processor time of the process that lives now: all that it took to be back."""
        process = self._opened[-1]._process
        return float(sum(psutil.Process(process.pid).cpu_times()[:2])) if process is not None else float("inf")

    def fire(self, kind: str) -> None:
        process = self._opened[-1]._process if self._opened else None
        if process is not None and process.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, getattr(signal, kind, signal.SIGTERM))


def run(count: int, folder: Path, pistol: Pistol | None = None) -> Outcome:
    """Kill as often as `count` while a study of 24 slices is looked through."""
    write_series(folder / "study", SAGITTAL, [(4.0 * n, -100, 100) for n in range(24)])
    study = read_study([folder / "study"])
    slices, pistol, chance = study.series[0].instances, pistol or Pistol(), random.Random(2)
    faults: list[str] = []
    starts: list[float] = []
    waits: list[float] = []
    with closing(PictureStore(pistol.open, limit_bytes=1)) as store:  # nothing is kept: each look is a decoding
        store.read(slices[0])
        for number in range(count):
            shot = threading.Timer(chance.random() * 0.004, pistol.fire, [SIGNALS[number % len(SIGNALS)]])
            shot.start()
            _look(store, slices, number, faults)
            shot.join()
            pistol.fire("SIGKILL")  # so that the return, below, is one from death each time
            begun = time.perf_counter()
            _look(store, slices, number + 1, faults, must=True)
            waits.append(time.perf_counter() - begun)
            starts.append(pistol.used_seconds())
    checks = (
        Check("kills not survived", len(faults), 0),
        Check("slowest return", round(max(starts), 2), BACK_S, " processor s"),
    )
    done = f"{2 * count:,} kills, median return {np.median(waits):.2f} s on this machine as loaded as it was"
    return Outcome(done, checks, told(faults))


def _look(
    store: PictureStore, slices: tuple[Instance, ...], number: int, faults: list[str], must: bool = False
) -> None:
    """One slice: its own pixels, or, where the process died twice over it, an error in words."""
    index = number % len(slices)
    try:
        pixels = store.read(slices[index])
    except Damaged as error:
        faults += [f"kill {number}: {error}"] if must else []
    except Exception as error:  # noqa: BLE001 - whatever else comes is the offence
        faults.append(f"kill {number}: {type(error).__name__}")
    else:
        if not np.array_equal(pixels, pattern() + np.uint16(index + 1)):
            faults.append(f"kill {number}: other pixels")


GATE = Gate("R2", "kills of the decode process", 8, 500, run)
