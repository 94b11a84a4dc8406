"""StudyResult to a PDF report: a page that sums up and is signed, then a table of every finding (ECOSYSTEM.md §B.1)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from lumbar_core.report.comparison import compared_sentences, compared_title
from lumbar_core.report.expected import accuracy_of, expected_differences
from lumbar_core.report.form import MOST_HEADER_LINES, PAPERS, ReportForm
from lumbar_core.report.grid import build_grid
from lumbar_core.report.impression import impression
from lumbar_core.report.key_image import KeyImage, KeyPicture, PictureKey, build_key_images
from lumbar_core.report.language import _, counted, in_context, number, speaking
from lumbar_core.report.pdf_grid import COLOURS, DIM, INK, LINE, draw_grid, grid_height
from lumbar_core.report.pdf_images import IMAGE_HEIGHT, draw_images
from lumbar_core.report.pdf_page import BODY, BOTTOM, MARGIN, Page
from lumbar_core.report.pdf_table import draw_table
from lumbar_core.report.pdf_text import BOLD, draw_text, line_height, text_width, wrap
from lumbar_core.report.result import SeriesUsed, StudyResult
from lumbar_core.report.table import build_rows
from lumbar_core.report.wording import (
    STRUCTURES,
    changed_sentences,
    check_sentences,
    counts_line,
    headline,
    not_assessed_sentences,
    not_looked_for,
    note_sentences,
    numbering_sentence,
    percent,
    series_kind,
    unread_sentences,
)

_HEADLINE = 15.0
_INDENT = 100.0  # of a section's sentences, right of its title
_SIGNATURE = 40.0
_LOWEST_IMAGES = 115.0  # points: lower ones would show little, and go below the table
_AROUND_IMAGES = 44.0  # space above and captions below
_MOST_SENTENCES = 5  # of a section; the table has all
_MOST_REMARK_LINES = 8

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
    page = Page(canvas, result, form, _header(form), of)
    page.canvas.setTitle(_("Lumbar MRI, program output"))
    page.canvas.setCreator(f"{result.program.name} {result.program.version}")
    _draw_identity(page, result, identity)
    _draw_headline(page, result)
    _draw_findings(page, result)
    sections = _sections(page, result, form, identity)
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
    _draw_section(page, _packs_section(page, result))
    if height < _LOWEST_IMAGES:
        left = _height_left(page, 0.0)
        _draw_key_images(page, result, images, left if left >= _LOWEST_IMAGES else IMAGE_HEIGHT)
    page.finish()
    return buffer.getvalue(), page.number


def _header(form: ReportForm) -> tuple[str, ...]:
    """The clinic's lines; what is too many shows as cut."""
    lines = [line.strip() for line in form.header.splitlines() if line.strip()]
    if len(lines) <= MOST_HEADER_LINES:
        return tuple(lines)
    return (*lines[: MOST_HEADER_LINES - 1], f"{lines[MOST_HEADER_LINES - 1]} …")


def _draw_identity(page: Page, result: StudyResult, identity: bool) -> None:
    page.y -= 4
    page.canvas.setFillColor(DIM)
    page.write(" · ".join(_identifiers(result)) if identity else _("Identity left out"), BODY)
    series = ", ".join(_series_words(series) for series in result.input.series)
    graded = _("graded {time} UTC").format(time=result.program.started_at[:16].replace("T", " "))
    page.write(f"{series or _('no series')} · {graded}", BODY)


def _identifiers(result: StudyResult) -> list[str]:
    who = result.identity
    fields = {
        "{value}": who.patient_name and who.patient_name.replace("^", " ").strip(),
        _("ID {value}"): who.patient_id,
        _("born {value}"): who.birth_date and _day(who.birth_date),
        _("study of {value}"): who.study_date and _day(who.study_date),
        _("accession {value}"): who.accession_number,
    }
    known = [words.replace("{value}", value) for words, value in fields.items() if value]
    return [*(known or [_("The file holds no patient data")]), _("from {path}").replace("{path}", result.input.path)]


def _day(date: str) -> str:
    """DICOM's 20240503 as 2024-05-03; anything else as it stands."""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdigit() else date


def _series_words(series: SeriesUsed) -> str:
    images = counted("{count} image", "{count} images", series.slices).format(count=series.slices)
    return f"{series_kind(series)} ({images})"


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


@dataclass(frozen=True, slots=True)
class _Section:
    """A title in bold and sentences right of it, each already broken into lines."""

    title: str
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        return 4.0 + line_height(BODY) * len(self.lines)


def _sections(page: Page, result: StudyResult, form: ReportForm, identity: bool) -> list[_Section]:
    """What stands below the pictures, in the order of ECOSYSTEM.md §B.1."""
    counting = " ".join(filter(None, [numbering_sentence(result.numbering), *note_sentences(result)]))
    told: list[tuple[str, Sequence[str]]] = [
        (_("Impression"), impression(result)),
        (_("Counting of levels"), [counting]),
        (_("Changed by the reader"), _shortened(changed_sentences(result))),
        (_("To check"), _shortened(check_sentences(result))),
        (compared_title(result), _shortened(compared_sentences(result))),
        (_("Not assessed"), _shortened(not_assessed_sentences(result))),
        (_("Not read"), _not_read(result, identity)),
        (_("Not looked for"), [f"{not_looked_for()}."]),
        (_("Expected error"), _expected(result)),
        (_("Made by"), [_made_by(result)]),
    ]
    width = page.inner - _INDENT
    sections = [_Section(title, tuple(_wrapped(sentences, width))) for title, sentences in told]
    sections.insert(1, _Section(_("Remark"), tuple(_cut(_wrapped(form.remark.splitlines(), width)))))
    return [section for section in sections if section.lines]


def _wrapped(sentences: Sequence[str], width: float) -> list[str]:
    return [line for words in sentences for line in wrap(words, width, BODY)]


def _cut(lines: list[str]) -> list[str]:
    """A remark's lines; where there are too many, the last one says that it goes on."""
    if len(lines) <= _MOST_REMARK_LINES:
        return lines
    return [*lines[: _MOST_REMARK_LINES - 1], _("… [cut: the remark is longer than this report has room for]")]


def _shortened(sentences: Sequence[str]) -> list[str]:
    """The first of many; the table overleaf has all."""
    if len(sentences) <= _MOST_SENTENCES:
        return list(sentences)
    more = len(sentences) - _MOST_SENTENCES + 1
    return [*sentences[: _MOST_SENTENCES - 1], _("And {count} more, in the table overleaf.").format(count=more)]


def _height_left(page: Page, below: float) -> float:
    """How high pictures may be on this page, with so many points of text below them."""
    return min(page.y - BOTTOM - below - _AROUND_IMAGES, IMAGE_HEIGHT)


def _draw_key_images(page: Page, result: StudyResult, images: tuple[KeyImage, ...], height: float) -> None:
    if images:
        page.room(height + _AROUND_IMAGES)
        page.y -= 8
        page.y -= draw_images(page.canvas, images, result.input.series, MARGIN, page.y, page.inner, height)


def _draw_section(page: Page, section: _Section) -> None:
    if not section.lines:
        return
    page.room(min(3, len(section.lines)) * line_height(BODY) + 4)
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


def _not_read(result: StudyResult, identity: bool) -> list[str]:
    """File names may hold a patient's name, so without identity only their number is given."""
    if identity:
        return _shortened(unread_sentences(result))
    count = len(result.input.unreadable)
    words = counted("{count} file given could not be read.", "{count} files given could not be read.", count)
    return [words.format(count=count)] if count else []


def _expected(result: StudyResult) -> list[str]:
    """How many of the grades shown will differ from a radiologist's, by the packs' own measurement."""
    graded = [finding.condition for finding in result.findings if finding.grade is not None]
    accuracy = accuracy_of(result)
    expected = expected_differences(graded, accuracy)
    if expected is None:
        return []
    words = _(
        "About {differ} of {of} program grades differ from a radiologist's, as measured for these packs: {shares}."
    )
    shares = ", ".join(
        f"{_(STRUCTURES[condition])} {percent(1 - accuracy[condition])}"
        for condition in STRUCTURES
        if condition in accuracy and condition in graded
    )
    differ, of = expected
    return [words.format(differ=number(differ, 1), of=of, shares=shares)]


def _made_by(result: StudyResult) -> str:
    """Program, packs, and how grades were taken from probabilities; the packs' digests stand on the last page."""
    packs = ", ".join(f"{pack.name} {pack.version}" for pack in result.packs)
    words = _("{program} {version} on {provider}. Model packs: {packs}.")
    made = words.format(
        program=result.program.name,
        version=result.program.version,
        provider=result.program.provider,
        packs=packs or in_context("packs", "none"),
    )
    points = dict.fromkeys(pack.operating_point for pack in result.packs if pack.operating_point)
    return f"{made} {_('Operating point: {names}.').format(names=', '.join(points))}" if points else made


def _packs_section(page: Page, result: StudyResult) -> _Section:
    digests = [f"{pack.name} {pack.version}: SHA-256 {pack.digest}" for pack in result.packs]
    return _Section(_("Model packs"), tuple(_wrapped(digests, page.inner - _INDENT)))
