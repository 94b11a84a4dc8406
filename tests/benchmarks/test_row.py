"""A row of the budget table says whether the budget was kept."""

from __future__ import annotations

import pytest

from benchmarks.row import Row


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("size", 219.0, 220, "MB"), "kept"),
        (Row("size", 221.0, 220, "MB"), "EXCEEDED"),
        (Row("rate", 4.0, 5, "/s", at_least=True), "EXCEEDED"),
        (Row("rate", 5.0, 5, "/s", at_least=True), "kept"),
        (Row("size", None, 220, "MB", "not built"), "not measured: not built"),
    ],
)
def test_a_row_is_judged_by_its_budget(row: Row, verdict: str) -> None:
    assert row.verdict == verdict
    assert verdict in str(row)
