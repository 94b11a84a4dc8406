"""Downloads of RSNA's layout for the tests: generated, and bent."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from training.phantom import rsna_layout
from training.phantom.rsna_layout import write_rsna_studies


class InThisProcess(ThreadPoolExecutor):
    """In the place of the pool of processes, which takes seconds to start."""

    def __init__(self, workers: int, _: object = None, initializer: Callable[[], None] = lambda: None) -> None:
        super().__init__(workers, initializer=initializer)


def write_download(root: Path, seeds: Sequence[int]) -> None:
    """A download of small generated studies."""
    before, rsna_layout.ProcessPoolExecutor = rsna_layout.ProcessPoolExecutor, InThisProcess  # type: ignore[misc,assignment]
    try:
        write_rsna_studies(seeds, root, quick=True, workers=1, show=lambda *_: None)
    finally:
        rsna_layout.ProcessPoolExecutor = before  # type: ignore[misc]


def rows_of(path: Path) -> list[dict[str, str]]:
    """A table's rows."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """The table anew."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file's bytes by its name below the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
