"""What a grader of three slices says of one that stands for all three, and how that is set right.

A lone axial slice has no neighbours. Between slices that are all the same a grader says Normal/Mild too often; a scale
and a bias a grade, fitted on tiles whose neighbours were taken away, mend most of it. Every tile is located and graded
by networks that left its study's fold out, and each fold's figures are by a scale and biases fitted on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lumbar_core.grade.calibrate import calibrate, grade, softmax
from lumbar_core.inference.contract import Alone, Contract
from lumbar_core.inference.packs import load_pack_folders
from training.cells import Cell, by_file
from training.config import TrainConfig
from training.metrics import bootstrap_each, pack_metric, plain_figures
from training.recipe_cells import recipe_cells
from training.runs import outer
from training.tiles import assess_tile, load_tile
from training.workshop import Workshop, fold_pack

LOCALISER = "localise_axial"
SHOWN = ("wll", "acc", "auc_severe", "kappa")
PROTOCOL = "4-fold cross-validation, tiles whose neighbouring slices were taken away; `lone-grades`"

Logits = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """Logits (N, 3) of one slice for three, over the temperature; grades and folds (N,)."""

    logits: Logits
    grades: NDArray[np.int64]
    folds: NDArray[np.int64]
    studies: list[str]


def score_lone_grades(config: TrainConfig, shop: Workshop) -> dict[str, Any]:
    """Figures of a grader on slices alone, as it answers and set right, and what its contract needs for it.

    Raises ValueError for a grader of sagittal slices.
    """
    if not config.is_axial or config.task != "grade":
        raise ValueError(f"{config.name} grades no axial slices")
    cells = [cell for cell in recipe_cells(config, shop.data) if cell.grade is not None]
    parts = []
    for left_out in outer():
        here = [cell for cell in cells if {cell.fold} == left_out]
        parts.append(_answered(config, shop, left_out, list(by_file(here).items())))
    answered = Answered(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.grades for part in parts]),
        np.concatenate([part.folds for part in parts]),
        [study for part in parts for study in part.studies],
    )
    return figures(answered, config.operating_point)


def figures(answered: Answered, operating_point: str) -> dict[str, Any]:
    """As answered, and set right, each fold by what the others ask for; `alone` is what all of them ask for."""
    mended = np.zeros_like(answered.logits)
    for fold in np.unique(answered.folds):
        here = answered.folds == fold
        fitted = fit_alone(answered.logits[~here], answered.grades[~here])
        mended[here] = fitted.of(answered.logits[here].T).T
    rows = {"as answered": answered.logits, "set right": mended}
    told = {name: _figures(answered, softmax(logits), operating_point) for name, logits in rows.items()}
    shipped = fit_alone(answered.logits, answered.grades)
    metrics = [
        pack_metric(f"lone slice: {name}", row["value"], row["ci95"], len(answered.grades), PROTOCOL)
        for name, row in told["set right"].items()
    ]
    alone = {"scale": shipped.scale, "bias": list(shipped.bias)}
    return {"cells": len(answered.grades), **told, "alone": alone, "pack_metrics": metrics}


def fit_alone(logits: Logits, grades: NDArray[np.int64]) -> Alone:
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
    return Alone(float(scale.detach()), tuple(float(value) for value in found - found.mean()))


def _answered(
    config: TrainConfig, shop: Workshop, left_out: frozenset[int], groups: Sequence[tuple[str, Sequence[Cell]]]
) -> Answered:
    packs = load_pack_folders([fold_pack(name, left_out, shop) for name in (LOCALISER, config.name)])
    contract = next(pack.contract for pack in packs.all if pack.name == config.name)
    logits, grades, studies = [], [], []
    for file, cells in groups:
        tile = load_tile(shop.data / config.data / "images" / file, cells)
        here = tile.slice.stack[1]
        given = assess_tile(replace(tile, slice=replace(tile.slice, stack=(here, here, here))), packs)
        by_side = {each.target.side: each.views[0].logits for each in given}
        for cell in cells:
            if cell.side in by_side and cell.grade is not None:
                logits.append(_over_temperature(by_side[cell.side], contract))
                grades.append(int(cell.grade))
                studies.append(cell.study_id)
    return Answered(np.array(logits), np.array(grades), np.full(len(grades), min(left_out)), studies)


def _over_temperature(logits: Logits, contract: Contract) -> Logits:
    return np.log(calibrate(logits, 1, contract.calibration))


def _figures(answered: Answered, probabilities: Logits, operating_point: str) -> dict[str, dict[str, Any]]:
    given = np.array([int(grade(row, operating_point)) for row in probabilities])

    def of(chosen: NDArray[np.int64]) -> dict[str, float]:
        return plain_figures(answered.grades[chosen], probabilities[chosen], given[chosen])

    total, intervals = of(np.arange(len(given))), bootstrap_each(answered.studies, of)
    return {name: {"value": total[name], "ci95": intervals[name]} for name in SHOWN}
