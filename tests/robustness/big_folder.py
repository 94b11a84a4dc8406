"""A folder of ten thousand files: its first series shows soon, reading it can be stopped at any moment, and it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lumbar_core.errors import Cancelled
from lumbar_core.reading import read_chosen
from lumbar_core.study import Instance, Study
from tests.core.reading.dicom_files import an_image, to_bytes
from tests.robustness.gate import Check, Gate, Outcome, told

FIRST_S, CANCEL_S, MOMENTS = 5.0, 1.0, (0.0, 0.1, 0.5, 0.9, 0.999)
SLICES = 25
Read = Callable[..., tuple[Study, ...]]


def fill(folder: Path, count: int) -> None:
    """One examination in series of 25 slices: one file written, its identifiers patched for the others."""
    folder.mkdir()
    whole = to_bytes(an_image(SeriesInstanceUID="1.2.3.10000", SOPInstanceUID="1.2.4.10000", PatientID="P10000"))
    position = b"0.0\\-100.0\\100.0"
    assert whole.count(position) == 1
    for number in range(count):
        series, slice_ = divmod(number, SLICES)
        data = whole.replace(b"1.2.3.10000", b"1.2.3.%05d" % (10_000 + series))
        data = data.replace(b"1.2.4.10000", b"1.2.4.%05d" % (10_000 + number))
        data = data.replace(position, b"%d.0\\-100.0\\100.0" % (slice_ % 10))
        (folder / f"{number:05d}.dcm").write_bytes(data)


def run(count: int, folder: Path, read: Read = read_chosen) -> Outcome:
    """Stop at several moments, then read to the end, watching for the first series."""
    fill(folder / "big", count)
    slowest, faults = 0.0, []
    for moment in MOMENTS:
        waited = _stop_at(folder / "big", moment * count, read)
        slowest = max(slowest, waited)
        if waited > CANCEL_S:
            faults.append(f"stopped at {moment:.0%}: {waited:.2f} s")
    shown: list[float] = []
    begun = time.process_time()

    def show(images: tuple[Instance, ...]) -> None:
        shown.append(time.process_time() - begun if len(images) == SLICES else float("inf"))

    studies = read([folder / "big"], lambda done, of: None, lambda: False, show)
    seconds = time.process_time() - begun
    found = sum(len(series.instances) for study in studies for series in study.series)
    checks = (
        Check("first series", round(shown[0], 2) if shown else float("inf"), FIRST_S, " processor s"),
        Check("slowest Cancel", round(slowest, 2), CANCEL_S, " processor s"),
        Check("images lost", count - found, 0),
    )
    done = f"{count:,} files, read in {seconds:.1f} processor s; stopped at {len(MOMENTS)} moments"
    return Outcome(done, checks, told(faults))


def _stop_at(folder: Path, number: float, read: Read) -> float:
    """Processor time from the user's Cancel to the end of reading; infinite where nothing can be cancelled."""
    asked = [0.0]

    def count(done: int, _: int) -> None:
        if done >= number and not asked[0]:
            asked[0] = time.process_time()

    if number == 0:
        asked[0] = time.process_time()
    with suppress(Cancelled):
        read([folder], count, lambda: bool(asked[0]), lambda images: None)
    return time.process_time() - asked[0] if asked[0] else float("inf")


GATE = Gate("R16", "a large folder", 300, 10_000, run)
