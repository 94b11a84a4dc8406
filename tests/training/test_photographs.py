"""Photographs of a screen are simulated with the cast that is asked for, and scored beside exports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.made_up import a_picture
from training import photographs
from training.pictures import KindPicture
from training.screen_photograph import GAMMA, conditions, photograph


@pytest.mark.parametrize("cast", [0.0, 0.2])
def test_the_cast_is_the_one_asked_for(cast: float) -> None:
    rng = np.random.default_rng(2)
    grey = np.full((96, 96), 160, np.uint8)
    light = (np.asarray(photograph(grey, conditions(cast, rng), rng), np.float64) / 255) ** GAMMA
    means = light.mean(axis=(0, 1))
    assert 1 - means.min() / means.max() == pytest.approx(cast, abs=0.05)


def test_the_same_seed_takes_the_same_photograph() -> None:
    def taken() -> bytes:
        rng = np.random.default_rng(7)
        return photograph(a_picture(1), conditions(0.1, rng), rng).tobytes()

    assert taken() == taken()


def test_exports_pass_and_strong_casts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for number, path in enumerate(paths):
        Image.fromarray(a_picture(number)).save(path)
    pictures = [KindPicture(path, "sagittal_t2", True, path.stem, 1, False) for path in paths]
    monkeypatch.setattr(photographs, "kind_pictures", lambda *_: iter(pictures))
    scored = photographs.score_photographs(tmp_path, exported=1, photographed=1, seed=0, workers=1)
    assert scored["exports"]["slices"] == 1
    assert not any(scored["exports"]["refused"].values())
    casts = scored["photographs_by_white_balance_error"]
    assert casts["slices"] == 1
    assert casts["refused"]["50%"] == 1.0
