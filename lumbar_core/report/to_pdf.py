"""StudyResult to a PDF report: one A4 page, a second only where the reasons need it."""

from __future__ import annotations

import io
from collections.abc import Mapping

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from lumbar_core.report.comparison import compared_sentences, compared_title
from lumbar_core.report.grid import build_grid
from lumbar_core.report.key_image import KeyImage, KeyPicture, PictureKey, build_key_images
from lumbar_core.report.pdf_grid import COLOURS, DIM, INK, LINE, PAPER, draw_grid, grid_height
from lumbar_core.report.pdf_images import IMAGE_HEIGHT, draw_images
from lumbar_core.report.pdf_text import BOLD, REGULAR, draw_centred, draw_text, line_height, text_width, wrap
from lumbar_core.report.result import INTENDED_USE, NOT_LOOKED_FOR, SeriesUsed, StudyResult
from lumbar_core.report.wording import (
    changed_sentences,
    check_sentences,
    describe,
    headline,
    not_assessed_sentences,
    numbering_sentence,
    review_status,
    root,
    second_line,
    sentence,
)

_WIDTH, _HEIGHT = A4
_MARGIN = 42.0
_INNER = _WIDTH - 2 * _MARGIN
_BOTTOM = 58.0  # the footer lies below
_HEADLINE, _BODY = 15.0, 8.5
_STATUS = 18.0
_MOST_SPELLED_OUT = 6


def render_pdf(result: StudyResult, pictures: Mapping[PictureKey, KeyPicture], identity: bool = False) -> bytes:
    """The report as a PDF; the same input gives the same bytes.

    pictures: whole pictures by (series id, file, frame), at least those that `key_pictures` names; what is
              missing is left out of the page. identity: with the patient's and the study's identifiers.
    """
    pages = _draw(result, pictures, identity, of=1)[1]
    return _draw(result, pictures, identity, of=pages)[0]


def _draw(result: StudyResult, pictures: Mapping[PictureKey, KeyPicture], identity: bool, of: int) -> tuple[bytes, int]:
    """The bytes and the number of pages; drawn twice, because "page 1/n" needs n."""
    buffer = io.BytesIO()
    page = _Page(Canvas(buffer, pagesize=A4, invariant=1), result, of)
    page.canvas.setTitle("Lumbar MRI, program output")
    page.canvas.setCreator(f"{result.program.name} {result.program.version}")
    _draw_identity(page, result, identity)
    _draw_headline(page, result)
    _draw_findings(page, result)
    _draw_key_images(page, result, build_key_images(result, pictures))
    _draw_remarks(page, result, identity)
    _draw_signature(page)
    page.finish()
    return buffer.getvalue(), page.number


class _Page:
    """A canvas with the height reached on it; starts a further page when a block does not fit."""

    def __init__(self, canvas: Canvas, result: StudyResult, of: int) -> None:
        self.canvas = canvas
        self.number = 0
        self.y = 0.0
        self._status = review_status(result).upper()
        self._study = result.study_key
        self._of = of
        self._open()

    def room(self, height: float) -> None:
        """Go on overleaf where less than `height` points are left."""
        if self.y - height < _BOTTOM:
            self._close()
            self._open()

    def write(self, text: str, size: float, font: str = REGULAR, indent: float = 0.0) -> None:
        """A paragraph, in the colour that is set."""
        for line in wrap(text, _INNER - indent, size, font):
            self.room(line_height(size))
            self.y -= line_height(size)
            draw_text(self.canvas, _MARGIN + indent, self.y, line, size, font)

    def finish(self) -> None:
        """Close the last page and the document."""
        self._close()
        self.canvas.save()

    def _open(self) -> None:
        self.number += 1
        self.y = _HEIGHT - 36.0 - _STATUS
        self.canvas.setFillColor(INK)
        self.canvas.rect(_MARGIN, self.y, _INNER, _STATUS, stroke=0, fill=1)
        self.canvas.setFillColor(PAPER)
        draw_centred(self.canvas, _WIDTH / 2, self.y + 5.5, self._status, 9, BOLD)
        self.canvas.setFillColor(INK)

    def _close(self) -> None:
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(_MARGIN, 46, _WIDTH - _MARGIN, 46)
        self.canvas.setFillColor(INK)
        draw_text(self.canvas, _MARGIN, 34, INTENDED_USE, _BODY, BOLD)
        number = f"study {self._study} · page {self.number}/{self._of}"
        draw_text(self.canvas, _WIDTH - _MARGIN - text_width(number, _BODY), 34, number, _BODY)
        self.canvas.showPage()


def _draw_identity(page: _Page, result: StudyResult, identity: bool) -> None:
    page.y -= 4
    page.canvas.setFillColor(DIM)
    page.write(" · ".join(_identifiers(result)) if identity else "Identity left out", _BODY)
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
    if images:
        page.room(IMAGE_HEIGHT + 24)
        page.y -= 8
        page.y -= draw_images(page.canvas, images, result.input.series, _MARGIN, page.y, _INNER)


def _draw_remarks(page: _Page, result: StudyResult, identity: bool) -> None:
    counting = [numbering_sentence(result.numbering), *map(sentence, result.notes)]
    _draw_section(page, "Counting of levels", [" ".join(filter(None, counting))])
    _draw_section(page, "Gravest findings", _gravest(result))
    _draw_section(page, "Changed by the reader", list(changed_sentences(result)))
    _draw_section(page, "To check", list(check_sentences(result)))
    _draw_section(page, compared_title(result).rstrip(":"), list(compared_sentences(result)))
    _draw_section(page, "Not assessed", list(not_assessed_sentences(result)))
    _draw_section(page, "Not read", _not_read(result, identity))
    _draw_section(page, "Not looked for", [", ".join(NOT_LOOKED_FOR) + "."])
    _draw_section(page, "Made by", [_made_by(result)])


def _draw_section(page: _Page, title: str, sentences: list[str]) -> None:
    sentences = [words for words in sentences if words]
    if not sentences:
        return
    page.room(3 * line_height(_BODY))
    page.y -= 4
    page.canvas.setFillColor(INK)
    top = page.y - line_height(_BODY)
    draw_text(page.canvas, _MARGIN, top, title, _BODY, BOLD)
    for words in sentences:
        page.write(words, _BODY, indent=100.0)


def _draw_signature(page: _Page) -> None:
    """A line to sign on: what a program says is reviewed by a person with a name, or not at all."""
    page.room(40.0)
    page.y -= 34.0
    page.canvas.setStrokeColor(LINE)
    page.canvas.setLineWidth(0.6)
    page.canvas.setFillColor(DIM)
    for x, words, length in ((_MARGIN, "Reviewed by", 190.0), (_MARGIN + 300.0, "Date", 110.0)):
        draw_text(page.canvas, x, page.y, words, _BODY)
        start = x + text_width(words, _BODY) + 6.0
        page.canvas.line(start, page.y - 1.0, start + length, page.y - 1.0)


def _gravest(result: StudyResult) -> list[str]:
    """The severe findings (the moderate where none is severe) as sentences, with the root concerned."""
    worst = result.worst_grade
    if not worst:
        return []
    same = [finding for finding in result.assessed if finding.shown_grade is worst]
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
