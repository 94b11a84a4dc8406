"""The grader's crops are the program's crops, a left-out fold stays unseen, its temperature is the right one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

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
    crops_of,
    five_cells,
    write_pictures,
)
from training import grade
from training.cells import Cell, read_cells
from training.config import TrainConfig
from training.crop_store import SURROUND, CropData, to_bytes
from training.pictures import load_picture

CONFIG = a_config("grade", side=40, long_side=192)
FILES = ("1_7_3.png", "2_7_3.png")
CLOSE = 4e-3  # training crops are kept in steps of 1.5 / 255


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rsna_canal")
    write_pictures(folder, [cell for file in FILES for cell in five_cells(file)])
    return folder / "images"


def located() -> dict[str, SliceLevels]:
    return {file: a_slice(file, L2_L3=(ROWS[Level.L2_L3] + 3.3, COLUMN - 2.7)) for file in FILES}


def kept(cells: list[Cell], levels: dict[str, SliceLevels], images: Path) -> CropData:
    crops, _ = grade.cut_training_crops(cells, levels, images, CONFIG)
    return crops_of(crops, grade.crop_order(cells))


def shown(data: CropData) -> NDArray[np.float32]:
    return grade.as_shown(data, np.arange(len(data.grades)), CONFIG.side).numpy()


def test_the_middle_of_a_training_crop_is_the_crop_that_the_program_cuts_there(images: Path) -> None:
    given = shown(kept(five_cells(FILES[0]), located(), images))
    places = list(crop_places(located()[FILES[0]]).values())
    wanted = cut_crops(load_picture(images / FILES[0]), places, places, grade.network_input(CONFIG))
    assert given.shape == wanted.shape == (5, 1, 40, 40)
    assert wanted.std() > 0.05
    np.testing.assert_allclose(given, wanted, atol=CLOSE)


def test_both_sides_cut_with_the_same_call_to_the_bit(images: Path) -> None:
    pixels = load_picture(images / FILES[0])
    places = list(crop_places(located()[FILES[0]]).values())
    surround = grade.network_input(CONFIG, SURROUND)
    ours, _ = grade.cut_training_crops(five_cells(FILES[0]), located(), images, CONFIG)
    np.testing.assert_array_equal(ours, cut_crops(pixels, places, places, surround))


def test_a_network_sees_what_its_own_localiser_would_have_had_cut(images: Path) -> None:
    """Kept by one localiser, seen as by another: what the program cuts at the other's places."""
    cells = five_cells(FILES[0])
    other = {
        FILES[0]: a_slice(FILES[0], L2_L3=(ROWS[Level.L2_L3] - 2, COLUMN + 3), L4_L5=(ROWS[Level.L4_L5] + 4, COLUMN))
    }
    crops, own = grade.cut_training_crops(cells, located(), images, CONFIG)
    theirs = grade.training_places(cells, other, images, CONFIG)
    views = np.array([here.view_of(there) for here, there in zip(own, theirs, strict=True)], np.float32)
    given = shown(replace(crops_of(crops, cells), views=views))
    places = list(crop_places(other[FILES[0]]).values())
    wanted = cut_crops(load_picture(images / FILES[0]), places, places, grade.network_input(CONFIG))
    assert np.abs(shown(crops_of(crops, cells)) - wanted).mean() > 4 * np.abs(given - wanted).mean()
    np.testing.assert_allclose(given, wanted, atol=0.05)


def test_the_room_around_a_crop_keeps_its_scale_and_its_centre() -> None:
    plain, large = grade.network_input(CONFIG), grade.network_input(CONFIG, SURROUND)
    assert plain.crop is not None
    assert large.crop is not None
    assert (large.crop.side - plain.crop.side) % 2 == 0
    ratio = large.crop.side / plain.crop.side
    assert large.crop.half_width_discs / plain.crop.half_width_discs == pytest.approx(ratio)
    assert ratio == pytest.approx(SURROUND, abs=0.02)


def test_the_order_of_cells_is_the_order_of_their_crops(images: Path) -> None:
    cells = [cell for pair in zip(*(five_cells(file) for file in FILES[::-1]), strict=True) for cell in pair]
    crops, places = grade.cut_training_crops(cells, located(), images, CONFIG)
    for cell, crop, place in zip(grade.crop_order(cells), crops, places, strict=True):
        alone, (its_place,) = grade.cut_training_crops([cell], located(), images, CONFIG)
        np.testing.assert_array_equal(alone[0], crop)
        assert its_place == place


def test_a_crop_is_cut_at_the_located_point_and_at_the_mark_where_the_point_is_another_structure() -> None:
    near = a_slice(L4_L5=(ROWS[Level.L4_L5] + 5, COLUMN))
    place = grade.training_place(a_cell(level=Level.L4_L5), near)
    assert (place.row, place.column) == (ROWS[Level.L4_L5] + 5, COLUMN)
    far = a_slice(L4_L5=(ROWS[Level.L4_L5] + 20, COLUMN))
    place = grade.training_place(a_cell(level=Level.L4_L5), far)
    assert (place.row, place.column, place.disc_distance_px) == (ROWS[Level.L4_L5], COLUMN, 30.0)
    del far.points[Level.L4_L5]
    assert grade.training_place(a_cell(level=Level.L4_L5), far).row == ROWS[Level.L4_L5]


def some_crops(studies: int = 60) -> CropData:
    cells = [a_cell(f"{s}_1_1.png", level, s % 3, fold=1 + s % 4) for s in range(studies) for level in LEVELS[:2]]
    rng = np.random.default_rng(0)
    return crops_of(rng.uniform(0, 1, (len(cells), 1, 56, 56)).astype(np.float32), cells)


def one_hot(data: CropData) -> Tensor:
    return torch.eye(3)[torch.from_numpy(data.grades)]


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """By run folder, the studies that entered its batches."""
    found: dict[str, set[str]] = {}
    make_batches = grade.make_batches

    def watched(given: CropData, usable: NDArray[np.int64], *rest: Any) -> Iterator[Any]:
        found[""] = {given.studies[index] for index in usable}
        return make_batches(given, usable, *rest)

    def fit(model: nn.Module, batches: Callable[[int], Iterator[Any]], steps: int, *rest: Any, **named: Any) -> None:
        assert len(list(batches(0))) == steps
        assert found[""] == named["trained_on"]
        found[rest[2].name] = found.pop("")

    monkeypatch.setattr(grade, "make_batches", watched)
    monkeypatch.setattr(grade, "fit", fit)
    monkeypatch.setattr(grade, "_round", lambda *_: None)
    monkeypatch.setattr(grade, "build", lambda config: TinyGrader())
    return found


def test_no_study_of_a_left_out_fold_ever_enters_a_batch(entered: dict[str, set[str]], tmp_path: Path) -> None:
    data = some_crops()
    grade.train(CONFIG, data, {2}, tmp_path / "run", resume=False)
    inside = {study for study, fold in zip(data.studies, data.folds, strict=True) if fold != 2}
    assert entered == {"run": inside}


def test_a_teacher_saw_neither_the_fold_left_out_nor_the_one_that_it_speaks_of(
    entered: dict[str, set[str]], tmp_path: Path
) -> None:
    data = some_crops()
    config = replace(CONFIG, teacher_epochs=1, kernel_steps=2, rounded_epochs=1)
    grade.train(config, data, {2}, tmp_path / "run", resume=False)
    assert set(entered) == {"run", "teacher_without_1", "teacher_without_3", "teacher_without_4"}
    for fold in (1, 3, 4):
        seen = {1 + int(study) % 4 for study in entered[f"teacher_without_{fold}"]}
        assert seen == {1, 3, 4} - {fold}


def test_half_of_what_is_learnt_is_what_the_teachers_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = some_crops()
    learnt: dict[str, Tensor] = {}

    def watched(
        config: TrainConfig, given: CropData, folds: set[int], targets: Tensor, out: Path, *_: Any, **__: Any
    ) -> nn.Module:
        learnt[out.name] = targets.clone()
        return TinyGrader()

    monkeypatch.setattr(grade, "fit_grader", watched)
    monkeypatch.setattr(grade, "_round", lambda *_: None)
    monkeypatch.setattr(grade, "predict", lambda *_: np.log(np.array([[0.2, 0.2, 0.6]])))
    grade.train(replace(CONFIG, teacher_epochs=1), data, {2}, tmp_path / "run", resume=False)
    taught = torch.from_numpy(data.folds != 2)
    wanted = 0.5 * one_hot(data) + 0.5 * torch.tensor([0.2, 0.2, 0.6])
    torch.testing.assert_close(learnt["run"][taught], wanted[taught])
    torch.testing.assert_close(learnt["run"][~taught], one_hot(data)[~taught])
    torch.testing.assert_close(learnt["teacher_without_1"], one_hot(data))


def test_teachers_of_several_sides_answer_with_their_mean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = some_crops()
    asked: list[tuple[int, str]] = []
    says = {30: [0.2, 0.2, 0.6], 40: [0.6, 0.2, 0.2]}

    def watched(config: TrainConfig, *_: Any, **__: Any) -> nn.Module:
        asked.append((config.side, config.network))
        return TinyGrader()

    monkeypatch.setattr(grade, "fit_grader", watched)
    monkeypatch.setattr(grade, "predict", lambda model, given, chosen, side: np.log(np.array([says[side]])))
    config = replace(CONFIG, teacher_epochs=1, teacher_sides=[30, 40], teacher_network="small", network="slim")
    targets = grade.taught(config, data, {1, 3}, tmp_path, resume=False)
    assert asked == [(30, "small"), (40, "small")] * 2
    pupils = torch.from_numpy(np.isin(data.folds, (1, 3)))
    wanted = 0.5 * one_hot(data) + 0.5 * torch.tensor([0.4, 0.2, 0.4])
    torch.testing.assert_close(targets[pupils], wanted[pupils])
    torch.testing.assert_close(targets[~pupils], one_hot(data)[~pupils])


KERNEL = "features.denseblock3.denselayer1.conv1.weight"


def values(model: nn.Module) -> int:
    """How many a channel of a large kernel has at most."""
    return max(len(torch.unique(channel)) for channel in model.state_dict()[KERNEL])


def test_a_trained_grader_is_rounded_from_what_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, config = some_crops(), replace(CONFIG, epochs=1)
    trained = grade.train(config, data, {2}, tmp_path, resume=False)
    assert values(trained) > 15
    for steps in (3, 7, 3):
        rounded = grade.train(replace(config, kernel_steps=steps), data, {2}, tmp_path, resume=True)
        assert 5 <= values(rounded) <= 2 * steps + 1
        assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["kernel_steps"] == steps
    again = grade.train(config, data, {2}, tmp_path, resume=True)
    assert torch.equal(again.state_dict()[KERNEL], trained.state_dict()[KERNEL])


def test_a_grader_starts_from_another_recipes_network_until_it_is_finished(tmp_path: Path) -> None:
    data, first = some_crops(), replace(CONFIG, epochs=1)
    second = replace(first, name="second", pretrained="first", learning_rate=1e-9)
    stone = tmp_path / "first" / "checkpoint.pt"
    begun = grade.train(first, data, {2}, stone.parent, resume=False)
    trained = grade.train(second, data, {2, 3}, tmp_path / "second", resume=False, stone=stone)
    torch.testing.assert_close(trained.state_dict()[KERNEL], begun.state_dict()[KERNEL], atol=1e-6, rtol=1e-6)
    saw = torch.load(tmp_path / "second" / "checkpoint.pt", weights_only=True)["trained_on"]
    assert {1 + int(study) % 4 for study in saw} == {1, 3, 4}, "what the first saw was seen"
    stone.unlink()
    grade.train(second, data, {2, 3}, tmp_path / "second", resume=True)


def test_a_finished_grader_asks_no_teachers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained elsewhere and brought back: its teachers stayed there."""
    data = some_crops()
    config = replace(CONFIG, epochs=1, teacher_epochs=1)
    grade.train(config, data, {2}, tmp_path, resume=False)
    for folder in tmp_path.glob("teacher*"):
        shutil.rmtree(folder)
    monkeypatch.setattr(grade, "predict", lambda *_: pytest.fail("a teacher was asked"))
    grade.train(config, data, {2}, tmp_path, resume=True)
    assert not list(tmp_path.glob("teacher*"))


def test_batches_are_crops_of_the_shipped_size_with_their_grades() -> None:
    data = some_crops(8)
    plain = np.broadcast_to((0.1 + 0.4 * data.grades)[:, None, None, None], (16, 1, 56, 56)).astype(np.float32)
    data = replace(data, crops=to_bytes(plain))
    batches = list(grade.make_batches(data, np.arange(16), one_hot(data), CONFIG, 0))
    assert len(batches) == 4
    for pictures, targets in batches:
        assert pictures.shape == (4, 1, 40, 40)
        middle, grades = pictures[:, 0, 15:25, 15:25].mean(dim=(1, 2)), targets.argmax(1)
        for low, high in ((0, 1), (0, 2), (1, 2)):
            if (grades == low).any() and (grades == high).any():
                assert middle[grades == low].max() < middle[grades == high].min() + 0.35
    again = list(grade.make_batches(data, np.arange(16), one_hot(data), CONFIG, 0))
    assert all(torch.equal(one[0], other[0]) for one, other in zip(batches, again, strict=True))
    assert not torch.equal(next(grade.make_batches(data, np.arange(16), one_hot(data), CONFIG, 1))[0], batches[0][0])


def test_at_its_end_a_training_that_mixes_crops_sees_them_as_they_are() -> None:
    data, config = some_crops(8), replace(CONFIG, mix=1.0, epochs=10)
    for epoch, pure in ((0, False), (7, False), (8, True), (9, True)):
        targets = torch.cat(
            [wanted for _, wanted in grade.make_batches(data, np.arange(16), one_hot(data), config, epoch)]
        )
        assert bool((targets.amax(dim=1) == 1).all()) is pure


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.2])
def test_the_fitted_temperature_is_the_one_that_the_grades_were_drawn_with(truth: float) -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2.5, (20_000, 3))
    powers = np.exp(logits / truth)
    shares = powers / powers.sum(axis=1, keepdims=True)
    grades = (rng.random(len(logits))[:, None] > np.cumsum(shares, axis=1)[:, :2]).sum(axis=1)
    assert grade.fit_temperature(logits, grades) == pytest.approx(truth, rel=0.05)


def test_logits_do_not_depend_on_how_crops_are_batched() -> None:
    data, chosen = some_crops(4), np.arange(7)
    torch.manual_seed(0)
    network = TinyGrader()
    given = [grade.predict(network, data, chosen, CONFIG.side, batch) for batch in (3, 7)]
    np.testing.assert_allclose(given[0], given[1], atol=1e-6)


def test_on_real_pictures_the_crops_agree_too(real_data: Path) -> None:
    config = a_config("grade", side=80, long_side=384)
    cells: list[Cell] = [cell for cell in read_cells(real_data / "rsna_canal")[:40] if cell.grade is not None]
    folder = real_data / "rsna_canal" / "images"
    for file in sorted({cell.file for cell in cells})[:3]:
        of_file = [cell for cell in cells if cell.file == file]
        levels = a_slice(file, **{cell.level.name: (cell.row, cell.column) for cell in of_file})
        crops, _ = grade.cut_training_crops(of_file, {file: levels}, folder, config)
        given = grade.as_shown(crops_of(crops, of_file), np.arange(len(of_file)), 80).numpy()
        places = crop_places(levels)
        chosen, spine = [places[cell.level] for cell in of_file], list(places.values())
        wanted = cut_crops(load_picture(folder / file), chosen, spine, grade.network_input(config))
        np.testing.assert_allclose(given, wanted, atol=CLOSE)
