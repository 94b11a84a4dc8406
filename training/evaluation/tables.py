"""An evaluation as CSV: one row a figure, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

COLUMNS = ("by", "group", "figure", "value", "low", "high", "cells")
Row = tuple[str, str, str, Any, Any, Any, Any]


def render_csv(document: dict[str, Any]) -> bytes:
    """The table with its heading; low and high bound the 95 % interval, empty where a figure has none."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows_of(document))
    return table.getvalue().encode()


def rows_of(document: dict[str, Any]) -> Iterator[Row]:
    """Figures in all and by group, the competition's parts, the confusion matrix, the curves."""
    yield from _group("all", "all", document.get("all_cells"))
    for by, groups in document.get("by", {}).items():
        for name, group in groups.items():
            yield from _group(by, name, group)
    competition = document.get("competition", {})
    for name, part in competition.get("parts", {}).items():
        yield _row("competition", name, "weighted log loss", part, document["cells"])
    if competition.get("score") is not None:
        score = {"value": competition["score"], "ci95": competition["ci95"]}
        yield _row("competition", "score", "mean weighted log loss", score, document["cells"])
    for bin_ in document.get("reliability", []):
        name = f"said {bin_['from']:.2f}-{bin_['to']:.2f}"
        yield _row("reliability", name, "so", {"value": bin_["so"], "ci95": bin_["ci95"]}, bin_["cells"])
    for point in document.get("left_to_review", []):
        entry = {"value": point["acc"], "ci95": point["ci95"]}
        yield _row("left to review", f"{point['left']:.0%}", "acc of the rest", entry, document["cells"])


def _group(by: str, name: str, group: dict[str, Any] | None) -> Iterator[Row]:
    for figure, entry in (group or {"figures": {}})["figures"].items():
        yield _row(by, name, figure, entry, (group or {})["cells"])


def _row(by: str, name: str, figure: str, entry: dict[str, Any], cells: int) -> Row:
    low, high = entry.get("ci95") or (None, None)
    return by, name, figure, entry["value"], low, high, cells
