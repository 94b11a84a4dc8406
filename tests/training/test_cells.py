"""Label tables: what a row gives, what may be missing, and that a wrong row is named."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from lumbar_core.anatomy import LEVELS, Condition, Level, Severity, Side
from tests.training.made_up import CANAL, a_cell, five_cells, write_cells
from training.cells import by_file, data_folder, read_cells
from training.splits import FOLDS


def write(folder: Path, *lines: str) -> Path:
    (folder / "cells.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_full_row_gives_its_cell(tmp_path: Path) -> None:
    wanted = a_cell("7_8_9.webp", Level.L2_L3, 2, fold=4, side=Side.LEFT, reference=(0.1, 0.2, 0.7))
    write_cells(tmp_path, [wanted])
    assert read_cells(tmp_path) == [wanted]
    assert wanted.series == "7_8"


def test_study_fold_size_and_reference_may_be_missing(tmp_path: Path) -> None:
    write(tmp_path, "file,condition,level,grade,column,row", f"7_8_9.png,{CANAL},L1/L2,Moderate,12.5,3")
    (cell,) = read_cells(tmp_path)
    assert (cell.study_id, cell.fold, cell.width, cell.height) == ("7", 0, 0, 0)
    assert (cell.side, cell.reference, cell.grade) == (None, None, Severity.MODERATE)
    assert (cell.column, cell.row) == (12.5, 3.0)


@pytest.mark.parametrize("word", ["", "absent"])
def test_an_absent_structure_has_no_grade_and_no_place(tmp_path: Path, word: str) -> None:
    write(tmp_path, "file,condition,level,grade,column,row", f"a.png,{CANAL},L1/L2,{word},,")
    (cell,) = read_cells(tmp_path)
    assert cell.grade is None
    assert math.isnan(cell.row)
    assert math.isnan(cell.column)


@pytest.mark.parametrize(
    "row",
    [
        f"a.png,{CANAL},L1/L2,Grave,1,1",
        f"a.png,{CANAL},L6/S1,Severe,1,1",
        "a.png,scoliosis,L1/L2,Severe,1,1",
        f"a.png,{CANAL},L1/L2,Severe,1,one",
        "a.png",
    ],
    ids=["grade", "level", "condition", "row", "cut short"],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, row: str) -> None:
    write(tmp_path, "file,condition,level,grade,column,row", f"a.png,{CANAL},L1/L2,Severe,1,1", row)
    with pytest.raises(ValueError, match=r"cells\.csv, line 3"):
        read_cells(tmp_path)


def test_a_word_that_is_no_grade_is_told_the_grades(tmp_path: Path) -> None:
    write(tmp_path, "file,condition,level,grade", f"a.png,{CANAL},L1/L2,normal")
    with pytest.raises(ValueError, match="line 2: 'normal' is none of the grades Normal/Mild, Moderate, Severe"):
        read_cells(tmp_path)


def test_empty_lines_of_a_spreadsheet_are_no_cells(tmp_path: Path) -> None:
    write(tmp_path, "file,condition,level,grade", ",,,", f"a.png,{CANAL},L1/L2,Severe", "", ",,,")
    assert [cell.file for cell in read_cells(tmp_path)] == ["a.png"]


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "file,level,grade", "a.png,L1/L2,Severe")
    with pytest.raises(ValueError, match=r"line 2.*condition"):
        read_cells(tmp_path)


@pytest.mark.parametrize(("text", "fold"), [("3", 3), ("3.0", 3), ("test", 0), ("", 0), ("nan", 0)])
def test_any_word_may_stand_for_the_fold(tmp_path: Path, text: str, fold: int) -> None:
    write(tmp_path, "\ufefffile,fold,condition,level,grade,width", f"a.png,{text},{CANAL},L1/L2,Severe,544.0")
    (cell,) = read_cells(tmp_path)
    assert (cell.fold, cell.width, cell.study_id) == (fold, 544, "a")


def test_a_row_without_grade_and_level_stands_for_all_that_its_picture_does_not_show(tmp_path: Path) -> None:
    write(tmp_path, "file,condition,level,grade", f"a.png,{CANAL},,", "b.png,,,absent")
    groups = by_file(read_cells(tmp_path))
    assert [cell.level for cell in groups["a.png"]] == list(LEVELS)
    assert {cell.condition for cell in groups["b.png"]} == set(Condition)
    assert all(cell.grade is None for cells in groups.values() for cell in cells)


def test_a_folder_without_a_table_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_cells(tmp_path)


def test_cells_are_grouped_by_picture_in_the_order_of_names() -> None:
    first, second = five_cells("a_1_1.png"), five_cells("b_1_1.png")
    groups = by_file([*second, *first])
    assert list(groups.items()) == [("a_1_1.png", first), ("b_1_1.png", second)]


def test_the_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LUMBAR_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("LUMBAR_DATA")
    assert data_folder().parts[-2:] == ("shared", "data")


def test_the_real_tables_can_be_read(real_data: Path) -> None:
    for name in ("rsna_canal", "rsna_foraminal", "rsna_subarticular"):
        cells = read_cells(real_data / name)
        assert len(cells) > 4000
        assert {cell.fold for cell in cells} == set(FOLDS)
        assert sum(cell.reference is not None for cell in cells) > len(cells) / 2
