"""The label tables: one row of `cells.csv` is one structure graded by radiologists."""

from __future__ import annotations

import csv
import math
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumbar_core.anatomy import LEVELS, Condition, Level, Severity, Side

# What each labelled set of the data folder grades.
LABELLED = {
    "rsna_canal": Condition.SPINAL_CANAL_STENOSIS,
    "rsna_foraminal": Condition.NEURAL_FORAMINAL_NARROWING,
    "rsna_subarticular": Condition.SUBARTICULAR_STENOSIS,
}
# Its pictures are no whole slices but pieces cut from three of them.
TILED = Condition.SUBARTICULAR_STENOSIS


@dataclass(frozen=True, slots=True)
class Cell:
    """One structure in one picture.

    grade:       None for a structure marked as absent from this picture.
    row, column: pixels of the picture, first pixel's centre = 0; NaN where the structure is absent.
    fold:        0 where the table has none, or none that is a number.
    width, height: of the picture that row and column count in; 0 where the table does not say.
    reference:   probabilities of the comparison networks, weights 1/2/4 kept; None where the table has none.
    stretch:     how much wider than its height the original was, over the same of the file; 1 where not squashed.
    original_columns: of the slice that an axial tile was cut from; 0 for pictures of a whole slice.
    spacing_mm:  of an axial tile's pixels; 0 where the table does not tell it.
    """

    file: str
    study_id: str
    fold: int
    condition: Condition
    side: Side | None
    level: Level
    grade: Severity | None
    row: float
    column: float
    width: int
    height: int
    reference: tuple[float, float, float] | None
    stretch: float = 1.0
    original_columns: int = 0
    spacing_mm: float = 0.0

    @property
    def long_side(self) -> int:
        """Of the whole slice, in the pixels that row and column count; 0 where the table does not say."""
        return self.original_columns or max(self.width, self.height)

    @property
    def is_tile(self) -> bool:
        """Whether its picture is pieces cut from three axial slices."""
        return self.condition is TILED or bool(self.original_columns or self.spacing_mm)

    @property
    def series(self) -> str:
        """`<study>_<series>`, the file's name without its instance."""
        return self.file.rsplit("_", 1)[0]


def data_folder() -> Path:
    """The folder of real data: LUMBAR_DATA, else ../shared/data beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("LUMBAR_DATA", default))


def read_cells(folder: Path) -> list[Cell]:
    """All structures of folder/cells.csv. Raises FileNotFoundError, and ValueError naming a row that is wrong.

    A row without a grade names a structure that its picture does not show; without a level or a condition it stands
    for all of them. A line without any value, as spreadsheets leave them below a table, is none.
    """
    cells = []
    with (folder / "cells.csv").open(newline="", encoding="utf-8-sig") as table:
        for number, row in enumerate(csv.DictReader(table), start=2):
            try:
                cells += _cells(row) if any(row.values()) else []
            except (KeyError, ValueError) as error:
                raise ValueError(f"{folder / 'cells.csv'}, line {number}: {error}") from error
    return cells


def cells_of_rows(rows: Iterable[dict[str, Any]]) -> list[Cell]:
    """The same of rows that are still to be written. Raises KeyError and ValueError."""
    return [cell for row in rows for cell in _cells({name: str(value) for name, value in row.items()})]


def by_file(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """Cells grouped by picture, files sorted."""
    groups: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.file].append(cell)
    return dict(sorted(groups.items()))


def _cells(row: dict[str, str]) -> list[Cell]:
    if None in row.values():
        raise ValueError("the row is cut short")
    grade = row.get("grade", "")
    severity = Severity.from_label(grade) if grade and grade != "absent" else None
    if severity is None and not (row.get("condition") and row.get("level")):
        conditions = [Condition(row["condition"])] if row.get("condition") else list(Condition)
        levels = [Level(row["level"])] if row.get("level") else list(LEVELS)
    else:
        conditions, levels = [Condition(row["condition"])], [Level(row["level"])]
    return [_cell(row, condition, level, severity) for condition in conditions for level in levels]


def _cell(row: dict[str, str], condition: Condition, level: Level, grade: Severity | None) -> Cell:
    return Cell(
        file=row["file"],
        study_id=row.get("study_id") or study_of(row["file"]),
        fold=_fold(row.get("fold") or ""),
        condition=condition,
        side=Side(row["side"]) if row.get("side") else None,
        level=level,
        grade=grade,
        row=float(row.get("row") or "nan"),
        column=float(row.get("column") or "nan"),
        width=round(float(row.get("width") or 0)),
        height=round(float(row.get("height") or 0)),
        reference=_reference(row),
        stretch=1.0 if condition is TILED else _stretch(row),
        original_columns=round(float(row.get("original_columns") or 0)) if condition is TILED else 0,
        spacing_mm=float(row.get("spacing_mm") or 0) if condition is TILED else 0.0,
    )


def study_of(file: str) -> str:
    """The study that a file named `<study>_<series>_<instance>.<suffix>` belongs to."""
    return Path(file).stem.split("_")[0]


def _fold(text: str) -> int:
    """The fold's number; 0 for a word ("test"), which is no fold of the cross-validation."""
    return int(float(text)) if text.replace(".", "", 1).isdecimal() else 0


def _stretch(row: dict[str, str]) -> float:
    names = ("original_columns", "original_rows", "width", "height")
    columns, rows, width, height = (float(row.get(name) or 0) for name in names)
    return columns / rows * height / width if min(columns, rows, width, height) > 0 else 1.0


def _reference(row: dict[str, str]) -> tuple[float, float, float] | None:
    values = [float(row.get(f"reference_p_{name}") or "nan") for name in ("normal_mild", "moderate", "severe")]
    if any(math.isnan(value) for value in values):
        return None
    return values[0], values[1], values[2]
