"""The three files of a report: the same figures in each, complete and self-contained."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from xml.dom.minidom import parseString

import pytest

from lumbar_core.agreement.comparison import FIGURES
from lumbar_core.agreement.readings import PROGRAM, Arm, Judgement
from lumbar_core.agreement.report import HTML_FILE, JSON_FILE, PDF_FILE, build_report, write_report
from lumbar_core.agreement.to_html import render_html
from lumbar_core.agreement.to_json import render_json
from lumbar_core.agreement.to_pdf import render_pdf
from lumbar_core.agreement.wording import bias_sentences, sittings_sentence, with_interval
from lumbar_core.anatomy import STUDY_TARGETS, Severity
from lumbar_core.errors import SavingError
from lumbar_core.report.result import INTENDED_USE
from tests.core.agreement.rooms import sitting
from tests.core.report.pdf_pages import pages

STUDIES = [f"S{number:02}" for number in range(12)]
LETTERS = ["NNMSN" * 5, "NMMSN" * 5, "NNNNN" * 5, "NSMNN" * 5]


def grades(shift):
    return {study: LETTERS[(number + shift * (number % 3 == 0)) % 4] for number, study in enumerate(STUDIES)}


def higher():
    """Three, four or five structures of each study one grade higher, four in the mean of 25."""
    return {s: letters.replace("N", "M", 3 + number % 3) for number, (s, letters) in enumerate(grades(0).items())}


@pytest.fixture(scope="module")
def report():
    return build_report(
        sitting("R1", grades(0))
        + sitting("R2", higher())
        + sitting("R1", grades(1), again=2)
        + sitting("R1", grades(2), helped=True)
        + sitting(PROGRAM, grades(1))
    )


def test_the_json_holds_every_comparison_part_and_figure(report):
    document = json.loads(render_json(report))
    assert document["schema"] == "lumbar-agreement/1"
    kinds = [each["kind"] for each in document["comparisons"]]
    assert kinds.count("reader and program") == 3
    assert set(kinds) == {"reader and reader", "reader and self", "without and with help", "reader and program"}
    for each in document["comparisons"]:
        assert len(each["parts"]) == 26
        for part in each["parts"]:
            assert set(part["figures"]) == set(FIGURES)
            assert sum(map(sum, part["table"])) == part["structures"]
            assert all(f["value"] is not None or f["reason"] for f in part["figures"].values())
            assert all(f["ci95"] is not None or f["reason"] for f in part["figures"].values())


def test_who_grades_higher_is_said_with_an_interval(report):
    sentences = bias_sentences(report)
    assert [words[:3] for words in sentences] == ["R1 ", "R2 "]
    assert "R2 grades higher than the other readers: +0.16" in sentences[1]


def test_the_time_of_a_study_is_the_sum_of_its_structures(report):
    assert "R1: 12 read, 100 s a study." in sittings_sentence(report)
    assert "program: 12 read." in sittings_sentence(report)


def test_it_is_said_of_how_many_studies_the_time_is_known():
    timed, untimed = sitting("R1", {"S1": "N" * 25}), sitting("R1", {"S2": "N" * 25, "S3": "N" * 25})
    found = build_report([*timed, *(replace(each, seconds=None) for each in untimed)])
    assert "R1: 3 read, 100 s a study (1 timed)." in sittings_sentence(found)


def test_what_the_program_said_is_in_the_list_only_where_it_is_known():
    alone = build_report(sitting("R1", {"S1": "N" * 25}) + sitting("R2", {"S1": "M" * 25}))
    assert "its distribution" not in render_html(alone).decode()
    target = STUDY_TARGETS[0]
    program = Judgement(Arm(PROGRAM, 1, False), "S1", target, Severity.SEVERE, probabilities=(0.1, 0.2, 0.7))
    beside = build_report(sitting("R1", {"S1": "N" * 25}) + sitting("R2", {"S1": "M" * 25}) + [program])
    assert "10 / 20 / 70" in render_html(beside).decode()


def test_the_pdf_is_one_page_and_the_same_each_time(report):
    data = render_pdf(report)
    assert data == render_pdf(report)
    (text,) = pages(data)
    for words in ("Agreement of readers", "R1 and R2", "R1 and R1 again", "Look at together", "In print", INTENDED_USE):
        assert words in text


def test_the_pdf_gives_each_figure_with_its_interval(report):
    (text,) = pages(render_pdf(report))
    shown = ("percent_agreement", "kappa_linear", "ac2_linear", "specific_moderate", "specific_severe")
    for each in report.comparisons:
        figures = each.parts[0].figures
        for name in shown:
            assert figures[name].low is not None
            assert with_interval(figures[name], name) in text


class _Tags(HTMLParser):
    """Whether every tag that is opened is closed, in order; and everything that a page could load."""

    VOID = frozenset({"meta", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_loads_nothing_and_runs_nothing(report):
    page = render_html(report).decode()
    tags = _Tags()
    tags.feed(page)
    assert (tags.open, tags.links) == ([], [])
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 2 + len(report.comparisons)
    for drawing in drawings:
        assert parseString(drawing).getElementsByTagName("title")[0].firstChild.data
    headings = [page.index(words) for words in ("Over all structures", "Agreement by level", "Look at together")]
    assert all(one < next_one for one, next_one in pairwise(headings))


def test_page_and_json_tell_the_same_figure(report):
    whole = json.loads(render_json(report))["comparisons"][0]["parts"][0]["figures"]["kappa_linear"]
    words = f"{whole['value']:.2f} ({whole['ci95'][0]:.2f} to {whole['ci95'][1]:.2f})"
    assert words in render_html(report).decode().replace("\N{NO-BREAK SPACE}", " ")
    assert words in pages(render_pdf(report))[0]


def test_one_reader_alone_makes_a_report_without_comparisons():
    alone = build_report(sitting("R1", {"S1": "N" * 25}))
    assert alone.comparisons == ()
    assert "No two sittings" in render_html(alone).decode()
    assert len(pages(render_pdf(alone))) == 1
    assert json.loads(render_json(alone))["comparisons"] == []


def test_the_files_are_written_below_a_folder_that_is_made(report, tmp_path):
    paths = write_report(tmp_path / "new" / "report", report)
    assert [path.name for path in paths] == [JSON_FILE, HTML_FILE, PDF_FILE]
    assert all(path.stat().st_size > 1000 for path in paths)
    (tmp_path / "file").write_text("x")
    with pytest.raises(SavingError):
        write_report(tmp_path / "file" / "below", report)
