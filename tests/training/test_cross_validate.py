"""No network is scored on, or cuts crops of, a study that it saw; scoring runs the program itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lumbar_core.findings import SliceLevels
from lumbar_core.inference.packs import load_pack_folders
from tests.training.made_up import (
    COLUMN,
    ROWS,
    SIDE,
    a_config,
    a_picture,
    a_slice,
    five_cells,
    save_checkpoint,
    tiny_network,
    write_cells,
    write_pictures,
)
from training import cross_validate, grade, localise, recognise, workshop
from training.cells import read_cells
from training.cross_validate import networks_of, train_one, training_crops
from training.evaluate import answers, figures, score
from training.runs import ALL, inner, outer
from training.splits import FOLDS
from training.workshop import Workshop

CONFIGS = Path(__file__).resolve().parents[2] / "training" / "configs"
CONFIG = a_config("grade")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    cells = [
        cell
        for study in range(16)
        for cell in five_cells(f"{study}_1_1.png", [study % 3, 0, 1, 2, 0], fold=1 + study % 4)
    ]
    write_cells(tmp_path / "data" / "rsna_canal", cells)
    made = Workshop(tmp_path / "data", tmp_path / "runs", CONFIGS)
    for left_out in (*inner(), *outer()):
        checkpoint = made.checkpoint("localise_t2", left_out)
        checkpoint.parent.mkdir(parents=True)
        checkpoint.write_bytes(b"weights")
    return made


@pytest.fixture
def cut_by(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Which localiser's run located each fold's pictures."""
    used: dict[int, str] = {}

    def located(checkpoint: str, paths: Sequence[Path], *_: Any) -> dict[str, SliceLevels]:
        for path in paths:
            fold = 1 + int(path.name.split("_")[0]) % 4
            assert used.setdefault(fold, checkpoint) == checkpoint
        return {path.name: a_slice(path.name) for path in paths}

    monkeypatch.setattr(cross_validate, "load_localiser", lambda path, config: path.parent.name)
    monkeypatch.setattr(cross_validate, "locate", located)
    picture = a_picture().astype(np.float32)
    monkeypatch.setattr(grade, "load_picture", lambda path: picture)
    return used


def test_without_nested_localisers_crops_are_cut_by_the_one_that_is_scored_with_the_grader(
    shop: Workshop, cut_by: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cross_validate, "load_config", lambda path: a_config("localise", inner_epochs=0))
    training_crops(CONFIG, frozenset({2}), shop)
    assert cut_by == dict.fromkeys((1, 3, 4), "without_2")
    cut_by.clear()
    training_crops(CONFIG, ALL, shop)
    assert cut_by == {fold: f"without_{fold}" for fold in FOLDS}


@pytest.mark.parametrize("left_out", [*outer(), ALL], ids=str)
def test_crops_of_a_fold_are_cut_by_a_localiser_that_saw_neither_it_nor_the_fold_left_out(
    shop: Workshop, cut_by: dict[int, str], left_out: frozenset[int]
) -> None:
    crops = training_crops(CONFIG, left_out, shop)
    assert set(cut_by) == set(FOLDS) - left_out
    for fold, run in cut_by.items():
        assert {int(number) for number in run.split("_")[1:]} == left_out | {fold}
    assert {cell.fold for cell in crops.cells} == set(FOLDS) - left_out
    cut_by.clear()
    again = training_crops(CONFIG, left_out, shop)
    assert not cut_by, "the second time they come from the cache"
    assert again.cells == crops.cells
    np.testing.assert_array_equal(again.crops, crops.crops)
    shop.checkpoint("localise_t2", left_out | {next(iter(set(FOLDS) - left_out))}).write_bytes(b"other weights")
    training_crops(CONFIG, left_out, shop)
    assert set(cut_by) == set(FOLDS) - left_out, "another localiser cuts other crops"


def test_every_localiser_that_a_grader_needs_is_trained_before_the_one_that_ships() -> None:
    networks = networks_of(a_config("localise"))
    assert set(networks) == {*inner(), *outer(), ALL}
    assert networks[-1] == ALL
    assert networks_of(a_config("localise", inner_epochs=0)) == [*outer(), ALL]
    assert networks_of(CONFIG) == networks_of(a_config("recognise")) == [*outer(), ALL]


def test_nested_localisers_are_trained_shorter(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    config = a_config("localise")
    epochs: dict[str, int] = {}
    monkeypatch.setattr(cross_validate, "load_localise_data", lambda *_: None)
    monkeypatch.setattr(localise, "train", lambda c, d, left, out, **rest: epochs.update({out.name: rest["epochs"]}))
    for left_out in (frozenset({1, 2}), frozenset({1}), ALL):
        train_one(config, left_out, shop, resume=True)
    assert epochs == {"without_1_2": config.inner_epochs, "without_1": config.epochs, "all": config.epochs}


def test_a_fold_is_not_scored_by_a_pack_that_has_seen_it(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fold pack was trained on the first fold that is scored."""
    from export.write_pack import write_pack

    for module in (recognise, localise, grade):
        monkeypatch.setattr(module, "build", tiny_network)

    def pack_of_everything(name: str, left_out: frozenset[int], shop: Workshop) -> Path:
        task = {"recognise": "recognise", "localise_t2": "localise", "canal": "grade"}[name]
        path = save_checkpoint(tmp_path / "runs" / name, a_config(task), tiny_network(a_config(task)), seen)
        write_pack(path, tmp_path / "packs" / name, shop.data, "fold", {"pack_metrics": []})
        return tmp_path / "packs" / name

    seen = sorted({cell.study_id for cell in read_cells(shop.data / CONFIG.data) if cell.fold == 1})
    write_pictures(shop.data / CONFIG.data, read_cells(shop.data / CONFIG.data))
    for module in (workshop, cross_validate):
        monkeypatch.setattr(module, "fold_pack", pack_of_everything)
    with pytest.raises(ValueError, match="has seen"):
        cross_validate.score_folds(CONFIG, shop, 1)


def test_a_picture_of_another_size_than_the_table_says_scores_the_same_through_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from export.write_pack import write_pack

    for module in (recognise, localise, grade):
        monkeypatch.setattr(module, "build", tiny_network)
    files = [f"{study}_1_1.png" for study in range(8)]
    cells = [cell for file in files for cell in five_cells(file)]
    write_cells(tmp_path / "rsna_canal", cells)
    write_pictures(tmp_path / "rsna_canal", cells)
    folders = []
    for task in ("recognise", "localise", "grade"):
        config = a_config(task)
        path = save_checkpoint(tmp_path / "runs" / task, config, tiny_network(config))
        folders.append(tmp_path / "packs" / config.name)
        write_pack(path, folders[-1], tmp_path, "fold", {"pack_metrics": []})
    assert len(load_pack_folders(folders).all) == 3

    small = tmp_path / "rsna_canal" / "images" / files[0]
    large = tmp_path / "large.png"
    Image.open(small).resize((2 * SIDE, 2 * SIDE), Image.Resampling.BICUBIC).save(large)
    given = answers([small, large], folders, 1)
    one = score(cells[:5], given)
    other = score(cells[:5], {files[0]: given["large.png"]})
    assert figures(one)["assessed"] == figures(other)["assessed"] == 1.0
    assert figures(one)["within6"] == 1.0
    np.testing.assert_allclose([each.error_px for each in other], [each.error_px for each in one], atol=0.6)
    for small_one, large_one in zip(one, other, strict=True):
        assert small_one.answer is not None
        assert large_one.answer is not None
        assert small_one.answer.row == pytest.approx((ROWS[small_one.cell.level] + 0.5) / SIDE, abs=0.02)
        assert small_one.answer.column == pytest.approx((COLUMN + 0.5) / SIDE, abs=0.02)
        assert large_one.answer.probabilities == pytest.approx(small_one.answer.probabilities, abs=0.02)
