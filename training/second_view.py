"""Scoring of a recipe that sees on axial tiles what another grades on sagittal slices: each alone, and both fused.

Both views are answered through the program, by networks that left the study's fold out: the marked sagittal slice as
its own recipe is scored, the axial view located in the tile that is handed in. Of a level that both show, the fused
logits are (1 − share) of the sagittal ones and `share`, a threshold of the recipe, of the axial ones. Each of the three
gets its temperature as decision 0024 has it: either half of a fold by the other.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Level, Severity
from lumbar_core.grade.calibrate import fuse, softmax
from lumbar_core.grade.calibrate import grade as grade_by
from lumbar_core.inference.contract import SHARE
from training.beside_accuracy import best_operating_point, burden_metrics, burden_of, points_of
from training.calibration import AS_TRAINED, HALVES, SMALLEST, half_of, write_calibration
from training.cells import Cell, read_cells
from training.config import TrainConfig, load_config
from training.cross_validate import fold_answers, refuse_unscorable
from training.evaluate import FIGURES
from training.grade import fit_temperature
from training.metrics import bootstrap_each, grader_figures, pack_metric, plain_figures
from training.recipe_cells import recipe_cells
from training.runs import ALL, outer, run_folder
from training.splits import FOLDS
from training.workshop import Workshop, locating_packs

log = logging.getLogger(__name__)

FIRST = "canal"  # the recipe that grades the canal on sagittal slices
SAGITTAL, AXIAL, FUSED = ("sagittal", "axial", "fused")
TENTHS = tuple(tenth / 10 for tenth in range(11))
PROTOCOL = "4-fold cross-validation over studies, automatic localisation, marked slices, levels that both planes show"

Logits = NDArray[np.float64]
Disc = tuple[str, Level]  # a study and a level


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Discs that both views assess. sagittal, axial: (N, 3) logits but for a constant; grades, folds, halves: (N,)."""

    studies: list[str]
    grades: NDArray[np.int64]
    folds: NDArray[np.int64]
    halves: NDArray[np.int64]
    sagittal: Logits
    axial: Logits

    def fused(self, share: float) -> Logits:
        """The logits (N, 3) of both, the axial one's share given."""
        return (1 - share) * self.sagittal + share * self.axial

    def calibrated(self, logits: Logits) -> Logits:
        """Probabilities (N, 3); either half of each fold by the other."""
        probabilities = np.zeros_like(logits)
        for fold in FOLDS:
            for half in HALVES:
                here, there = ((self.folds == fold) & (self.halves == each) for each in (half, 1 - half))
                temperature = fit_temperature(logits[there], self.grades[there]) if there.any() else 1.0
                probabilities[here] = softmax(logits[here] / temperature)
        return probabilities


def refuse_unscorable_view(config: TrainConfig, shop: Workshop) -> None:
    """Raises ValueError, before hours of training, where there is nothing to fuse with, or it saw what is scored."""
    if SHARE not in config.thresholds:
        raise ValueError(f"{config.name}: its thresholds have no {SHARE}, which says how it is fused with {FIRST}")
    if not all(shop.checkpoint(FIRST, left_out).exists() for left_out in outer()):
        raise ValueError(f"{config.name} is fused with {FIRST}: cross-validate that one here first")
    refuse_unscorable(_first(shop), shop)


def score_second_view(config: TrainConfig, shop: Workshop, workers: int) -> dict[str, Any]:
    """Figures of either view alone and of both fused, on the same discs: all of them, and each fold's.

    The temperatures of the axial view alone and of the fused ones are written beside the network that ships.
    """
    discs, pairs = both_views(config, shop, workers)
    share = config.thresholds[SHARE]
    logits = {SAGITTAL: pairs.sagittal, AXIAL: pairs.axial, FUSED: pairs.fused(share)}
    seen = {view: pairs.calibrated(values) for view, values in logits.items()}
    everywhere = np.arange(len(pairs.studies))
    total = _compared(config, pairs, seen, everywhere)
    points = points_of(pairs.grades, seen[FUSED])
    burden = burden_of(pairs.studies, pairs.grades, _given(config, seen[FUSED]), flagged(config, seen))
    _write_shipped(config, shop, logits, pairs, total[FUSED])
    return {
        "discs": discs,
        "in_both_planes": len(everywhere),
        SHARE: share,
        **total,
        "operating_points": points,
        "operating_point": best_operating_point(points),
        "checks": burden,
        "by_fold": {
            str(fold): _compared(config, pairs, seen, np.flatnonzero(pairs.folds == fold))
            for fold in FOLDS
            if (pairs.folds == fold).any()
        },
        "wll_by_share": {
            str(each): grader_figures(pairs.grades, at, _given(config, at))["wll"]
            for each in TENTHS
            for at in [pairs.calibrated(pairs.fused(each))]
        },
        "pack_metrics": [*_pack_metrics(total, len(everywhere)), *burden_metrics(burden, PROTOCOL)],
    }


def both_views(config: TrainConfig, shop: Workshop, workers: int) -> tuple[int, Pairs]:
    """How many graded discs have a tile, and the answers for those that both views assess."""
    tiles = [cell for cell in recipe_cells(config, shop.data) if cell.grade is not None]
    graded = {_disc(cell): cell for cell in tiles}
    slices = [cell for cell in read_cells(shop.data / config.grades_of) if _disc(cell) in graded]
    found: tuple[dict[Disc, Logits], dict[Disc, Logits]] = ({}, {})
    for left_out in outer():
        for said, recipe, cells in zip(found, (_first(shop), config), (slices, tiles), strict=True):
            said |= _answers(recipe, left_out, shop, workers, [cell for cell in cells if {cell.fold} == left_out])
        log.info("%s fold %s: %d levels assessed", config.name, sorted(left_out), len(found[1]))
    both = [disc for disc in graded if all(disc in said for said in found)]
    cells = [graded[disc] for disc in both]
    return len(graded), Pairs(
        studies=[cell.study_id for cell in cells],
        grades=np.array([int(cell.grade or 0) for cell in cells], np.int64),
        folds=np.array([cell.fold for cell in cells], np.int64),
        halves=np.array([half_of(cell.study_id) for cell in cells], np.int64),
        sagittal=np.array([found[0][disc] for disc in both], np.float64).reshape(-1, 3),
        axial=np.array([found[1][disc] for disc in both], np.float64).reshape(-1, 3),
    )


def _answers(
    config: TrainConfig, left_out: frozenset[int], shop: Workshop, workers: int, cells: Sequence[Cell]
) -> dict[Disc, Logits]:
    """What the networks without a fold say of its cells, several pictures of one disc fused to one answer."""
    said: dict[Disc, list[Logits]] = defaultdict(list)
    beside = locating_packs(config, left_out, shop)
    for each in fold_answers(config, left_out, beside, shop, workers, cells, AS_TRAINED):
        if each.answer is not None and each.answer.probabilities is not None:
            said[_disc(each.cell)].append(np.log(np.clip(each.answer.probabilities, SMALLEST, 1.0)))
    return {disc: fuse(np.stack(rows)) for disc, rows in said.items()}


def _compared(
    config: TrainConfig, pairs: Pairs, seen: dict[str, Logits], chosen: NDArray[np.int64]
) -> dict[str, dict[str, Any]]:
    """Figures of the three on the chosen discs, with intervals over studies, and fused less sagittal, paired."""
    grades = pairs.grades[chosen]
    views = {
        view: (probabilities[chosen], _given(config, probabilities[chosen])) for view, probabilities in seen.items()
    }

    def figures(drawn: NDArray[np.int64]) -> dict[str, float]:
        each = {view: plain_figures(grades[drawn], rows[drawn], given[drawn]) for view, (rows, given) in views.items()}
        gained = {name: value - each[SAGITTAL][name] for name, value in each[FUSED].items()}
        return {f"{view} {name}": value for view, row in (each | {"": gained}).items() for name, value in row.items()}

    spread = bootstrap_each([pairs.studies[index] for index in chosen], figures)
    ci95 = {view: {name.split()[1]: ci for name, ci in spread.items() if name.startswith(f"{view} ")} for view in views}
    total = {view: grader_figures(grades, rows, given) for view, (rows, given) in views.items()}
    gained = {name: total[FUSED][name] - total[SAGITTAL][name] for name in ci95[FUSED]}
    gained_ci95 = {name.strip(): ci for name, ci in spread.items() if name.startswith(" ")}
    return {
        **{view: {"cells": len(chosen), **values, "ci95": ci95[view]} for view, values in total.items()},
        "fused_less_sagittal": {**gained, "ci95": gained_ci95},
    }


def _pack_metrics(total: dict[str, dict[str, Any]], cells: int) -> list[dict[str, Any]]:
    of_fused, gained = total[FUSED], total["fused_less_sagittal"]
    alone = [(view, f"{view} view alone") for view in (SAGITTAL, AXIAL)]
    rows = [(name, of_fused[name], of_fused["ci95"].get(name)) for name in FIGURES]
    rows += [(f"wll, {words}", total[view]["wll"], total[view]["ci95"]["wll"]) for view, words in alone]
    rows += [("wll, fused less sagittal", gained["wll"], gained["ci95"]["wll"])]
    return [pack_metric(name, value, ci, cells, PROTOCOL) for name, value, ci in rows]


def _write_shipped(
    config: TrainConfig, shop: Workshop, logits: dict[str, Logits], pairs: Pairs, fused: dict[str, Any]
) -> None:
    """The contract's temperatures: of one view, the axial one alone; of more, both planes fused."""
    shipped = run_folder(shop.runs, config.name, ALL)
    if not shipped.exists():
        return
    temperature = [fit_temperature(logits[view], pairs.grades) for view in (AXIAL, FUSED)]
    words = f"{len(pairs.grades)} levels of studies that no network involved saw, located and graded by the program: "
    words += "the axial view alone, and fused with the sagittal one"
    known = {name: fused[name] for name in ("ece", "ece_bound")}
    write_calibration(shipped, {"temperature": temperature, "fitted_on": words, **known})


def flagged(config: TrainConfig, seen: dict[str, Logits]) -> NDArray[np.bool_]:
    """Which fused findings are flagged by themselves: Severe is not so unlikely, or the planes are two grades apart."""
    by_view = {view: _given(config, rows) for view, rows in seen.items()}
    unsure = (by_view[FUSED] == Severity.NORMAL_MILD) & (seen[FUSED][:, 2] > config.thresholds["check_p_severe"])
    apart: NDArray[np.bool_] = np.abs(by_view[SAGITTAL] - by_view[AXIAL]) == Severity.SEVERE
    return unsure | apart


def _given(config: TrainConfig, probabilities: Logits) -> NDArray[np.int64]:
    return np.array([int(grade_by(row, config.operating_point)) for row in probabilities], np.int64)


def _first(shop: Workshop) -> TrainConfig:
    return load_config(shop.configs / f"{FIRST}.toml")


def _disc(cell: Cell) -> Disc:
    return cell.study_id, cell.level
