"""Text on a PDF page: measured, broken into lines, and in a font that has its letters.

Text is drawn as it is, never through mini-markup: a patient's name is data, not a command to the page.
"""

from __future__ import annotations

from functools import cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from lumbar_core.report.letters import EMBEDDED, REGULAR, font_file, legible, runs

_LEADING = 1.28


def line_height(size: float) -> float:
    """From base line to base line, in points."""
    return size * _LEADING


def wrap(text: str, width: float, size: float, font: str = REGULAR) -> list[str]:
    """Lines no wider than `width` points; a word longer than a line is cut."""
    lines: list[str] = []
    current = ""
    for word in legible(text).split():
        for piece in _pieces(word, width, size, font):
            longer = f"{current} {piece}".strip()
            if current and text_width(longer, size, font) > width:
                lines.append(current)
                current = piece
            else:
                current = longer
    return [*lines, current] if current else lines


def text_width(text: str, size: float, font: str = REGULAR) -> float:
    """Width in points, in the fonts that `runs` chooses."""
    widths = (pdfmetrics.stringWidth(piece, _registered(chosen), size) for piece, chosen in runs(text, font))
    return float(sum(widths))


def draw_text(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
    """Draw one line with its base line at (x, y)."""
    for piece, chosen in runs(text, font):
        canvas.setFont(_registered(chosen), size)
        canvas.drawString(x, y, piece)
        x += pdfmetrics.stringWidth(piece, chosen, size)


def draw_centred(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
    """Draw one line centred on x."""
    draw_text(canvas, x - text_width(text, size, font) / 2, y, text, size, font)


def fitted(text: str, width: float, size: float, font: str = REGULAR) -> str:
    """The text, cut with "…" where it is wider than `width`."""
    text = legible(text)
    if text_width(text, size, font) <= width:
        return text
    while text and text_width(f"{text}…", size, font) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _pieces(word: str, width: float, size: float, font: str) -> list[str]:
    pieces, piece = [], ""
    for character in word:
        if piece and text_width(piece + character, size, font) > width:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]


@cache
def _registered(font: str) -> str:
    """The font, made known to reportlab where it is not one of its own."""
    if font in EMBEDDED.values():
        pdfmetrics.registerFont(TTFont(font, font_file(font)))
    elif font not in EMBEDDED:
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    return font
