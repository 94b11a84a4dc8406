"""Marked slices as a localiser learns them: on the input, in their true shape, with their series mates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Condition, Side
from tests.training.made_up import COLUMN, SIDE, a_config, five_cells, write_cells, write_pictures
from training import localise_data
from training.localise_data import LocaliseData, load_localise_data

CONFIG = a_config("localise", batch=10)


@pytest.fixture(autouse=True)
def no_other_pictures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(localise_data, "pictures_to_learn_from", lambda *_: [])
    return


def test_mates_are_pictures_of_one_series(tmp_path: Path) -> None:
    cells = [cell for file in ("1_7_3.png", "1_7_4.png", "1_8_1.png", "2_7_3.png") for cell in five_cells(file)]
    write_cells(tmp_path / "rsna_canal", cells)
    write_pictures(tmp_path / "rsna_canal", cells)
    data = load_localise_data(tmp_path, CONFIG, tmp_path / "cache")
    assert data.siblings == [[1], [0], [], []]
    assert data.studies == ["1", "1", "1", "2"]
    assert data.positive.all()
    again = load_localise_data(tmp_path, CONFIG, tmp_path / "cache")
    np.testing.assert_array_equal(again.pictures, data.pictures)
    # The 250-px picture on a 128-px input.
    wanted = [(cell.row + 0.5) / 250 * 128 - 0.5 for cell in cells[:5]]
    np.testing.assert_allclose(data.points[0, :, 0], wanted, atol=1e-4)


def squashed(folder: Path, monkeypatch: pytest.MonkeyPatch, columns: int, rows: int) -> LocaliseData:
    """Two slices with a bright stripe through their marks, squashed from columns × rows to 250 × 250."""
    monkeypatch.setattr(localise_data, "NECK_PHANTOMS", 0)
    condition = Condition.NEURAL_FORAMINAL_NARROWING
    cells = [
        replace(cell, condition=condition, side=Side.LEFT, stretch=columns / rows)
        for file in ("1_7_3.png", "1_7_4.png")
        for cell in five_cells(file)
    ]
    write_cells(folder / "rsna_foraminal", cells)
    stripe = np.zeros((SIDE, SIDE), np.uint8)
    stripe[:, round(COLUMN) - 2 : round(COLUMN) + 3] = 255
    stripe[0] = stripe[-1] = 1
    (folder / "rsna_foraminal" / "images").mkdir()
    for file in ("1_7_3.png", "1_7_4.png"):
        Image.fromarray(stripe).save(folder / "rsna_foraminal" / "images" / file)
    return load_localise_data(folder, replace(CONFIG, data="rsna_foraminal"), folder / "cache")


@pytest.mark.parametrize(("columns", "rows"), [(400, 512), (512, 400)])
def test_a_squashed_slice_is_learnt_in_its_true_shape_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, rows: int
) -> None:
    data = squashed(tmp_path, monkeypatch, columns, rows)
    assert len(data.pictures) == 4
    assert data.siblings == [[2], [3], [0], [1]], "mates have one shape"
    as_filed, true = data.points[0], data.points[1]
    ratio = (columns / rows) ** (1 if columns < rows else -1)
    narrow, other = (1, 0) if columns < rows else (0, 1)
    np.testing.assert_allclose(np.ptp(true[:, other]), np.ptp(as_filed[:, other]), atol=0.1)
    if narrow == 0:
        np.testing.assert_allclose(np.ptp(true[:, 0]), ratio * np.ptp(as_filed[:, 0]), rtol=0.02)
    # A bright stripe runs through the marks: it must still lie under them.
    for picture, points in zip(data.pictures, data.points, strict=True):
        assert picture[round(float(points[2, 0]))].argmax() == pytest.approx(points[2, 1], abs=1.5)


def test_a_slice_with_square_pixels_comes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(squashed(tmp_path, monkeypatch, 512, 512).pictures) == 2


def test_generated_necks_show_no_foramen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localise_data, "NECK_PHANTOMS", 1)
    cells = five_cells("1_7_3.png")
    write_cells(tmp_path / "rsna_foraminal", cells)
    write_pictures(tmp_path / "rsna_foraminal", cells)
    data = load_localise_data(tmp_path, replace(CONFIG, data="rsna_foraminal"), tmp_path / "cache")
    assert list(data.positive) == [True, False, False, False, False]
    assert (data.weights[1:] > 0).all()
    assert data.pictures[1:].max() > 0.5
