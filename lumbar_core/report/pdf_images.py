"""Key images drawn on a PDF page, with brackets outside the structures."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from lumbar_core.anatomy import Level
from lumbar_core.report.key_image import KeyImage, Mark
from lumbar_core.report.language import _, in_context
from lumbar_core.report.pdf_grid import DIM, INK, PAPER, draw_shape
from lumbar_core.report.pdf_text import draw_text, line_height, text_width, wrap
from lumbar_core.report.result import SeriesUsed
from lumbar_core.report.words import capital, series_kind

IMAGE_HEIGHT = 196.0
_GAP, _CAPTION = 10.0, 7.5
_DOTS = 1.5  # a point, about: pixels larger than that are seen as squares
_BETWEEN_ROWS = 30.0  # points, with the captions


def draw_images(
    canvas: Canvas,
    images: Sequence[KeyImage],
    series: Sequence[SeriesUsed],
    x: float,
    top: float,
    width: float,
    highest: float = IMAGE_HEIGHT,
) -> float:
    """Draw the images side by side below `top`, at most `width` points together and `highest` each.

    Returns the height taken.
    """
    height, taken = min(highest, _fitting(images, width)), 0.0
    for image in images:
        scale = height / image.grey.shape[0]
        _draw_image(canvas, image, x, top, scale)
        canvas.setFillColor(DIM)
        for number, line in enumerate(_caption_lines(image, series, height)):
            draw_text(canvas, x, top - height - 9 - number * line_height(_CAPTION), line, _CAPTION)
        taken = max(taken, height_with_caption(image, series, height))
        x += scale * image.grey.shape[1] + _GAP
    return taken


def height_with_caption(image: KeyImage, series: Sequence[SeriesUsed], height: float) -> float:
    """How many points an image takes that is drawn so high."""
    lines = len(_caption_lines(image, series, height))
    return height + (2.4 + lines * line_height(_CAPTION) if lines else 0.0)


def _caption_lines(image: KeyImage, series: Sequence[SeriesUsed], height: float) -> list[str]:
    own = next((one for one in series if one.id == image.key[0]), None)
    return wrap(_caption(image, own), height * image.grey.shape[1] / image.grey.shape[0], _CAPTION)


def draw_rows(
    canvas: Canvas,
    images: Sequence[KeyImage],
    series: Sequence[SeriesUsed],
    x: float,
    top: float,
    width: float,
    room: float,
) -> None:
    """Draw the images in the one or two rows in which they become largest, at most `room` points in all."""
    ways = [[images], *([images[:cut], images[cut:]] for cut in range(1, len(images)))]
    heights = [min(room / len(rows) - _BETWEEN_ROWS, *(_fitting(row, width) for row in rows)) for rows in ways]
    height = max(heights)
    for row in ways[heights.index(height)]:
        draw_images(canvas, row, series, x, top, width, height)
        top -= height + _BETWEEN_ROWS


def _fitting(images: Sequence[KeyImage], width: float) -> float:
    """How high images are that fill a row."""
    across: float = sum(image.grey.shape[1] / image.grey.shape[0] for image in images)
    return (width - _GAP * (len(images) - 1)) / across


def _caption(image: KeyImage, series: SeriesUsed | None) -> str:
    """ "Sagittal T1, left, slice 4 of 18": plane, weighting, the side where all marks share one, and which slice."""
    if series is None:
        return ""
    words = [capital(series_kind(series))]
    sides = {mark.finding.side for mark in image.marks}
    side = sides.pop() if len(sides) == 1 else None
    if side is not None:
        words.append(in_context("side", side.value))
    if series.slices > 1:
        words.append(_("slice {number} of {of}").format(number=image.number, of=series.slices))
    return ", ".join(words)


def _draw_image(canvas: Canvas, image: KeyImage, x: float, top: float, scale: float) -> None:
    rows, columns = image.grey.shape
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(x, top - rows * scale, columns * scale, rows * scale)
    canvas.clipPath(frame, stroke=0, fill=0)
    finer = max(1, round(scale * _DOTS))
    picture = Image.fromarray(image.grey).resize((columns * finer, rows * finer), Image.Resampling.BICUBIC)
    canvas.drawImage(ImageReader(picture), x, top - rows * scale, columns * scale, rows * scale)
    both_sides = len({mark.finding.side for mark in image.marks}) > 1
    for mark in image.marks:
        centre = x + (mark.column + 0.5) * scale, top - (mark.row + 0.5) * scale
        same_level = [other.column for other in image.marks if other.finding.level is mark.finding.level]
        _draw_mark(canvas, mark, *centre, scale)
        right = x + columns * scale
        _draw_label(canvas, mark, _label(mark, both_sides), mark.column < max(same_level), *centre, scale, (x, right))
    canvas.restoreState()


def _draw_mark(canvas: Canvas, mark: Mark, x: float, y: float, scale: float) -> None:
    """Bracket corners outside the structure, light with a dark halo."""
    half = max(mark.half_px * scale, 5.0)
    arm = half * 0.45
    for colour, width in ((INK, 2.6), (PAPER, 1.1)):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(width)
        for across in (-half, half):
            for up in (-half, half):
                canvas.line(x + across, y + up, x + across - arm * (across / half), y + up)
                canvas.line(x + across, y + up, x + across, y + up - arm * (up / half))


def _label(mark: Mark, both_sides: bool) -> str:
    level, side = mark.finding.level, mark.finding.side
    words: list[str] = [] if level is Level.UNKNOWN else [level.value]
    return " ".join([*words, in_context("side", side.value)] if both_sides and side is not None else words)


def _draw_label(
    canvas: Canvas,
    mark: Mark,
    text: str,
    leftmost: bool,
    x: float,
    y: float,
    scale: float,
    edges: tuple[float, float],
) -> None:
    """Shape and level beside the bracket, on the side away from the marks of the same level, inside the picture."""
    grade = mark.finding.shown_grade
    if grade is None:
        return
    width = text_width(text, 6.5) + 13
    away = max(mark.half_px * scale, 5.0) + 4
    left = max(edges[0], min(x - away - width if leftmost else x + away, edges[1] - width))
    canvas.setFillColor(INK)
    canvas.roundRect(left, y - 4.5, width, 9, 2, stroke=0, fill=1)
    canvas.setFillColor(PAPER)
    canvas.setStrokeColor(PAPER)
    draw_shape(canvas, grade, left + 5, y, 2.6)
    draw_text(canvas, left + 10, y - 2.3, text, 6.5)
