"""The text that stands on the pages of a PDF."""

from __future__ import annotations

import base64
import re
import zlib

import pypdfium2

STREAM = re.compile(rb"/Length \d+\s*>>\s*stream\r?\n(.*?)endstream", re.DOTALL)
_TEXT = re.compile(rb"\(((?:[^()\\]|\\.)*)\) Tj")
_ESCAPE = re.compile(rb"\\(\d{3}|.)")


def pages(pdf):
    """The text of every page, its drawn strings joined by blanks."""
    texts = []
    for stream in STREAM.findall(pdf):
        try:
            content = zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue
        if b" Tj" in content:
            texts.append(" ".join(_unescape(found) for found in _TEXT.findall(content)))
    return texts


def _unescape(text):
    def one(match):
        code = match.group(1)
        return bytes([int(code, 8)]) if code.isdigit() else code

    return _ESCAPE.sub(one, text).decode("cp1252")


def extracted(pdf):
    """The text of every page as a reader of PDF finds and copies it."""
    document = pypdfium2.PdfDocument(pdf)
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


def drawn(pdf):
    """Every piece of text by page: left edge, base line, width, and the words, in points."""
    found = []
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        text, lines = page.get_textpage(), []
        for index in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(index)
            lines.append((left, round(bottom), right - left, text.get_text_bounded(left, bottom, right, top)))
        found.append(lines)
    document.close()
    return found


def image_boxes(pdf):
    """Left, bottom, right and top of every picture by page, in points."""
    document = pypdfium2.PdfDocument(pdf)
    kind = pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    found = [[each.get_bounds() for each in page.get_objects(filter=[kind])] for page in document]
    document.close()
    return found


def text_boxes(pdf):
    """Left, bottom, right and top of every piece of text by page, in points."""
    document = pypdfium2.PdfDocument(pdf)
    texts = [page.get_textpage() for page in document]
    found = [[text.get_rect(index) for index in range(text.count_rects())] for text in texts]
    document.close()
    return found
