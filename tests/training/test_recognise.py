"""What the recogniser is taught: every kind in its share, sagittal pictures turned, foreign pictures refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.made_up import a_config
from training import recognise
from training.densenet import DenseNet
from training.foreign import foreign_pictures
from training.pictures import KINDS
from training.recognise import KindData, make_batches, turn, turned

CONFIG = a_config("recognise", batch=20)


def some_data() -> KindData:
    """Ten pictures of each kind but "turned", in folds 1 and 2."""
    kinds = np.repeat(np.arange(5), 10)
    rng = np.random.default_rng(0)
    return KindData(
        pictures=rng.uniform(0, 1, (50, 32, 32)).astype(np.float16),
        kinds=kinds,
        weights=np.where(np.arange(50) % 10 < 5, 1.0, 4.0),
        folds=1 + np.arange(50) % 2,
        groups=[f"g{index}" for index in range(50)],
    )


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognise, "DRAWN_PER_EPOCH", 400)


def test_the_seven_other_ways_to_lay_a_picture_all_differ_from_it_and_from_each_other() -> None:
    picture = torch.arange(9.0).reshape(1, 3, 3)
    laid = {tuple(turn(picture, way).flatten().tolist()) for way in range(1, 8)}
    assert len(laid) == 7
    assert tuple(picture.flatten().tolist()) not in laid


def test_pictures_are_turned_one_by_one_as_in_training() -> None:
    pictures = some_data().pictures[:3]
    for way in (1, 4, 6):
        wanted = turn(torch.from_numpy(pictures[1].astype(np.float32))[None], way)[0]
        np.testing.assert_array_equal(turned(pictures, way)[1], wanted.numpy().astype(np.float16))


def test_every_kind_is_drawn_in_its_share_and_some_sagittal_ones_are_turned() -> None:
    kinds = torch.cat([kinds for _, kinds in make_batches(some_data(), {1, 2}, CONFIG, 0)])
    share = torch.bincount(kinds, minlength=len(KINDS)) / len(kinds)
    assert sum(recognise.SHARES.values()) == pytest.approx(1.0)
    for kind in ("axial_t1", "axial_t2", "other"):
        assert float(share[KINDS.index(kind)]) == pytest.approx(recognise.SHARES[kind], abs=0.07)
    assert 0.04 < float(share[KINDS.index("turned")]) < 0.18


def test_pictures_of_a_left_out_fold_are_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    data = some_data()
    data.pictures[data.folds == 1] = 1.0
    data.pictures[data.folds == 2] = 0.0
    monkeypatch.setattr(recognise, "vary_brightness", lambda pictures, *_: pictures)
    for pictures, _ in make_batches(data, {2}, CONFIG, 0):
        assert pictures.max() == 0


def test_an_epoch_depends_on_its_number_alone() -> None:
    one, again, other = (next(make_batches(some_data(), {1, 2}, CONFIG, epoch))[0] for epoch in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_foreign_pictures_are_grey_varied_and_the_same_for_one_seed() -> None:
    pictures = foreign_pictures(12, 1)
    assert all(picture.shape == (256, 256) and picture.dtype == np.float32 for picture in pictures)
    assert all(picture.min() >= 0 and picture.max() <= 255 and picture.std() > 1 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 12
    np.testing.assert_array_equal(foreign_pictures(6, 1), pictures[:6])
    assert not np.array_equal(foreign_pictures(1, 2)[0], pictures[0])


def test_a_trained_recogniser_is_read_back_from_its_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognise, "DRAWN_PER_EPOCH", 20)
    monkeypatch.setattr(recognise, "build", lambda config: DenseNet(len(KINDS), 4, (2, 2), 8))
    data = some_data()
    model = recognise.train(replace(CONFIG, epochs=1), data, {2}, tmp_path, resume=False)
    seen = set(torch.load(tmp_path / "checkpoint.pt", weights_only=True)["trained_on"])
    assert seen == {group for group, fold in zip(data.groups, data.folds, strict=True) if fold == 1}
    again = recognise.load_recogniser(tmp_path / "checkpoint.pt", CONFIG)
    given = recognise.predict(again, data.pictures, batch=7)
    np.testing.assert_array_equal(given, recognise.predict(model, data.pictures, batch=50))
