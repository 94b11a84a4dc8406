"""The line over a result, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import LEVELS, Condition, Level, Severity, Side
from lumbar_core.report.headline import headline, review_status, second_line
from lumbar_core.report.result import Numbering, ReaderMark
from lumbar_core.report.table import build_rows
from lumbar_core.report.wording import check_sentences, not_assessed_sentences
from lumbar_core.report.words import short_reason
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
    read_as,
    study_findings,
)

LEFT, RIGHT = Side.LEFT, Side.RIGHT
L4_L5, L5_S1 = Level.L4_L5, Level.L5_S1


def _without(count):
    """The canal at fewer than five levels, everything else not assessed."""
    findings = study_findings(without=(FORAMEN, RECESS))
    lost = [not_assessed(CANAL, level) for level in LEVELS[:count]]
    return a_result((*lost, *findings[count:]))


def _flagged(count):
    findings = study_findings(check=[(FORAMEN, level, LEFT) for level in LEVELS[:count]])
    return a_result(findings)


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        ({(CANAL, L4_L5, None): SEVERE}, "Severe canal stenosis at L4/L5"),
        ({(FORAMEN, L5_S1, LEFT): MODERATE}, "Moderate left foraminal narrowing at L5/S1"),
        ({(RECESS, L4_L5, RIGHT): SEVERE}, "Severe right lateral recess stenosis at L4/L5"),
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
        "Severe lateral recess stenosis on the left of the picture at an unknown level"
    )
    assert headline(a_result((unknown,))) == "Severe foraminal narrowing (side unknown) at L4/L5"


def test_the_second_line_of_a_quiet_result_has_no_empty_parts():
    assert second_line(a_result(numbering=Numbering("", None, None, ()))) == "25 of 25 assessed"


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
    flagged = a_finding(grade=NORMAL, check=True, check_reasons=("graded Normal/Mild, yet Severe has 7 %",))
    marked = replace(flagged, reader=ReaderMark("agreed", NORMAL, NORMAL), viewed=True)
    assert len(check_sentences(a_result((flagged, replace(marked, level=Level.L1_L2))))) == 1
    assert "to check" not in second_line(a_result((marked,)))
    assert [("check" in row.remarks) for row in build_rows(a_result((flagged, marked)), {})] == [True, False]


def test_what_was_marked_unseen_is_not_confirmed():
    seen = a_finding(reader=ReaderMark("changed", NORMAL, SEVERE), viewed=True)
    lost = replace(not_assessed(CANAL, Level.L1_L2), reader=ReaderMark("cannot_judge", None, None))
    assert "confirmed by a reader" in review_status(a_result((seen, lost))), "there is nothing of it to show"
    unseen = replace(seen, viewed=False)
    status = review_status(a_result((unseen, lost)))
    assert status == "program output, edited by a reader: 0 of 2 findings viewed, 2 of 2 reviewed, 2 changed"
    remarks = [row.remarks for row in build_rows(a_result((seen, unseen)), {})]
    assert ["not shown to the reader" in words for words in remarks] == [False, True]


def test_no_degeneration_never_stands_where_a_reader_says_more():
    result = read_as(a_result(), CANAL, L4_L5, SEVERE)
    assert headline(result) == "Severe canal stenosis at L4/L5"
    assert second_line(result).startswith("1 severe · 25 of 25 assessed")
    assert result.worst_grade is SEVERE


def test_a_grade_that_the_reader_took_back_does_not_lead_the_headline():
    result = read_as(a_result(study_findings({(CANAL, L4_L5, None): SEVERE})), CANAL, L4_L5, NORMAL)
    assert headline(result).startswith("No degeneration above Normal/Mild: canal, 5 of 5 levels;")
    assert second_line(result).startswith("25 of 25 assessed")


def test_what_the_reader_cannot_judge_is_not_assessed_and_its_condition_not_complete():
    result = read_as(a_result(study_findings(without=(FORAMEN, RECESS))), CANAL, L4_L5, None, "cannot_judge")
    assert headline(result) == "Nothing above Normal/Mild in 4 of 25"
    assert "Spinal canal L4/L5: the reader cannot judge it." in not_assessed_sentences(result)
    assert short_reason(result.findings[3]) == "cannot judge"


def test_what_the_reader_graded_is_no_longer_listed_as_not_assessed():
    result = read_as(a_mixed_result(), RECESS, L5_S1, MODERATE)
    assert not_assessed_sentences(result) == ()
    assert second_line(result).startswith("4 severe, 11 moderate · 25 of 25 assessed")


def test_the_program_never_calls_what_it_says_a_diagnosis():
    result = a_mixed_result()
    said = [headline(result), second_line(result), *not_assessed_sentences(result), *check_sentences(result)]
    assert "diagnos" not in " ".join(said).lower()
