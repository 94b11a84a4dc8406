"""One numbering for all series of a study: who agrees is named, who does not flags every finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import analyse
from lumbar_core.report.result import StudyResult
from lumbar_core.study import Series
from tests.core.fake_packs import a_grader, a_localiser, draw_heat, model_of
from tests.core.fake_studies import STIR, FakePixels, a_series, a_study

EVEN = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}
T2, FAT_SUPPRESSED = a_series(3, name="t2"), a_series(3, STIR, "stir")


def run(*series: Series, moved: float = 0.0) -> StudyResult:
    """Graded with a localiser that sees the levels of the second series `moved` cells further down."""
    down = {level: row + moved for level, row in EVEN.items()}
    scenes = [draw_heat(EVEN, unnamed=(2, 26)), draw_heat(down, unnamed=(2 + moved, 26 + moved))]
    localiser = a_localiser(lambda number: (scenes[number // 3], 0.95))
    packs = PackSet((localiser, a_grader(lambda _: (4.0, 1.0, -3.0))))
    result = analyse(a_study(*series), packs, pixels=FakePixels())
    assert sum(len(batch) for batch in model_of(localiser).runs) == 3 * min(2, len(series))
    return result


def test_two_series_that_count_alike_are_both_named() -> None:
    result = run(T2, FAT_SUPPRESSED)
    assert result.numbering.agreed_by == ("t2", "stir")
    assert not result.numbering.doubtful
    assert not result.to_check
    assert result.notes == ("one of 2 sagittal T2 and STIR series was graded: T2 with 3 slices of 128 × 96 pixels",)


@pytest.mark.parametrize("moved", [-4.0, 4.0])
def test_an_off_by_one_between_two_series_flags_every_finding(moved: float) -> None:
    result = run(T2, FAT_SUPPRESSED, moved=moved)
    assert result.numbering.agreed_by == ("t2",)
    assert result.numbering.doubtful
    assert len(result.assessed) == 5
    for finding in result.assessed:
        assert finding.check_reasons == (
            "sagittal STIR counts the levels differently than sagittal T2, whose count is used",
        )


@pytest.mark.parametrize(("limit", "doubted"), [(0.3, True), (None, False)])
def test_a_disc_below_l5_s1_is_a_doubt_where_the_localiser_tells_discs(limit: float | None, doubted: bool) -> None:
    heat = draw_heat({level: row - 4 for level, row in EVEN.items()}, unnamed=(22,))
    localiser = a_localiser(lambda number: (heat, 0.95), disc_below=limit)
    result = analyse(a_study(T2), PackSet((localiser, a_grader(lambda _: (4.0, 1.0, -3.0)))), pixels=FakePixels())
    assert result.numbering.doubtful is doubted
    words = "a disc shows below L5/S1, as in a spine without five free lumbar vertebrae"
    assert {words in finding.check_reasons for finding in result.assessed} == {doubted}


def test_half_a_disc_is_no_disagreement() -> None:
    assert not run(T2, FAT_SUPPRESSED, moved=1.5).numbering.doubtful


def test_a_series_of_another_frame_of_reference_is_used_if_it_fits_by_anatomy_and_that_is_said() -> None:
    images = tuple(replace(image, frame_of_reference_uid="9.9") for image in FAT_SUPPRESSED.instances)
    result = run(T2, replace(FAT_SUPPRESSED, instances=images))
    assert result.numbering.agreed_by == ("t2", "stir")
    assert result.numbering.basis.endswith("; sagittal STIR has a frame of reference of its own and fits by anatomy")


def test_two_series_of_one_kind_are_told_apart_by_their_size() -> None:
    again = a_series(3, name="again", rows=127)
    images = tuple(replace(image, frame_of_reference_uid="9.9") for image in again.instances)
    basis = run(T2, replace(again, instances=images)).numbering.basis
    name = "sagittal T2 (3 slices of 127 × 96 pixels)"
    assert basis.endswith(f"; {name} has a frame of reference of its own and fits by anatomy")


def test_of_many_series_two_are_searched() -> None:
    third = a_series(3, name="again")
    assert run(T2, FAT_SUPPRESSED, third).numbering.agreed_by == ("t2", "again")
