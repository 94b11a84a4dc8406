"""Results to CSV: one row a finding, cells safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from lumbar_core.anatomy import Severity
from lumbar_core.report.result import StudyResult
from lumbar_core.report.to_json import build_document

COLUMNS: tuple[str, ...] = (
    "path",
    "condition",
    "side",
    "image_side",
    "level",
    "assessed",
    "reason_code",
    "grade",
    "p_normal_mild",
    "p_moderate",
    "p_severe",
    "check",
    "borderline",
    "column",
    "row",
    "reader_status",
    "reader_grade",
)
_COPIED = ("condition", "side", "image_side", "level", "assessed", "reason_code", "grade", "check", "borderline")
_PROBABILITY_COLUMNS = {
    "p_normal_mild": Severity.NORMAL_MILD.label,
    "p_moderate": Severity.MODERATE.label,
    "p_severe": Severity.SEVERE.label,
}

Cell = str | float | int | bool | None


def render_csv(results: Iterable[StudyResult]) -> bytes:
    """The table of several results with its heading, UTF-8."""
    table = io.StringIO()
    write_csv(table, (build_document(result) for result in results))
    return table.getvalue().encode("utf-8", "backslashreplace")


def write_csv(table: TextIO, documents: Iterable[Mapping[str, Any]]) -> None:
    """Write the rows of result objects (as read back from `results.jsonl`), holding one at a time."""
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for document in documents:
        writer.writerows(_rows(document))


def _rows(document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    path = document["input"]["path"]
    for finding in document["findings"]:
        probabilities, location = finding["probabilities"] or {}, finding["location"] or {}
        reader = finding["reader"] or {}
        row: dict[str, Cell] = {"path": path}
        row |= {column: finding[column] for column in _COPIED}
        row |= {column: probabilities.get(label) for column, label in _PROBABILITY_COLUMNS.items()}
        row |= {"column": location.get("column"), "row": location.get("row")}
        row |= {"reader_status": reader.get("status"), "reader_grade": reader.get("grade")}
        yield {column: _cell(value) for column, value in row.items()}


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _escaped(value)
    return str(value)


def _escaped(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; it may hide behind blanks."""
    risky = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(("=", "+", "-", "@"))
    return f"'{text}" if risky else text
