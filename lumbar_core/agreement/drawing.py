"""A plot as lines, boxes, dots and words, so that one plot stands on the PDF page and in the HTML alike.

Coordinates are points from the upper left corner, downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from lumbar_core.report.letters import BOLD, REGULAR
from lumbar_core.report.pdf_text import draw_text, text_width

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: float = 0.8
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A mark: a filled circle, or a square, so that two readers differ in grey print too."""

    x: float
    y: float
    radius: float
    colour: str
    square: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text with its base line at y."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: Anchor = "start"
    bold: bool = False


Mark = Line | Box | Dot | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot of this size; title: what it shows, for whoever cannot see it."""

    title: str
    width: float
    height: float
    marks: Sequence[Mark]


_PIXELS = 1.6  # a point of a drawing on a web page: its letters of 8 points are then as large as the page's


def to_svg(drawing: Drawing) -> str:
    """The plot as an SVG element, to stand in an HTML page."""
    width, height = drawing.width, drawing.height
    shown = f'width="{_PIXELS * width:g}" height="{_PIXELS * height:g}"'
    size = f'viewBox="0 0 {width:g} {height:g}" {shown}'
    inner = "".join(_svg(mark) for mark in drawing.marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}><title>{escape(drawing.title)}</title>{inner}</svg>'
    )


def draw_on(canvas: Canvas, drawing: Drawing, left: float, top: float) -> None:
    """The plot on a PDF page, its upper left corner at (left, top) of the page."""
    canvas.saveState()
    for mark in drawing.marks:
        _draw(canvas, mark, left, top)
    canvas.restoreState()


def _svg(mark: Mark) -> str:
    match mark:
        case Line(x1, y1, x2, y2, colour, width, dashed):
            dash = ' stroke-dasharray="2 2"' if dashed else ""
            ends = f'x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}"'
            return f'<line {ends} stroke="{colour}" stroke-width="{width:g}"{dash}/>'
        case Box(x, y, width, height, fill):
            return f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{fill}"/>'
        case Dot(x, y, radius, colour, True):
            corner = f'x="{x - radius:.2f}" y="{y - radius:.2f}"'
            return f'<rect {corner} width="{2 * radius:g}" height="{2 * radius:g}" fill="{colour}"/>'
        case Dot(x, y, radius, colour):
            return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:g}" fill="{colour}"/>'
        case Words(x, y, text, size, colour, anchor, bold):
            weight = ' font-weight="bold"' if bold else ""
            place = f'x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" text-anchor="{anchor}"'
            return f'<text {place} fill="{colour}"{weight}>{escape(text)}</text>'


def _draw(canvas: Canvas, mark: Mark, left: float, top: float) -> None:
    match mark:
        case Line(x1, y1, x2, y2, colour, width, dashed):
            canvas.setStrokeColor(HexColor(colour))
            canvas.setLineWidth(width)
            canvas.setDash([2, 2] if dashed else [])
            canvas.line(left + x1, top - y1, left + x2, top - y2)
        case Box(x, y, width, height, fill):
            canvas.setFillColor(HexColor(fill))
            canvas.rect(left + x, top - y - height, width, height, stroke=0, fill=1)
        case Dot(x, y, radius, colour, square):
            canvas.setFillColor(HexColor(colour))
            if square:
                canvas.rect(left + x - radius, top - y - radius, 2 * radius, 2 * radius, stroke=0, fill=1)
            else:
                canvas.circle(left + x, top - y, radius, stroke=0, fill=1)
        case Words(x, y, text, size, colour, anchor, bold):
            font = BOLD if bold else REGULAR
            back = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * text_width(text, size, font)
            canvas.setFillColor(HexColor(colour))
            draw_text(canvas, left + x - back, top - y, text, size, font)
