"""StudyResult to a PDF report: one A4 page, a second only where the reasons need it."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from lumbar_core.anatomy import Level
from lumbar_core.report.grid import build_grid
from lumbar_core.report.key_image import KeyImage, Mark, PictureKey, build_key_images
from lumbar_core.report.pdf_grid import COLOURS, DIM, INK, LINE, PAPER, draw_grid, draw_shape, grid_height
from lumbar_core.report.pdf_text import BOLD, REGULAR, draw_centred, draw_text, line_height, text_width, wrap
from lumbar_core.report.result import INTENDED_USE, NOT_LOOKED_FOR, SeriesUsed, StudyResult
from lumbar_core.report.wording import (
    describe,
    headline,
    name,
    not_assessed_sentences,
    numbering_sentence,
    review_status,
    root,
    second_line,
)
from lumbar_core.study import Pixels

_WIDTH, _HEIGHT = A4
_MARGIN = 42.0
_INNER = _WIDTH - 2 * _MARGIN
_BOTTOM = 58.0  # the footer lies below
_HEADLINE, _BODY, _SMALL = 15.0, 8.5, 7.5
_IMAGE_HEIGHT = 196.0
_MOST_SPELLED_OUT = 6


def render_pdf(result: StudyResult, pictures: Mapping[PictureKey, Pixels], identity: bool = False) -> bytes:
    """The report as a PDF; the same input gives the same bytes.

    pictures: whole pictures by (series id, file, frame), at least those that `key_pictures` names; what is
              missing is left out of the page. identity: with the patient's and the study's identifiers.
    """
    pages = _draw(result, pictures, identity, of=1)[1]
    return _draw(result, pictures, identity, of=pages)[0]


def _draw(result: StudyResult, pictures: Mapping[PictureKey, Pixels], identity: bool, of: int) -> tuple[bytes, int]:
    """The bytes and the number of pages; drawn twice, because "page 1/n" needs n."""
    buffer = io.BytesIO()
    page = _Page(Canvas(buffer, pagesize=A4, invariant=1), of)
    page.canvas.setTitle("Lumbar MRI, program output")
    page.canvas.setCreator(f"{result.program.name} {result.program.version}")
    _draw_status(page, result)
    _draw_identity(page, result, identity)
    _draw_headline(page, result)
    _draw_findings(page, result)
    _draw_key_images(page, result, build_key_images(result, pictures))
    _draw_remarks(page, result, identity)
    page.finish()
    return buffer.getvalue(), page.number


class _Page:
    """A canvas with the height reached on it; starts a further page when a block does not fit."""

    def __init__(self, canvas: Canvas, of: int) -> None:
        self.canvas = canvas
        self.number = 1
        self.y = _HEIGHT - 36.0
        self._of = of

    def room(self, height: float) -> None:
        """Go on overleaf where less than `height` points are left."""
        if self.y - height < _BOTTOM:
            self._draw_footer()
            self.canvas.showPage()
            self.number += 1
            self.y = _HEIGHT - 36.0

    def write(self, text: str, size: float, font: str = REGULAR, indent: float = 0.0) -> None:
        """A paragraph."""
        for line in wrap(text, _INNER - indent, size, font):
            self.room(line_height(size))
            self.y -= line_height(size)
            draw_text(self.canvas, _MARGIN + indent, self.y, line, size, font)

    def finish(self) -> None:
        """Close the last page and the document."""
        self._draw_footer()
        self.canvas.showPage()
        self.canvas.save()

    def _draw_footer(self) -> None:
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(_MARGIN, 46, _WIDTH - _MARGIN, 46)
        self.canvas.setFillColor(INK)
        draw_text(self.canvas, _MARGIN, 34, INTENDED_USE, _BODY, BOLD)
        number = f"page {self.number}/{self._of}"
        draw_text(self.canvas, _WIDTH - _MARGIN - text_width(number, _BODY), 34, number, _BODY)


def _draw_status(page: _Page, result: StudyResult) -> None:
    page.canvas.setFillColor(INK)
    page.canvas.rect(_MARGIN, page.y - 18, _INNER, 18, stroke=0, fill=1)
    page.canvas.setFillColor(PAPER)
    draw_centred(page.canvas, _WIDTH / 2, page.y - 12.5, review_status(result).upper(), 9, BOLD)
    page.y -= 18


def _draw_identity(page: _Page, result: StudyResult, identity: bool) -> None:
    page.y -= 4
    page.canvas.setFillColor(DIM)
    page.write(" · ".join(_identifiers(result) if identity else [f"Study {result.study_key}"]), _BODY)
    series = ", ".join(_series_words(series) for series in result.input.series)
    page.write(f"{series or 'no series'} · graded {result.program.started_at[:16].replace('T', ' ')} UTC", _BODY)


def _identifiers(result: StudyResult) -> list[str]:
    who = result.identity
    fields = {
        "": who.patient_name and who.patient_name.replace("^", " ").strip(),
        "ID ": who.patient_id,
        "born ": who.birth_date and _day(who.birth_date),
        "study of ": who.study_date and _day(who.study_date),
        "accession ": who.accession_number,
    }
    known = [f"{label}{value}" for label, value in fields.items() if value]
    return [*(known or ["The file holds no patient data"]), f"from {result.input.path}"]


def _day(date: str) -> str:
    """DICOM's 20240503 as 2024-05-03; anything else as it stands."""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdigit() else date


def _series_words(series: SeriesUsed) -> str:
    weighting = "" if series.weighting == "unknown" else f" {series.weighting}"
    return f"{series.plane}{weighting} ({series.slices} {'image' if series.slices == 1 else 'images'})"


def _draw_headline(page: _Page, result: StudyResult) -> None:
    """Headline and scope are one text in one size: "No degeneration" never stands larger than its limits."""
    worst = result.worst_grade
    page.y -= 8
    page.canvas.setFillColor(COLOURS[worst] if worst else INK)
    page.write(headline(result), _HEADLINE, BOLD)
    page.y -= 4
    page.canvas.setFillColor(INK)
    page.write(second_line(result), 9)


def _draw_findings(page: _Page, result: StudyResult) -> None:
    grid = build_grid(result)
    if not grid.columns:
        return
    page.y -= 12
    draw_grid(page.canvas, grid, _MARGIN, page.y, _INNER)
    page.y -= grid_height(grid)


def _draw_key_images(page: _Page, result: StudyResult, images: tuple[KeyImage, ...]) -> None:
    if not images:
        return
    page.room(_IMAGE_HEIGHT + 24)
    page.y -= 8
    gap = 10.0
    scales = [_IMAGE_HEIGHT / image.grey.shape[0] for image in images]
    widths = [scale * image.grey.shape[1] for scale, image in zip(scales, images, strict=True)]
    shrink = min(1.0, (_INNER - gap * (len(images) - 1)) / sum(widths))
    x, words = _MARGIN, {series.id: series for series in result.input.series}
    for image, scale, width in zip(images, scales, widths, strict=True):
        _draw_image(page.canvas, image, x, page.y, scale * shrink)
        page.canvas.setFillColor(DIM)
        caption = _caption(image, words.get(image.key[0]))
        draw_text(page.canvas, x, page.y - _IMAGE_HEIGHT * shrink - 9, caption, _SMALL)
        x += width * shrink + gap
    page.y -= _IMAGE_HEIGHT * shrink + 12


def _caption(image: KeyImage, series: SeriesUsed | None) -> str:
    """ "Sagittal T1, left": plane, weighting, and the side where all marks share one."""
    words = "" if series is None else f"{series.plane} {series.weighting}".replace(" unknown", "")
    sides = {mark.finding.side for mark in image.marks}
    side = sides.pop() if len(sides) == 1 else None
    return words[:1].upper() + words[1:] + (f", {side.value}" if side else "")


def _draw_image(canvas: Canvas, image: KeyImage, x: float, top: float, scale: float) -> None:
    rows, columns = image.grey.shape
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(x, top - rows * scale, columns * scale, rows * scale)
    canvas.clipPath(frame, stroke=0, fill=0)
    canvas.drawImage(ImageReader(Image.fromarray(image.grey)), x, top - rows * scale, columns * scale, rows * scale)
    for mark in image.marks:
        centre = x + (mark.column + 0.5) * scale, top - (mark.row + 0.5) * scale
        same_level = [other.column for other in image.marks if other.finding.level is mark.finding.level]
        _draw_mark(canvas, mark, *centre, scale)
        _draw_label(canvas, mark, mark.column < max(same_level), *centre, scale)
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


def _draw_label(canvas: Canvas, mark: Mark, leftmost: bool, x: float, y: float, scale: float) -> None:
    """Shape and level beside the bracket, on the side away from the marks of the same level."""
    grade = mark.finding.grade
    if grade is None:
        return
    text = "" if mark.finding.level is Level.UNKNOWN else mark.finding.level.value
    width = text_width(text, 6.5) + 13
    away = max(mark.half_px * scale, 5.0) + 4
    left = x - away - width if leftmost else x + away
    canvas.setFillColor(INK)
    canvas.roundRect(left, y - 4.5, width, 9, 2, stroke=0, fill=1)
    canvas.setFillColor(PAPER)
    canvas.setStrokeColor(PAPER)
    draw_shape(canvas, grade, left + 5, y, 2.6)
    draw_text(canvas, left + 10, y - 2.3, text, 6.5)


def _draw_remarks(page: _Page, result: StudyResult, identity: bool) -> None:
    counting = [numbering_sentence(result.numbering), *result.notes]
    _draw_section(page, "Counting of levels", [" ".join(filter(None, counting))])
    _draw_section(page, "Gravest findings", _gravest(result))
    checks = [f"{name(finding)}: {' '.join(finding.check_reasons)}".rstrip(": ") for finding in result.to_check]
    _draw_section(page, "To check", [text[:1].upper() + text[1:] for text in checks])
    _draw_section(page, "Not assessed", list(not_assessed_sentences(result)))
    _draw_section(page, "Not read", _not_read(result, identity))
    _draw_section(page, "Not looked for", [", ".join(NOT_LOOKED_FOR) + "."])
    _draw_section(page, "Made by", [_made_by(result)])


def _draw_section(page: _Page, title: str, sentences: list[str]) -> None:
    sentences = [sentence for sentence in sentences if sentence]
    if not sentences:
        return
    page.room(3 * line_height(_BODY))
    page.y -= 4
    page.canvas.setFillColor(INK)
    top = page.y - line_height(_BODY)
    draw_text(page.canvas, _MARGIN, top, title, _BODY, BOLD)
    for sentence in sentences:
        page.write(sentence, _BODY, indent=92.0)


def _gravest(result: StudyResult) -> list[str]:
    """The severe findings (the moderate where none is severe) as sentences, with the root concerned."""
    worst = result.worst_grade
    if not worst:
        return []
    same = [finding for finding in result.assessed if finding.grade is worst]
    sentences = []
    for finding in same[:_MOST_SPELLED_OUT]:
        concerned = root(finding, result.numbering)
        sentences.append(describe(finding) + (f" {concerned[:1].upper()}{concerned[1:]}." if concerned else ""))
    more = len(same) - len(sentences)
    return [*sentences, f"And {more} more, in the grid above."] if more else sentences


def _not_read(result: StudyResult, identity: bool) -> list[str]:
    """File names may hold a patient's name, so without identity only their number is given."""
    unreadable = result.input.unreadable
    if identity:
        return [f"{file.path}: {file.finding} {file.remedy}" for file in unreadable]
    return [f"{len(unreadable)} of the files given could not be read."] if unreadable else []


def _made_by(result: StudyResult) -> str:
    packs = "; ".join(
        f"{pack.name} {pack.version} (SHA-256 {pack.digest[:12]}"
        + (f", operating point {pack.operating_point})" if pack.operating_point else ")")
        for pack in result.packs
    )
    program = f"{result.program.name} {result.program.version} on {result.program.provider}"
    return f"{program}. Model packs: {packs or 'none'}."
