"""A quick look at a grader: each fold's network on the stored crops of its fold, cut by the localiser without it.

For choosing between recipes in minutes. Marks that the localiser missed are cut at the mark here, so these figures are
better than the program's (`cross-validate`), and none of them is published.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lumbar_core.grade.calibrate import grade as grade_by
from lumbar_core.grade.calibrate import softmax
from training import grade
from training.calibration import HALVES, half_of
from training.config import TrainConfig
from training.crop_store import CropData, read_store
from training.cross_validate import crop_store
from training.metrics import grader_figures
from training.runs import ALL, outer
from training.workshop import Workshop


def score_crops(config: TrainConfig, shop: Workshop) -> dict[str, Any]:
    """Figures of each fold whose network is there, and of all of these folds together."""
    data = read_store(crop_store(config, shop), ALL)
    answers: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
    for left_out in outer():
        checkpoint = shop.checkpoint(config.name, left_out)
        if checkpoint.exists():
            (fold,) = left_out
            answers[str(fold)] = _answers(config, data, fold, checkpoint)
    if not answers:
        raise FileNotFoundError(f"no network of {config.name} below {shop.runs}")
    answers["together"] = tuple(np.concatenate(parts) for parts in zip(*answers.values(), strict=True))  # type: ignore[assignment]
    return {name: _figures(config, *answer) for name, answer in answers.items()}


def _answers(
    config: TrainConfig, data: CropData, fold: int, checkpoint: Path
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Grades and probabilities of a fold's crops; either half of its studies calibrated by the other."""
    model = grade.build(config)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"], strict=True)
    chosen = np.flatnonzero(data.folds == fold)
    logits, grades = grade.predict(model, data, chosen, config.side), data.grades[chosen]
    halves = np.array([half_of(data.studies[index]) for index in chosen])
    probabilities = np.zeros_like(logits)
    for half in HALVES:
        temperature = grade.fit_temperature(logits[halves != half], grades[halves != half])
        probabilities[halves == half] = softmax(logits[halves == half] / temperature)
    return grades, probabilities


def _figures(config: TrainConfig, grades: NDArray[np.int64], probabilities: NDArray[np.float64]) -> dict[str, float]:
    given = np.array([int(grade_by(row, config.operating_point)) for row in probabilities])
    return {"crops": len(grades), **grader_figures(grades, probabilities, given)}
