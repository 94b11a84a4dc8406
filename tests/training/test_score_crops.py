"""A quick look at a grader: each fold by the network that left it out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.made_up import a_cell, a_config, crops_of, save_checkpoint
from training import grade, score_crops
from training.crop_store import CropData
from training.runs import outer, run_folder
from training.workshop import Workshop

CONFIG = a_config("grade")


@pytest.fixture
def data() -> CropData:
    cells = [a_cell(f"{n}_1_1.png", grade=n % 3, fold=1 + n % 4) for n in range(48)]
    return crops_of(np.random.default_rng(0).uniform(0, 1, (48, 1, 56, 56)).astype(np.float32), cells)


def test_each_fold_is_answered_by_the_network_that_left_it_out(
    data: CropData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Workshop(tmp_path, tmp_path, tmp_path)
    monkeypatch.setattr(score_crops, "crop_store", lambda *_: tmp_path / "store.npz")
    monkeypatch.setattr(score_crops, "read_store", lambda *_: data)
    for left_out in outer()[:3]:
        save_checkpoint(run_folder(tmp_path, CONFIG.name, left_out), CONFIG, grade.build(CONFIG), ("s",))
    asked: list[set[int]] = []
    predict = grade.predict

    def watched(model: object, given: CropData, chosen: np.ndarray, side: int) -> np.ndarray:
        asked.append({int(fold) for fold in given.folds[chosen]})
        return predict(model, given, chosen, side)  # type: ignore[arg-type]

    monkeypatch.setattr(grade, "predict", watched)
    result = score_crops.score_crops(CONFIG, shop)
    assert asked == [{1}, {2}, {3}]
    assert {name: figures["crops"] for name, figures in result.items()} == {"1": 12, "2": 12, "3": 12, "together": 36}
    assert all(0 < figures["wll"] < 5 for figures in result.values())


def test_without_a_network_it_says_so(data: CropData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_crops, "crop_store", lambda *_: tmp_path / "store.npz")
    monkeypatch.setattr(score_crops, "read_store", lambda *_: data)
    with pytest.raises(FileNotFoundError, match="no network"):
        score_crops.score_crops(CONFIG, Workshop(tmp_path, tmp_path, tmp_path))
