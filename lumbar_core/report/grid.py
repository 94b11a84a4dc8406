"""The grid of findings as the body stands on an axial slice: right foramen … canal … left foramen."""

from __future__ import annotations

from dataclasses import dataclass

from lumbar_core.anatomy import LEVELS, Condition, Level, Side
from lumbar_core.report.language import in_context
from lumbar_core.report.result import Finding, StudyResult

_CANAL = Condition.SPINAL_CANAL_STENOSIS
_FORAMEN = Condition.NEURAL_FORAMINAL_NARROWING
_RECESS = Condition.SUBARTICULAR_STENOSIS


@dataclass(frozen=True, slots=True)
class Column:
    """One structure: title as in "foramen", place as in "patient's right"; empty for the canal. Both in English."""

    condition: Condition
    side: Side | None
    image_side: Side | None
    title: str
    place: str

    @property
    def spoken_title(self) -> str:
        """The title in the language that is spoken."""
        return in_context("column", self.title)

    @property
    def spoken_place(self) -> str:
        """The place in the language that is spoken."""
        return in_context("column", self.place) if self.place else ""


# The picture's left stands left, as one looks at it; the patient's right stands left, as one looks at the patient.
_COLUMNS: tuple[Column, ...] = (
    Column(_FORAMEN, Side.RIGHT, None, "foramen", "patient's right"),
    Column(_FORAMEN, None, Side.LEFT, "foramen", "picture's left"),
    Column(_RECESS, Side.RIGHT, None, "recess", "patient's right"),
    Column(_RECESS, None, Side.LEFT, "recess", "picture's left"),
    Column(_CANAL, None, None, "canal", ""),
    Column(_RECESS, None, None, "recess", "side unknown"),
    Column(_RECESS, None, Side.RIGHT, "recess", "picture's right"),
    Column(_RECESS, Side.LEFT, None, "recess", "patient's left"),
    Column(_FORAMEN, None, Side.RIGHT, "foramen", "picture's right"),
    Column(_FORAMEN, Side.LEFT, None, "foramen", "patient's left"),
    Column(_FORAMEN, None, None, "foramen", "side unknown"),
)
_ROWS: tuple[Level, ...] = (*LEVELS, Level.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns and rows that this result has; `cell` is None where it has no such structure."""

    columns: tuple[Column, ...]
    rows: tuple[Level, ...]
    cells: dict[tuple[Level, Column], Finding]

    def cell(self, row: Level, column: Column) -> Finding | None:
        """The finding of a row and column."""
        return self.cells.get((row, column))


def build_grid(result: StudyResult) -> Grid:
    """Place every finding; a lone picture gives only the columns it has."""
    by_key = {finding.key: finding for finding in result.findings}
    cells = {
        (row, column): by_key[key]
        for row in _ROWS
        for column in _COLUMNS
        if (key := (column.condition, column.side, column.image_side, row)) in by_key
    }
    used_columns = {column for _, column in cells}
    used_rows = {row for row, _ in cells}
    return Grid(
        tuple(column for column in _COLUMNS if column in used_columns),
        tuple(row for row in _ROWS if row in used_rows),
        cells,
    )
