"""No network is scored on, or cuts crops of, a study that it saw; scoring runs the program itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Level
from lumbar_core.findings import SliceLevels
from lumbar_core.inference.packs import bundled_folder, load_pack_folders
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
from training.answers import answers
from training.cells import read_cells
from training.config import load_config
from training.crop_store import SURROUND, UNCHANGED, read_store, store_file
from training.cross_validate import crop_store
from training.evaluate import figures, score
from training.runs import ALL, outer
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
    for left_out in outer():
        checkpoint = made.checkpoint("localise_t2", left_out)
        checkpoint.parent.mkdir(parents=True)
        checkpoint.write_bytes(b"weights")
    return made


@pytest.fixture
def cut_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which localisers' runs located pictures; each finds the points a little lower than the last."""
    used: list[str] = []

    def located(run: str, paths: Sequence[Path], *_: Any) -> dict[str, SliceLevels]:
        used.append(run)
        lower = float(run.rsplit("_", 1)[1])
        return {path.name: a_slice(path.name, L3_L4=(ROWS[Level.L3_L4] + lower, COLUMN)) for path in paths}

    monkeypatch.setattr(cross_validate, "load_localiser", lambda path, config: path.parent.name)
    monkeypatch.setattr(cross_validate, "locate", located)
    picture = a_picture().astype(np.float32)
    monkeypatch.setattr(grade, "load_picture", lambda path: picture)
    return used


def test_a_network_sees_crops_where_a_localiser_without_the_fold_left_out_would_cut(
    shop: Workshop, cut_by: list[str]
) -> None:
    store = crop_store(CONFIG, shop)
    half = CONFIG.half_width * SURROUND
    for left_out in outer():
        (fold,) = left_out
        data = read_store(store, left_out)
        for other in FOLDS:
            of_other = data.views[data.folds == other]
            lower = of_other[2::5, 1] * half * 30  # of L3/L4, in pixels
            np.testing.assert_allclose(lower, fold - other, atol=0.2)
    assert (read_store(store, ALL).views == UNCHANGED).all()


def test_crops_are_cut_once_and_anew_for_another_localiser(shop: Workshop, cut_by: list[str]) -> None:
    store = crop_store(CONFIG, shop)
    assert sorted(cut_by) == [f"without_{fold}" for fold in FOLDS]
    cut_by.clear()
    assert crop_store(replace(CONFIG, epochs=7, name="other"), shop) == store
    assert not cut_by, "the second time they come from the store, for another recipe of the same crops too"
    shop.checkpoint("localise_t2", frozenset({3})).write_bytes(b"other weights")
    crop_store(CONFIG, shop)
    assert len(cut_by) == len(FOLDS), "another localiser cuts other crops"


def test_a_store_is_taken_as_it_is_where_there_are_no_localisers(shop: Workshop, cut_by: list[str]) -> None:
    """Copied to another machine, to train there."""
    store = crop_store(CONFIG, shop)
    cut_by.clear()
    missing, *others = outer()
    shop.checkpoint("localise_t2", missing).unlink()
    with pytest.raises(FileNotFoundError):
        crop_store(CONFIG, shop)  # three of four tell nothing
    for left_out in others:
        shop.checkpoint("localise_t2", left_out).unlink()
    assert crop_store(CONFIG, shop) == store
    assert not cut_by
    store.unlink()
    with pytest.raises(FileNotFoundError):
        crop_store(CONFIG, shop)


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


def test_what_was_not_trained_here_is_the_programs_own_unless_it_has_seen_the_studies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cells(tmp_path / "data" / "rsna_canal", five_cells("1_1_1.png"))
    shop = Workshop(tmp_path / "data", tmp_path / "runs", CONFIGS)
    names = ["recognise", "localise_t2"]
    assert workshop.locating_packs(CONFIG, frozenset({1}), shop) == [bundled_folder() / name for name in names]
    cross_validate.refuse_unscorable(CONFIG, shop)
    monkeypatch.setattr(cross_validate, "has_seen", lambda contract, study: contract.name == "localise_t2")
    with pytest.raises(ValueError, match="cross-validate localise_t2 here first"):
        cross_validate.refuse_unscorable(CONFIG, shop)
    monkeypatch.setattr(workshop, "fold_pack", lambda name, left_out, shop: Path(name))
    (tmp_path / "runs" / "localise_t2").mkdir(parents=True)
    cross_validate.refuse_unscorable(CONFIG, shop)
    assert workshop.locating_packs(CONFIG, frozenset({1}), shop) == [bundled_folder() / names[0], Path(names[1])]


def test_a_network_beside_another_is_trained_with_it_and_put_into_its_packs(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, run = [], []
    monkeypatch.setattr(cross_validate.grade, "train", lambda config, *_, **__: trained.append(config.name))
    monkeypatch.setattr(cross_validate, "read_store", lambda path, _: path)
    monkeypatch.setattr(workshop, "_run", run.append)
    there = Workshop(shop.data, tmp_path / "runs", CONFIGS)
    kept = store_file(load_config(CONFIGS / "foraminal.toml"), there.cache)
    kept.parent.mkdir(parents=True)
    kept.touch()
    cross_validate.train_one(load_config(CONFIGS / "foraminal.toml"), frozenset({2}), there, resume=True)
    assert trained == ["foraminal", "foraminal_wide"]
    folder = workshop.fold_pack("foraminal", frozenset({2}), there)
    _, second = run
    assert second[3] == str(folder)
    assert second[-2:] == ["--beside", str(there.checkpoint("foraminal_wide", frozenset({2})))]
    workshop.fold_pack("canal", frozenset({2}), there)
    assert len(run) == 3, "the canal's has nobody beside it"


def test_crops_that_another_recipe_keeps_are_seen_whole(shop: Workshop, tmp_path: Path) -> None:
    there = Workshop(shop.data, tmp_path / "runs", CONFIGS)
    kept = store_file(load_config(CONFIGS / "foraminal.toml"), there.cache)
    kept.parent.mkdir(parents=True)
    kept.touch()
    wide = load_config(CONFIGS / "foraminal_wide.toml")
    assert cross_validate.crop_store(wide, there) == kept
    with pytest.raises(ValueError, match="kept 112 pixels wide"):
        cross_validate.crop_store(replace(wide, side=96), there)


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
