"""The sentences on findings, counting and files, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import LEVELS, Level, Side
from lumbar_core.report.result import Numbering
from lumbar_core.report.table import build_rows
from lumbar_core.report.wording import (
    changed_sentences,
    check_sentences,
    not_assessed_sentences,
    numbering_sentence,
    why_less_probable,
)
from tests.factories import (
    CANAL,
    FORAMEN,
    MODERATE,
    RECESS,
    SEVERE,
    a_finding,
    a_mixed_result,
    a_result,
    not_assessed,
    read_as,
    study_findings,
)

LEFT, RIGHT = Side.LEFT, Side.RIGHT
L4_L5, L5_S1 = Level.L4_L5, Level.L5_S1
COUNTED = Numbering("counted up from the lowest disc", None, 3.0, ())


def test_structures_that_share_a_reason_are_named_together():
    findings = study_findings(without=(FORAMEN,))
    lost = not_assessed(RECESS, L5_S1, LEFT, reason="No axial slice lies within 5 mm.")
    findings = tuple(lost if f.key == lost.key else f for f in findings)
    assert not_assessed_sentences(a_result(findings)) == (
        "Foramina: there is no series of the plane and weighting that this structure is graded on.",
        "Left recess L5/S1: no axial slice lies within 5 mm.",
    )


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        (
            tuple(a_finding(CANAL, level) for level in LEVELS),
            ("Foramina and recesses: not graded on this kind of picture.",),
        ),
        (
            (not_assessed(FORAMEN, L4_L5, reason="it is not in this slice"),),
            (
                "Foramen (side unknown) L4/L5: it is not in this slice.",
                "Canal and recesses: not graded on this kind of picture.",
            ),
        ),
        (
            (not_assessed(CANAL, Level.UNKNOWN, reason="no lumbar canal stands out on the slice"),),
            (
                "Spinal canal at an unknown level: no lumbar canal stands out on the slice.",
                "Foramina and recesses: not graded on this kind of picture.",
            ),
        ),
        (study_findings(), ()),
        ((), ()),
    ],
)
def test_structures_that_a_lone_picture_says_nothing_of_are_named(findings, said):
    assert not_assessed_sentences(a_result(findings)) == said


def test_every_structure_without_a_grade_is_named_with_its_reason():
    findings = tuple(
        not_assessed(f.condition, f.level, f.side, reason=f"reason {i}") for i, f in enumerate(study_findings())
    )
    said = " ".join(not_assessed_sentences(a_result(findings)))
    assert all(f"reason {i}." in said for i in range(25))


def test_what_is_to_be_checked_is_said_with_its_reasons():
    flagged = a_finding(check=True, check_reasons=("the counting of levels is in doubt", "Two views disagree."))
    assert check_sentences(a_result((flagged, a_finding(FORAMEN, L4_L5, LEFT)))) == (
        "Spinal canal at L4/L5: the counting of levels is in doubt; two views disagree.",
    )


def test_the_counting_of_levels_is_one_sentence_and_its_doubt_another():
    assert numbering_sentence(COUNTED) == "Counted up from the lowest disc."
    assert "another count" in numbering_sentence(replace(COUNTED, doubtful=True)).lower()
    assert numbering_sentence(replace(COUNTED, basis="")) == ""


@pytest.mark.parametrize(
    ("shares", "grade", "words"),
    [
        ((0.48, 0.44, 0.09), MODERATE, "more than half lies at Moderate or worse"),
        ((0.3, 0.25, 0.45), MODERATE, "more than half lies at Moderate or less"),
        ((0.44, 0.48, 0.08), MODERATE, ""),
        ((0.6, 0.35, 0.05), MODERATE, "graver grades count more: Moderate twice, Severe four times"),
        ((0.7, 0.1, 0.2), SEVERE, "graver grades count more: Moderate twice, Severe four times"),
    ],
)
def test_a_grade_that_is_not_the_most_probable_says_why(shares, grade, words):
    finding = replace(a_finding(grade=grade), probabilities=shares)
    assert why_less_probable(finding) == words
    assert words.lower() in build_rows(a_result((finding,)), {})[0].remarks.lower()


def test_what_the_reader_changed_is_listed_with_both_answers():
    result = read_as(a_mixed_result(), CANAL, Level.L1_L2, SEVERE)
    result = read_as(result, RECESS, L5_S1, MODERATE)
    result = read_as(result, FORAMEN, L4_L5, None, "cannot_judge")
    result = read_as(result, CANAL, L4_L5, SEVERE, "agreed")
    assert changed_sentences(result) == (
        "Spinal canal at L1/L2: Severe (program: Normal/Mild).",
        "Left foramen at L4/L5: cannot be judged (program: Severe).",
        "Left recess at L5/S1: Moderate (program: not assessed).",
    )
    assert changed_sentences(a_mixed_result()) == ()
