"""Which letters a page can show, and in which font (docs/decisions/0037).

Helvetica, which every reader of PDF has, for words in the letters of Windows-1252; DejaVu Sans Condensed, embedded, for
words with other letters that stand one beside the other. Scripts that join, stack or turn around take more than a font.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path

from lumbar_core.report.language import _

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"
EMBEDDED: dict[str, str] = {REGULAR: "DejaVuSansCondensed", BOLD: "DejaVuSansCondensed-Bold"}

# Fonts that a reader of PDF brings along or takes from its system, by the character set whose letters they hold.
# They are too large to embed. Only a patient's name can ever need them: nobody chose it.
EASTERN: dict[str, str] = {"gb2312": "STSong-Light", "shift_jis": "HeiseiMin-W3", "euc_kr": "HYSMyeongJo-Medium"}


def font_file(font: str) -> Path:
    """Where an embedded font lies."""
    return Path(__file__).with_name("fonts") / f"{font}.ttf"


def unprintable(text: str) -> str:
    """The letters, each once, that no font of ours has: of a text that somebody writes for a report."""
    lacking = (letter for letter in _plain(text) if not letter.isspace() and not _is_ours(letter))
    return "".join(dict.fromkeys(lacking))


def legible(text: str) -> str:
    """The text as it can be shown; where letters cannot, it says so in their place: wrong ones would be a lie."""
    if text.isascii() and text.isprintable():
        return text
    lost = _("[letters that cannot be shown here]")
    shown = ("".join(letters) if showable else lost for showable, letters in groupby(_plain(text), key=_is_showable))
    return re.sub(rf"{re.escape(lost)}(?: +{re.escape(lost)})+", lost, "".join(shown))


def runs(text: str, font: str = REGULAR) -> list[tuple[str, str]]:
    """The legible text in pieces, each with a font that has all its letters."""
    text = legible(text)
    if _is_western(text):
        return [(text, font)]
    foreign = "".join(letter for letter in text if not _is_ours(letter))
    # A name stays in one eastern font if one has all of it.
    eastern = sorted(EASTERN, key=lambda charset: not _encodes(foreign, charset))
    pairs: list[tuple[str, str]] = []
    for word in text.split(" "):
        # A blank stays with the word before it: a name in one piece is found by who searches the file.
        pairs += [(" ", pairs[-1][1])] if pairs else []
        pairs += _of_word(word, font, eastern)
    return [("".join(letter for letter, _font in run), one) for one, run in groupby(pairs, key=lambda pair: pair[1])]


def _of_word(word: str, font: str, eastern: list[str]) -> list[tuple[str, str]]:
    """Every letter with its font; a word with letters of the embedded font is in that as far as it goes."""
    foreign = any(_is_embedded(letter) and not _is_western(letter) for letter in word)
    base = EMBEDDED[font] if foreign else font

    def font_of(letter: str) -> str:
        if _is_ours(letter):
            return base if _is_embedded(letter) else font
        return EASTERN[next(charset for charset in eastern if _encodes(letter, charset))]

    return [(letter, font_of(letter)) for letter in word]


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))


def _is_ours(letter: str) -> bool:
    return _is_western(letter) or _is_embedded(letter)


def _is_western(text: str) -> bool:
    return _encodes(text, "cp1252")


def _is_embedded(letter: str) -> bool:
    return ord(letter) in _embedded_letters()


def _is_showable(letter: str) -> bool:
    return _is_ours(letter) or any(_encodes(letter, charset) for charset in EASTERN)


@cache
def _embedded_letters() -> frozenset[int]:
    """The code points of the embedded fonts; the bold one has the same."""
    from reportlab.pdfbase.ttfonts import TTFontFile  # which start-up need not wait for

    return frozenset(TTFontFile(font_file(EMBEDDED[REGULAR])).charToGlyph)


def _encodes(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
