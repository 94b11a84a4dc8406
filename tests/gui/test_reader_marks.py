"""What the reader says of a finding."""

from __future__ import annotations

from dataclasses import replace

from lumbar_core.anatomy import LEVELS, Level, Side
from lumbar_gui import reader_marks
from tests.factories import CANAL, MODERATE, NORMAL, RECESS, SEVERE, a_finding, a_result, not_assessed
from tests.gui.fakes import a_placed_result, counted_anew


def test_another_grade_is_a_change_and_the_program_s_grade_is_kept() -> None:
    finding = reader_marks.marked(a_finding(grade=SEVERE), "m")
    assert finding.reader is not None
    assert (finding.reader.status, finding.reader.grade, finding.reader.was) == ("changed", MODERATE, SEVERE)
    assert finding.grade is SEVERE
    assert finding.shown_grade is MODERATE


def test_the_same_grade_is_agreement() -> None:
    finding = reader_marks.marked(a_finding(grade=SEVERE), "s")
    assert finding.reader is not None
    assert finding.reader.status == "agreed"


def test_cannot_judge_shows_no_grade() -> None:
    finding = reader_marks.marked(a_finding(), "x")
    assert finding.reader is not None
    assert finding.reader.status == "cannot_judge"
    assert finding.shown_grade is None


def test_there_is_nothing_to_agree_with_where_nothing_was_graded() -> None:
    assert reader_marks.agreed(not_assessed()).reader is None
    assert reader_marks.marked(not_assessed(), "n").reader is not None


def test_marks_move_with_their_structures_when_levels_are_counted_anew() -> None:
    old = a_placed_result()
    chosen = next(f for f in old.findings if f.condition is CANAL and f.level is Level.L4_L5)
    old = reader_marks.with_finding(old, reader_marks.marked(chosen, "m"))
    new = reader_marks.carried(old, counted_anew(old.with_findings(a_placed_result().findings), "up"))
    marked = [f for f in new.findings if f.reader is not None]
    assert [(f.condition, f.level) for f in marked] == [(CANAL, Level.L3_L4)]


def test_replacing_one_finding_leaves_the_others() -> None:
    result = a_result()
    changed = reader_marks.marked(result.findings[0], "s")
    after = reader_marks.with_finding(result, changed)
    assert after.findings[0].reader is not None
    assert after.findings[1:] == result.findings[1:]
    assert result.findings[0].grade is NORMAL
    assert len(after.findings) == 5 * len(LEVELS)


def test_what_was_seen_goes_with_its_place_to_another_counting() -> None:
    before = a_placed_result()
    after = counted_anew(before, "up")
    seen = {(CANAL, None, None, Level.L4_L5), (RECESS, Side.LEFT, None, Level.L2_L3)}
    assert reader_marks.carried_keys(before, after, seen) == {
        (CANAL, None, None, Level.L3_L4),
        (RECESS, Side.LEFT, None, Level.L1_L2),
    }


def test_what_speaks_against_a_counting_goes_with_it_and_what_speaks_against_a_place_stays() -> None:
    """As when the user's own count takes the doubt away that the program had about its own."""
    doubtful = a_placed_result()
    own = replace(
        next(f for f in doubtful.findings if f.condition is CANAL and f.level is Level.L4_L5),
        check=True, check_reasons=("the counting of levels is in doubt",),
    )  # fmt: skip
    assert own.location is not None
    there = replace(own.location, row=own.location.row + 9)
    far = replace(own, location=there, evidence=(there,), check_reasons=(*own.check_reasons, "far from it"), own=own)
    sure = counted_anew(a_placed_result(), "up")
    new = reader_marks.carried(reader_marks.with_finding(doubtful, far), sure)
    (placed,) = (finding for finding in new.findings if finding.own is not None)
    assert placed.check_reasons == ("far from it",)
    asked = tuple(replace(f, check=True, check_reasons=("surgery",)) if f.location else f for f in sure.findings)
    (placed,) = (
        finding
        for finding in reader_marks.carried(
            reader_marks.with_finding(doubtful, far), sure.with_findings(asked)
        ).findings
        if finding.own is not None
    )
    assert placed.check_reasons == ("far from it", "surgery")
