"""A result of which the program's grades are taken away: nothing of them is left anywhere in it."""

from __future__ import annotations

from dataclasses import fields, replace

from lumbar_core.anatomy import STUDY_TARGETS, Severity
from lumbar_core.report.impression import impression
from lumbar_core.report.to_json import render_json
from lumbar_core.report.wording import changed_sentences, check_sentences
from lumbar_core.study import Identity
from lumbar_gui.blind import blinded, differences, next_ungraded, room_words, target_of, with_given
from lumbar_gui.browsing import first_to_show
from lumbar_gui.worklist import Room
from tests.gui.fakes import a_placed_result

RESULT = replace(a_placed_result(), notes=("post-operative",))
OTHER = RESULT.with_findings(
    tuple(
        replace(each, grade=Severity.SEVERE, probabilities=(0.0, 0.1, 0.9), worst_view=Severity.SEVERE, check=True)
        if each.assessed
        else each
        for each in RESULT.findings
    )
)


def test_two_results_that_differ_in_their_grades_alone_are_the_same_once_blinded() -> None:
    assert RESULT.findings != OTHER.findings
    assert blinded(RESULT) == blinded(OTHER)
    assert render_json(blinded(RESULT)) == render_json(blinded(OTHER))


def test_no_field_of_a_finding_holds_what_the_program_said() -> None:
    kept = {"condition", "level", "side", "location", "evidence", "reason"}
    for finding in blinded(OTHER).findings:
        said = {each.name: getattr(finding, each.name) for each in fields(finding) if each.name not in kept}
        assert not any(said.values()), said
        assert finding.reason == "not graded yet"


def test_all_structures_are_there_with_their_places_and_nobody_s_name() -> None:
    shown = blinded(RESULT)
    assert tuple(map(target_of, shown.findings)) == STUDY_TARGETS
    places = {target_of(each): each.location for each in RESULT.findings}
    assert all(each.location == places[target_of(each)] for each in shown.findings)
    assert (shown.identity, shown.notes, shown.input.path) == (Identity(), (), "")
    assert first_to_show(shown) == shown.findings[0]


def test_what_the_reader_said_shows_beside_nothing_while_blind() -> None:
    shown = with_given(blinded(OTHER), {STUDY_TARGETS[0]: Severity.MODERATE, STUDY_TARGETS[1]: None})
    assert [each.shown_grade for each in shown.findings[:3]] == [Severity.MODERATE, None, None]
    assert [each.reader is not None for each in shown.findings[:3]] == [True, True, False]
    said = " ".join((*impression(shown), *check_sentences(shown), *changed_sentences(shown))).lower()
    assert "severe" not in said
    assert differences(shown) == ()


def test_the_differences_are_where_both_have_a_grade_and_differ() -> None:
    graded = [target_of(each) for each in OTHER.findings if each.assessed]
    given = {graded[0]: Severity.SEVERE, graded[1]: Severity.NORMAL_MILD, graded[2]: None}
    assert [target_of(each) for each in differences(with_given(OTHER, given))] == [graded[1]]


def test_the_next_is_the_following_one_that_is_not_graded_round_and_round() -> None:
    shown = blinded(RESULT)
    first, second, last = shown.findings[0], shown.findings[1], shown.findings[-1]
    assert next_ungraded(shown, None) == first
    assert next_ungraded(shown, first.key) == second
    assert next_ungraded(shown, last.key) == first
    assert next_ungraded(with_given(shown, dict.fromkeys(STUDY_TARGETS)), first.key) is None


def test_the_room_s_words_name_no_grade_while_blind() -> None:
    room = Room("R1", "S07", helped=False, graded=7, read=2, of=30, revealed=False, at_end=True, paused=False)
    assert room_words(room, blinded(OTHER))[0] == "S07: 7 of 25 graded, blind"
    done = replace(room, graded=25)
    assert room_words(done, blinded(OTHER))[0] == "S07: all 25 graded"
    assert "next study" in room_words(done, blinded(OTHER))[1]
    assert "next study" not in room_words(done, blinded(OTHER), last=True)[1]
    assert room_words(replace(room, paused=True), blinded(OTHER))[0] == "Paused"
    told = with_given(OTHER, dict.fromkeys(STUDY_TARGETS, Severity.SEVERE))
    assert room_words(replace(room, revealed=True), told)[0] == "S07: you and the program agree"
