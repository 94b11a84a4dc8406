"""A level a line, the worst first."""

from __future__ import annotations

from dataclasses import replace

from lumbar_core.anatomy import LEVELS, Level, Severity, Side
from lumbar_core.report.impression import impression, impression_to_copy
from lumbar_core.report.result import ReaderMark
from tests.factories import (
    CANAL,
    FORAMEN,
    MODERATE,
    NORMAL,
    RECESS,
    SEVERE,
    a_finding,
    a_result,
    not_assessed,
    study_findings,
)

LEFT, RIGHT = Side.LEFT, Side.RIGHT
L1_L2, L2_L3, L3_L4, L4_L5, L5_S1 = LEVELS


def test_the_worst_level_stands_first_and_each_says_what_is_narrowed() -> None:
    grades = {
        (FORAMEN, L2_L3, LEFT): MODERATE,
        (CANAL, L4_L5, None): SEVERE,
        (RECESS, L4_L5, RIGHT): SEVERE,
        (FORAMEN, L4_L5, LEFT): MODERATE,
        (CANAL, L3_L4, None): SEVERE,
    }
    lines = impression(a_result(study_findings(grades)))
    assert lines == (
        "L4/L5: severe narrowing of spinal canal and right recess; moderate of left foramen.",
        "L3/L4: severe narrowing of spinal canal.",
        "L2/L3: moderate narrowing of left foramen.",
        "L1/L2: no or mild narrowing.",
        "L5/S1: no or mild narrowing.",
    )


def test_what_was_not_assessed_is_said_and_is_not_mild() -> None:
    findings = (a_finding(CANAL, L4_L5, grade=NORMAL), not_assessed(FORAMEN, L4_L5, LEFT), not_assessed(CANAL, L5_S1))
    lines = impression(a_result(findings))
    assert lines[0] == "L4/L5: no or mild narrowing; left foramen not assessed."
    assert lines[1].startswith("L5/S1: spinal canal not assessed.")


def test_the_reader_s_grade_counts() -> None:
    finding = a_finding(CANAL, L4_L5, grade=Severity.NORMAL_MILD)
    changed = replace(finding, reader=ReaderMark("changed", SEVERE, NORMAL))
    (line,) = impression(a_result((changed,)))
    assert line == "L4/L5: severe narrowing of spinal canal."


def test_what_is_copied_tells_whether_a_reader_has_reviewed_it() -> None:
    *lines, last = impression_to_copy(a_result())
    assert len(lines) == 4
    assert last == "L5/S1: no or mild narrowing. (unreviewed program output)"
    assert impression_to_copy(a_result(())) == ()


def test_a_picture_without_levels_has_its_line() -> None:
    (line,) = impression(a_result((a_finding(FORAMEN, Level.UNKNOWN, grade=MODERATE),)))
    assert line.startswith("Level unknown: moderate narrowing of foramen (side unknown).")


def test_without_findings_there_is_nothing_to_say() -> None:
    assert impression(a_result(())) == ()
