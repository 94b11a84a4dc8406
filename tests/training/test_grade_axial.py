"""The grader's crops of recesses are the program's, both sides look alike, and a lone slice's weights can start it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lumbar_core.anatomy import Side
from lumbar_core.findings import AxialPoints, ImagePoint
from lumbar_core.grade.axial_crops import AxialPlace, cut_axial_crops
from lumbar_core.inference.contract import AxialRule
from tests.training.made_up import (
    TILE_ASIDE,
    TILE_MIDDLE,
    TILE_ROW,
    a_cell,
    an_axial_config,
    crops_of,
    tile_cells,
    write_tiles,
)
from training import grade
from training.config import TrainConfig
from training.grade_axial import FAR_MM, cut_tile_crops, tile_places, training_place
from training.recipe_cells import joined
from training.tiles import axial_input, load_tiles

CONFIG = an_axial_config("grade")
CANAL = an_axial_config("grade", grades_of="rsna_canal", name="canal_axial", half_width=10.0)
FILES = ("1_7_3.png", "2_7_3.png")
CELLS = [cell for file in FILES for cell in tile_cells(file)]
CLOSE = 4e-3  # training crops are kept in steps of 1.5 / 255


def at(column: float, row: float = TILE_ROW) -> ImagePoint:
    return ImagePoint(row, column, 0.9, 0.9)


NOWHERE = AxialPoints(None, None, None, 0.1)


def located(off: float = 0.0) -> AxialPoints:
    return AxialPoints(at(TILE_MIDDLE), at(TILE_MIDDLE - TILE_ASIDE + off), at(TILE_MIDDLE + TILE_ASIDE + off), 0.9)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rsna_subarticular")
    write_tiles(folder, CELLS)
    return folder / "images"


def shown(points: dict[str, AxialPoints], images: Path) -> NDArray[np.float32]:
    crops, _ = cut_tile_crops(CELLS, points, images, CONFIG)
    return grade.as_shown(crops_of(crops, CELLS), np.arange(len(CELLS)), CONFIG.side).numpy()


def test_the_middle_of_a_training_crop_is_the_crop_that_the_program_cuts_there(images: Path) -> None:
    given = shown(dict.fromkeys(FILES, located(1.7)), images)
    assert given.shape == (4, 3, CONFIG.side, CONFIG.side)
    for start, tile in zip((0, 2), load_tiles(CELLS, images), strict=True):
        places = [
            AxialPlace(TILE_ROW, TILE_MIDDLE - TILE_ASIDE + 1.7, Side.RIGHT),
            AxialPlace(TILE_ROW, TILE_MIDDLE + TILE_ASIDE + 1.7, Side.LEFT),
        ]
        wanted = cut_axial_crops(
            tile.slice.stack, places, (TILE_ROW, TILE_MIDDLE), tile.spacing_mm, axial_input(CONFIG)
        )
        assert wanted.std() > 0.05
        np.testing.assert_allclose(given[start : start + 2], wanted, atol=CLOSE)


def test_the_canal_lies_on_the_same_side_of_both_recesses(images: Path) -> None:
    middle = shown(dict.fromkeys(FILES, located()), images)[:, 1, CONFIG.side // 2]
    half = CONFIG.side // 2
    assert (middle[:, half + 3 :].max(axis=1) > middle[:, : half - 3].max(axis=1)).all()


def test_a_recess_is_seen_where_its_own_localiser_would_have_had_it_cut(images: Path) -> None:
    """Mirrored sides too: kept by one localiser, seen as by another."""
    other = dict.fromkeys(FILES, located(2.0))
    crops, own = cut_tile_crops(CELLS, dict.fromkeys(FILES, located(-1.0)), images, CONFIG)
    theirs = tile_places(CELLS, other, images, CONFIG)
    views = np.array([here.view_of(there) for here, there in zip(own, theirs, strict=True)], np.float32)
    data = replace(crops_of(crops, CELLS), views=views)
    given = grade.as_shown(data, np.arange(len(CELLS)), CONFIG.side).numpy()
    wanted = shown(other, images)
    away = shown(dict.fromkeys(FILES, located(-1.0)), images)
    assert (np.abs(given - wanted).mean(axis=(1, 2, 3)) * 4 < np.abs(away - wanted).mean(axis=(1, 2, 3))).all()


def test_a_point_far_from_the_mark_is_not_what_was_graded(images: Path) -> None:
    right, left = tile_cells(FILES[0])
    tile = next(load_tiles([right, left], images))
    near, far = (FAR_MM - 0.1) / tile.spacing_mm[0], (FAR_MM + 0.1) / tile.spacing_mm[0]
    assert training_place(right, tile, located(near)).column == pytest.approx(right.column + near)
    assert training_place(left, tile, located(far)) == AxialPlace(left.row, left.column, Side.LEFT)
    assert training_place(left, tile, NOWHERE).column == left.column


def test_a_recess_without_a_side_is_refused(images: Path) -> None:
    cell = replace(tile_cells(FILES[0])[0], side=None)
    with pytest.raises(ValueError, match="without a side"):
        training_place(cell, next(load_tiles([cell], images)), located())


def test_a_canal_is_cut_where_it_was_located_and_never_mirrored(images: Path) -> None:
    cells = joined(CELLS, [a_cell(f"{study}_9_1.png", CELLS[0].level) for study in (1, 2)])
    points = {FILES[0]: replace(located(), canal=at(TILE_MIDDLE + 3)), FILES[1]: NOWHERE}
    crops, places = cut_tile_crops(cells, points, images, CANAL)
    given = grade.as_shown(crops_of(crops, cells), np.arange(2), CANAL.side).numpy()
    for index, (tile, column) in enumerate(zip(load_tiles(cells, images), (TILE_MIDDLE + 3, 47.5), strict=True)):
        middle = (TILE_ROW if index == 0 else 31.5, column)
        wanted = axial_input(CANAL)
        assert isinstance(wanted.crop, AxialRule)
        assert wanted.crop.mirrored is None
        shown_there = cut_axial_crops(tile.slice.stack, [AxialPlace(*middle, None)], middle, tile.spacing_mm, wanted)
        np.testing.assert_allclose(given[index], shown_there[0], atol=CLOSE)
        assert (places[index].row, places[index].column, places[index].mirrored) == (*middle, False)


def test_a_canal_is_learnt_either_way_round_and_a_recess_is_not() -> None:
    crops = np.zeros((8, 3, 56, 56), np.float32)
    crops[..., :28], crops[..., 28:] = 0.2, 0.8
    cells = [cell for study in range(4) for cell in tile_cells(f"{study}_1_1.png")]
    targets = torch.eye(3)[torch.zeros(8, dtype=torch.long)]

    def rising(config: TrainConfig) -> int:
        batches = grade.make_batches(crops_of(crops, cells), np.arange(8), targets, config, 0)
        halves = torch.cat([batch.mean(dim=(1, 2)) for batch, _ in batches])
        return int((halves[:, :20].mean(1) < halves[:, 20:].mean(1)).sum())

    assert rising(CONFIG) == 8
    assert 0 < rising(CANAL) < 8


def test_slices_are_learnt_in_either_order() -> None:
    crops = np.zeros((8, 3, 56, 56), np.float32)
    crops[:, 0], crops[:, 2] = 0.2, 0.8
    cells = [cell for study in range(4) for cell in tile_cells(f"{study}_1_1.png")]
    targets = torch.eye(3)[torch.zeros(8, dtype=torch.long)]
    batches = [crops for crops, _ in grade.make_batches(crops_of(crops, cells), np.arange(8), targets, CONFIG, 0)]
    rising = torch.cat([(batch[:, 0].mean(dim=(1, 2)) < batch[:, 2].mean(dim=(1, 2))) for batch in batches])
    assert 0 < int(rising.sum()) < len(rising)
    assert batches[0].shape == (CONFIG.batch, 3, CONFIG.side, CONFIG.side)
