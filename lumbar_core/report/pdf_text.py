"""Text on a PDF page: measured, broken into lines, and in a font that has its letters.

Text is drawn as it is, never through mini-markup: a patient's name is data, not a command to the page.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"

# Fonts that every reader of PDF brings along, by the character set whose letters they hold. The first has
# Greek and Cyrillic too. Nothing is bundled: only a patient's name can ever need them.
_EASTERN: tuple[tuple[str, str], ...] = (
    ("gb2312", "STSong-Light"),
    ("shift_jis", "HeiseiMin-W3"),
    ("euc_kr", "HYSMyeongJo-Medium"),
)
_STROKED = str.maketrans("łŁđĐħĦı", "lLdDhHi")  # accents that Unicode does not take apart
_LEADING = 1.28


def printable(text: str, font: str = REGULAR) -> tuple[str, str]:
    """The text and a font that has all its letters: as it is, else without accents, else with "?" for the rest."""
    text = "".join(character if character.isprintable() else " " for character in unicodedata.normalize("NFC", text))
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).translate(_STROKED)
    for words in (text, bare):
        for codec, chosen in (("cp1252", font), *_EASTERN):
            if _encodes(words, codec):
                return words, chosen if chosen == font else _registered(chosen)
    return bare.encode("cp1252", "replace").decode("cp1252"), font


def line_height(size: float) -> float:
    """From base line to base line, in points."""
    return size * _LEADING


def wrap(text: str, width: float, size: float, font: str = REGULAR) -> list[str]:
    """Lines no wider than `width` points; a word longer than a line is cut."""
    lines: list[str] = []
    current = ""
    for word in text.split():
        for piece in _pieces(word, width, size, font):
            longer = f"{current} {piece}".strip()
            if current and text_width(longer, size, font) > width:
                lines.append(current)
                current = piece
            else:
                current = longer
    return [*lines, current] if current else lines


def text_width(text: str, size: float, font: str = REGULAR) -> float:
    """Width in points, in the font that `printable` chooses."""
    shown, chosen = printable(text, font)
    return float(pdfmetrics.stringWidth(shown, chosen, size))


def draw_text(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
    """Draw one line with its base line at (x, y)."""
    shown, chosen = printable(text, font)
    canvas.setFont(chosen, size)
    canvas.drawString(x, y, shown)


def draw_centred(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
    """Draw one line centred on x."""
    draw_text(canvas, x - text_width(text, size, font) / 2, y, text, size, font)


def fitted(text: str, width: float, size: float, font: str = REGULAR) -> str:
    """The text, cut with "…" where it is wider than `width`."""
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


def _encodes(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _registered(font: str) -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(font))
    return font
