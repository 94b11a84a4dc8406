"""Programs under attack run as processes of their own: their death, silence, time and memory are measured."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SPAWN = multiprocessing.get_context("spawn")
START_S = 240.0  # a loaded machine takes its time to import
MEMORY_BYTES = 6 << 30  # an attack that succeeds shall not take the whole machine with it
DIED, HUNG = "DIED", "HUNG"


@dataclass(frozen=True, slots=True)
class Attacked:
    """What became of one attack.

    answer:   the subject's, or DIED or HUNG.
    seconds:  of the wall clock; where measured, of the processors, so that a loaded machine changes nothing.
    grown_mb: peak resident memory above what was held before, decode process included; 0 unless measured.
    """

    case: Any
    answer: Any
    seconds: float
    grown_mb: float


def attack_each(
    subject: Callable[[Any, Any], Any],
    make: Callable[[], Any],
    cases: Sequence[Any],
    patience_s: float,
    *,
    measured: bool = False,
) -> Generator[Attacked, None, None]:
    """`subject(case, material)` for each case, in a child that makes its material once.

    A dead or silent child is replaced. measured: memory too, which costs some milliseconds a case.
    """
    left = list(cases)
    while left:
        ours, theirs = SPAWN.Pipe()
        child = SPAWN.Process(target=_serve, args=(subject, make, left, measured, theirs))
        child.start()
        theirs.close()
        settled = yield from _listen(ours, left, patience_s)
        _end_with_children(child.pid or 0)
        child.join()
        ours.close()
        del left[:settled]


def _serve(
    subject: Callable[[Any, Any], Any], make: Callable[[], Any], cases: Sequence[Any], measured: bool, pipe: Connection
) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    material = make()
    pipe.send("ready")
    for case in cases:
        before = memory_mb(forget_peak=True) if measured else {}
        clock = used_seconds if measured else time.perf_counter
        begun = clock()
        answer = subject(case, material)
        seconds = clock() - begun
        after = memory_mb() if measured else {}
        grown = sum(max(0.0, peak - before.get(process, 0.0)) for process, peak in after.items())
        pipe.send(Attacked(case, answer, seconds, grown))
    with suppress(EOFError):
        pipe.recv()  # until the other side has heard it all


def _listen(pipe: Connection, cases: Sequence[Any], patience_s: float) -> Generator[Attacked, None, int]:
    """Yields an Attacked for each case that came to an end; returns how many did."""
    try:
        if not pipe.poll(START_S) or pipe.recv() != "ready":
            raise RuntimeError("The program under attack did not start.")
    except EOFError as error:
        raise RuntimeError("The program under attack did not start.") from error
    for settled, case in enumerate(cases, start=1):
        begun = time.perf_counter()
        if not pipe.poll(patience_s):
            yield Attacked(case, HUNG, patience_s, 0.0)
            return settled
        try:
            attacked = pipe.recv()
        except (EOFError, OSError):
            yield Attacked(case, DIED, time.perf_counter() - begun, 0.0)
            return settled
        yield attacked
    return len(cases)


def _end_with_children(pid: int) -> None:
    """End a child and the decode processes that it started."""
    import psutil

    with suppress(psutil.Error):
        child = psutil.Process(pid)
        for process in (*child.children(recursive=True), child):
            with suppress(psutil.Error):
                process.kill()


def used_seconds() -> float:
    """Processor time so far of this process and its children, living and gone."""
    import psutil

    used = sum(os.times()[:4])
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            used += sum(process.cpu_times()[:2])
    return used


def memory_mb(*, forget_peak: bool = False) -> dict[int, float]:
    """Peak resident memory of this process and its children, by process; forget_peak: what is held now."""
    import psutil

    own = psutil.Process()
    found = {}
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            if forget_peak:
                with suppress(OSError):  # Linux only; elsewhere a peak below an earlier one is not seen
                    Path(f"/proc/{process.pid}/clear_refs").write_text("5", encoding="ascii")
            found[process.pid] = _peak_mb(process)
    return found


def _peak_mb(process: Any) -> float:
    info = process.memory_info()
    if hasattr(info, "peak_wset"):  # Windows
        return float(info.peak_wset) / 2**20
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, ValueError):
        return float(info.rss) / 2**20
    return int(peak) / 1024
