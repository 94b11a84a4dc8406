"""What stands on a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lumbar_core.report.language import LANGUAGES
from lumbar_core.report.result import INTENDED_USE, ReaderMark
from lumbar_core.report.to_text import render_text
from tests.factories import (
    FORAMEN,
    MODERATE,
    RECESS,
    SEVERE,
    a_mixed_result,
    a_picture_result,
    a_result,
    study_findings,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_wider_than_80_columns_and_no_two_words_run_together(language):
    for result in (a_mixed_result(), a_picture_result(), a_result(study_findings(without=(FORAMEN, RECESS)))):
        text = render_text(result, language)
        assert max(map(len, text.splitlines())) <= 80
        assert not re.search(r"[a-z*]- |[a-z*](Keine|Mittel|Hoch|Normal|Moder|Sev)", text)


def test_the_grid_runs_from_the_patients_right_to_left():
    lines = render_text(a_mixed_result()).splitlines()
    places = next(line for line in lines if "patient right" in line)
    assert places.index("patient right") < places.index("patient left")
    (row,) = (line for line in lines if line.startswith("L4/L5 "))
    assert row.split() == ["L4/L5", "Moderate", "Normal/Mild", "Severe", "Severe", "*", "Severe"]


def test_headline_reasons_and_notice_are_there():
    text = render_text(a_mixed_result())
    words = " ".join(text.split())
    assert text.startswith("Severe canal stenosis at L4/L5, and 3 more severe findings\n")
    assert "Left recess L5/S1: no axial slice lies within 5 mm of this level." in words
    assert "- no slice" in text
    assert INTENDED_USE in words


def test_a_reader_s_grade_stands_in_the_grid_marked_as_such():
    mark = ReaderMark("changed", MODERATE, SEVERE)
    result = a_mixed_result()
    changed = tuple(replace(f, reader=mark) if f.grade is SEVERE else f for f in result.findings)
    text = render_text(result.with_findings(changed))
    (row,) = (line for line in text.splitlines() if line.startswith("L4/L5 "))
    assert row.split() == ["L4/L5", "Moderate", "Normal/Mild", "Moderate", "r", "Moderate", "r", "Moderate", "r"]
    assert "r reviewed by the reader   - not assessed" in text
    assert "Changed by the reader:\n  Spinal canal at L4/L5: Moderate (program: Severe)." in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_result_without_findings_still_says_so():
    text = render_text(a_result(()))
    assert text.startswith("Nothing could be assessed\n")
    assert "foramen" not in text
