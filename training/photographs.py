"""Whether photographs of a screen are told from exports by their colour, at each error of the white balance."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.reading.colour import is_coloured
from training.orphans import end_with_parent
from training.pictures import kind_pictures, load_picture
from training.screen_photograph import conditions, photograph
from training.screenshots import exports

CASTS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
AT_ONCE = 8


def score_photographs(data: Path, exported: int, photographed: int, seed: int, workers: int) -> dict[str, Any]:
    """The share refused of so many real slices, by the way they were saved, and of photographs of others by cast."""
    paths = [picture.path for picture in kind_pictures(data, {})]
    drawn = [paths[index] for index in np.random.default_rng(seed).permutation(len(paths))]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), end_with_parent) as pool:
        by_way = _scored(pool, _exports_refused, drawn[:exported])
        by_cast = _scored(pool, _photographs_refused, drawn[::-1][:photographed])
    return {"exports": by_way, "photographs_by_white_balance_error": by_cast}


def _scored(
    pool: ProcessPoolExecutor, refused: Callable[[Path, int], dict[str, bool]], paths: Sequence[Path]
) -> dict[str, Any]:
    rows = list(pool.map(refused, paths, range(len(paths)), chunksize=AT_ONCE))
    return {"slices": len(rows), "refused": {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}}


def _exports_refused(path: Path, seed: int) -> dict[str, bool]:
    return {name: is_coloured(image) for name, image in exports(_grey(path), np.random.default_rng(seed))}


def _photographs_refused(path: Path, seed: int) -> dict[str, bool]:
    """At each error of the white balance the same photograph but for its cast."""
    grey, refused = _grey(path), {}
    for cast in CASTS:
        rng = np.random.default_rng(seed)
        refused[f"{cast:.0%}"] = is_coloured(photograph(grey, conditions(cast, rng), rng))
    return refused


def _grey(path: Path) -> NDArray[np.uint8]:
    return load_picture(path).round().astype(np.uint8)
