"""Size and start-up of the frozen program in dist/lumbar (`make build`)."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.row import Row

FOLDER = Path(__file__).resolve().parents[1] / "dist" / "lumbar"
PROGRAM = FOLDER / ("lumbar.exe" if os.name == "nt" else "lumbar")
MEGABYTE = 1_000_000
STARTS = 5
GIVE_UP_S = 20.0


def rows() -> Iterator[Row]:
    """Folder, archive, time to the first window."""
    folder, archive, window = "frozen folder", "frozen archive (tar.gz)", f"window on screen, warm, best of {STARTS}"
    if not PROGRAM.exists():
        for what, budget, unit in ((folder, 220, "MB"), (archive, 100, "MB"), (window, 1.0, "s")):
            yield Row(what, None, budget, unit, "not built; run `make build`")
        return
    yield Row(folder, folder_bytes() / MEGABYTE, 220, "MB")
    yield Row(archive, archive_bytes() / MEGABYTE, 100, "MB")
    missing = [tool for tool in ("Xvfb", "xwininfo") if shutil.which(tool) is None]
    if missing:
        yield Row(window, None, 1.0, "s", f"{' and '.join(missing)} not installed")
        return
    with virtual_display() as display:
        yield Row(window, min(window_seconds(display) for _ in range(STARTS)), 1.0, "s")


def folder_bytes() -> int:
    """Sum of the files' sizes."""
    return sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink())


class _Counter(io.RawIOBase):
    """Counts what is written and keeps nothing."""

    written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        size = len(memoryview(data))  # type: ignore[arg-type]
        self.written += size
        return size


def archive_bytes() -> int:
    """Size of a gzipped tar of the folder."""
    counter = _Counter()
    with tarfile.open(fileobj=counter, mode="w|gz") as archive:
        archive.add(FOLDER, arcname="lumbar")
    return counter.written


@contextmanager
def virtual_display() -> Iterator[str]:
    """An Xvfb of our own; gives its DISPLAY."""
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        with open(read_end, encoding="ascii") as numbers:  # noqa: PTH123 - a pipe, not a path
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def window_seconds(display: str) -> float:
    """From starting the process to its window being viewable."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"], "DISPLAY": display}
        started = time.perf_counter()
        program = subprocess.Popen([str(PROGRAM)], env=environment, stderr=subprocess.DEVNULL)
        try:
            while not _is_viewable(environment):
                if time.perf_counter() - started > GIVE_UP_S or program.poll() is not None:
                    raise RuntimeError("The frozen program showed no window.")
                time.sleep(0.01)
            return time.perf_counter() - started
        finally:
            program.terminate()
            program.wait()


def _is_viewable(environment: dict[str, str]) -> bool:
    answer = subprocess.run(
        ["xwininfo", "-name", "Lumbar MRI"], env=environment, capture_output=True, text=True, check=False
    )
    return "IsViewable" in answer.stdout
