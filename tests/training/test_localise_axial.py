"""What the localiser of axial slices is taught: both recesses and the canal, what is unknown, and what shows none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest
import torch
from PIL import Image

from lumbar_core.anatomy import Side
from lumbar_core.findings import AxialPoints, ImagePoint
from tests.training.made_up import (
    TILE_ASIDE,
    TILE_MIDDLE,
    TILE_ROW,
    FixedRecesses,
    a_picture,
    an_axial_config,
    five_cells,
    tile_cells,
    write_cells,
    write_pictures,
    write_tiles,
)
from training import localise_axial
from training.augment import AffineRange
from training.cells import Cell
from training.localise import STRIDE
from training.localise_axial import make_batches, targets, train
from training.localise_axial_data import AxialData, load_axial_data
from training.locate_axial import locate_tiles, summary
from training.splits import KindLabel, mendeley_labels

CONFIG = an_axial_config("localise", batch=10)
NAN = float("nan")
STILL = AffineRange(0.0, 0.0, 0.0, 0.0)


def some_cells(studies: int = 12) -> list[Cell]:
    """Tiles of as many studies in four folds; of every third only the right side is marked."""
    return [
        cell
        for study in range(studies)
        for cell in tile_cells(f"{study}_1_1.png", (0, None if study % 3 == 2 else 0), fold=1 + study % 4)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    write_cells(data / "rsna_subarticular", some_cells())
    write_tiles(data / "rsna_subarticular", some_cells())
    sagittal = [cell for study in range(12) for cell in five_cells(f"{study}_9_1.png", fold=1 + study % 4)]
    write_cells(data / "rsna_canal", sagittal)
    write_pictures(data / "rsna_canal", sagittal)
    (data / "mendeley_mixed").mkdir()
    for number, label in enumerate(whole_axial_slices()):
        Image.fromarray(a_picture(number, 80)).save(data / "mendeley_mixed" / label.file)
    return data


def whole_axial_slices() -> list[KindLabel]:
    return [label for label in mendeley_labels() if label.kind.startswith("axial") and label.patient is not None]


@pytest.fixture(scope="module")
def data(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AxialData:
    return load_axial_data(folder, CONFIG, tmp_path_factory.mktemp("cache"))


def test_marks_lie_on_what_was_marked_and_an_unmarked_side_is_unknown(data: AxialData) -> None:
    assert data.positive.sum() == 12
    assert not data.positive[12:].any()
    for canvas, points, study in zip(data.canvases[:12], data.points, data.studies, strict=False):
        canal, left, right = points  # of the picture
        one_side = int(study) % 3 == 2
        assert np.isnan(canal).all() == np.isnan(right).all() == one_side
        for row, column in points[~np.isnan(points[:, 0])]:
            assert canvas[round(row), round(column)] > 0.6
        middle = (len(canvas) - 1) / 2
        assert left[0] == pytest.approx(middle, abs=1.0)
        assert left[1] < middle - 5


def test_pieces_beside_the_spine_are_of_patients_that_may_be_learnt_from(data: AxialData) -> None:
    beside = {study for study in data.studies if study.startswith("mendeley")}
    assert beside == {f"mendeley{label.patient}" for label in whole_axial_slices() if not label.held}
    shown = data.canvases[[study in beside for study in data.studies]]
    assert (shown.std(axis=(1, 2)) > 0.01).all(), "they lie within the picture"


def test_the_middle_lies_between_the_marks(data: AxialData) -> None:
    both = data.points[~np.isnan(data.points[:, 0, 0])]
    np.testing.assert_allclose(both[:, 0], (both[:, 1] + both[:, 2]) / 2, atol=1e-3)


def test_pictures_and_marks_are_mirrored_together(data: AxialData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localise_axial, "BOUNDS", STILL)
    monkeypatch.setattr(localise_axial, "vary_brightness", lambda pictures, *_: pictures)
    sides = set()
    for batch in make_batches(data, {1, 2, 3, 4}, CONFIG, 0):
        for picture, points in zip(batch.pictures[batch.positive], batch.points[batch.positive], strict=True):
            known = points[~torch.isnan(points[:, 0])]
            for row, column in known.tolist():
                assert picture[0, round(row), round(column)] > 0.6
            if len(known) == 3:
                assert points[1, 1] < points[0, 1] < points[2, 1]
            else:
                sides.add(int(torch.isnan(points[1, 0])))
    assert sides == {0, 1}, "a lone mark comes on either side"


def test_a_batch_shows_tiles_of_the_folds_and_pictures_without_recesses(data: AxialData) -> None:
    batches = list(make_batches(data, {1, 2}, CONFIG, 0))
    assert sum(int(batch.positive.sum()) for batch in batches) == 6
    for batch in batches:
        assert batch.pictures.shape[1:] == (1, 96, 128)
        assert int((~batch.positive).sum()) == 3
    first = next(make_batches(data, {1, 2}, CONFIG, 0))
    assert torch.equal(first.pictures, batches[0].pictures), "a resumed run sees what an unbroken one would have"


def test_an_unmarked_recess_is_unknown_but_on_a_picture_that_shows_none() -> None:
    points = torch.tensor([[[NAN, NAN], [20.0, 10.0], [NAN, NAN]]] * 2)
    heat, mask = targets(points, torch.tensor([True, False]), (48, 64))
    assert heat.shape == mask.shape == (2, 3, 12, 16)
    assert mask[0].amax(dim=(1, 2)).tolist() == [0, 1, 0]
    assert mask[1].min() == 1
    assert heat[1].max() == 0
    row, column = divmod(int(heat[0, 1].argmax()), 16)
    assert (row, column) == (round((20.5) / STRIDE - 0.5), round((10.5) / STRIDE - 0.5))


def test_the_loss_falls(data: AxialData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localise_axial, "BOUNDS", STILL)
    train(replace(CONFIG, batch=6, learning_rate=2e-3, epochs=3), data, {4}, tmp_path, resume=False)
    losses = [row["loss"] for row in json.loads((tmp_path / "history.json").read_text(encoding="utf-8"))]
    assert losses[-1] < losses[0]
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert "3" not in state["trained_on"], "of the fold that was left out"
    assert "0" in state["trained_on"]


def test_recesses_are_located_in_the_pixels_of_the_middle_tile(folder: Path) -> None:
    cells = some_cells(3)
    images = folder / "rsna_subarticular" / "images"
    found = locate_tiles(FixedRecesses(CONFIG.side, CONFIG.half_width), cells, images, CONFIG)
    assert summary(cells, found, lumbar=0.5) == {"cells": 5, "placed": 1.0, "median_px": ANY, "within6": 1.0}
    for points in found.values():
        assert points.image_left is not None
        place = points.image_left.row, points.image_left.column
        assert place == pytest.approx((TILE_ROW, TILE_MIDDLE - TILE_ASIDE), abs=0.7)


def test_errors_are_told_in_pixels_of_the_whole_slice_and_by_side() -> None:
    cells = tile_cells("1_1_1.png")
    place = ImagePoint(TILE_ROW, TILE_MIDDLE - TILE_ASIDE + 3.2, 0.9, 0.9)
    found = {"1_1_1.png": AxialPoints(place, place, None, 0.9)}
    assert [cell.side for cell in cells] == [Side.RIGHT, Side.LEFT]
    result = summary(cells, found, lumbar=0.5)
    assert result == {"cells": 2, "placed": 0.5, "median_px": pytest.approx(2.5), "within6": 0.5}
    assert summary(cells, found, lumbar=0.95)["placed"] == 0
