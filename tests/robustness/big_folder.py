"""A folder of ten thousand files: the user can stop reading it at any moment, and reading it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lumbar_core.errors import Cancelled
from lumbar_core.reading import read_studies
from lumbar_core.study import Study
from tests.core.reading.dicom_files import an_image, to_bytes
from tests.robustness.gate import Check, Gate, Outcome, told

CANCEL_S, MOMENTS = 1.0, (0.0, 0.1, 0.5, 0.9, 0.999)
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


def run(count: int, folder: Path, read: Read = read_studies) -> Outcome:
    """Stop at several moments, then read to the end."""
    fill(folder / "big", count)
    slowest, faults = 0.0, []
    for moment in MOMENTS:
        waited = _stop_at(folder / "big", moment * count, read)
        slowest = max(slowest, waited)
        if waited > CANCEL_S:
            faults.append(f"stopped at {moment:.0%}: {waited:.2f} s")
    begun = time.process_time()
    studies = read([folder / "big"])
    seconds = time.process_time() - begun
    found = sum(len(series.instances) for study in studies for series in study.series)
    checks = (
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
        read([folder], count, lambda: bool(asked[0]))
    return time.process_time() - asked[0] if asked[0] else float("inf")


GATE = Gate("R16", "a large folder", 300, 10_000, run)
