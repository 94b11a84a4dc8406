"""Score packs on labelled pictures through the program's own pipeline, the comparison networks beside it.

Every picture is read, recognised, located, cropped, graded and calibrated as the program would do it for a
doctor; nothing is told to it but the file. A row without a grade (empty or "absent") is a structure that the
picture does not show.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lumbar_core.anatomy import Condition, Level, Severity, Side
from lumbar_core.errors import LumbarError
from lumbar_core.inference.contract import Contract
from lumbar_core.inference.packs import load_packs
from lumbar_core.reading import read_study
from training.cells import TILED, Cell, by_file, read_cells
from training.evaluation.cells import GradedCells
from training.evaluation.complete import EVERY, complete
from training.evaluation.quality import picture_qualities
from training.locate import REFERENCE_SIDE
from training.metrics import bootstrap_each, grader_figures, plain_figures, reference_figures
from training.program_pool import analyse_here, packs_here, program_pool
from training.tiles import assess_tile, load_tile

FIGURES = ("wll", "acc", "auc_severe", "macro_auc", "kappa", "ece", "ece_bound", "recall_moderate", "recall_severe")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program said of one structure of one picture.

    side: of the patient; None where the program was not to tell it.
    row, column: share of the picture, 0–1. size: (rows, columns) of the picture.
    """

    condition: Condition
    level: Level
    assessed: bool
    probabilities: tuple[float, float, float] | None
    grade: Severity | None
    row: float
    column: float
    check: bool
    margin: float | None
    size: tuple[int, int]
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """One labelled structure with the program's answer.

    error_px: in pixels of a picture (a tile's: of its whole slice) with a long side of 250; inf if not assessed.
    """

    cell: Cell
    answer: Answer | None
    error_px: float

    @property
    def assessed(self) -> bool:
        """Whether the program gave a grade."""
        return self.answer is not None and self.answer.assessed


def answers_to(
    cells: Sequence[Cell], images: Path, pack_folders: Sequence[Path] | None, workers: int
) -> dict[str, list[Answer]]:
    """The program's answers for the pictures of these cells, by file name.

    A tile is no whole picture: it is handed in as the piece of an axial slice that it is, with its level, and the
    recesses are located in it. Raises FileNotFoundError: a picture that is not there is no refusal.
    """
    tiled = [cell for cell in cells if cell.condition is TILED]
    whole = [cell for cell in cells if cell.condition is not TILED]
    given = answers(_pictures(whole, images), pack_folders, workers) if whole else {}
    tiles = [(path, by_file(tiled)[path.name]) for path in _pictures(tiled, images)]
    if tiles:
        with program_pool(pack_folders, workers) as pool:
            found = pool.map(_tile_answer, tiles, chunksize=8)
            given |= {path.name: answer for (path, _), answer in zip(tiles, found, strict=True)}
    return given


def answers(paths: Sequence[Path], pack_folders: Sequence[Path] | None, workers: int) -> dict[str, list[Answer]]:
    """The program's answers by file name; pack_folders None takes the program's own packs."""
    with program_pool(pack_folders, workers) as pool:
        found = pool.map(_answer, paths, chunksize=8)
        return {path.name: answer for path, answer in zip(paths, found, strict=True)}


def _answer(path: Path) -> list[Answer]:
    try:
        study = read_study([path])
        result = analyse_here(study)
    except LumbarError:
        return []
    image = study.series[0].instances[0]
    return [
        Answer(
            condition=finding.condition,
            level=finding.level,
            assessed=finding.assessed,
            probabilities=finding.probabilities,
            grade=finding.grade,
            row=(finding.location.row + 0.5) / image.rows if finding.location else math.nan,
            column=(finding.location.column + 0.5) / image.columns if finding.location else math.nan,
            check=finding.check,
            margin=result.numbering.margin,
            size=(image.rows, image.columns),
        )
        for finding in result.findings
    ]


def _tile_answer(task: tuple[Path, list[Cell]]) -> list[Answer]:
    path, cells = task
    tile = load_tile(path, cells)
    rows, columns = tile.slice.stack[1].shape
    return [
        Answer(
            condition=grade.target.condition,
            level=grade.target.level,
            assessed=True,
            probabilities=(float(grade.probabilities[0]), float(grade.probabilities[1]), float(grade.probabilities[2])),
            grade=grade.severity,
            row=(grade.views[0].point.row + 0.5) / rows,
            column=(grade.views[0].point.column + 0.5) / columns,
            check=bool(grade.check_reasons),
            margin=None,
            size=(rows, columns),
            side=grade.target.side,
        )
        for grade in assess_tile(tile, packs_here())
    ]


def score(cells: Sequence[Cell], given: dict[str, list[Answer]]) -> list[Scored]:
    """Each labelled structure with the answer for it."""
    return [_score(cell, given.get(cell.file, [])) for cell in cells]


def _score(cell: Cell, given: list[Answer]) -> Scored:
    answer = next((each for each in given if _is_of(each, cell)), None)
    if answer is None or not answer.assessed:
        return Scored(cell, answer, math.inf)
    height, width = (cell.height, cell.width) if cell.height and cell.width else answer.size
    scale = REFERENCE_SIDE / (cell.long_side or max(width, height))
    rows = answer.row * height - 0.5 - cell.row
    columns = answer.column * width - 0.5 - cell.column
    return Scored(cell, answer, math.hypot(rows, columns) * scale)


def _is_of(answer: Answer, cell: Cell) -> bool:
    same = (answer.condition, answer.level) == (cell.condition, cell.level)
    return same and answer.side in (None, cell.side)


def as_table(scored: Sequence[Scored], qualities: Mapping[str, float] | None = None) -> GradedCells:
    """The graded cells as columns. qualities: of the pictures, by file, where they are known."""
    graded = [each for each in scored if each.cell.grade is not None]
    answers_of = [each.answer if each.assessed else None for each in graded]
    return GradedCells(
        studies=np.array([each.cell.study_id for each in graded], np.str_),
        conditions=np.array([each.cell.condition for each in graded], np.str_),
        levels=np.array([each.cell.level for each in graded], np.str_),
        sides=np.array([each.cell.side or "" for each in graded], np.str_),
        qualities=np.array([(qualities or {}).get(each.cell.file, math.nan) for each in graded], np.float64),
        grades=np.array([int(each.cell.grade or 0) for each in graded], np.int64),
        assessed=np.array([each is not None for each in answers_of], np.bool_),
        probabilities=np.array([_rows(each) for each in answers_of], np.float64).reshape(-1, 3),
        given=np.array([-1 if each is None else int(each.grade or 0) for each in answers_of], np.int64),
        checks=np.array([each is not None and each.check for each in answers_of], np.bool_),
    )


def _rows(answer: Answer | None) -> tuple[float, float, float]:
    nothing = (math.nan, math.nan, math.nan)
    return nothing if answer is None else answer.probabilities or nothing


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """The flat figures of graded cells (DESIGN.md §9), the comparison networks' on the same cells under `reference`."""
    graded = [each for each in scored if each.cell.grade is not None]
    hits = [each for each in graded if each.assessed]
    errors = np.array([each.error_px for each in graded])
    summary: dict[str, Any] = {
        "cells": len(graded),
        "assessed": len(hits) / len(graded) if graded else None,
        "within6": float(np.mean(errors <= 6)) if graded else None,
        "median_px": float(np.median(errors[np.isfinite(errors)])) if hits else None,
        **dict.fromkeys(FIGURES),
    }
    if hits:
        table = as_table(hits)
        summary.update(_known(grader_figures(table.grades, table.probabilities, table.given)))
        known = [index for index, each in enumerate(hits) if each.cell.reference is not None]
        if known:
            reference = np.array([hits[index].cell.reference for index in known], np.float64)
            summary["reference"] = {"cells": len(known), **_known(reference_figures(table.grades[known], reference))}
    return summary


def _known(values: dict[str, float]) -> dict[str, float | None]:
    """None where a figure has no value on these cells (no Severe among them, say): JSON has no NaN."""
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def intervals(scored: Sequence[Scored]) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals over studies of loss, accuracy and the rest."""
    table = as_table([each for each in scored if each.assessed])
    return bootstrap_each(
        table.studies.tolist(), lambda i: plain_figures(table.grades[i], table.probabilities[i], table.given[i])
    )


def evaluate(pack: str, folder: Path, workers: int) -> dict[str, Any]:
    """Figures of the program's own packs on a folder laid out like those of the data.

    pack: a grader's name, or `EVERY` for all graders together, which the competition's score needs.

    Cells of studies that a pack has seen are never mixed with unseen ones: the figures are of the unseen cells
    (`seen_cells` tells how many were left aside), or of the seen ones, marked `all_seen`, where there are no others.
    """
    packs = load_packs("cpu")
    contracts = [
        each.contract for each in packs.all if pack == each.name or (pack == EVERY and each.contract.task == "grade")
    ]
    if not contracts:
        raise LumbarError(
            f"No model pack is called {pack}.", "`python -m lumbar_core packs list` shows those there are."
        )
    graded = {condition for contract in contracts for condition in contract.conditions}
    cells = [cell for cell in read_cells(folder) if cell.condition in graded]
    scored = score(cells, answers_to(cells, folder / "images", None, workers))
    studies = {cell.study_id for cell in cells}
    seen = {study for study in studies if any(has_seen(each.contract, study) for each in packs.all)}
    unseen = [each for each in scored if each.cell.study_id not in seen]
    chosen = unseen or scored
    summary = figures(chosen)
    absent = [each.assessed for each in chosen if each.cell.grade is None]
    summary["absent_assessed"] = float(np.mean(absent)) if absent else None
    summary["seen_cells"] = len(scored) - len(unseen)
    summary["all_seen"] = bool(scored) and not unseen
    qualities = picture_qualities(folder / "images", sorted({each.cell.file for each in chosen}))
    return summary | complete(as_table(chosen, qualities))


def _pictures(cells: Sequence[Cell], images: Path) -> list[Path]:
    """The pictures that the table names. Raises FileNotFoundError: a picture that is not there is no refusal."""
    paths = [images / file for file in by_file(cells)]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {len(paths)} pictures that cells.csv names are missing: {missing[0]}"
        )
    return paths


def has_seen(contract: Contract, study_id: str) -> bool:
    """Whether a pack's network was trained on a study."""
    return study_hash(contract.trained_on_salt, study_id) in contract.trained_on


def study_hash(salt: str, study_id: str) -> str:
    """The salted hash by which a contract lists a study."""
    return hashlib.sha256(f"{salt}{study_id}".encode()).hexdigest()[:12]
