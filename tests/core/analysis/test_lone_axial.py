"""One axial slice without its study: graded with a flag, with the sides that are known, or not at all.

The made-up slice shows a bright canal, a dim recess on one side and a brighter one, called Severe, on the other.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.analysis.lone_axial import ALONE
from lumbar_core.anatomy import Condition, Level, Orientation, Reason, Severity, Side, Weighting
from lumbar_core.errors import Damaged
from lumbar_core.findings import Grade
from lumbar_core.geometry import Plane
from lumbar_core.grade.evidence import explain
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.pipeline import Progress, Step, analyse
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Identity, InputKind, Instance, KindBasis, Pixels, Series, SeriesKind, Study
from tests.core.fake_packs import (
    TRIED_ALONE,
    a_grader,
    a_recess_grader,
    a_recogniser,
    an_axial_canal_grader,
    an_axial_localiser,
    by_spots,
)
from tests.core.fake_studies import FakePixels, an_image

ROWS, COLUMNS, ASIDE = 120, 96, 8
PLACE = (64, 50)  # (row, column) of the canal, as the slice is seen
CANAL, PALE, BRIGHT = 200.0, 120.0, 160.0
NORMAL, SEVERE = (4.0, 1.0, -3.0), (-3.0, 0.0, 5.0)
T2, T1 = (SeriesKind(Orientation.AXIAL, weighting, KindBasis.HEADER) for weighting in (Weighting.T2, Weighting.T1))
UNKNOWN = SeriesKind(Orientation.UNKNOWN, Weighting.UNKNOWN, KindBasis.NONE)
FLIPS = [(False, False), (True, False), (False, True), (True, True)]


def plane(flips: tuple[bool, bool] = (False, False)) -> Plane:
    down, right = np.array([0.0, -1.0 if flips[0] else 1.0, 0.0]), np.array([-1.0 if flips[1] else 1.0, 0.0, 0.0])
    return Plane(np.zeros(3), down, right, (1.0, 1.0))


def lone(kind: SeriesKind = T2, geometry: Plane | None = None, notes: tuple[str, ...] = ()) -> Study:
    image = an_image(root=Path("made-up"), rows=ROWS, plane=geometry)
    series = Series("s1", "1.2", "made up", (image,), kind, None, notes=notes)
    what = InputKind.PICTURE if geometry is None else InputKind.SLICE
    return Study(Path("made-up/00.dcm"), what, (series,), (), 1, Identity())


def shows(flips: tuple[bool, bool] = (False, False)) -> FakePixels:
    """The canal, a dim recess on the left of the slice as it is seen, a brighter one on its right; stored flipped."""
    pixels = np.tile(np.arange(COLUMNS, dtype=np.float32) % 7, (ROWS, 1))
    for aside, brightness in ((0, CANAL), (-ASIDE, PALE), (ASIDE, BRIGHT)):
        row, column = PLACE[0], PLACE[1] + aside
        pixels[row - 1 : row + 2, column - 1 : column + 2] = brightness
    stored: Pixels = pixels[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1]
    return FakePixels(lambda _: stored)


def by_brightness(crop: NDArray[np.float32]) -> tuple[float, float, float]:
    return SEVERE if crop[1, 6:10, 6:10].max() > 0.7 else NORMAL


def packs(*more: Pack, localiser: Pack | None = None) -> PackSet:
    return PackSet((localiser or an_axial_localiser(by_spots), a_recess_grader(by_brightness), *more))


def findings(result: StudyResult) -> dict[tuple[Condition, Side | None, Side | None], Finding]:
    return {(each.condition, each.side, each.image_side): each for each in result.findings}


def a_canal_grader() -> Pack:
    return an_axial_canal_grader(lambda _: NORMAL, calibration=TRIED_ALONE)


SPINAL, _, RECESS = Condition


def test_a_picture_has_its_own_sides_an_unknown_level_and_a_flag() -> None:
    found = findings(analyse(lone(), packs(a_canal_grader()), pixels=shows()))
    assert set(found) == {(SPINAL, None, None), (RECESS, None, Side.RIGHT), (RECESS, None, Side.LEFT)}
    assert {each.level for each in found.values()} == {Level.UNKNOWN}
    assert found[RECESS, None, Side.LEFT].grade is Severity.NORMAL_MILD
    assert found[RECESS, None, Side.RIGHT].grade is Severity.SEVERE
    for (_, _, side), each in found.items():
        assert each.check
        assert each.check_reasons[0] == ALONE
        assert each.check_reasons[1] == "nothing tells the picture's scale: it counts as 128 mm wide"
        assert each.location is not None
        aside = {None: 0, Side.LEFT: -ASIDE, Side.RIGHT: ASIDE}[side]
        assert each.location.column == pytest.approx(PLACE[1] + aside, abs=2.0)


def test_the_canal_is_pointed_to_behind_the_line_through_its_recesses() -> None:
    found = findings(analyse(lone(), packs(a_canal_grader()), pixels=shows()))
    canal = found[SPINAL, None, None].location
    assert canal is not None
    assert canal.row == pytest.approx(PLACE[0] + 0.2 * 2 * ASIDE, abs=1.0)


@pytest.mark.parametrize("flips", FLIPS)
def test_a_slice_with_geometry_has_the_patients_sides_however_it_is_stored(flips: tuple[bool, bool]) -> None:
    found = findings(analyse(lone(geometry=plane(flips)), packs(), pixels=shows(flips)))
    left, right = found[RECESS, Side.LEFT, None], found[RECESS, Side.RIGHT, None]
    assert (left.grade, right.grade) == (Severity.SEVERE, Severity.NORMAL_MILD), "the picture's right is seen right"
    assert left.check_reasons == right.check_reasons == (ALONE,)
    for each, aside in ((left, ASIDE), (right, -ASIDE)):
        assert each.location is not None
        row = ROWS - 1 - PLACE[0] if flips[0] else PLACE[0]
        column = COLUMNS - 1 - PLACE[1] - aside if flips[1] else PLACE[1] + aside
        assert (each.location.row, each.location.column) == pytest.approx((row, column), abs=1.5)


def test_a_slice_turned_by_a_quarter_is_refused() -> None:
    turned = Plane(np.zeros(3), np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]), (1.0, 1.0))
    result = analyse(lone(geometry=turned), packs(), pixels=shows())
    assert {each.reason_code for each in result.findings if each.condition is RECESS} == {Reason.UNSUPPORTED_GEOMETRY}


def test_the_networks_see_both_sides_of_a_picture_as_they_see_a_patients() -> None:
    """The picture's right is usually the patient's left, whose crops are mirrored; so is the evidence shown."""
    seen: list[Grade] = []
    chosen = packs()
    analyse(lone(), chosen, pixels=shows(), behind=seen.append)
    by_side = {grade.target.image_side: grade for grade in seen}
    for side, towards_canal in ((Side.LEFT, -1), (Side.RIGHT, 0)):
        grade = by_side[side]
        assert grade.views[0].crop[1, 7:9, -1].mean() > 0.9, "the canal lies to the right of either crop"
        shown = explain(grade, chosen)[0].crop
        assert shown[1, 7:9, towards_canal].mean() > 0.9, "as it lies on the picture"


def test_notes_on_the_series_flag_too() -> None:
    found = analyse(lone(notes=("metal",)), packs(), pixels=shows()).findings
    assert all("metal" in each.check_reasons for each in found if each.assessed)


def test_what_a_grader_says_of_one_slice_for_three_is_set_right() -> None:
    calibration = TRIED_ALONE | {"alone": {"scale": 2.0, "bias": [-20.0, 0.0, 5.0]}}
    chosen = PackSet((an_axial_localiser(by_spots), a_recess_grader(lambda _: NORMAL, calibration)))
    for each in analyse(lone(), chosen, pixels=shows()).findings:
        if each.condition is RECESS:
            assert each.grade is Severity.MODERATE, "(4, 1, -3) twice as far apart, and -20, 0 and 5 more"


@pytest.mark.parametrize("canal", [True, False])
def test_a_grader_that_was_not_tried_on_one_slice_grades_none(canal: bool) -> None:
    untried = {"temperature": [1.0], "fitted_on": "made up", "ece": None}
    axial = an_axial_canal_grader(lambda _: NORMAL, calibration=untried if canal else TRIED_ALONE)
    recess = a_recess_grader(by_brightness, TRIED_ALONE if canal else untried)
    chosen = PackSet((an_axial_localiser(by_spots), recess, axial))
    for each in analyse(lone(), chosen, pixels=shows()).findings:
        assert each.assessed is (each.condition is not (SPINAL if canal else RECESS))
        assert each.assessed or each.reason_code is Reason.NO_PACK


def test_without_a_pack_for_it_the_canal_is_not_tried() -> None:
    found = findings(analyse(lone(), packs(a_grader(lambda _: NORMAL)), pixels=shows()))
    assert found[SPINAL, None, None].reason_code is Reason.NO_PACK, "a sagittal grader does not look at axial slices"
    assert found[RECESS, None, Side.LEFT].assessed


@pytest.mark.parametrize("localiser", [None, an_axial_localiser(by_spots, whole_slices=False)])
def test_without_a_localiser_tried_on_whole_slices_nothing_is_graded(localiser: Pack | None) -> None:
    chosen = PackSet((*([localiser] if localiser else []), a_recess_grader(by_brightness)))
    assert {each.reason_code for each in analyse(lone(), chosen, pixels=shows()).findings} == {Reason.NO_PACK}


def test_a_slice_of_another_weighting_is_not_graded() -> None:
    found = analyse(lone(T1), packs(), pixels=shows()).findings
    assert {(each.reason_code, each.reason) for each in found} == {(Reason.NO_SERIES, "no axial T2 series was found")}


def test_where_no_canal_stands_out_it_is_said_what_would_help() -> None:
    def weak(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        maps, score = by_spots(picture)
        return maps * 0.5, score

    found = analyse(lone(), packs(localiser=an_axial_localiser(weak)), pixels=shows()).findings
    recesses = [each for each in found if each.condition is RECESS]
    assert {each.reason_code for each in recesses} == {Reason.NOT_LOCATED}
    assert all("open it together with its sagittal T2 series" in each.reason for each in recesses)


@pytest.mark.parametrize(("score", "known"), [(0.4, False), (0.6, True)])
def test_without_a_lumbar_canal_nothing_is_graded(score: float, known: bool) -> None:
    def scored(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        maps, _ = by_spots(picture)
        return maps, score

    found = analyse(lone(), packs(localiser=an_axial_localiser(scored)), pixels=shows()).findings
    assert any(each.assessed for each in found) is known


@pytest.mark.parametrize(("sure", "assessed"), [(0.95, True), (0.65, False)])
def test_a_picture_whose_kind_is_guessed_needs_more_that_speaks_for_its_canal(sure: float, assessed: bool) -> None:
    def dim(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        maps, score = by_spots(picture)
        return maps * 0.62, score  # so that its evidence is little more than what is asked for

    chosen = packs(a_recogniser("axial_t2", sure), localiser=an_axial_localiser(dim))
    found = analyse(lone(UNKNOWN), chosen, pixels=shows()).findings
    assert any(each.assessed for each in found) is assessed


def test_a_slice_that_cannot_be_decoded_is_said() -> None:
    def refuse(_: Instance) -> Pixels:
        raise Damaged("cut off", "export it again")

    result = analyse(lone(geometry=plane()), packs(), pixels=FakePixels(refuse))
    assert {each.reason_code for each in result.findings if each.condition is RECESS} == {Reason.POOR_QUALITY}


def test_the_slice_and_its_places_are_shown_on_the_way() -> None:
    told: list[Progress] = []
    analyse(lone(), packs(), told.append, pixels=shows())
    located = [each for each in told if each.step is Step.LOCALISE]
    assert [len(each.points) for each in located] == [3]


def test_several_axial_slices_alone_stay_without_a_level() -> None:
    study = lone(geometry=plane())
    one = study.series[0]
    images = tuple(replace(one.instances[0], sop_uid=f"1.2.{n}") for n in range(3))
    several = replace(study.with_series((replace(one, instances=images),)), kind=InputKind.SERIES)
    found = analyse(several, packs(), pixels=shows()).findings
    assert not any(each.assessed for each in found)
