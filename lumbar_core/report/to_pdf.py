"""StudyResult to a PDF report: a page that sums up and is signed, then a table of every finding (ECOSYSTEM.md §B.1)."""

from __future__ import annotations

import io
from collections.abc import Mapping

from reportlab.pdfgen.canvas import Canvas

from lumbar_core.report.form import PAPERS, ReportForm
from lumbar_core.report.grid import build_grid
from lumbar_core.report.headline import counts_line, headline
from lumbar_core.report.key_image import KeyImage, KeyPicture, PictureKey, build_key_images
from lumbar_core.report.language import _, speaking
from lumbar_core.report.letters import BOLD
from lumbar_core.report.pdf_grid import COLOURS, DIM, INK, LINE, draw_grid, grid_height
from lumbar_core.report.pdf_images import IMAGE_HEIGHT, draw_images, draw_rows
from lumbar_core.report.pdf_page import BODY, BOTTOM, MARGIN, Page
from lumbar_core.report.pdf_table import draw_table
from lumbar_core.report.pdf_text import draw_text, line_height, text_width
from lumbar_core.report.result import StudyResult
from lumbar_core.report.sections import (
    Section,
    build_packs_section,
    build_sections,
    header_lines,
    identity_words,
    technique_words,
)
from lumbar_core.report.table import build_rows

_HEADLINE = 15.0
_INDENT = 100.0  # of a section's sentences, right of its title
_SIGNATURE = 40.0
_TOGETHER = 8  # lines of a section that are not parted by the end of a page
_LOWEST_IMAGES = 115.0  # points: lower ones would show little, and go below the table
_AROUND_IMAGES = 44.0  # space above and captions below

PLAIN = ReportForm()


def render_pdf(
    result: StudyResult,
    pictures: Mapping[PictureKey, KeyPicture],
    identity: bool = False,
    form: ReportForm = PLAIN,
    slices: Mapping[PictureKey, int] | None = None,
) -> bytes:
    """The report as a PDF; the same input gives the same bytes.

    pictures: whole pictures by (series id, file, frame), at least those that `key_pictures` names; what is
              missing is left out of the page. identity: with the patient's and the study's identifiers.
    slices:   which slice of its series an image is, for the table.
    Raises SavingError for text of the form that cannot be printed.
    """
    form.check()
    with speaking(form.language):
        pages = _draw(result, pictures, identity, form, slices or {}, of=1)[1]
        return _draw(result, pictures, identity, form, slices or {}, of=pages)[0]


def _draw(
    result: StudyResult,
    pictures: Mapping[PictureKey, KeyPicture],
    identity: bool,
    form: ReportForm,
    slices: Mapping[PictureKey, int],
    of: int,
) -> tuple[bytes, int]:
    """The bytes and the number of pages; drawn twice, because "page 1/n" needs n."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=PAPERS[form.paper], invariant=1, lang=form.language)
    page = Page(canvas, result, form, header_lines(form), of)
    page.canvas.setTitle(_("Lumbar MRI, program output"))
    page.canvas.setCreator(f"{result.program.name} {result.program.version}")
    _draw_identity(page, result, identity)
    _draw_headline(page, result)
    _draw_findings(page, result)
    sections = build_sections(result, form, identity, page.inner - _INDENT)
    images = build_key_images(result, pictures)
    height = _height_left(page, _SIGNATURE + sum(section.height for section in sections))
    if height >= _LOWEST_IMAGES:
        _draw_key_images(page, result, images, height)
    for section in sections:
        _draw_section(page, section)
    _draw_signature(page)
    if result.findings:
        page.turn()
        draw_table(page, build_rows(result, slices))
    _draw_section(page, build_packs_section(result, page.inner - _INDENT))
    if height < _LOWEST_IMAGES:
        _draw_large_images(page, result, images)
    page.finish()
    return buffer.getvalue(), page.number


def _draw_identity(page: Page, result: StudyResult, identity: bool) -> None:
    page.y -= 4
    page.canvas.setFillColor(DIM)
    page.write(identity_words(result) if identity else _("Identity left out"), BODY)
    page.write(technique_words(result), BODY)


def _draw_headline(page: Page, result: StudyResult) -> None:
    """Headline and scope are one text in one size: "No degeneration" never stands larger than its limits."""
    worst = result.worst_grade
    page.y -= 8
    page.canvas.setFillColor(COLOURS[worst] if worst else INK)
    page.write(headline(result), _HEADLINE, BOLD)
    page.y -= 4
    page.canvas.setFillColor(INK)
    page.write(counts_line(result), 9)


def _draw_findings(page: Page, result: StudyResult) -> None:
    grid = build_grid(result)
    if not grid.columns:
        return
    page.y -= 12
    draw_grid(page.canvas, grid, MARGIN, page.y, page.inner)
    page.y -= grid_height(grid)


def _height_left(page: Page, below: float) -> float:
    """How high pictures may be on this page, with so many points of text below them."""
    return min(page.y - BOTTOM - below - _AROUND_IMAGES, IMAGE_HEIGHT)


def _draw_key_images(page: Page, result: StudyResult, images: tuple[KeyImage, ...], height: float) -> None:
    if images:
        page.room(height + _AROUND_IMAGES)
        page.y -= 8
        page.y -= draw_images(page.canvas, images, result.input.series, MARGIN, page.y, page.inner, height)


def _draw_large_images(page: Page, result: StudyResult, images: tuple[KeyImage, ...]) -> None:
    """As large as what is left of this page lets them be, or the next one."""
    if not images:
        return
    if _height_left(page, 0.0) < _LOWEST_IMAGES:
        page.turn()
    page.y -= 8
    draw_rows(page.canvas, images, result.input.series, MARGIN, page.y, page.inner, page.y - BOTTOM)


def _draw_section(page: Page, section: Section) -> None:
    if not section.lines:
        return
    whole = len(section.lines) <= _TOGETHER
    page.room((len(section.lines) if whole else 3) * line_height(BODY) + 4)
    page.y -= 4
    page.canvas.setFillColor(INK)
    draw_text(page.canvas, MARGIN, page.y - line_height(BODY), section.title, BODY, BOLD)
    for line in section.lines:
        page.room(line_height(BODY))
        page.y -= line_height(BODY)
        draw_text(page.canvas, MARGIN + _INDENT, page.y, line, BODY)


def _draw_signature(page: Page) -> None:
    """A line to sign on: what a program says is reviewed by a person with a name, or not at all."""
    page.room(_SIGNATURE)
    page.y -= _SIGNATURE - 6.0
    page.canvas.setStrokeColor(LINE)
    page.canvas.setLineWidth(0.6)
    page.canvas.setFillColor(DIM)
    for x, words, length in ((MARGIN, _("Reviewed by"), 190.0), (MARGIN + 300.0, _("Date"), 110.0)):
        draw_text(page.canvas, x, page.y, words, BODY)
        start = x + text_width(words, BODY) + 6.0
        page.canvas.line(start, page.y - 1.0, start + length, page.y - 1.0)
