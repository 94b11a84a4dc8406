"""The grid stands as the body does on an axial slice."""

from __future__ import annotations

from lumbar_core.anatomy import LEVELS, Level, Side
from lumbar_core.report.grid import build_grid
from tests.factories import CANAL, FORAMEN, NORMAL, RECESS, a_finding, a_mixed_result, a_picture_result, a_result


def test_a_study_has_five_columns_from_the_patients_right_to_left():
    grid = build_grid(a_mixed_result())
    assert [(column.condition, column.side) for column in grid.columns] == [
        (FORAMEN, Side.RIGHT),
        (RECESS, Side.RIGHT),
        (CANAL, None),
        (RECESS, Side.LEFT),
        (FORAMEN, Side.LEFT),
    ]
    assert grid.rows == LEVELS


def test_every_cell_holds_the_finding_of_its_column_and_row():
    result = a_mixed_result()
    grid = build_grid(result)
    found = {grid.cell(row, column).key for row in grid.rows for column in grid.columns}
    assert found == {finding.key for finding in result.findings}
    for row in grid.rows:
        for column in grid.columns:
            assert grid.cell(row, column).key == (column.condition, column.side, None, row)


def test_a_lone_canal_picture_has_one_column():
    assert [column.title for column in build_grid(a_picture_result()).columns] == ["canal"]


def test_a_lone_foraminal_picture_has_one_column_of_unknown_side():
    findings = tuple(a_finding(FORAMEN, level, None, NORMAL) for level in LEVELS)
    (column,) = build_grid(a_picture_result(findings)).columns
    assert (column.title, column.place) == ("foramen", "side unknown")


def test_an_axial_picture_without_header_shows_the_pictures_sides_at_an_unknown_level():
    findings = tuple(a_finding(RECESS, Level.UNKNOWN, None, NORMAL, image_side=side) for side in Side)
    grid = build_grid(a_result(findings))
    assert [column.place for column in grid.columns] == ["picture's left", "picture's right"]
    assert grid.rows == (Level.UNKNOWN,)


def test_a_cell_that_the_result_does_not_have_is_empty():
    grid = build_grid(a_result((a_finding(CANAL, Level.L1_L2), a_finding(RECESS, Level.L4_L5, Side.LEFT))))
    canal, recess = grid.columns
    assert grid.cell(Level.L4_L5, canal) is None
    assert grid.cell(Level.L1_L2, recess) is None
