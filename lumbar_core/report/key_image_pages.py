"""Key images as pages of their own, with marks, caption and notice: for archives that take pictures."""

from __future__ import annotations

import io
from collections.abc import Mapping

from reportlab.pdfgen.canvas import Canvas

from lumbar_core.report.headline import review_status
from lumbar_core.report.key_image import KeyPicture, PictureKey, build_key_images
from lumbar_core.report.language import ENGLISH, _, speaking
from lumbar_core.report.letters import BOLD
from lumbar_core.report.pdf_grid import INK, PAPER
from lumbar_core.report.pdf_images import IMAGE_HEIGHT, draw_images, height_with_caption
from lumbar_core.report.pdf_text import draw_text, line_height, wrap
from lumbar_core.report.result import INTENDED_USE, StudyResult

_ENLARGED = 2.5
_EDGE, _SMALL = 6.0, 4.5


def render_key_images(
    result: StudyResult, pictures: Mapping[PictureKey, KeyPicture], language: str = ENGLISH
) -> bytes | None:
    """A PDF with one key image a page; None where there is none. The same input gives the same bytes."""
    with speaking(language):
        return _render(result, pictures)


def _render(result: StudyResult, pictures: Mapping[PictureKey, KeyPicture]) -> bytes | None:
    images = build_key_images(result, pictures)
    if not images:
        return None
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    notice = f"{review_status(result)} · {_(INTENDED_USE)}"
    for image in images:
        picture = IMAGE_HEIGHT * image.grey.shape[1] / image.grey.shape[0]
        width = picture + 2 * _EDGE
        lines = wrap(notice, picture, _SMALL, BOLD)
        captioned = height_with_caption(image, result.input.series, IMAGE_HEIGHT)
        height = captioned + 2 * _EDGE + 2.0 + line_height(_SMALL) * len(lines)
        canvas.setPageSize((_ENLARGED * width, _ENLARGED * height))
        canvas.scale(_ENLARGED, _ENLARGED)
        canvas.setFillColor(PAPER)
        canvas.rect(0, 0, width, height, stroke=0, fill=1)
        draw_images(canvas, [image], result.input.series, _EDGE, height - _EDGE, width - 2 * _EDGE)
        canvas.setFillColor(INK)
        for number, line in enumerate(reversed(lines)):
            draw_text(canvas, _EDGE, _EDGE + number * line_height(_SMALL), line, _SMALL, BOLD)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
