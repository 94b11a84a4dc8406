"""The grader's crops are the program's crops, a left-out fold stays unseen, its temperature is the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import SliceLevels
from lumbar_core.grade.crops import crop_places, cut_crops
from tests.training.made_up import (
    COLUMN,
    ROWS,
    TinyGrader,
    a_cell,
    a_config,
    a_slice,
    five_cells,
    write_pictures,
)
from training import grade
from training.cells import Cell, read_cells
from training.config import TrainConfig
from training.pictures import load_picture

CONFIG = a_config("grade", side=40, long_side=192)
FILES = ("1_7_3.png", "2_7_3.png")
CLOSE = 2e-3  # training crops are kept as float16, whose steps are 0.001 between 1 and 1.5


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rsna_canal")
    write_pictures(folder, [cell for file in FILES for cell in five_cells(file)])
    return folder / "images"


def located() -> dict[str, SliceLevels]:
    return {file: a_slice(file, L2_L3=(ROWS[Level.L2_L3] + 3.3, COLUMN - 2.7)) for file in FILES}


def test_the_middle_of_a_training_crop_is_the_crop_that_the_program_cuts_there(images: Path) -> None:
    cells = five_cells(FILES[0])
    given = grade.central(grade.cut_training_crops(cells, located(), images, CONFIG).crops, CONFIG.side)
    places = list(crop_places(located()[FILES[0]]).values())
    wanted = cut_crops(load_picture(images / FILES[0]), places, places, grade.network_input(CONFIG))
    assert given.shape == wanted.shape == (5, 1, 40, 40)
    assert wanted.std() > 0.05
    np.testing.assert_allclose(given, wanted, atol=CLOSE)


def test_both_sides_cut_with_the_same_call_to_the_bit(images: Path) -> None:
    pixels = load_picture(images / FILES[0])
    places = list(crop_places(located()[FILES[0]]).values())
    surround = grade.network_input(CONFIG, grade.SURROUND)
    ours = grade.cut_training_crops(five_cells(FILES[0]), located(), images, CONFIG).crops
    np.testing.assert_array_equal(ours, cut_crops(pixels, places, places, surround)[:, 0].astype(np.float16))


def test_the_room_around_a_crop_keeps_its_scale_and_its_centre() -> None:
    plain, large = grade.network_input(CONFIG), grade.network_input(CONFIG, grade.SURROUND)
    assert plain.crop is not None
    assert large.crop is not None
    assert (large.crop.side - plain.crop.side) % 2 == 0
    ratio = large.crop.side / plain.crop.side
    assert large.crop.half_width_discs / plain.crop.half_width_discs == pytest.approx(ratio)
    assert ratio == pytest.approx(grade.SURROUND, abs=0.02)


def test_the_order_of_cells_is_the_order_of_their_crops(images: Path) -> None:
    cells = [cell for pair in zip(*(five_cells(file) for file in FILES[::-1]), strict=True) for cell in pair]
    cells.insert(3, a_cell(FILES[0], Level.L5_S1, None))
    data = grade.cut_training_crops(cells, located(), images, CONFIG)
    assert data.cells == grade.crop_order(cells)
    assert all(cell.grade is not None for cell in data.cells)
    for cell, crop in zip(data.cells, data.crops, strict=True):
        alone = grade.cut_training_crops([cell], located(), images, CONFIG)
        np.testing.assert_array_equal(alone.crops[0], crop)


def test_a_crop_is_cut_at_the_located_point_and_at_the_mark_where_the_point_is_another_structure() -> None:
    near = a_slice(L4_L5=(ROWS[Level.L4_L5] + 5, COLUMN))
    place = grade.training_place(a_cell(level=Level.L4_L5), near)
    assert (place.row, place.column) == (ROWS[Level.L4_L5] + 5, COLUMN)
    far = a_slice(L4_L5=(ROWS[Level.L4_L5] + 20, COLUMN))
    place = grade.training_place(a_cell(level=Level.L4_L5), far)
    assert (place.row, place.column, place.disc_distance_px) == (ROWS[Level.L4_L5], COLUMN, 30.0)
    del far.points[Level.L4_L5]
    assert grade.training_place(a_cell(level=Level.L4_L5), far).row == ROWS[Level.L4_L5]


def some_crops(studies: int = 60) -> grade.CropData:
    cells = [a_cell(f"{s}_1_1.png", level, s % 3, fold=1 + s % 4) for s in range(studies) for level in LEVELS[:2]]
    rng = np.random.default_rng(0)
    return grade.CropData(rng.uniform(0, 1, (len(cells), 56, 56)).astype(np.float16), cells)


def test_no_study_of_a_left_out_fold_ever_enters_a_batch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = some_crops()
    entered: set[int] = set()
    seen: set[str] = set()
    make_batches = grade.make_batches

    def watched(given: grade.CropData, usable: NDArray[np.int64], config: TrainConfig, epoch: int) -> Iterator[Any]:
        entered.update(int(index) for index in usable)
        return make_batches(given, usable, config, epoch)

    def fit(model: nn.Module, batches: Callable[[int], Iterator[Any]], steps: int, *_: Any, **rest: Any) -> None:
        assert len(list(batches(0))) == steps
        seen.update(rest["trained_on"])

    monkeypatch.setattr(grade, "make_batches", watched)
    monkeypatch.setattr(grade, "fit", fit)
    monkeypatch.setattr(grade, "build", lambda config: TinyGrader())
    grade.train(CONFIG, data, {2}, tmp_path, epochs=1, resume=False)
    inside = {cell.study_id for cell in data.cells if cell.fold != 2}
    assert {data.cells[index].study_id for index in entered} == inside == seen


def test_batches_are_crops_of_the_shipped_size_with_their_grades() -> None:
    data = some_crops(8)
    crops = np.stack([np.full((56, 56), 0.1 + 0.4 * int(cell.grade or 0), np.float16) for cell in data.cells])
    data = grade.CropData(crops, data.cells)
    batches = list(grade.make_batches(data, np.arange(16), CONFIG, 0))
    assert len(batches) == 4
    for pictures, grades in batches:
        assert pictures.shape == (4, 1, 40, 40)
        middle = pictures[:, 0, 15:25, 15:25].mean(dim=(1, 2))
        for low, high in ((0, 1), (0, 2), (1, 2)):
            if (grades == low).any() and (grades == high).any():
                assert middle[grades == low].max() < middle[grades == high].min() + 0.35
    again = list(grade.make_batches(data, np.arange(16), CONFIG, 0))
    assert all(torch.equal(one[0], other[0]) for one, other in zip(batches, again, strict=True))
    assert not torch.equal(next(grade.make_batches(data, np.arange(16), CONFIG, 1))[0], batches[0][0])


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.2])
def test_the_fitted_temperature_is_the_one_that_the_grades_were_drawn_with(truth: float) -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2.5, (20_000, 3))
    powers = np.exp(logits / truth)
    shares = powers / powers.sum(axis=1, keepdims=True)
    grades = (rng.random(len(logits))[:, None] > np.cumsum(shares, axis=1)[:, :2]).sum(axis=1)
    assert grade.fit_temperature(logits, grades) == pytest.approx(truth, rel=0.05)


def test_logits_do_not_depend_on_how_crops_are_batched() -> None:
    crops = np.random.default_rng(0).uniform(0, 1, (7, 1, 40, 40)).astype(np.float32)
    torch.manual_seed(0)
    network = TinyGrader()
    np.testing.assert_allclose(grade.predict(network, crops, 3), grade.predict(network, crops, 7), atol=1e-6)


def test_on_real_pictures_the_crops_agree_too(real_data: Path) -> None:
    config = a_config("grade", side=80, long_side=384)
    cells: list[Cell] = [cell for cell in read_cells(real_data / "rsna_canal")[:40] if cell.grade is not None]
    folder = real_data / "rsna_canal" / "images"
    for file in sorted({cell.file for cell in cells})[:3]:
        of_file = [cell for cell in cells if cell.file == file]
        levels = a_slice(file, **{cell.level.name: (cell.row, cell.column) for cell in of_file})
        given = grade.central(grade.cut_training_crops(of_file, {file: levels}, folder, config).crops, 80)
        places = crop_places(levels)
        chosen, spine = [places[cell.level] for cell in of_file], list(places.values())
        wanted = cut_crops(load_picture(folder / file), chosen, spine, grade.network_input(config))
        np.testing.assert_allclose(given, wanted, atol=CLOSE)
