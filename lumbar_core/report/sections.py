"""The words of the PDF report: header, patient and study, and the sections in the order of ECOSYSTEM.md §B.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lumbar_core.anatomy import Level
from lumbar_core.choices import Choices
from lumbar_core.report.comparison import compared_sentences, compared_title
from lumbar_core.report.expected import accuracy_of, expected_differences
from lumbar_core.report.form import MOST_HEADER_LINES, ReportForm
from lumbar_core.report.impression import impression
from lumbar_core.report.language import _, counted, in_context, marked, number
from lumbar_core.report.pdf_page import BODY
from lumbar_core.report.pdf_text import line_height, wrap
from lumbar_core.report.result import SeriesUsed, StudyResult
from lumbar_core.report.wording import (
    changed_sentences,
    check_sentences,
    not_assessed_sentences,
    note_sentences,
    numbering_sentence,
    unread_sentences,
)
from lumbar_core.report.words import STRUCTURES, not_looked_for, percent, series_kind

_MOST_SENTENCES = 5  # of a section
_IN_TABLE = marked("And {count} more, in the table overleaf.")
_IN_FILE = marked("And {count} more, in the JSON result.")
_MOST_REMARK_LINES = 8


def header_lines(form: ReportForm) -> tuple[str, ...]:
    """The clinic's lines; what is too many shows as cut."""
    lines = [line.strip() for line in form.header.splitlines() if line.strip()]
    if len(lines) <= MOST_HEADER_LINES:
        return tuple(lines)
    return (*lines[: MOST_HEADER_LINES - 1], f"{lines[MOST_HEADER_LINES - 1]} …")


def technique_words(result: StudyResult) -> str:
    """The series found, and when they were graded."""
    series = ", ".join(_series_words(series) for series in result.input.series)
    graded = _("graded {time} UTC").format(time=result.program.started_at[:16].replace("T", " "))
    return f"{series or _('no series')} · {graded}"


def identity_words(result: StudyResult) -> str:
    """The patient's and the study's identifiers as in the file, and where that lies."""
    who = result.identity
    fields = {
        "{value}": who.patient_name and _name(who.patient_name),
        _("ID {value}"): who.patient_id,
        _("born {value}"): who.birth_date and _day(who.birth_date),
        _("study of {value}"): who.study_date and _day(who.study_date),
        _("accession {value}"): who.accession_number,
    }
    known = [words.replace("{value}", value) for words, value in fields.items() if value]
    return " · ".join(
        [*(known or [_("The file holds no patient data")]), _("from {path}").replace("{path}", result.input.path)]
    )


def _name(value: str) -> str:
    """A DICOM name, its spellings (in letters, in ideograms, by sound: PS3.5, 6.2.1) side by side."""
    spellings = (" ".join(group.replace("^", " ").split()) for group in value.split("="))
    return " / ".join(dict.fromkeys(filter(None, spellings)))


def _day(date: str) -> str:
    """DICOM's 20240503 as 2024-05-03; anything else as it stands."""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdigit() else date


def _series_words(series: SeriesUsed) -> str:
    images = counted("{count} image", "{count} images", series.slices).format(count=series.slices)
    return f"{series_kind(series)} ({images})"


@dataclass(frozen=True, slots=True)
class Section:
    """A title in bold and sentences right of it, each already broken into lines."""

    title: str
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """In points, with the space above it."""
        return 4.0 + line_height(BODY) * len(self.lines)


def build_sections(result: StudyResult, form: ReportForm, identity: bool, width: float) -> list[Section]:
    """What stands below the pictures, in the order of ECOSYSTEM.md §B.1; width: of a line, in points."""
    counting = " ".join(filter(None, [numbering_sentence(result.numbering), *note_sentences(result)]))
    told: list[tuple[str, Sequence[str]]] = [
        (_("Impression"), impression(result)),
        (_("Counting of levels"), [counting]),
        (_("Changed by the reader"), _shortened(changed_sentences(result), _IN_TABLE)),
        (_("To check"), _shortened(check_sentences(result), _IN_TABLE)),
        (compared_title(result), _shortened(compared_sentences(result), _IN_FILE)),
        (_("Not assessed"), _shortened(not_assessed_sentences(result), _IN_TABLE)),
        (_("Not read"), _not_read(result, identity)),
        (_("Not looked for"), [f"{not_looked_for()}."]),
        (_("Expected error"), _expected(result)),
        (_("Made by"), [_made_by(result)]),
    ]
    sections = [Section(title, tuple(_wrapped(sentences, width))) for title, sentences in told]
    sections.insert(1, Section(_("Remark"), tuple(_cut(_wrapped(form.remark.splitlines(), width)))))
    return [section for section in sections if section.lines]


def _wrapped(sentences: Sequence[str], width: float) -> list[str]:
    return [line for words in sentences for line in wrap(words, width, BODY)]


def _cut(lines: list[str]) -> list[str]:
    """A remark's lines; where there are too many, the last one says that it goes on."""
    if len(lines) <= _MOST_REMARK_LINES:
        return lines
    return [*lines[: _MOST_REMARK_LINES - 1], _("… [cut: the remark is longer than this report has room for]")]


def _shortened(sentences: Sequence[str], others: str) -> list[str]:
    """The first of many; others: where all of them are."""
    if len(sentences) <= _MOST_SENTENCES:
        return list(sentences)
    more = len(sentences) - _MOST_SENTENCES + 1
    return [*sentences[: _MOST_SENTENCES - 1], _(others).format(count=more)]


def _not_read(result: StudyResult, identity: bool) -> list[str]:
    """File names may hold a patient's name, so without identity only their number is given."""
    if identity:
        return _shortened(unread_sentences(result), _IN_FILE)
    count = len(result.input.unreadable)
    words = counted("{count} file given could not be read.", "{count} files given could not be read.", count)
    return [words.format(count=count)] if count else []


def _expected(result: StudyResult) -> list[str]:
    """How many of the grades shown will differ from a radiologist's, by the packs' own measurement."""
    known = [finding for finding in result.findings if finding.level is not Level.UNKNOWN]
    # A lone axial slice is not what they were measured on.
    graded = [finding.condition for finding in known if finding.grade is not None]
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
    return " ".join(filter(None, [made, _operating_points(result), _thresholds(result.chosen)]))


def _operating_points(result: StudyResult) -> str:
    """How grades were taken from probabilities, and in which pack where that is not the same in all."""
    packs: dict[str, list[str]] = {}
    for pack in result.packs:
        if pack.operating_point:
            packs.setdefault(pack.operating_point, []).append(pack.name)
    if not packs:
        return ""
    named = [f"{point} ({', '.join(names)})" for point, names in packs.items()] if len(packs) > 1 else list(packs)
    return _("Operating point: {names}.").format(names=", ".join(named))


def _thresholds(chosen: Choices) -> str:
    """Those that the user chose; the packs' own go without saying."""
    told = []
    if chosen.check_p_severe is not None:
        words = _("to check above {share} for Severe")
        told.append(words.format(share=percent(chosen.check_p_severe)))
    if chosen.borderline_gap is not None:
        words = _("borderline below {gap} apart")
        told.append(words.format(gap=percent(chosen.borderline_gap)))
    return _("Thresholds chosen by the user: {chosen}.").format(chosen="; ".join(told)) if told else ""


def build_packs_section(result: StudyResult, width: float) -> Section:
    """The packs with their digests in full."""
    digests = [f"{pack.name} {pack.version}: SHA-256 {pack.digest}" for pack in result.packs]
    return Section(_("Model packs"), tuple(_wrapped(digests, width)))
