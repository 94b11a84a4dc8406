"""The grid of findings drawn on a PDF page: told by shape and word, readable in grey print."""

from __future__ import annotations

from itertools import groupby

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from lumbar_core.anatomy import Severity
from lumbar_core.report.grid import Grid
from lumbar_core.report.language import _
from lumbar_core.report.letters import BOLD, REGULAR
from lumbar_core.report.pdf_text import draw_centred, draw_text, fitted, text_width
from lumbar_core.report.result import Finding
from lumbar_core.report.words import grade_word, level_word, short_reason

INK, DIM, LINE = HexColor("#1b2027"), HexColor("#5c6673"), HexColor("#d5dae1")
PAPER = HexColor("#ffffff")
COLOURS = {
    Severity.NORMAL_MILD: HexColor("#3f6d95"),
    Severity.MODERATE: HexColor("#8a5a00"),
    Severity.SEVERE: HexColor("#b3263a"),
}
_MODERATE_TINT = HexColor("#f3dfae")
_FLAG = HexColor("#0b74b5")

_ROW, _HEAD, _TITLE, _GAP = 27.0, 24.0, 54.0, 3.0
_SHAPE, _TEXT = 4.2, 8.0
_WIDEST_CELL = 110.0


def grid_height(grid: Grid) -> float:
    """Height in points of the grid with its heading and legend."""
    return _HEAD + _ROW * len(grid.rows) + 16.0


def draw_grid(canvas: Canvas, grid: Grid, x: float, top: float, width: float) -> None:
    """Draw the grid with its upper left corner at (x, top), at most `width` points wide."""
    cell = min((width - _TITLE) / len(grid.columns), _WIDEST_CELL)
    _draw_heads(canvas, grid, x + _TITLE, top, cell)
    for index, level in enumerate(grid.rows):
        below = top - _HEAD - _ROW * (index + 1)
        canvas.setFillColor(INK)
        title = level_word(level)
        draw_text(canvas, x, below + (_ROW - _GAP) / 2 - 3.4, title, 10, BOLD)
        for number, column in enumerate(grid.columns):
            finding = grid.cell(level, column)
            if finding is not None:
                _draw_cell(canvas, finding, x + _TITLE + cell * number, below, cell - _GAP, _ROW - _GAP)
    reviewed = any(finding.reader is not None for finding in grid.cells.values())
    _draw_legend(canvas, x + _TITLE, top - _HEAD - _ROW * len(grid.rows) - 11, reviewed)


def draw_shape(canvas: Canvas, severity: Severity, x: float, y: float, radius: float) -> None:
    """A hollow circle, a filled diamond or a filled triangle around (x, y), in the colour set for it."""
    if severity is Severity.NORMAL_MILD:
        canvas.setLineWidth(1.1)
        canvas.circle(x, y, radius * 0.8, stroke=1, fill=0)
        return
    path = canvas.beginPath()
    if severity is Severity.MODERATE:
        corners = [(x, y + radius), (x + radius, y), (x, y - radius), (x - radius, y)]
    else:
        corners = [(x, y + radius), (x + radius, y - radius * 0.8), (x - radius, y - radius * 0.8)]
    path.moveTo(*corners[0])
    for corner in corners[1:]:
        path.lineTo(*corner)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_heads(canvas: Canvas, grid: Grid, x: float, top: float, cell: float) -> None:
    number = 0
    for place, columns in groupby(grid.columns, key=lambda column: column.spoken_place):
        count = len(list(columns))
        canvas.setFillColor(INK)
        draw_centred(canvas, x + cell * (number + count / 2) - _GAP / 2, top - 8, place, 9, BOLD)
        number += count
    canvas.setFillColor(DIM)
    for number, column in enumerate(grid.columns):
        draw_centred(canvas, x + cell * (number + 0.5) - _GAP / 2, top - 19, column.spoken_title, 8.5)


def _draw_cell(canvas: Canvas, finding: Finding, x: float, y: float, width: float, height: float) -> None:
    grade = finding.shown_grade
    if grade is None:
        _draw_hatched(canvas, x, y, width, height)
        words, ink, font = short_reason(finding), DIM, REGULAR
    else:
        words, font = grade_word(grade), BOLD if grade is Severity.SEVERE else REGULAR
        ink = PAPER if grade is Severity.SEVERE else COLOURS[grade]
        _draw_ground(canvas, grade, x, y, width, height)
    canvas.setFillColor(ink)
    canvas.setStrokeColor(ink)
    if grade is None:
        draw_centred(canvas, x + width / 2, y + height / 2 - 3, fitted(words, width - 6, _TEXT), _TEXT)
    else:
        block = 2 * _SHAPE + 4 + text_width(words, _TEXT, font)
        left = x + (width - block) / 2
        draw_shape(canvas, grade, left + _SHAPE, y + height / 2, _SHAPE)
        draw_text(canvas, left + 2 * _SHAPE + 4, y + height / 2 - 3, words, _TEXT, font)
    if finding.reader is not None:
        _draw_tick(canvas, x + 3, y + height - 8, ink)
    if finding.is_to_check:
        _draw_flag(canvas, x + width - 8, y + height - 8, ink if grade is Severity.SEVERE else _FLAG)


def _draw_ground(canvas: Canvas, grade: Severity, x: float, y: float, width: float, height: float) -> None:
    grounds = {Severity.NORMAL_MILD: PAPER, Severity.MODERATE: _MODERATE_TINT, Severity.SEVERE: COLOURS[grade]}
    canvas.setFillColor(grounds[grade])
    canvas.setStrokeColor(LINE if grade is Severity.NORMAL_MILD else grounds[grade])
    canvas.setLineWidth(0.8)
    canvas.roundRect(x, y, width, height, 3, stroke=1, fill=1)


def _draw_hatched(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    canvas.saveState()
    frame = canvas.beginPath()
    frame.roundRect(x, y, width, height, 3)
    canvas.clipPath(frame, stroke=0, fill=0)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(1.2)
    for step in range(int((width + height) // 6) + 1):
        canvas.line(x + 6 * step, y, x + 6 * step - height, y + height)
    canvas.restoreState()
    canvas.setFillColor(PAPER)
    canvas.rect(x + 4, y + height / 2 - 5.5, width - 8, 11, stroke=0, fill=1)


def _draw_flag(canvas: Canvas, x: float, y: float, colour: HexColor) -> None:
    canvas.setFillColor(colour)
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(0.9)
    canvas.line(x, y - 2, x, y + 6)
    path = canvas.beginPath()
    path.moveTo(x, y + 6)
    path.lineTo(x + 6, y + 4)
    path.lineTo(x, y + 2)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_tick(canvas: Canvas, x: float, y: float, colour: HexColor) -> None:
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(1.1)
    canvas.lines([(x, y + 2.5, x + 2, y), (x + 2, y, x + 6, y + 5.5)])


def _draw_legend(canvas: Canvas, x: float, y: float, reviewed: bool) -> None:
    for severity in Severity:
        canvas.setFillColor(COLOURS[severity])
        canvas.setStrokeColor(COLOURS[severity])
        draw_shape(canvas, severity, x + 4, y + 2.6, 3.6)
        x = _say(canvas, x + 11, y, grade_word(severity))
    _draw_flag(canvas, x + 2, y, _FLAG)
    x = _say(canvas, x + 11, y, _("to be checked"))
    if reviewed:
        canvas.setFillColor(INK)
        _draw_tick(canvas, x, y, INK)
        x = _say(canvas, x + 10, y, _("reviewed by the reader"))
    canvas.setFillColor(DIM)
    _say(canvas, x, y, _("hatched: not assessed, with the reason"))


def _say(canvas: Canvas, x: float, y: float, words: str) -> float:
    """A word of the legend; returns where the next one begins."""
    draw_text(canvas, x, y, words, 7.5)
    return x + text_width(words, 7.5) + 10
