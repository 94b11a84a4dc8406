"""Score what the program says of labelled pictures (`answers`), the comparison networks beside it.

A row without a grade (empty or "absent") is a structure that the picture does not show.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lumbar_core.errors import LumbarError
from lumbar_core.inference.contract import Contract
from lumbar_core.inference.packs import load_packs
from training.answers import Answer, answers_to
from training.cells import Cell, read_cells
from training.evaluation.cells import GradedCells
from training.evaluation.complete import EVERY, complete
from training.evaluation.quality import picture_qualities
from training.kept_answers import keep_answers
from training.locate import REFERENCE_SIDE
from training.metrics import bootstrap_each, grader_figures, plain_figures, reference_figures

FIGURES = ("wll", "acc", "auc_severe", "macro_auc", "kappa", "ece", "ece_bound", "recall_moderate", "recall_severe")


@dataclass(frozen=True, slots=True)
class Scored:
    """One labelled structure with the program's answer.

    error_px: in pixels of a picture (a tile's: of its whole slice) with a long side of 250; inf if not assessed, NaN
    if nobody marked the structure's place.
    """

    cell: Cell
    answer: Answer | None
    error_px: float

    @property
    def assessed(self) -> bool:
        """Whether the program gave a grade."""
        return self.answer is not None and self.answer.assessed


def score(cells: Sequence[Cell], given: dict[str, list[Answer]]) -> list[Scored]:
    """Each labelled structure with the answer for it."""
    return [_score(cell, given.get(cell.file, [])) for cell in cells]


def _score(cell: Cell, given: list[Answer]) -> Scored:
    answers = [each for each in given if _is_of(each, cell)]
    answer = next((each for each in answers if each.assessed), answers[0] if answers else None)
    if math.isnan(cell.row) or math.isnan(cell.column):
        return Scored(cell, answer, math.nan)
    if answer is None or not answer.assessed:
        return Scored(cell, answer, math.inf)
    height, width = (cell.height, cell.width) if cell.height and cell.width else answer.size
    scale = REFERENCE_SIDE / (cell.long_side or max(width, height))
    rows = answer.row * height - 0.5 - cell.row
    columns = answer.column * width - 0.5 - cell.column
    return Scored(cell, answer, math.hypot(rows, columns) * scale)


def _is_of(answer: Answer, cell: Cell) -> bool:
    """Whether an answer is for a structure; what is absent on both sides may be assessed on neither."""
    same = (answer.condition, answer.level) == (cell.condition, cell.level)
    both = cell.grade is None and cell.side is None
    return same and (both or answer.side in (None, cell.side))


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
    errors = np.array([each.error_px for each in graded if not math.isnan(each.error_px)])  # of marked structures
    reached = errors[np.isfinite(errors)]
    summary: dict[str, Any] = {
        "cells": len(graded),
        "assessed": len(hits) / len(graded) if graded else None,
        "within6": float(np.mean(errors <= 6)) if len(errors) else None,
        "median_px": float(np.median(reached)) if len(reached) else None,
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


def evaluate(
    pack: str, folder: Path, workers: int, runs: Path, show: Callable[[int, int], None] = lambda *_: None
) -> dict[str, Any]:
    """Figures of the program's own packs on a folder laid out like those of the data.

    pack: a grader's name, or `EVERY` for all graders together, which the competition's score needs.
    runs: where answers are kept, so that an evaluation that was killed goes on. show: told (done, of) pictures.

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
    with closing(keep_answers(runs, [each.folder for each in packs.all])) as kept:
        scored = score(cells, answers_to(cells, folder / "images", None, workers, kept, show))
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


def has_seen(contract: Contract, study_id: str) -> bool:
    """Whether a pack's network was trained on a study."""
    return study_hash(contract.trained_on_salt, study_id) in contract.trained_on


def study_hash(salt: str, study_id: str) -> str:
    """The salted hash by which a contract lists a study."""
    return hashlib.sha256(f"{salt}{study_id}".encode()).hexdigest()[:12]
