"""Axial tiles are read as the program would see them: three slices, their scale, the patient's right on the left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Side
from lumbar_core.errors import ReadingError
from tests.training.made_up import (
    AXIAL_COLUMNS,
    TILE_COLUMNS,
    TILE_ROWS,
    a_tile,
    an_axial_config,
    tile_cells,
    write_cells,
    write_tiles,
)
from training.cells import read_cells
from training.tiles import FIELD_MM, axial_input, load_tile, load_tiles

FILE = "11_22_3.png"


def test_a_file_holds_three_slices_of_which_the_middle_one_is_marked(tmp_path: Path) -> None:
    write_tiles(tmp_path, tile_cells(FILE))
    (tile,) = load_tiles(tile_cells(FILE), tmp_path / "images")
    stack = np.concatenate(tile.slice.stack, axis=1)
    np.testing.assert_array_equal(stack, a_tile().astype(np.float32))
    for row, column in tile.marks().values():
        assert tile.slice.stack[1][round(row), round(column)] == 180
    assert tile.slice.expected == ((TILE_ROWS - 1) / 2, (TILE_COLUMNS - 1) / 2)


def test_sizes_are_shares_of_the_whole_slice(tmp_path: Path) -> None:
    write_tiles(tmp_path, tile_cells(FILE))
    (tile,) = load_tiles(tile_cells(FILE), tmp_path / "images")
    assert tile.spacing_mm[0] * AXIAL_COLUMNS == pytest.approx(FIELD_MM)
    assert tile.marks()[Side.RIGHT][1] < tile.marks()[Side.LEFT][1]


def test_a_tile_of_sixteen_bits_is_read_as_its_picture_of_eight(tmp_path: Path) -> None:
    Image.fromarray(a_tile().astype(np.uint16) * 257).save(tmp_path / FILE)
    np.testing.assert_allclose(np.concatenate(load_tile(tmp_path / FILE, tile_cells(FILE)).slice.stack, 1), a_tile())


def test_a_tile_made_twice_as_large_as_its_table_says_shows_as_much(tmp_path: Path) -> None:
    Image.fromarray(a_tile()).resize((6 * TILE_COLUMNS, 2 * TILE_ROWS)).save(tmp_path / FILE)
    assert load_tile(tmp_path / FILE, tile_cells(FILE)).spacing_mm[0] * 2 * AXIAL_COLUMNS == pytest.approx(FIELD_MM)


@pytest.mark.parametrize("size", [(1, 1), (2, 60), (12, 60), (60, 4)])
def test_a_picture_too_small_for_three_slices_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("L", size).save(tmp_path / FILE)
    with pytest.raises(ReadingError, match="too small"):
        load_tile(tmp_path / FILE, tile_cells(FILE))


def test_a_table_of_tiles_says_how_large_the_slice_was_and_of_no_squeezing(tmp_path: Path) -> None:
    write_cells(tmp_path, tile_cells(FILE))
    for cell in read_cells(tmp_path):
        assert (cell.width, cell.height, cell.original_columns) == (TILE_COLUMNS, TILE_ROWS, AXIAL_COLUMNS)
        assert (cell.stretch, cell.long_side) == (1.0, AXIAL_COLUMNS)


def test_what_the_networks_see_keeps_its_scale_with_room_around_it() -> None:
    for task, slices, rows in (("grade", 3, 40), ("localise", 1, 96)):
        config = an_axial_config(task)
        plain, large = axial_input(config), axial_input(config, 1.4)
        assert plain.shape == (None, slices, rows, config.side)
        assert large.shape[2] == large.shape[3], "turned in a square"
        for wanted in (plain, large):
            box = wanted.cutout((0.0, 0.0), (0.5, 0.5)).box
            scale = (box[3] - box[1]) / (wanted.shape[3] or 0)
            assert scale == pytest.approx(4 * config.half_width / config.side)
            assert (box[2] - box[0]) / (wanted.shape[2] or 0) == pytest.approx(scale)
