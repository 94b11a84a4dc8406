"""What a grader of three slices says of one whose neighbours are missing, and how that is set right.

A lone axial slice has no neighbours, and the last one of a block has one; the slice itself stands for what is missing.
Between slices that are all the same a grader says Normal/Mild too often; a scale and a bias a grade, fitted on tiles
whose neighbours were taken away, mend most of it. Every tile is located and graded by networks that left its study's
fold out, and each fold's figures are by a scale and biases fitted on the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lumbar_core.grade.calibrate import grade, softmax
from lumbar_core.inference.contract import Correction
from lumbar_core.inference.packs import PackSet, load_pack_folders
from lumbar_core.study import Pixels
from training.calibration import read_calibration
from training.cells import Cell, by_file
from training.config import TrainConfig
from training.metrics import bootstrap_each, pack_metric, plain_figures
from training.recipe_cells import recipe_cells
from training.runs import ALL, outer, run_folder
from training.tiles import Tile, assess_tile, load_tile
from training.workshop import Workshop, fold_pack

LOCALISER = "localise_axial"
SHOWN = ("wll", "acc", "auc_severe", "kappa")
WHOLE, ALONE, EDGE = "whole", "alone", "edge"
NAMES = {ALONE: "lone slice", EDGE: "end of a block"}
TAKEN_AWAY = {
    ALONE: "tiles whose neighbouring slices were taken away",
    EDGE: "tiles of which one neighbouring slice was taken away, either in turn",
}

Logits = NDArray[np.float64]
Stack = tuple[Pixels, Pixels, Pixels]


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """Logits (N, 3) over the temperature that ships; grades and folds (N,)."""

    logits: Logits
    grades: NDArray[np.int64]
    folds: NDArray[np.int64]
    studies: list[str]


def score_lone_grades(config: TrainConfig, shop: Workshop) -> dict[str, Any]:
    """Figures of a grader without neighbours, as it answers and set right, and what its contract needs for it.

    Raises ValueError for a grader of sagittal slices; FileNotFoundError if it was not cross-validated, which fits the
    temperature that ships.
    """
    if not config.is_axial or config.task != "grade":
        raise ValueError(f"{config.name} grades no axial slices")
    temperature = read_calibration(run_folder(shop.runs, config.name, ALL))["temperature"][0]
    cells = [cell for cell in recipe_cells(config, shop.data) if cell.grade is not None]
    said: dict[str, list[tuple[Cell, Logits]]] = {WHOLE: [], ALONE: [], EDGE: []}
    for left_out in outer():
        packs = load_pack_folders([fold_pack(name, left_out, shop) for name in (LOCALISER, config.name)])
        for file, group in by_file(cell for cell in cells if {cell.fold} == left_out).items():
            tile = load_tile(shop.data / config.data / "images" / file, group)
            for name, stacks in shown(tile).items():
                said[name] += [answer for stack in stacks for answer in _answers(tile, stack, packs)]
    return figures({name: _answered(rows, temperature) for name, rows in said.items()}, config.operating_point)


def shown(tile: Tile) -> dict[str, tuple[Stack, ...]]:
    """A tile's slices as they are, and as they would be without neighbours, and without one of them."""
    before, here, after = tile.slice.stack
    return {
        WHOLE: ((before, here, after),),
        ALONE: ((here, here, here),),
        EDGE: ((here, here, after), (before, here, here)),
    }


def figures(answered: Mapping[str, Answered], operating_point: str) -> dict[str, Any]:
    """As answered, and set right, each fold by what the others ask for; `corrections` are what all of them ask for."""
    whole = answered[WHOLE]
    told: dict[str, Any] = {"cells": len(whole.grades), WHOLE: _figures(whole, whole.logits, operating_point)}
    corrections, metrics = {}, []
    for name, words in NAMES.items():
        here = answered[name]
        mended = _figures(here, _set_right(here), operating_point)
        told[name] = {"as answered": _figures(here, here.logits, operating_point), "set right": mended}
        shipped = fit_correction(here.logits, here.grades)
        corrections[name] = {"scale": shipped.scale, "bias": list(shipped.bias)}
        protocol = f"4-fold cross-validation, {TAKEN_AWAY[name]}; `lone-grades`"
        metrics += [
            pack_metric(f"{words}: {figure}", row["value"], row["ci95"], len(whole.grades), protocol)
            for figure, row in mended.items()
        ]
    return {**told, "corrections": corrections, "pack_metrics": metrics}


def fit_correction(logits: Logits, grades: NDArray[np.int64]) -> Correction:
    """The scale and the biases with the least log loss, of logits (N, 3) over their temperature."""
    seen, true = torch.from_numpy(logits), torch.from_numpy(grades)
    scale = torch.ones(1, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([scale, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = torch.nn.functional.cross_entropy(seen * scale + bias, true)
        value.backward()
        return value

    optimiser.step(loss)
    found = bias.detach().numpy()
    return Correction(float(scale.detach()), tuple(float(value) for value in found - found.mean()))


def _set_right(answered: Answered) -> Logits:
    mended = np.zeros_like(answered.logits)
    for fold in np.unique(answered.folds):
        here = answered.folds == fold
        fitted = fit_correction(answered.logits[~here], answered.grades[~here])
        mended[here] = fitted.of(answered.logits[here].T).T
    return mended


def _answers(tile: Tile, stack: Stack, packs: PackSet) -> list[tuple[Cell, Logits]]:
    """The logits of a tile's cells with these slices; none of a cell that was not located."""
    given = assess_tile(replace(tile, slice=replace(tile.slice, stack=stack)), packs)
    by_side = {each.target.side: each.views[0].logits for each in given}
    return [(cell, by_side[cell.side]) for cell in tile.cells if cell.side in by_side]


def _answered(said: Sequence[tuple[Cell, Logits]], temperature: float) -> Answered:
    cells = [cell for cell, _ in said]
    return Answered(
        logits=np.array([logits for _, logits in said]) / temperature,
        grades=np.array([int(cell.grade or 0) for cell in cells], np.int64),
        folds=np.array([cell.fold for cell in cells], np.int64),
        studies=[cell.study_id for cell in cells],
    )


def _figures(answered: Answered, logits: Logits, operating_point: str) -> dict[str, dict[str, Any]]:
    probabilities = softmax(logits)
    given = np.array([int(grade(row, operating_point)) for row in probabilities])

    def of(chosen: NDArray[np.int64]) -> dict[str, float]:
        return plain_figures(answered.grades[chosen], probabilities[chosen], given[chosen])

    total, intervals = of(np.arange(len(given))), bootstrap_each(answered.studies, of)
    return {name: {"value": total[name], "ci95": intervals[name]} for name in SHOWN}
