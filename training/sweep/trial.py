"""One point of the grid: a training, watched on a fold that it does not see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lumbar_core.grade.calibrate import softmax
from training import grade
from training.config import TrainConfig
from training.crop_store import CropData
from training.loop import EndEarly
from training.splits import FOLDS

# (epoch from 0, what was measured after it) → whether to go on.
Report = Callable[[int, dict[str, float]], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Proxy:
    """What every trial learns from and is measured on: crops of some studies, one fold left out."""

    data: CropData
    fold: int

    def __post_init__(self) -> None:
        if not (self.data.folds == self.fold).any():
            raise ValueError(f"no crop lies in fold {self.fold}, on which a trial is measured: choose another --fold")

    @property
    def most_common(self) -> float:
        """Accuracy of saying everywhere the grade that is most frequent in the folds that are learnt from."""
        learnt, left_out = self.data.folds != self.fold, self.data.folds == self.fold
        usual = np.bincount(self.data.grades[learnt], minlength=3).argmax()
        return float(np.mean(self.data.grades[left_out] == usual))


def fewer_studies(data: CropData, count: int) -> CropData:
    """The crops of so many studies, always the same ones; all where there are no more."""
    names = sorted(set(data.studies), key=lambda study: hashlib.sha256(study.encode()).hexdigest())
    kept = set(names[:count])
    chosen = np.array([study in kept for study in data.studies])
    return CropData(
        data.crops[chosen], data.views[chosen], data.grades[chosen], data.folds[chosen],
        [study for study in data.studies if study in kept],
    )  # fmt: skip


def run_trial(config: TrainConfig, proxy: Proxy, out: Path, report: Report) -> dict[str, float] | None:
    """Train (or go on with) one network below `out`; returns what was measured after the last epoch.

    report: also told again what an earlier run of this trial measured; where it says no, None is returned. The
    checkpoint goes when the training has ended.
    """
    data, path = proxy.data, out / "checkpoint.pt"
    left_out = np.flatnonzero(data.folds == proxy.fold)
    for row in _course(path):
        report(int(row["epoch"]) - 1, row)

    def watch(model: nn.Module, epoch: int) -> dict[str, float]:
        measured = measure(model, data, left_out, config.side)
        if not report(epoch, measured):
            raise EndEarly(measured)
        return measured

    folds = set(FOLDS) - {proxy.fold}
    last = None
    with suppress(EndEarly):
        grade.fit_grader(config, data, folds, grade.one_hot(data), out, resume=True, watch=watch)
        last = _course(path)[-1]
    path.unlink(missing_ok=True)
    return last


def measure(model: nn.Module, data: CropData, chosen: NDArray[np.int64], side: int) -> dict[str, float]:
    """`val_loss` (log loss) and `val_accuracy` of a network on crops."""
    logits = grade.predict(model, data, chosen, side)
    probabilities, grades = softmax(logits), data.grades[chosen]
    right = np.clip(probabilities[np.arange(len(grades)), grades], 1e-15, 1)
    return {
        "val_loss": float(-np.log(right).mean()),
        "val_accuracy": float(np.mean(probabilities.argmax(axis=1) == grades)),
    }


def _course(checkpoint: Path) -> list[dict[str, float]]:
    if not checkpoint.exists():
        return []
    history: list[dict[str, float]] = torch.load(checkpoint, weights_only=True, map_location="cpu")["history"]
    return history
