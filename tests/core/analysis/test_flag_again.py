"""Other thresholds flag a finished result as they would have flagged it on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lumbar_core.analysis.flag_again import flag_again
from lumbar_core.choices import BORDERLINE_GAP, CHECK_P_SEVERE, Choices
from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import Options, analyse
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Study
from tests.core.analysis import test_axial_canal, test_lone_axial
from tests.core.fake_packs import TRIED_ALONE, a_grader, an_axial_canal_grader
from tests.core.fake_studies import FakePixels, a_series, a_study
from tests.core.test_pipeline import packs as sagittal_packs
from tests.factories import MODERATE, NORMAL, RECESS, a_finding, a_location, a_result, not_assessed

OTHERS = ("two slices differ by two grades", "the count is in doubt")
SEVERE_4 = "graded Normal/Mild, yet Severe has 4 %"


def packs() -> PackSet:
    """A canal's two networks: the sagittal one flags from 15 % on, the axial one from 2 % on."""
    axial = {"check_p_severe": 0.02, "borderline_gap": 0.3, "share": 0.3}
    return PackSet(
        (a_grader(lambda _: (0.0, 0.0, 0.0)), an_axial_canal_grader(lambda _: (0.0, 0.0, 0.0), thresholds=axial))
    )


def a_case(shares: tuple[float, float, float] = (0.9, 0.06, 0.04), **changes: object) -> StudyResult:
    """A canal that is to be checked for two other reasons."""
    found = a_finding(grade=NORMAL, probabilities=shares, check=True, check_reasons=OTHERS)
    return a_result((replace(found, **changes),))  # type: ignore[arg-type]


def only(result: StudyResult) -> Finding:
    (finding,) = result.findings
    return finding


def test_a_lower_threshold_flags_and_names_what_was_chosen_and_nothing_else_changes() -> None:
    before, choices = a_case(), Choices(check_p_severe=0.03)
    after = flag_again(before, packs(), choices)
    assert only(after).check_reasons == (SEVERE_4, *OTHERS)
    assert after.chosen == choices
    assert replace(after, findings=before.findings, chosen=before.chosen) == before
    assert replace(only(after), check_reasons=OTHERS) == only(before)


def test_a_higher_threshold_takes_that_flag_away_and_leaves_every_other_doubt() -> None:
    flagged = flag_again(a_case(), packs(), Choices(check_p_severe=0.03))
    after = flag_again(flagged, packs(), Choices(check_p_severe=0.05))
    assert only(after).check_reasons == OTHERS
    assert only(after).check


def test_without_another_doubt_nothing_is_to_be_checked_any_more() -> None:
    flagged = flag_again(a_case(check=False, check_reasons=()), packs(), Choices(check_p_severe=0.03))
    assert only(flagged).check
    assert flag_again(flagged, packs(), Choices()) == a_case(check=False, check_reasons=())


def test_the_packs_own_threshold_is_that_of_the_network_that_judged() -> None:
    axial = a_location(RECESS)  # on the axial series
    seen_on_it = a_case(evidence=(a_location(), axial))
    assert only(flag_again(a_case(), packs(), Choices())).check_reasons == OTHERS
    assert only(flag_again(seen_on_it, packs(), Choices())).check_reasons == (SEVERE_4, *OTHERS)


def test_close_grades_are_close_by_the_chosen_gap() -> None:
    case = a_case((0.55, 0.40, 0.05))
    assert not only(flag_again(case, packs(), Choices())).borderline
    assert only(flag_again(case, packs(), Choices(borderline_gap=0.2))).borderline
    assert not only(flag_again(case, packs(), Choices(borderline_gap=0.05))).borderline


def test_what_the_program_said_before_the_reader_put_it_elsewhere_is_flagged_too() -> None:
    own = only(a_case())
    moved = a_case((0.2, 0.7, 0.1), grade=MODERATE, own=own, check=False, check_reasons=())
    after = only(flag_again(moved, packs(), Choices(check_p_severe=0.03)))
    assert after.check_reasons == ()
    assert after.own is not None
    assert after.own.check_reasons == (SEVERE_4, *OTHERS)


def test_the_operating_point_stays_that_of_the_grades() -> None:
    graded = replace(a_case(), chosen=Choices("argmax"))
    after = flag_again(graded, packs(), Choices("sensitive", check_p_severe=0.03))
    assert after.chosen == Choices("argmax", check_p_severe=0.03)


@pytest.mark.parametrize("nothing", [not_assessed, lambda: a_finding(RECESS)])
def test_what_has_no_grade_or_no_pack_is_left_as_it_is(nothing: Callable[[], Finding]) -> None:
    result = a_result((nothing(),))
    assert flag_again(result, packs(), Choices(check_p_severe=0.01)).findings == result.findings


def test_the_same_thresholds_give_the_same_object() -> None:
    result = flag_again(a_case(), packs(), Choices(check_p_severe=0.03))
    assert flag_again(result, packs(), Choices(check_p_severe=0.03)) is result


@pytest.mark.parametrize("out", [{"check_p_severe": 0.0}, {"check_p_severe": 0.2}, {"borderline_gap": 1.0}])
def test_nobody_turns_the_flags_off_or_on_everywhere(out: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="is not between"):
        Choices(**out)  # type: ignore[arg-type]


HARMLESS = (-0.51, -1.02, -3.22)  # logits of 60, 36 and 4 %
Way = tuple[Study, PackSet, FakePixels]
WAYS: dict[str, Way] = {
    "one plane": (a_study(a_series()), sagittal_packs(logits=HARMLESS), FakePixels()),
    "two planes": (
        a_study(a_series(3, name="t2", first_mm=-4.0), test_axial_canal.stack()),
        test_axial_canal.packs(an_axial_canal_grader(lambda _: HARMLESS, share=1.0)),
        test_axial_canal.shows(0.0),
    ),
    "lone slice": (
        test_lone_axial.lone(),
        test_lone_axial.packs(an_axial_canal_grader(lambda _: HARMLESS, calibration=TRIED_ALONE)),
        test_lone_axial.shows(),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_says_what_the_pipeline_says(way: str) -> None:
    study, chosen, pixels = WAYS[way]
    first, most = Choices(), Choices(check_p_severe=CHECK_P_SEVERE[0], borderline_gap=BORDERLINE_GAP[1])
    own, graded = (analyse(study, chosen, pixels=pixels, options=Options(choices=each)) for each in (first, most))
    again = flag_again(own, chosen, most)
    assert (again.findings, again.chosen) == (graded.findings, graded.chosen) != (own.findings, own.chosen)
    assert any("yet Severe has 4 %" in reason for finding in again.findings for reason in finding.check_reasons)
    assert any(finding.borderline for finding in again.findings)
    assert flag_again(again, chosen, first) == own
