"""The table of all findings on a PDF page: grades by shape and word, readable in grey print."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lumbar_core.anatomy import Severity
from lumbar_core.report.language import _, in_context
from lumbar_core.report.letters import BOLD, REGULAR
from lumbar_core.report.pdf_grid import COLOURS, DIM, INK, LINE, draw_shape
from lumbar_core.report.pdf_page import MARGIN, Page
from lumbar_core.report.pdf_text import draw_text, text_width, wrap
from lumbar_core.report.table import Row
from lumbar_core.report.words import grade_word

_TITLE, _NOTE, _TEXT, _HEAD, _LINE = 11.0, 8.0, 7.2, 6.2, 8.8
_SHAPE, _PAD, _GAP = 3.0, 2.6, 5.0
# The most that structure, level, grade, three probabilities, slice and whose grade take; the remarks have what is left.
_WIDEST = (88.0, 34.0, 60.0, 48.0, 48.0, 48.0, 60.0, 52.0)
_GRADE = 2  # the column that the shape stands in


def draw_table(page: Page, rows: Sequence[Row]) -> None:
    """Draw the table of one row or more from the page's height down, on further pages where it needs them, each with
    its heads.
    """
    widths = _widths(rows, page.inner)
    page.y -= 20.0
    page.canvas.setFillColor(INK)
    draw_text(page.canvas, MARGIN, page.y, _("All findings"), _TITLE, BOLD)
    page.canvas.setFillColor(DIM)
    page.y -= 4.0
    page.write(_("The grade shown, the program's probability of each grade, and the slice that it stands on."), _NOTE)
    _draw_heads(page, widths)
    before: Row | None = None
    for row in rows:
        cells = [
            _lines(words, width, number) for number, (words, width) in enumerate(zip(_words(row), widths, strict=True))
        ]
        if page.room(_height(cells)):
            _draw_heads(page, widths)
        elif before is not None:
            _draw_rule(page, before.structure != row.structure)
        _draw_row(page, row, cells, widths)
        before = row


def _widths(rows: Sequence[Row], inner: float) -> tuple[float, ...]:
    """Of the columns: as their words need, so that the remarks, which have most to say, break into fewest lines."""
    columns = zip(*map(_words, rows), strict=True)
    needed = []
    for number, (words, head, widest) in enumerate(zip(columns, _heads(), _WIDEST, strict=False)):
        font = BOLD if number == _GRADE else REGULAR
        longest = max(
            text_width(head, _HEAD, BOLD), _beside_shape(number) + max(text_width(w, _TEXT, font) for w in words)
        )
        needed.append(min(widest, math.ceil(longest + _GAP)))
    return (*needed, inner - sum(needed))


def _words(row: Row) -> tuple[str, ...]:
    shares = row.shares or ("–",) * len(Severity)
    return (row.structure, row.level, row.grade, *shares, row.place or "–", row.opinion, row.remarks)


def _beside_shape(column: int) -> float:
    """How far right of its column's edge a cell's words begin."""
    return 2 * _SHAPE + 3.0 if column == _GRADE else 0.0


def _lines(words: str, width: float, column: int) -> list[str]:
    return wrap(words, width - _GAP - _beside_shape(column), _TEXT)


def _height(cells: Sequence[Sequence[str]]) -> float:
    return max(1, *(len(lines) for lines in cells)) * _LINE + 2 * _PAD


def _heads() -> tuple[str, ...]:
    return (
        in_context("head", "Structure"),
        in_context("head", "Level"),
        in_context("head", "Grade"),
        *map(grade_word, Severity),
        in_context("head", "Slice"),
        in_context("head", "Said by"),
        in_context("head", "Remarks"),
    )


def _draw_heads(page: Page, widths: Sequence[float]) -> None:
    cells = [wrap(words, width - _GAP, _HEAD, BOLD) for words, width in zip(_heads(), widths, strict=True)]
    page.y -= 4.0
    page.canvas.setFillColor(DIM)
    x = MARGIN
    for lines, width in zip(cells, widths, strict=True):
        for number, line in enumerate(lines):
            draw_text(page.canvas, x, page.y - _PAD - _LINE * (number + 0.8), line, _HEAD, BOLD)
        x += width
    page.y -= _height(cells)
    _draw_rule(page, heavy=True)


def _draw_rule(page: Page, heavy: bool) -> None:
    page.canvas.setStrokeColor(DIM if heavy else LINE)
    page.canvas.setLineWidth(0.7 if heavy else 0.4)
    page.canvas.line(MARGIN, page.y, page.width - MARGIN, page.y)


def _draw_row(page: Page, row: Row, cells: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
    grade, x = row.finding.shown_grade, MARGIN
    for column, (lines, width) in enumerate(zip(cells, widths, strict=True)):
        is_grade = column == _GRADE and grade is not None
        page.canvas.setFillColor(COLOURS[grade] if is_grade and grade is not None else DIM if grade is None else INK)
        if is_grade and grade is not None:
            page.canvas.setStrokeColor(COLOURS[grade])
            draw_shape(page.canvas, grade, x + _SHAPE, page.y - _PAD - _LINE * 0.5, _SHAPE)
        font = BOLD if is_grade and grade is Severity.SEVERE else REGULAR
        left = x + _beside_shape(column)
        for number, line in enumerate(lines):
            draw_text(page.canvas, left, page.y - _PAD - _LINE * (number + 0.78), line, _TEXT, font)
        x += width
    page.y -= _height(cells)
