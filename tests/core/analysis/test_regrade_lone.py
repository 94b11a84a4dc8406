"""A mark of a lone axial slice put elsewhere: its crop goes along, what speaks against the slice stays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.analysis.flag_again import flag_again
from lumbar_core.analysis.lone_axial import ALONE
from lumbar_core.anatomy import Condition, Severity, Side
from lumbar_core.choices import Choices
from lumbar_core.errors import LocalisationError
from lumbar_core.findings import Grade
from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import Options, analyse, grade_again
from lumbar_core.report.build import build_finding
from lumbar_core.study import Study
from tests.core.analysis.test_lone_axial import (
    ASIDE,
    COLUMNS,
    FLIPS,
    NORMAL,
    SEVERE,
    by_brightness,
    lone,
    plane,
    shows,
)
from tests.core.fake_packs import TRIED_ALONE, a_recess_grader, an_axial_canal_grader, an_axial_localiser, by_spots
from tests.core.fake_studies import FakePixels

CANAL, _, RECESS = Condition
FAR = "the reader put it far from where the program found it"
# Of a grader whose word on a slice without neighbours is set right.
SET_RIGHT_BY = (0.0, 0.5, 0.0)
SET_RIGHT = TRIED_ALONE | {"alone": {"scale": 2.0, "bias": SET_RIGHT_BY}}
PACKS = PackSet(
    (
        an_axial_localiser(by_spots),
        a_recess_grader(by_brightness, SET_RIGHT),
        an_axial_canal_grader(by_brightness, calibration=SET_RIGHT),
    )
)
Flips = tuple[bool, bool]


@dataclass
class Case:
    """A lone slice as the program graded it; flips: how it is stored."""

    study: Study
    pixels: FakePixels
    grades: list[Grade]
    flips: Flips = (False, False)
    packs: PackSet = PACKS

    @property
    def mm(self) -> float:
        """The distance of its pixels, as the program has it."""
        return 128 / COLUMNS if self.study.series[0].instances[0].plane is None else 1.0

    def put(self, grade: Grade, down: float = 0.0, right: float = 0.0, choices: Choices = Choices()) -> Grade:  # noqa: B008
        """Graded again so many pixels down and to the right, as the slice is seen."""
        view = grade.views[0]
        down, right = -down if self.flips[0] else down, -right if self.flips[1] else right
        place, options = (view.point.row + down, view.point.column + right), Options(choices=choices)
        return grade_again(grade, view.instance, place, self.study, None, self.packs, self.pixels, options)

    def recess(self, seen: Side) -> Grade:
        """The recess on one side of the slice as it is seen; the brighter one is on its right."""
        usual = Side.RIGHT if seen is Side.LEFT else Side.LEFT
        return next(each for each in self.grades if each.target.usual_side is usual)

    def canal(self) -> Grade:
        return next(each for each in self.grades if each.target.condition is CANAL)


def a_case(study: Study, flips: Flips = (False, False), packs: PackSet = PACKS) -> Case:
    pixels, grades = shows(flips), list[Grade]()
    analyse(study, packs, pixels=pixels, behind=grades.append)
    return Case(study, pixels, grades, flips, packs)


@pytest.fixture(scope="module", params=[None, *FLIPS], ids=lambda flips: "picture" if flips is None else f"file{flips}")
def case(request: pytest.FixtureRequest) -> Case:
    flips: Flips | None = request.param
    return a_case(lone()) if flips is None else a_case(lone(geometry=plane(flips)), flips)


def middle_of_canal(crop: NDArray[np.float32]) -> NDArray[np.float64]:
    """(row, column) of the brightest spot of a crop."""
    middle: NDArray[np.float64] = np.argwhere(crop[1] > 0.9).mean(axis=0)
    return middle


def test_at_the_programs_own_place_the_networks_see_and_say_the_same(case: Case) -> None:
    assert len(case.grades) == 3
    for own in case.grades:
        again = case.put(own)
        (view,), (was,) = again.views, own.views
        assert view.target == own.target
        assert (view.point.row, view.point.column) == (was.point.row, was.point.column)
        np.testing.assert_allclose(view.crop, was.crop, atol=1e-5)
        np.testing.assert_allclose(view.logits, was.logits)
        assert (again.severity, again.check_reasons) == (own.severity, own.check_reasons)


def test_put_elsewhere_it_is_graded_there_and_that_is_set_right_too(case: Case) -> None:
    for own in (case.recess(Side.RIGHT), case.canal()):
        away = case.put(own, down=6.0)
        (was,), (there,) = own.views, away.views
        np.testing.assert_allclose((was.logits, there.logits), 2 * np.array([SEVERE, NORMAL]) + SET_RIGHT_BY)
        assert (own.severity, away.severity) == (Severity.SEVERE, Severity.NORMAL_MILD)
        assert abs(there.point.row - was.point.row) == pytest.approx(6.0)


def test_the_canals_crop_goes_as_far_as_its_mark(case: Case) -> None:
    own = case.canal()
    again = case.put(own, down=3.0, right=2.0)
    (row, column), by = middle_of_canal(own.views[0].crop), case.mm
    assert middle_of_canal(again.views[0].crop) == pytest.approx((row - 3 * by, column - 2 * by), abs=0.5)


def test_brightness_is_the_canals_and_goes_with_it(case: Case) -> None:
    assert case.put(case.recess(Side.LEFT), down=30.0).views[0].crop.max() < 0.1, (
        "nothing there is as bright as the canal"
    )
    assert case.put(case.canal(), down=30.0).views[0].crop.max() > 0.9


def test_what_speaks_against_it_still_does(case: Case) -> None:
    for own in case.grades:
        assert ALONE in own.check_reasons
        assert case.put(own, down=3.0).check_reasons == own.check_reasons
        assert case.put(own, down=9.0).check_reasons == (*own.check_reasons, FAR)


def test_notes_of_the_series_still_flag() -> None:
    noted = a_case(lone(notes=("metal",)))
    assert all("metal" in noted.put(own, down=3.0).check_reasons for own in noted.grades)


def test_a_recess_is_never_graded_on_the_other_side(case: Case) -> None:
    left = case.recess(Side.LEFT)
    side = "picture's left" if left.target.image_side is Side.LEFT else "patient's right"
    with pytest.raises(LocalisationError, match=f"does not lie on the {side}"):
        case.put(left, right=2 * ASIDE)


def test_beyond_the_picture_nothing_is_graded(case: Case) -> None:
    with pytest.raises(LocalisationError, match="beyond the picture"):
        case.put(case.canal(), down=200.0)


def test_where_the_canal_is_not_found_again_it_is_said() -> None:
    blind = an_axial_localiser(lambda _: (np.zeros((3, 8, 12), np.float32), 0.1))
    lost = replace(
        a_case(lone()), packs=PackSet((blind, *(pack for pack in PACKS.all if pack.contract.task == "grade")))
    )
    with pytest.raises(LocalisationError, match="no lumbar canal was recognised"):
        lost.put(lost.canal(), down=1.0)


@pytest.mark.parametrize("study", [lone(), lone(geometry=plane())])
def test_it_is_flagged_there_by_the_thresholds_that_the_user_chose(study: Study) -> None:
    harmless = (-0.51, -1.02, -3.22)  # logits of 60, 36 and 4 %
    graders = a_recess_grader(lambda _: harmless), an_axial_canal_grader(lambda _: harmless, calibration=TRIED_ALONE)
    case = a_case(study, packs=PackSet((an_axial_localiser(by_spots), *graders)))
    result, strict = analyse(study, case.packs, pixels=case.pixels), Choices(check_p_severe=0.02)
    for own in case.grades:
        there, strictly = (build_finding(case.put(own, down=3.0, choices=each), study) for each in (Choices(), strict))
        assert any("yet Severe has 4 %" in reason for reason in strictly.check_reasons)
        (flagged,) = flag_again(replace(result, findings=(there,)), case.packs, strict).findings
        assert flagged == strictly != there
