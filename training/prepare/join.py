"""All studies' parts together: `cells.csv` of each set, and the crop store of each grader."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lumbar_core.report.save import save_by
from training.cells import read_cells
from training.config import TrainConfig
from training.crop_store import UNCHANGED, CropData, cut_by, store_file, write_store
from training.grade import crop_order
from training.prepare.parts import Done
from training.prepare.study import COLUMNS
from training.splits import FOLDS

BY_PACKS = "packs of the program: "


def write_tables(parts: Sequence[Done], names: Sequence[str], out: Path) -> dict[str, int]:
    """OUT/<set>/cells.csv; returns the number of cells by set."""
    counts = {}
    for name in names:
        rows = [row for part in parts for row in part.rows[name]]
        counts[name] = len(rows)
        if not rows:
            continue
        (out / name / "images").mkdir(parents=True, exist_ok=True)
        columns = dict.fromkeys([*COLUMNS, *(column for row in rows for column in row)])
        with save_by(out / name / "cells.csv") as file:
            table = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
    return counts


def refuse_other_crops(recipes: Sequence[TrainConfig], cache: Path) -> None:
    """Raises ValueError where crops cut by localisers of somebody's own would be overwritten."""
    for recipe in recipes:
        path = store_file(recipe, cache)
        if path.exists() and not cut_by(path).startswith(BY_PACKS):
            raise ValueError(f"{path} holds crops that other localisers cut: name another folder with --runs")


def write_crops(parts: Sequence[Done], recipe: TrainConfig, out: Path, cache: Path, packs: str) -> None:
    """The store of one grader's crops; every network sees what the same localiser cut."""
    with_crops = [part for part in parts if recipe.data in part.crops]
    if not with_crops:
        return
    by_study: dict[str, list[int]] = {}
    cells = [cell for cell in read_cells(out / recipe.data) if cell.grade is not None]
    for index, cell in enumerate(cells):
        by_study.setdefault(cell.study_id, []).append(index)
    ordered = [
        cell
        for part in with_crops
        for cell in crop_order(cells[index] for index in by_study[part.rows[recipe.data][0]["study_id"]])
    ]
    views = np.tile(np.float32(UNCHANGED), (len(ordered), 1))
    data = CropData(
        crops=np.concatenate([part.crops[recipe.data] for part in with_crops]),
        views=views,
        grades=np.array([int(cell.grade or 0) for cell in ordered]),
        folds=np.array([cell.fold for cell in ordered]),
        studies=[cell.study_id for cell in ordered],
    )
    write_store(store_file(recipe, cache), data, dict.fromkeys(FOLDS, views), BY_PACKS + packs)
