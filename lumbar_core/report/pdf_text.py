"""Text on a PDF page: measured, broken into lines, and in a font that has its letters.

Text is drawn as it is, never through mini-markup: a patient's name is data, not a command to the page.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import groupby

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
_VARIANTS = str.maketrans("łŁđĐħĦıς", "lLdDhHiσ")  # what Unicode does not take apart
_LEADING = 1.28


def runs(text: str, font: str = REGULAR) -> list[tuple[str, str]]:
    """The text in pieces, each with a font that has all its letters.

    A letter that no font has loses its accent, or becomes "?".
    """
    text = "".join(character if character.isprintable() else " " for character in unicodedata.normalize("NFC", text))
    if _encodes(text, "cp1252"):
        return [(text, font)]
    fonts = _fonts_for(text, font)
    shown = [_letter(character, fonts) for character in text]
    return [
        ("".join(letter for letter, _ in piece), chosen) for chosen, piece in groupby(shown, key=lambda pair: pair[1])
    ]


def _fonts_for(text: str, font: str) -> list[tuple[str, str]]:
    """Character sets and fonts in order of preference: a name stays in one eastern font if one has all of it."""
    foreign = "".join(character for character in text if not _encodes(character, "cp1252"))
    eastern = sorted(_EASTERN, key=lambda pair: not _encodes(foreign, pair[0]))
    return [("cp1252", font), *eastern]


def _letter(character: str, fonts: list[tuple[str, str]]) -> tuple[str, str]:
    decomposed = unicodedata.normalize("NFKD", character)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_VARIANTS)
    for letter in (character, bare):
        for codec, chosen in fonts:
            if letter and _encodes(letter, codec):
                return letter, chosen
    return "?", fonts[0][1]


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
    """The font, made known to reportlab where it is not one of its own."""
    if font not in (REGULAR, BOLD):
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    return font
