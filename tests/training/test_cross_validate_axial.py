"""The recipe of the recesses in cross-validation: no network is scored on, or cuts crops of, a fold that it saw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lumbar_core.anatomy import LEVELS
from lumbar_core.findings import AxialPoints
from tests.training.made_up import (
    FixedRecesses,
    a_cell,
    an_axial_config,
    save_checkpoint,
    tile_cells,
    tiny_network,
    write_cells,
    write_tiles,
)
from training import cross_validate, grade, localise, localise_axial, workshop
from training.cells import Cell, read_cells
from training.crop_store import read_store
from training.cross_validate import crop_store, train_one
from training.runs import ALL, outer
from training.score_localiser import score_localiser
from training.splits import FOLDS
from training.workshop import Workshop

CANAL = an_axial_config("grade", name="canal_axial", grades_of="rsna_canal", pretrained="recess_slim")
CONFIG, RECIPE = an_axial_config("grade"), an_axial_config("localise")
CONFIGS = Path(__file__).resolve().parents[2] / "training" / "configs"


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    cells = [
        cell
        for study in range(16)
        for cell in tile_cells(f"{study}_1_1.png", (study % 3, 0), fold=1 + study % 4, level=LEVELS[study % 5])
    ]
    write_cells(tmp_path / "data" / CONFIG.data, cells)
    write_tiles(tmp_path / "data" / CONFIG.data, cells)
    made = Workshop(tmp_path / "data", tmp_path / "runs", CONFIGS)
    for left_out in outer():
        checkpoint = made.checkpoint(RECIPE.name, left_out)
        checkpoint.parent.mkdir(parents=True)
        checkpoint.write_bytes(b"weights")
    return made


def write_canals(shop: Workshop) -> None:
    """A graded canal at the level of each tile."""
    cells = [a_cell(f"{study}_2_1.png", LEVELS[study % 5], study % 2, fold=1 + study % 4) for study in range(16)]
    write_cells(shop.data / "rsna_canal", cells)


@pytest.fixture
def cut_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which localisers' runs located tiles."""
    used: list[str] = []

    def located(run: str, cells: Sequence[Cell], *_: Any) -> dict[str, AxialPoints]:
        used.append(run)
        return {cell.file: AxialPoints(None, None, None, 0.0) for cell in cells}

    monkeypatch.setattr(cross_validate, "load_localiser", lambda path, config: path.parent.name)
    monkeypatch.setattr(cross_validate, "locate_tiles", located)
    return used


def test_crops_of_tiles_are_kept_with_their_neighbours(shop: Workshop, cut_by: list[str]) -> None:
    data = read_store(crop_store(CONFIG, shop), ALL)
    assert sorted(cut_by) == [f"without_{fold}" for fold in FOLDS]
    assert data.crops.shape[:2] == (32, 3)
    assert set(data.folds) == set(FOLDS)


def test_a_canal_is_cut_from_each_tile_of_its_level_where_the_localiser_finds_it(
    shop: Workshop, cut_by: list[str]
) -> None:
    write_canals(shop)
    data = read_store(crop_store(CANAL, shop), ALL)
    assert data.crops.shape[:2] == (16, 3), "one a tile, not one a side"
    assert list(data.grades) == [int(study) % 2 for study in data.studies]
    assert read_store(crop_store(CONFIG, shop), ALL).crops.shape[0] == 32, "the recess's crops lie elsewhere"


def test_what_a_recipe_starts_from_is_trained_first_without_the_same_folds(
    shop: Workshop, cut_by: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_canals(shop)
    trained: list[tuple[str, str, Path | None]] = []
    monkeypatch.setattr(
        grade, "train", lambda c, d, left, out, *, resume, stone: trained.append((c.name, out.name, stone))
    )
    train_one(CANAL, frozenset({2}), shop, resume=False)
    stone = shop.checkpoint("recess_slim", frozenset({2}))
    assert trained == [("recess_slim", "without_2", None), ("canal_axial", "without_2", stone)]


def test_the_localiser_of_tiles_is_trained_as_one(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[str] = []
    monkeypatch.setattr(cross_validate, "load_axial_data", lambda *_: None)
    monkeypatch.setattr(localise_axial, "train", lambda c, d, left, out, **_: trained.append(out.name))
    train_one(RECIPE, frozenset({2}), shop, resume=True)
    assert trained == ["without_2"]


def test_the_localiser_is_scored_on_the_tiles_of_each_fold(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    network = FixedRecesses(RECIPE.side, RECIPE.half_width)
    asked: list[str] = []
    monkeypatch.setattr(
        cross_validate, "load_localiser", lambda path, config: (asked.append(path.parent.name), network)[1]
    )
    result = score_localiser(RECIPE, shop)
    assert asked == [f"without_{fold}" for fold in FOLDS]
    assert (result["cells"], result["placed"], result["within6"]) == (32, 1.0, 1.0)
    assert result["median_px"] < 1
    assert set(result["by_fold"]) == {"1", "2", "3", "4"}
    assert [metric["name"] for metric in result["pack_metrics"]] == ["median_px", "within6", "placed"]


@pytest.mark.parametrize("seen_fold", [1, 2])
def test_a_fold_is_scored_by_its_localiser_and_grader_unless_they_have_seen_it(
    seen_fold: int, shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from export.write_pack import write_pack

    for module in (localise, grade):
        monkeypatch.setattr(module, "build", tiny_network)
    seen = [cell.study_id for cell in read_cells(shop.data / CONFIG.data) if cell.fold == seen_fold]
    asked: list[str] = []

    def pack(name: str, left_out: frozenset[int], _: Workshop) -> Path:
        config = {RECIPE.name: RECIPE, CONFIG.name: CONFIG}[name]
        path = save_checkpoint(tmp_path / "runs" / name, config, tiny_network(config), seen)
        write_pack(path, tmp_path / "packs" / name, shop.data, "fold", {"pack_metrics": []})
        asked.append(name)
        return tmp_path / "packs" / name

    for module in (workshop, cross_validate):
        monkeypatch.setattr(module, "fold_pack", pack)
    monkeypatch.setattr(cross_validate, "outer", lambda: [frozenset({1})])
    if seen_fold == 1:
        with pytest.raises(ValueError, match="has seen"):
            cross_validate.score_grader(CONFIG, shop, 1)
        return
    result = cross_validate.score_grader(CONFIG, shop, 1)
    assert asked == [RECIPE.name, *[CONFIG.name] * 3], "a tile is no picture to be recognised"
    assert (result["cells"], result["assessed"], result["within6"]) == (8, 1.0, 1.0)
    assert "the tile that was handed in" in result["pack_metrics"][0]["protocol"]
