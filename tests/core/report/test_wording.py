"""What the program says, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Severity, Side
from lumbar_core.report.result import Numbering, ReaderMark
from lumbar_core.report.table import build_rows
from lumbar_core.report.wording import (
    changed_sentences,
    check_sentences,
    cumulative,
    headline,
    not_assessed_sentences,
    numbering_sentence,
    opinion,
    percent,
    review_status,
    root,
    second_line,
    short_reason,
)
from tests.factories import (
    CANAL,
    FORAMEN,
    MODERATE,
    NORMAL,
    RECESS,
    SEVERE,
    a_finding,
    a_mixed_result,
    a_picture_result,
    a_result,
    not_assessed,
    study_findings,
)

LEFT, RIGHT = Side.LEFT, Side.RIGHT
L4_L5, L5_S1 = Level.L4_L5, Level.L5_S1
COUNTED = Numbering("counted up from the lowest disc", None, 3.0, ())


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        ({(CANAL, L4_L5, None): SEVERE}, "Severe canal stenosis at L4/L5"),
        ({(FORAMEN, L5_S1, LEFT): MODERATE}, "Moderate left foraminal narrowing at L5/S1"),
        ({(RECESS, L4_L5, RIGHT): SEVERE}, "Severe right subarticular stenosis at L4/L5"),
        (
            {(RECESS, L4_L5, RIGHT): SEVERE, (FORAMEN, L5_S1, LEFT): SEVERE},
            "Severe left foraminal narrowing at L5/S1, and 1 more severe finding",
        ),
        (
            {(CANAL, L4_L5, None): MODERATE, (RECESS, L4_L5, RIGHT): MODERATE, (RECESS, L4_L5, LEFT): MODERATE},
            "Moderate canal stenosis at L4/L5, and 2 more moderate findings",
        ),
        (
            {(CANAL, L4_L5, None): MODERATE, (FORAMEN, L4_L5, RIGHT): SEVERE},
            "Severe right foraminal narrowing at L4/L5",
        ),
    ],
)
def test_the_headline_names_the_worst_finding_with_its_side_spelled_out(grades, said):
    assert headline(a_result(study_findings(grades))) == said


def test_the_headline_of_the_sketch_comes_out_as_sketched():
    result = a_mixed_result()
    assert headline(result) == "Severe canal stenosis at L4/L5, and 3 more severe findings"
    assert second_line(result) == (
        "4 severe, 10 moderate · 24 of 25 assessed · 2 to check · "
        "levels counted up from the lowest disc, five lumbar vertebrae assumed"
    )


def test_of_two_equally_grave_canal_findings_the_surer_is_named():
    doubtful = a_finding(CANAL, Level.L3_L4, grade=SEVERE, probabilities=(0.1, 0.3, 0.6))
    sure = a_finding(CANAL, Level.L5_S1, grade=SEVERE, probabilities=(0.0, 0.05, 0.95))
    assert headline(a_result((doubtful, sure))) == "Severe canal stenosis at L5/S1, and 1 more severe finding"


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (
            (FORAMEN, RECESS),
            "No degeneration above Normal/Mild: canal, 5 of 5 levels. Foramina and recesses not assessed.",
        ),
        ((CANAL, RECESS), "No degeneration above Normal/Mild: foramina, 10 of 10. Canal and recesses not assessed."),
        (
            (RECESS,),
            "No degeneration above Normal/Mild: canal, 5 of 5 levels; foramina, 10 of 10. Recesses not assessed.",
        ),
        ((), "No degeneration above Normal/Mild: canal, 5 of 5 levels; foramina, 10 of 10; recesses, 10 of 10."),
    ],
)
def test_no_degeneration_is_said_only_with_its_scope(without, said):
    assert headline(a_result(study_findings(without=without))) == said


def test_a_lone_picture_of_the_canal_says_that_foramina_and_recesses_were_not_assessed():
    assert headline(a_picture_result()) == (
        "No degeneration above Normal/Mild: canal, 5 of 5 levels. Foramina and recesses not assessed."
    )


def _without(count):
    """The canal at fewer than five levels, everything else not assessed."""
    findings = study_findings(without=(FORAMEN, RECESS))
    lost = [not_assessed(CANAL, level) for level in LEVELS[:count]]
    return a_result((*lost, *findings[count:]))


def _flagged(count):
    findings = study_findings(check=[(FORAMEN, level, LEFT) for level in LEVELS[:count]])
    return a_result(findings)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (_without(1), "Nothing above Normal/Mild in 4 of 25"),
        (_flagged(3), "Nothing above Normal/Mild in 25 of 25; 3 to check"),
        (_flagged(1), "Nothing above Normal/Mild in 25 of 25; 1 to check"),
    ],
)
def test_an_incomplete_or_flagged_result_never_says_no_degeneration(result, said):
    assert headline(result) == said


def test_foramina_of_one_unknown_side_are_not_a_complete_condition():
    findings = tuple(a_finding(FORAMEN, level, None, NORMAL) for level in LEVELS)
    result = a_picture_result(findings)
    assert result.complete_conditions == ()
    assert headline(result) == "Nothing above Normal/Mild in 5 of 5"


@pytest.mark.parametrize("findings", [(), study_findings(without=Condition)])
def test_nothing_assessed_is_said_so(findings):
    assert headline(a_result(findings)) == "Nothing could be assessed"


def test_a_side_that_is_not_the_patients_is_not_given_as_if_it_were():
    on_picture = a_finding(RECESS, Level.UNKNOWN, None, SEVERE, image_side=LEFT)
    unknown = a_finding(FORAMEN, L4_L5, None, SEVERE)
    assert headline(a_result((on_picture,))) == (
        "Severe subarticular stenosis on the left of the picture at an unknown level"
    )
    assert headline(a_result((unknown,))) == "Severe foraminal narrowing (side unknown) at L4/L5"


def test_the_second_line_of_a_quiet_result_has_no_empty_parts():
    assert second_line(a_result(numbering=Numbering("", None, None, ()))) == "25 of 25 assessed"


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


def test_the_status_tells_how_much_a_reader_has_seen():
    other = a_finding(level=Level.L1_L2)
    seen = a_finding(reader=ReaderMark("agreed", Severity.SEVERE, Severity.SEVERE), viewed=True)
    changed = a_finding(reader=ReaderMark("changed", NORMAL, SEVERE))
    assert review_status(a_result((a_finding(),))) == "unreviewed program output"
    assert review_status(a_result((seen, other))) == (
        "program output, partly reviewed by a reader: 1 of 2 findings viewed, 1 of 2 reviewed"
    )
    assert review_status(a_result((seen, replace(other, viewed=True)))) == (
        "program output, partly reviewed by a reader: 2 of 2 findings viewed, 1 of 2 reviewed"
    )
    assert review_status(a_result((changed, other))) == (
        "program output, edited by a reader: 0 of 2 findings viewed, 1 of 2 reviewed, 1 changed"
    )
    assert review_status(a_result((seen,))) == (
        "program output, confirmed by a reader: 1 of 1 findings viewed, 1 of 1 reviewed"
    )


def test_what_the_reader_has_marked_is_no_longer_to_be_checked():
    flagged = a_finding(grade=NORMAL, check=True, check_reasons=("graded Normal/Mild, yet Severe has 7%",))
    marked = replace(flagged, reader=ReaderMark("agreed", NORMAL, NORMAL), viewed=True)
    assert len(check_sentences(a_result((flagged, replace(marked, level=Level.L1_L2))))) == 1
    assert "to check" not in second_line(a_result((marked,)))
    assert [("check" in row.remarks) for row in build_rows(a_result((flagged, marked)), {})] == [True, False]


@pytest.mark.parametrize(
    ("shares", "grade", "words"),
    [
        ((0.48, 0.44, 0.09), MODERATE, "more than half lies at Moderate or worse"),
        ((0.3, 0.25, 0.45), MODERATE, "more than half lies at Moderate or less"),
        ((0.44, 0.48, 0.08), MODERATE, ""),
        ((0.6, 0.35, 0.05), MODERATE, ""),
    ],
)
def test_a_grade_that_is_not_the_most_probable_says_why(shares, grade, words):
    finding = replace(a_finding(grade=grade), probabilities=shares)
    assert cumulative(finding) == words
    assert words.lower() in build_rows(a_result((finding,)), {})[0].remarks.lower()


def test_what_was_marked_unseen_is_not_confirmed():
    seen = a_finding(reader=ReaderMark("changed", NORMAL, SEVERE), viewed=True)
    lost = replace(not_assessed(CANAL, Level.L1_L2), reader=ReaderMark("cannot_judge", None, None))
    assert "confirmed by a reader" in review_status(a_result((seen, lost))), "there is nothing of it to show"
    unseen = replace(seen, viewed=False)
    status = review_status(a_result((unseen, lost)))
    assert status == "program output, edited by a reader: 0 of 2 findings viewed, 2 of 2 reviewed, 2 changed"
    remarks = [row.remarks for row in build_rows(a_result((seen, unseen)), {})]
    assert ["not shown to the reader" in words for words in remarks] == [False, True]


def _read_as(result, condition, level, grade, status="changed"):
    """The result after a reader's mark on one structure without a side, or on its left."""
    side = None if condition is CANAL else LEFT
    return result.with_findings(
        tuple(
            replace(f, reader=ReaderMark(status, grade, f.grade)) if f.key == (condition, side, None, level) else f
            for f in result.findings
        )
    )


def test_no_degeneration_never_stands_where_a_reader_says_more():
    result = _read_as(a_result(), CANAL, L4_L5, SEVERE)
    assert headline(result) == "Severe canal stenosis at L4/L5"
    assert second_line(result).startswith("1 severe · 25 of 25 assessed")
    assert result.worst_grade is SEVERE


def test_a_grade_that_the_reader_took_back_does_not_lead_the_headline():
    result = _read_as(a_result(study_findings({(CANAL, L4_L5, None): SEVERE})), CANAL, L4_L5, NORMAL)
    assert headline(result).startswith("No degeneration above Normal/Mild: canal, 5 of 5 levels;")
    assert second_line(result).startswith("25 of 25 assessed")


def test_what_the_reader_cannot_judge_is_not_assessed_and_its_condition_not_complete():
    result = _read_as(a_result(study_findings(without=(FORAMEN, RECESS))), CANAL, L4_L5, None, "cannot_judge")
    assert headline(result) == "Nothing above Normal/Mild in 4 of 25"
    assert "Spinal canal L4/L5: the reader cannot judge it." in not_assessed_sentences(result)
    assert short_reason(result.findings[3]) == "cannot judge"


def test_what_the_reader_graded_is_no_longer_listed_as_not_assessed():
    result = _read_as(a_mixed_result(), RECESS, L5_S1, MODERATE)
    assert not_assessed_sentences(result) == ()
    assert second_line(result).startswith("4 severe, 11 moderate · 25 of 25 assessed")


def test_whose_word_a_grade_is() -> None:
    assert opinion(a_finding()) == "program"
    assert opinion(a_finding(reader=ReaderMark("agreed", SEVERE, SEVERE))) == "confirmed"
    changed = a_finding(grade=NORMAL, reader=ReaderMark("changed", SEVERE, NORMAL))
    assert opinion(changed) == "changed by the reader (was Normal/Mild)"


def test_what_the_reader_changed_is_listed_with_both_answers():
    result = _read_as(a_mixed_result(), CANAL, Level.L1_L2, SEVERE)
    result = _read_as(result, RECESS, L5_S1, MODERATE)
    result = _read_as(result, FORAMEN, L4_L5, None, "cannot_judge")
    result = _read_as(result, CANAL, L4_L5, SEVERE, "agreed")
    assert changed_sentences(result) == (
        "Spinal canal at L1/L2: Severe (program: Normal/Mild).",
        "Left foramen at L4/L5: cannot be judged (program: Severe).",
        "Left recess at L5/S1: Moderate (program: not assessed).",
    )
    assert changed_sentences(a_mixed_result()) == ()


def test_the_program_never_calls_what_it_says_a_diagnosis():
    result = a_mixed_result()
    said = [headline(result), second_line(result), *not_assessed_sentences(result), *check_sentences(result)]
    assert "diagnos" not in " ".join(said).lower()
