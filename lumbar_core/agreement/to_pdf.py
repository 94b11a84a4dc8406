"""The agreement report as one A4 page."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

import lumbar_core
from lumbar_core.agreement.comparison import Comparison, Kind
from lumbar_core.agreement.drawing import Drawing, draw_on
from lumbar_core.agreement.plots import DIM, INK, RULE, agreement_by_level, reader_biases, table_drawing
from lumbar_core.agreement.report import AgreementReport
from lumbar_core.agreement.sheet import Part
from lumbar_core.agreement.wording import (
    METHOD,
    TITLE,
    bias_sentences,
    disputed_sentence,
    published_sentence,
    sittings_sentence,
    with_interval,
)
from lumbar_core.report.letters import BOLD, REGULAR
from lumbar_core.report.pdf_text import draw_text, fitted, line_height, text_width, wrap
from lumbar_core.report.result import INTENDED_USE

_WIDTH, _HEIGHT = A4
_MARGIN, _BOTTOM = 42.0, 50.0
_INNER = _WIDTH - 2 * _MARGIN
_BODY, _CELL, _SMALL = 8.0, 7.5, 7.0
_MOST_ROWS, _MOST_TABLES, _MOST_DISPUTED = 9, 5, 5

# The columns of the page's table: heading and figure. Each holds "100 % (66 to 100 %)" or "-0.02 (-0.14 to 0.10)".
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("same grade", "percent_agreement"),
    ("kappa, linear", "kappa_linear"),
    ("AC2, linear", "ac2_linear"),
    ("on Moderate", "specific_moderate"),
    ("on Severe", "specific_severe"),
)
_COUNT, _COLUMN = 36.0, 74.0
_FIRST = _INNER - _COUNT - _COLUMN * len(_COLUMNS)


def render_pdf(report: AgreementReport) -> bytes:
    """The page; the same report gives the same bytes. What does not fit is in the HTML page."""
    buffer = io.BytesIO()
    page = _Page(Canvas(buffer, pagesize=A4, invariant=1))
    page.canvas.setTitle(TITLE)
    page.canvas.setCreator(f"Lumbar MRI {lumbar_core.__version__}")
    page.write(TITLE, 15, BOLD)
    page.y -= 3
    page.write(sittings_sentence(report), _BODY, colour=DIM)
    _draw_table(page, report)
    for words in bias_sentences(report):
        page.write(words, _BODY, BOLD)
    _draw_plots(page, report)
    _draw_list(page, "Look at together", [disputed_sentence(each) for each in report.disputed[:_MOST_DISPUTED]])
    _draw_list(page, "In print", [published_sentence()])
    page.finish()
    return buffer.getvalue()


class _Page:
    """The canvas and the height reached on it; what would reach the footer is left out."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.y = _HEIGHT - 36.0

    def write(self, text: str, size: float, font: str = REGULAR, *, indent: float = 0.0, colour: str = INK) -> None:
        """A paragraph, if there is room for all of it."""
        lines = wrap(text, _INNER - indent, size, font)
        if not self.has_room(len(lines) * line_height(size)):
            return
        self.canvas.setFillColor(HexColor(colour))
        for line in lines:
            self.y -= line_height(size)
            draw_text(self.canvas, _MARGIN + indent, self.y, line, size, font)

    def has_room(self, height: float) -> bool:
        """Whether so many points are left."""
        return bool(self.y - height >= _BOTTOM)

    def place(self, drawings: Sequence[Drawing | None], gap: float = 16.0) -> None:
        """Drawings side by side."""
        shown = [each for each in drawings if each is not None]
        if not shown or not self.has_room(max(each.height for each in shown)):
            return
        left = _MARGIN
        for each in shown:
            draw_on(self.canvas, each, left, self.y)
            left += each.width + gap
        self.y -= max(each.height for each in shown)

    def finish(self) -> None:
        self.canvas.setStrokeColor(HexColor(RULE))
        self.canvas.setLineWidth(0.6)
        self.canvas.line(_MARGIN, 42, _WIDTH - _MARGIN, 42)
        self.canvas.setFillColor(HexColor(INK))
        draw_text(self.canvas, _MARGIN, 30, INTENDED_USE, _BODY, BOLD)
        self.canvas.showPage()
        self.canvas.save()


def _draw_table(page: _Page, report: AgreementReport) -> None:
    page.y -= 8
    _row(page, "", "structures", [heading for heading, _ in _COLUMNS], BOLD, DIM)
    for each in _chosen(report):
        whole = each.part(Part())
        cells = [with_interval(whole.figures[name], name) for _, name in _COLUMNS]
        _row(page, f"{each.first.name} and {each.second.name}", str(whole.structures), cells, REGULAR, INK)
    if report.many is not None:
        words = with_interval(report.many.parts[Part()], "kappa")
        page.y -= 3
        page.write(f"All of {', '.join(report.many.readers)} (Fleiss' kappa): {words}", _BODY)
    page.y -= 4
    page.write(METHOD[0], _SMALL, colour=DIM)
    page.y -= 6


def _chosen(report: AgreementReport) -> list[Comparison]:
    """The comparisons on the page: some of every kind before any kind fills it, readers among each other first."""
    seen: dict[Kind, int] = {}
    ranked = []
    for index, each in enumerate(report.comparisons):
        before = seen.get(each.kind, 0)
        seen[each.kind] = before + 1
        ranked.append((before - (each.kind is Kind.READERS), index))
    kept = {index for _, index in sorted(ranked)[:_MOST_ROWS]}
    return [each for index, each in enumerate(report.comparisons) if index in kept]


def _row(page: _Page, first: str, count: str, cells: list[str], font: str, colour: str) -> None:
    page.y -= line_height(_BODY) + 1.5
    page.canvas.setFillColor(HexColor(colour))
    draw_text(page.canvas, _MARGIN, page.y, fitted(first, _FIRST - 6, _CELL, BOLD), _CELL, BOLD)
    for number, words in enumerate([count, *cells]):
        right = _MARGIN + _FIRST + _COUNT + number * _COLUMN
        draw_text(page.canvas, right - text_width(words, _CELL, font), page.y, words, _CELL, font)
    page.canvas.setStrokeColor(HexColor(RULE))
    page.canvas.setLineWidth(0.4)
    page.canvas.line(_MARGIN, page.y - 3, _WIDTH - _MARGIN, page.y - 3)


def _draw_plots(page: _Page, report: AgreementReport) -> None:
    page.y -= 10
    for title, drawing in (
        ("Agreement by level (AC2 with linear weights)", agreement_by_level(report, _INNER, 124.0)),
        (
            "Who grades higher, and where (grades above the mean of the other readers)",
            reader_biases(report, _INNER, 118.0),
        ),
    ):
        if drawing is not None and page.has_room(drawing.height + 20):
            page.write(title, _BODY, BOLD)
            page.y -= 6
            page.place([drawing])
            page.y -= 6
    side = (_INNER - (_MOST_TABLES - 1) * 16.0) / _MOST_TABLES
    tables = [table_drawing(each, each.part(Part()), side) for each in _chosen(report)[:_MOST_TABLES]]
    if tables and page.has_room(side):
        page.write("Structures by the grades of both: the first in rows, the second in columns", _BODY, BOLD)
        page.y -= 6
        page.place(tables)


def _draw_list(page: _Page, title: str, sentences: Sequence[str]) -> None:
    if not sentences or not page.has_room(3 * line_height(_SMALL)):
        return
    page.y -= 5
    page.canvas.setFillColor(HexColor(INK))
    draw_text(page.canvas, _MARGIN, page.y - line_height(_SMALL), title, _SMALL, BOLD)
    for words in sentences:
        page.write(words, _SMALL, indent=74.0)
