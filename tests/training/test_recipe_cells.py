"""A canal's grade finds the axial tiles of its study and level, once each."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.anatomy import Condition, Level, Severity
from tests.training.made_up import CANAL, a_cell, an_axial_config, tile_cells, write_cells
from training.recipe_cells import joined, recipe_cells

CONFIG = an_axial_config("grade", name="canal_axial", grades_of="rsna_canal")
TILES = [
    *tile_cells("11_5_1.png", level=Level.L4_L5),
    *tile_cells("11_5_9.png", (None, 2), level=Level.L4_L5),
    *tile_cells("11_5_2.png", level=Level.L3_L4),
    *tile_cells("12_5_1.png", level=Level.L4_L5),
]


def test_each_tile_of_a_graded_level_is_one_cell_with_the_canals_grade() -> None:
    graded = [a_cell("11_7_3.png", Level.L4_L5, 2), a_cell("11_7_3.png", Level.L3_L4, None)]
    cells = joined(TILES, graded)
    assert [(cell.file, cell.level) for cell in cells] == [("11_5_1.png", Level.L4_L5), ("11_5_9.png", Level.L4_L5)]
    for cell in cells:
        assert (cell.condition, cell.side, cell.grade) == (CANAL, None, Severity.SEVERE)
        assert math.isnan(cell.row), "the recess was marked there, not the canal"
        assert (cell.original_columns, cell.fold) == (TILES[0].original_columns, TILES[0].fold)


def test_a_recipe_has_its_own_sets_cells_or_the_joined_ones(tmp_path: Path) -> None:
    write_cells(tmp_path / "rsna_subarticular", TILES)
    write_cells(tmp_path / "rsna_canal", [a_cell("12_7_3.png", Level.L4_L5, 1)])
    assert recipe_cells(an_axial_config("grade"), tmp_path) == TILES
    (cell,) = recipe_cells(CONFIG, tmp_path)
    assert (cell.study_id, cell.grade, cell.condition) == ("12", Severity.MODERATE, CANAL)


@pytest.mark.parametrize("changes", [{"grades_of": "rsna_foraminal"}, {"data": "rsna_canal"}, {"task": "localise"}])
def test_only_tiles_are_taught_another_sets_grades_and_only_the_canals(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="grades_of"):
        replace(an_axial_config("grade"), **({"grades_of": "rsna_canal"} | changes))


def test_such_a_recipe_knows_what_it_grades() -> None:
    assert (CONFIG.graded, CONFIG.has_sides, CONFIG.is_axial) == (CANAL, False, True)
    assert an_axial_config("grade").graded is Condition.SUBARTICULAR_STENOSIS
    assert an_axial_config("grade").has_sides
