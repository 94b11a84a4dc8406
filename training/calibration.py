"""The temperature of a grader, fitted on what the program answers for studies kept from every gradient.

The program grades them as it will grade a new patient's: located by a localiser that saw neither them nor the fold left
out, wrong places among them. Fitted on crops at the marks a network would be too sure of itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lumbar_core.grade.calibrate import softmax
from training.cells import read_cells
from training.config import TrainConfig, load_config
from training.evaluate import answers_to, score
from training.grade import fit_temperature
from training.metrics import calibration_bound, expected_calibration_error
from training.runs import cutters, run_folder
from training.splits import FOLDS, is_for_calibration
from training.workshop import Workshop, grading_packs

SMALLEST = 1e-12  # a probability of nought has no logarithm


def calibrate(config: TrainConfig, left_out: frozenset[int], shop: Workshop, workers: int) -> None:
    """Fit the temperature of a trained grader and write calibration.json beside its checkpoint."""
    out = run_folder(shop.runs, config.name, left_out)
    _write(out, {"temperature": [1.0], "fitted_on": "nothing yet"})
    nested = load_config(shop.configs / f"{config.localiser}.toml").inner_epochs > 0
    kept = [
        cell
        for cell in read_cells(shop.data / config.data)
        if cell.grade is not None and is_for_calibration(cell.study_id)
    ]
    scored = []
    for fold, located in cutters(left_out, sorted(set(FOLDS) - left_out), nested=nested).items():
        of_fold = [cell for cell in kept if cell.fold == fold]
        unseen = left_out or frozenset({fold})
        packs = grading_packs(config, shop, graded=left_out, located=located, recognised=unseen)
        scored += score(of_fold, answers_to(of_fold, shop.data / config.data / "images", packs, workers))
    hits = [each for each in scored if each.answer is not None and each.answer.probabilities is not None]
    rows = np.array([each.answer.probabilities for each in hits if each.answer is not None])
    grades = np.array([int(each.cell.grade or 0) for each in hits])
    logits = np.log(np.clip(rows, SMALLEST, 1.0))  # but for a constant, which changes nothing
    temperature = fit_temperature(logits, grades)
    probabilities = softmax(logits / temperature)
    _write(
        out,
        {
            "temperature": [temperature],
            "fitted_on": f"{len(hits)} findings of training studies kept from the gradient, located and graded by the "
            "program on one view each; findings fused from several views take the same temperature",
            "ece": expected_calibration_error(grades, probabilities),
            "ece_bound": calibration_bound(probabilities),
        },
    )


def _write(out: Path, stored: dict[str, Any]) -> None:
    (out / "calibration.json").write_text(json.dumps(stored, indent=1), encoding="utf-8")
