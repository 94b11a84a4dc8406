"""The report in other languages: every message has its words, and no English is left on a German page."""

from __future__ import annotations

import ast
import re
import string
from dataclasses import replace
from pathlib import Path

import pytest

import lumbar_core
from lumbar_core.anatomy import LEVELS, SEVERITY_LABELS, Level, Orientation, Side
from lumbar_core.choices import Choices
from lumbar_core.reading.dicom.refusals import _CLASS_NAMES, _MODALITY_NAMES
from lumbar_core.reading.formats import _FOREIGN, ACCEPTED, describe_foreign
from lumbar_core.report.catalogue import Entry, read_entries, translations_of
from lumbar_core.report.comparison import describe_comparison
from lumbar_core.report.form import ReportForm
from lumbar_core.report.grid import _COLUMNS
from lumbar_core.report.headline import headline
from lumbar_core.report.impression import impression_to_copy
from lumbar_core.report.language import ENGLISH, LANGUAGES, LOCALE, SAID, UNREAD, _, said, speaking
from lumbar_core.report.result import Comparison, Finding, StudyResult, UnreadableFile
from lumbar_core.report.to_json import build_document
from lumbar_core.report.to_pdf import render_pdf
from lumbar_core.report.to_text import render_text
from lumbar_core.report.words import capital, name
from lumbar_core.study import KindBasis
from tests.core.report.pdf_pages import pages
from tests.factories import (
    CANAL,
    FORAMEN,
    MODERATE,
    RECESS,
    SEVERE,
    a_finding,
    a_mixed_result,
    a_picture_result,
    a_result,
    not_assessed,
    study_findings,
)

CORE = Path(lumbar_core.__file__).parent
OTHERS = [language for language in LANGUAGES if language != ENGLISH]
LEFT, RIGHT = Side.LEFT, Side.RIGHT

# Where the steps before the report say why: reasons, doubts, notes, exclusions.
SAYING = [
    *(CORE / "analysis").glob("*.py"),
    *(CORE / "grade").glob("*.py"),
    *(CORE / "localise").glob("*.py"),
    CORE / "geometry.py",
    CORE / "pipeline.py",
    CORE / "study.py",
    CORE / "inference" / "session.py",
    CORE / "reading" / "assemble.py",
    CORE / "reading" / "kinds.py",
    CORE / "reading" / "images.py",
    CORE / "reading" / "dicom" / "headers.py",
]
# Progress and refusals, which no report shows; and a series' name, which reads the same.
NOT_SHOWN = (
    "{} of {} crops",
    "{} of {} recesses",
    "{} of {} axial slices of the canal",
    "canal and recesses of one slice",
    "sagittal {} ({})",
    "The mark is back where",
    *KindBasis,
)


def entries(language: str) -> dict[tuple[str, str], Entry]:
    found = read_entries((LOCALE / f"{language}.po").read_text(encoding="utf-8"))
    return {(entry.context, entry.message): entry for entry in found}


def messages() -> set[tuple[str, str, str]]:
    """Context, message and plural of everything that the report's code asks to have translated."""
    found = {("grade", label, "") for label in SEVERITY_LABELS} | {("side", side.value, "") for side in Side}
    found |= {("plane", plane.value, "") for plane in Orientation}
    found |= {("column", words, "") for column in _COLUMNS for words in (column.title, column.place) if words}
    for path in (CORE / "report").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                match node.func.id, words:
                    case (("_" | "marked"), [message]):
                        found.add(("", message, ""))
                    case "counted", [one, many]:
                        found.add(("", one, many))
                    case "in_context", [context, message]:
                        found.add((context, message, ""))
    return found


def sentences() -> set[str]:
    """What the earlier steps say, a place to fill in as {}: every text of three words or more that is not raised."""
    found = set()
    for path in SAYING:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        left_out = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr):
                left_out.add(id(node.value))
            if isinstance(node, ast.JoinedStr):
                left_out |= {id(part) for part in ast.walk(node) if part is not node}
        for node in ast.walk(tree):
            if id(node) not in left_out and (words := template(node)) and words.count(" ") >= 2:
                found.add(words)
    return {words for words in found if not words.startswith(NOT_SHOWN)}


def refusals() -> set[str]:
    """What reading says of a file that it leaves out, and what to do; not what it says of a whole choice."""
    found = set()
    for path in (CORE / "reading").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                found |= {template(part) for part in node.args}
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
                "finding",
                "_CHOOSE_MR",
                "EXPORT_INSTEAD",
            ):
                found |= {template(part) for part in ast.walk(node.value)}
    return {words for words in found if words.endswith(".") and not words.startswith(OF_A_CHOICE)}


REFUSALS = {"Damaged", "Refused", "WrongFormat", "ReadingError"}
OF_A_CHOICE = ("Nothing was chosen", "None of {} files", "Wrong format: {} holds no image")


def template(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_a_catalogue_is_gettext_s_own_format() -> None:
    text = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n"Content-Type: text/plain; '
    text += 'charset=UTF-8\\n"\n\n# a remark\nmsgctxt "here"\nmsgid "two "\n"lines"\nmsgstr "zwei \\"Zeilen\\""\n\n'
    text += 'msgid "{n} slice"\nmsgid_plural "{n} slices"\nmsgstr[0] "{n} Schicht"\nmsgstr[1] "{n} Schichten"\n'
    read = translations_of(read_entries(text))
    assert read.pgettext("here", "two lines") == 'zwei "Zeilen"'
    assert [read.ngettext("{n} slice", "{n} slices", n) for n in (1, 3)] == ["{n} Schicht", "{n} Schichten"]
    assert read.gettext("unknown here") == "unknown here"


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_and_no_translation_is_left_over(language: str) -> None:
    known = entries(language)
    wanted = {(context, message) for context, message, _ in messages()}
    assert not wanted - known.keys()
    assert {key for key in known if key[0] not in (SAID, UNREAD)} - wanted == {("", "")}
    assert all(all(entry.translated) for entry in known.values())


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_and_plurals_agree(language: str) -> None:
    plurals = {message: many for _, message, many in messages() if many}
    for entry in entries(language).values():
        assert entry.plural == plurals.get(entry.message, "")
        for words in entry.translated:
            assert entry.message == "" or places(words) == places(entry.message), entry.message


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_earlier_steps_is_translated(language: str) -> None:
    with speaking(language):
        missing = [words for words in sentences() if not is_translated(words)]
    assert not missing


def is_translated(words: str) -> bool:
    """Whether none of its clauses is left; a number stands in every place."""
    filled = words.replace("{}", "7").strip("; ")
    clauses = [clause.rstrip(". ") for clause in filled.split("; ") if clause != "7"]
    return not any(clause in said(filled) for clause in clauses)


@pytest.mark.parametrize("language", OTHERS)
def test_every_reason_for_leaving_a_file_out_is_translated(language: str) -> None:
    assert len(refusals()) > 50
    kinds = {*_MODALITY_NAMES.values(), *(words for _, words in (*_CLASS_NAMES, *_FOREIGN)), ACCEPTED}
    kinds |= {describe_foreign(head, name) for head, name in ((b"\x01", "a.xyz"), (b"\x01", "a"), (b"a", "a.txt"))}
    kinds |= {"an object of another kind (QQ)", "an encoding not known here (1.2.3)"}
    filled = {words.replace("{}", "7") for words in refusals()} | kinds
    with speaking(language):
        assert not [words for words in filled if said(words, UNREAD) == words.rstrip(".")]


def test_a_file_s_name_is_never_translated() -> None:
    with speaking("de"):
        assert said("a text file is a CT image.", UNREAD) == "a text file ist ein CT-Bild"
        assert said("Wrong format: a.csv is a text file.", UNREAD) == "Falsches Format: a.csv ist eine Textdatei"


@pytest.mark.parametrize("language", OTHERS)
def test_no_translated_sentence_is_said_by_no_step(language: str) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (*CORE.rglob("*.py"), *LEFT_OUT_BY_THE_USER))
    joined = re.sub(r'"\s*\n\s*f?"', "", source).lower()
    joined += joined.replace("_", " ")
    for context, message in entries(language):
        if context in (SAID, UNREAD):
            parts = [part for part in re.split(r"\{\w+\}", message) if len(part.strip()) > 3]
            assert all(part.strip().strip(".,;").lower() in joined for part in parts), message


LEFT_OUT_BY_THE_USER = [CORE.parent / "lumbar_gui" / "expectation.py"]


CUT = "a.dcm is cut short: the image data ends too early."


def everything() -> list[StudyResult]:
    """Results that bring up as many of the report's sentences as can be."""
    reasons = ("no axial slice within 8 mm", "the left recess could not be placed with enough confidence")
    mixed = tuple(
        replace(finding, check=True, check_reasons=("two slices differ by two grades",)) if i % 6 == 2
        else not_assessed(finding.condition, finding.level, finding.side, reason=reasons[i % 2]) if i % 4 == 1
        else finding
        for i, finding in enumerate(a_mixed_result().findings)
        if finding.reason == "" or i % 4 == 1
    )  # fmt: skip
    counted = replace(
        a_result().numbering,
        basis="levels counted up from the lowest disc that looks like L5/S1, five lumbar vertebrae assumed; "
        "shifted up by the user; sagittal T1 has a frame of reference of its own and fits by anatomy",
        doubtful=True,
    )
    notes = (
        "Taken after a contrast agent was given.",
        "one of 2 sagittal T2 and STIR series was graded: T2 with 18 slices of 448 × 462 pixels",
        "the axial slices have a frame of reference of their own; their levels are told by position",
    )
    info = replace(
        a_result().input, unreadable=(UnreadableFile("a.dcm", CUT, "Copy or export it again from its source."),)
    )
    calm = a_result(study_findings(without=(FORAMEN, RECESS)), numbering=counted, chosen=Choices("argmax", 0.05, 0.3))
    lone = a_result(
        (a_finding(FORAMEN, Level.UNKNOWN, grade=MODERATE), *a_picture_result().findings), numbering=counted
    )
    return [a_result(mixed, numbering=counted, notes=notes, input=info), replace(calm, findings=_no_reason(calm)), lone]


def _no_reason(result: StudyResult) -> tuple[object, ...]:
    return tuple(replace(f, reason="no sagittal T1 series was found") if f.reason else f for f in result.findings)


ENGLISH_WORDS = re.compile(
    r"\b(the|of|and|not|no|is|to|at|was|were|with|by|level|levels|slice|reader|findings?|unknown|left|right|"
    r"canal|foramen|foramina|recess|mild|moderate|severe|page|study|identity|narrowing|series)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("number", range(3))
def test_no_english_is_left_in_a_german_report(number: int) -> None:
    result = everything()[number]
    with speaking("de"):
        copied = " ".join(impression_to_copy(result))
    shown = [copied, render_text(result, "de")]
    shown += pages(render_pdf(result, {}, identity=number == 0, form=ReportForm("de")))
    for text in shown:
        # Names of packs and where the made-up study lies.
        text = re.sub(r"canal \d|aus study|JSON-Ergebnis|Two views are two grades apart", "", text)
        assert not ENGLISH_WORDS.findall(text), text


def test_german_says_it_as_a_radiologist_does() -> None:
    findings = study_findings({(CANAL, LEVELS[3], None): SEVERE, (RECESS, LEVELS[3], RIGHT): MODERATE})
    result = a_result(findings)
    with speaking("de"):
        assert headline(result) == "Hochgradige Spinalkanalstenose L4/L5"
        assert impression_to_copy(result)[0] == (
            "L4/L5: hochgradige Einengung: Spinalkanal; mittelgradige: Recessus lateralis rechts."
        )
        lone = a_result((a_finding(FORAMEN, LEVELS[4], LEFT, grade=SEVERE),))
        assert headline(lone) == "Hochgradige Neuroforamenstenose links L5/S1"
        calm = a_result(study_findings(without=(FORAMEN, RECESS)))
        assert headline(calm).startswith(
            "Keine Degeneration über „keine/gering“ hinaus: Spinalkanal, 5 von 5 Etagen. Neuroforamina und Recessus"
        )


def test_what_fills_a_sentence_is_translated_too() -> None:
    with speaking("de"):
        assert said("no slice shows the left foramen at this level") == (
            "keine Schicht zeigt in dieser Höhe das Neuroforamen links"
        )
        assert said("the recess could not be placed with enough confidence") == (
            "Recessus lateralis nicht sicher genug lokalisierbar"
        )
        assert said("no level was located; sagittal T1 has a frame of reference of its own and fits by anatomy") == (
            "keine Etage gefunden; sagittal T1 hat ein eigenes Bezugssystem und passt anatomisch"
        )
        assert (
            said("sagittal T1 lies 21 mm aside of the canal") == "sagittal T1 liegt um 21 mm seitlich des Spinalkanals"
        )
        assert said("something that nobody translated") == "something that nobody translated"


def test_a_comparison_is_told_in_german_too() -> None:
    compared = Comparison(
        "2026-01-02T00:00:00+00:00",
        ("Left foramen at L4/L5: graver, Normal/Mild then and Severe now.",),
        3,
        ("recesses: graded on another kind of series",),
        False,
    )
    text = " ".join(render_text(replace(a_result(), compared=compared), "de").split())
    assert "Vergleich: Mit einer Auswertung vom 2026-01-02." in text
    assert "Neuroforamen links L4/L5: stärker eingeengt, damals keine/gering, jetzt hochgradig." in text
    assert "Keine sichere Änderung bei 3 Strukturen." in text
    assert "Nicht vergleichbar: Recessus laterales: auf einer Serie anderer Art beurteilt." in text
    assert "nennt keinen Patienten" in " ".join(text.split())


@pytest.mark.parametrize(
    "finding",
    [
        a_finding(CANAL, Level.L4_L5),
        a_finding(CANAL, Level.UNKNOWN),
        a_finding(RECESS, Level.L4_L5, RIGHT),
        a_finding(RECESS, Level.L4_L5, image_side=LEFT),
        a_finding(RECESS, Level.L4_L5, image_side=RIGHT),
        a_finding(FORAMEN, Level.UNKNOWN),
    ],
    ids=name,
)
def test_whatever_has_changed_is_called_in_german_as_elsewhere(finding: Finding) -> None:
    english = f"{capital(name(finding))}: milder, Severe then and Moderate now."
    with speaking("de"):
        assert describe_comparison(Comparison("", (english,), 0, (), True)) == (
            f"{capital(name(finding))}: weniger eingeengt, damals hochgradig, jetzt mittelgradig.",
        )


def test_the_result_file_stays_english_whatever_is_spoken() -> None:
    result = a_mixed_result()
    with speaking("de"):
        spoken = build_document(result)
    assert spoken == build_document(result)


def test_a_language_is_spoken_in_its_block_alone() -> None:
    with speaking("de"):
        assert _("Impression") == "Beurteilung"
        with speaking(ENGLISH):
            assert _("Impression") == "Impression"
    assert _("Impression") == "Impression"
    with pytest.raises(KeyError), speaking("xx"):
        pass
