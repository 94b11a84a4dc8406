"""Structures, roots, reasons and whose word a grade is, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import Level, Reason, Side
from lumbar_core.report.result import Numbering, ReaderMark
from lumbar_core.report.words import opinion, percent, root, short_reason
from tests.factories import CANAL, FORAMEN, NORMAL, RECESS, SEVERE, a_finding, not_assessed

LEFT, RIGHT = Side.LEFT, Side.RIGHT
L4_L5, L5_S1 = Level.L4_L5, Level.L5_S1
COUNTED = Numbering("counted up from the lowest disc", None, 3.0, ())


@pytest.mark.parametrize(
    ("condition", "side", "level", "said"),
    [
        (FORAMEN, LEFT, L4_L5, "exiting root L4"),
        (FORAMEN, RIGHT, L5_S1, "exiting root L5"),
        (RECESS, LEFT, L4_L5, "traversing root L5"),
        (RECESS, RIGHT, L5_S1, "traversing root S1"),
        (CANAL, None, L4_L5, "traversing root L5"),
        (CANAL, None, Level.L1_L2, "traversing root L2"),
        (RECESS, LEFT, Level.UNKNOWN, None),
    ],
)
def test_the_root_concerned_exits_in_the_foramen_and_traverses_elsewhere(condition, side, level, said):
    assert root(a_finding(condition, level, side), COUNTED) == said


def test_no_root_is_named_while_the_counting_is_in_doubt():
    assert root(a_finding(), replace(COUNTED, doubtful=True)) is None


@pytest.mark.parametrize(
    ("condition", "code", "said"),
    [
        (CANAL, Reason.NO_SERIES, "no T2"),
        (FORAMEN, Reason.NO_SERIES, "no T1"),
        (RECESS, Reason.NO_SERIES, "no axial"),
        (RECESS, Reason.OUTSIDE_COVERAGE, "no slice"),
        (CANAL, Reason.NOT_IN_SLICE, "not in slice"),
        (CANAL, Reason.NO_PACK, "no pack"),
        (CANAL, Reason.NOT_LUMBAR, "unsuitable"),
        (CANAL, Reason.POOR_QUALITY, "unreadable"),
        (CANAL, Reason.READER_CANNOT_JUDGE, "cannot judge"),
    ],
)
def test_short_reasons_fit_a_cell(condition, code, said):
    assert short_reason(not_assessed(condition, code=code)) == said


@pytest.mark.parametrize("code", Reason)
def test_every_reason_has_a_short_form_of_two_or_three_words(code):
    said = short_reason(not_assessed(code=code))
    assert said
    assert len(said) <= 12
    assert len(said.split()) <= 3


def test_a_graded_structure_has_no_short_reason():
    assert short_reason(a_finding()) == ""


@pytest.mark.parametrize(("p", "said"), [(0.876, "88 %"), (0.0001, "1 %"), (0.9999, "99 %"), (1.0, "99 %")])
def test_a_probability_is_never_given_as_certainty(p, said):
    assert percent(p) == said


def test_whose_word_a_grade_is() -> None:
    assert opinion(a_finding()) == "program"
    assert opinion(a_finding(reader=ReaderMark("agreed", SEVERE, SEVERE))) == "confirmed"
    changed = a_finding(grade=NORMAL, reader=ReaderMark("changed", SEVERE, NORMAL))
    assert opinion(changed) == "changed by the reader (was Normal/Mild)"
