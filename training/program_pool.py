"""Processes that each hold the packs and grade as the program does."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from lumbar_core.findings import Grade
from lumbar_core.inference.packs import PackSet, load_pack_folders, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import StudyResult
from lumbar_core.study import Study
from training.orphans import end_with_parent

_packs: PackSet = PackSet(())


def program_pool(pack_folders: Sequence[Path] | None, workers: int) -> ProcessPoolExecutor:
    """Processes that each hold the packs, for work that asks `analyse_here`."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (pack_folders, threads))


def analyse_here(study: Study, behind: Callable[[Grade], None] = lambda _: None) -> StudyResult:
    """Grade a study with the packs of this process of a `program_pool`, decoding in it; behind: as of `analyse`."""
    return analyse(study, _packs, pixels=DirectReader(), behind=behind)


def packs_here() -> PackSet:
    """The packs of this process of a `program_pool`."""
    return _packs


def _start(pack_folders: Sequence[Path] | None, threads: int) -> None:
    global _packs
    end_with_parent()
    _packs = (
        load_packs("cpu", threads) if pack_folders is None else load_pack_folders(list(pack_folders), "cpu", threads)
    )
