"""Foramina on sagittal T1: each side on its own slices, told from the canal, and no side where none can be told."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Severity, Side
from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import Options, analyse
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Series, Study
from tests.core.fake_packs import a_grader, a_localiser, draw_heat
from tests.core.fake_studies import SAGITTAL_T1, FakePixels, a_picture, a_series, a_study

FORAMEN = Condition.NEURAL_FORAMINAL_NARROWING
EVEN = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}
NORMAL, SEVERE = (4.0, 1.0, -3.0), (-3.0, 0.0, 5.0)
SLICES, STEP_MM = 13, 4.0
Shown = dict[int, float]  # how clearly the foramina show, by slice


def canal_series(middle_mm: float) -> Series:
    return a_series(3, name="t2", first_mm=middle_mm - STEP_MM)


def t1_series(middle_mm: float) -> Series:
    """Slice 6 is the midline, slices 2 and 10 lie 16 mm to the right and left of it."""
    return a_series(SLICES, SAGITTAL_T1, "t1", first_mm=middle_mm - 6 * STEP_MM)


BOTH: Shown = {1: 0.6, 2: 0.9, 3: 0.7, 9: 0.7, 10: 0.9, 11: 0.6}


def packs(shown: Shown = BOTH, moved: float = 0.0) -> PackSet:
    """Localisers that see the canal everywhere and the foramina on these slices, `moved` cells further down.

    The grader calls a slice Severe if its number is above 6 (to the left of the midline).
    """
    rows = {level: row + moved for level, row in EVEN.items()}

    def heat(number: int) -> tuple[NDArray[np.float32], float]:
        if number not in shown:
            return np.zeros((6, 32, 32), np.float32), 0.1
        return draw_heat(rows, unnamed=tuple(r + moved for r in (2.0, 26.0)), canal=shown[number]), 0.95

    return PackSet(
        (
            a_localiser(lambda _: (draw_heat(EVEN, unnamed=(2, 26)), 0.95)),
            a_localiser(heat, name="localise_t1"),
            a_grader(lambda _: NORMAL),
            a_grader(lambda _: SEVERE, name="foraminal", conditions=[FORAMEN.value]),
        )
    )


def run(study: Study, chosen: PackSet | None = None, options: Options = Options()) -> StudyResult:  # noqa: B008
    return analyse(study, chosen or packs(), pixels=FakePixels(), options=options)


def foramina(result: StudyResult) -> dict[tuple[Side | None, Level], Finding]:
    return {(f.side, f.level): f for f in result.findings if f.condition is FORAMEN}


@pytest.mark.parametrize("middle_mm", [-40.0, 0.0, 40.0])
@pytest.mark.parametrize("backwards", [False, True])
def test_each_side_is_graded_on_its_own_slices_wherever_the_patient_lies(middle_mm: float, backwards: bool) -> None:
    t1 = t1_series(middle_mm)
    if backwards:  # the localiser sees the slices in the order of the series
        t1 = replace(t1, instances=t1.instances[::-1])
    result = run(a_study(canal_series(middle_mm), t1))
    found = foramina(result)
    assert len(found) == 10
    for (side, _), finding in found.items():
        assert finding.grade is Severity.SEVERE
        assert finding.location is not None
        assert finding.location.patient_mm is not None
        aside = finding.location.patient_mm[0] - middle_mm
        assert aside == pytest.approx(16.0 if side is Side.LEFT else -16.0)
        assert len(finding.evidence) == 1, "neighbouring slices show it much less"
    used = {series.id: series.used_for for series in result.input.series}
    assert used == {"t2": (Condition.SPINAL_CANAL_STENOSIS,), "t1": (FORAMEN,)}
    assert not result.to_check


def test_slices_that_show_a_foramen_equally_well_are_fused() -> None:
    result = run(a_study(canal_series(0.0), t1_series(0.0)), packs({2: 0.9, 3: 0.85, 10: 0.9, 11: 0.4}))
    evidence = {side: len(finding.evidence) for (side, _), finding in foramina(result).items()}
    assert evidence == {Side.RIGHT: 2, Side.LEFT: 1}


def test_a_foramen_that_no_slice_of_its_side_shows_is_not_assessed() -> None:
    result = run(a_study(canal_series(0.0), t1_series(0.0)), packs({2: 0.9, 3: 0.8}))
    for (side, _), finding in foramina(result).items():
        assert finding.assessed is (side is Side.RIGHT)
        if side is Side.LEFT:
            assert finding.reason_code is Reason.NOT_IN_SLICE
            assert finding.reason == "no slice shows the left foramen at this level"


def test_a_slice_near_the_midline_has_no_side_and_grades_none() -> None:
    result = run(a_study(canal_series(0.0), t1_series(0.0)), packs({5: 0.9, 6: 0.9, 7: 0.9}))
    assert not any(finding.assessed for finding in foramina(result).values())


def test_a_slice_beyond_the_pedicles_shows_no_foramen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumbar_core.analysis.foramina.FARTHEST_MM", 15.0)  # of the 16 mm where the slices lie
    result = run(a_study(canal_series(0.0), t1_series(0.0)), packs({2: 0.9, 10: 0.9}))
    assert {finding.reason_code for finding in foramina(result).values()} == {Reason.NOT_IN_SLICE}


def test_without_the_canal_the_sides_of_a_study_are_unknown() -> None:
    result = run(a_study(t1_series(0.0)))
    codes = {finding.reason_code for finding in foramina(result).values()}
    assert codes == {Reason.SIDE_UNKNOWN}


def of_another_frame(series: Series) -> Series:
    images = tuple(replace(image, frame_of_reference_uid="9.9") for image in series.instances)
    return replace(series, instances=images)


@pytest.mark.parametrize("moved_mm", [-24.0, -12.0, 12.0, 24.0])
@pytest.mark.parametrize("another_frame", [False, True])
def test_a_t1_series_aside_of_the_canal_has_no_sides(moved_mm: float, another_frame: bool) -> None:
    t1 = t1_series(moved_mm)
    result = run(a_study(canal_series(0.0), of_another_frame(t1) if another_frame else t1))
    for finding in foramina(result).values():
        assert finding.reason_code is Reason.SIDE_UNKNOWN
        assert f"lies {abs(moved_mm):.0f} mm aside of where the canal is" in finding.reason
    assert result.numbering.basis.endswith(f"; sagittal T1 lies {abs(moved_mm):.0f} mm aside of the canal")
    assert "fits by anatomy" not in result.numbering.basis
    assert sum(finding.assessed for finding in result.findings) == len(LEVELS), "the canal has no side"


@pytest.mark.parametrize("moved_mm", [-8.0, 8.0])
def test_a_t1_series_little_aside_of_the_canal_keeps_its_sides(moved_mm: float) -> None:
    result = run(a_study(canal_series(0.0), of_another_frame(t1_series(moved_mm))))
    for (side, _), finding in foramina(result).items():
        assert finding.location is not None
        assert finding.location.patient_mm is not None
        aside = finding.location.patient_mm[0] - moved_mm
        assert (aside > 0) is (side is Side.LEFT)
    assert result.numbering.basis.endswith("; sagittal T1 has a frame of reference of its own and fits by anatomy")


@pytest.mark.parametrize("lost", ["t1", "t2", "both"])
def test_where_the_files_do_not_tell_where_their_slices_lie_that_is_why_no_side_is_known(lost: str) -> None:
    t2, t1 = (
        replace(series, instances=tuple(replace(image, plane=None) for image in series.instances))
        if lost in (series.id, "both")
        else series
        for series in (canal_series(0.0), t1_series(0.0))
    )
    told = {(finding.reason_code, finding.reason) for finding in foramina(run(a_study(t2, t1))).values()}
    words = "the files do not tell where their slices lie, so that left and right cannot be told"
    assert told == {(Reason.SIDE_UNKNOWN, words)}


def test_a_lone_t1_picture_has_five_foramina_without_a_side() -> None:
    result = run(a_picture(SAGITTAL_T1), packs({0: 0.9}))
    assert list(foramina(result)) == [(None, level) for level in LEVELS]
    assert all(finding.assessed for finding in result.findings)
    assert len(result.findings) == 5


def test_a_lone_picture_without_foramina_is_not_graded() -> None:
    result = run(a_picture(SAGITTAL_T1), packs({}))
    assert {finding.reason_code for finding in result.findings} == {Reason.NOT_LUMBAR}
    dim = run(a_picture(SAGITTAL_T1), packs({0: 0.2}))
    assert {finding.reason_code for finding in dim.findings} == {Reason.NOT_IN_SLICE}


def test_a_t1_series_that_counts_a_level_off_is_counted_anew_and_every_finding_is_flagged() -> None:
    result = run(a_study(canal_series(0.0), t1_series(0.0)), packs(moved=4.0))  # one disc is four cells
    assert result.numbering.doubtful
    assert result.numbering.agreed_by == ("t2",)
    assert len(result.to_check) == len(result.assessed)
    assert all(
        "sagittal T1 counts the levels differently than sagittal T2," in f.check_reasons[0] for f in result.assessed
    )
    by_level = {level: f for (side, level), f in foramina(result).items() if side is Side.LEFT}
    canal = {f.level: f for f in result.findings if f.condition is Condition.SPINAL_CANAL_STENOSIS}
    for level in LEVELS[1:]:
        here, there = by_level[level].location, canal[level].location
        assert here is not None
        assert there is not None
        assert here.row == pytest.approx(there.row, abs=0.5)


def test_a_count_chosen_by_the_user_moves_both_series() -> None:
    plain = run(a_study(canal_series(0.0), t1_series(0.0)))
    shifted = run(a_study(canal_series(0.0), t1_series(0.0)), options=Options(numbering="up"))
    assert not shifted.to_check
    before, after = foramina(plain), foramina(shifted)
    for side in Side:
        for upper, lower in pairwise(LEVELS):
            was, now = before[side, lower].location, after[side, upper].location
            assert was is not None
            assert now is not None
            assert now.row == pytest.approx(was.row)
