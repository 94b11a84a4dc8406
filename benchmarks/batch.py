"""Pictures a second through `batch`, start-up included, with two processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.material import REPOSITORY, picture_folder
from benchmarks.row import Row
from lumbar_core.inference.packs import load_packs

PICTURES, WORKERS = 500, 2


def rows() -> Iterator[Row]:
    """The rate."""
    if not load_packs("cpu").all:
        yield Row("batch over pictures", None, 5, "/s", "no model pack is installed", at_least=True)
        return
    with tempfile.TemporaryDirectory() as work:
        folder, words = picture_folder(Path(work), PICTURES)
        command = [sys.executable, "-m", "lumbar_core", "batch", str(folder), "--out", f"{work}/out"]
        started = time.perf_counter()
        subprocess.run(
            [*command, "--as", "pictures", "--workers", str(WORKERS)],
            cwd=REPOSITORY,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        rate = PICTURES / (time.perf_counter() - started)
    yield Row(f"batch over {PICTURES} {words}, {WORKERS} processes", rate, 5, "/s", at_least=True)
