"""A finding graded again where the reader puts it, by the shipped networks on the generated sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import lumbar_core
from lumbar_core.anatomy import Condition, Level, Orientation, Severity, Side
from lumbar_core.choices import Choices
from lumbar_core.errors import LocalisationError
from lumbar_core.findings import Grade
from lumbar_core.geometry import Points3
from lumbar_core.grade.calibrate import fuse, softmax
from lumbar_core.inference.packs import Pack, PackSet, load_packs
from lumbar_core.pipeline import Options, analyse, grade_again, recognise_study
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import Instance, Study
from tests.core.fake_packs import an_axial_canal_grader

SAMPLE = Path(lumbar_core.__file__).parent / "sample"
CANAL, FORAMEN, RECESS = Condition
SEVERE = (-8.0, 0.0, 8.0)


@dataclass
class Case:
    """The sample as the program graded it."""

    study: Study
    packs: PackSet
    reader: DirectReader
    grades: list[Grade]

    def grade(self, condition: Condition, side: Side | None = None) -> Grade:
        at = Level.L4_L5
        return next(
            each
            for each in self.grades
            if (each.target.condition, each.target.level, each.target.side) == (condition, at, side)
        )

    def canal_mm(self) -> Points3:
        view = self.grade(CANAL).views[0]
        assert view.instance.plane is not None
        return view.instance.plane.to_patient(np.array([view.point.row, view.point.column]))

    def again(self, grade: Grade, down: float = 0.0, right: float = 0.0, **options: object) -> Grade:
        view = grade.views[0]
        place = (view.point.row + down, view.point.column + right)
        chosen = Options(**options)  # type: ignore[arg-type]
        return grade_again(grade, view.instance, place, self.study, self.canal_mm(), self.packs, self.reader, chosen)


@pytest.fixture(scope="module")
def case() -> Iterator[Case]:
    packs, reader = load_packs("cpu"), DirectReader()
    study = recognise_study(read_study([SAMPLE]), packs, reader)
    grades: list[Grade] = []
    analyse(study, packs, pixels=reader, behind=grades.append)
    yield Case(study, packs, reader, grades)
    reader.close()


@pytest.fixture(scope="module")
def once_seen(case: Case) -> Case:
    """The sample as it is graded without a network for the canal on axial slices."""
    return graded_with(case, tuple(pack for pack in case.packs.all if not pack.contract.adds_to_another))


@pytest.fixture(scope="module")
def twice_seen(once_seen: Case) -> Case:
    """The sample as it is graded with a made-up network that finds the canal severely narrow on every axial slice."""
    return graded_with(once_seen, (*once_seen.packs.all, an_axial_canal_grader(lambda _: SEVERE, share=0.7)))


def graded_with(case: Case, packs: tuple[Pack, ...]) -> Case:
    grades: list[Grade] = []
    chosen = PackSet(packs)
    analyse(case.study, chosen, pixels=case.reader, behind=grades.append)
    return Case(case.study, chosen, case.reader, grades)


WHERE = [(CANAL, None), (FORAMEN, Side.LEFT), (FORAMEN, Side.RIGHT), (RECESS, Side.LEFT), (RECESS, Side.RIGHT)]


@pytest.mark.parametrize(("condition", "side"), WHERE)
def test_at_the_programs_own_place_the_network_sees_and_says_the_same(
    case: Case, condition: Condition, side: Side | None
) -> None:
    own = case.grade(condition, side)
    again = case.again(own)
    assert [view.axial for view in again.views] == ([False, True] if condition is CANAL else [condition is RECESS])
    assert again.views[0].instance is own.views[0].instance
    np.testing.assert_allclose(again.views[0].crop, own.views[0].crop, atol=2e-3)
    np.testing.assert_allclose(again.views[0].logits, own.views[0].logits, atol=0.02)


@pytest.mark.parametrize(("condition", "side"), WHERE)
def test_a_little_aside_it_lies_where_the_reader_put_it(case: Case, condition: Condition, side: Side | None) -> None:
    own = case.grade(condition, side)
    again = case.again(own, down=4.0)
    point, was = again.views[0].point, own.views[0].point
    assert (point.row, point.column) == pytest.approx((was.row + 4.0, was.column))
    assert not np.allclose(again.views[0].crop, own.views[0].crop, atol=1e-2)


@pytest.mark.parametrize(("condition", "side"), WHERE)
def test_put_far_from_where_it_was_found_it_is_to_be_checked(
    case: Case, condition: Condition, side: Side | None
) -> None:
    far = "the reader put it far from where the program found it"
    assert far not in case.again(case.grade(condition, side), down=2.0).check_reasons
    assert far in case.again(case.grade(condition, side), down=30.0).check_reasons


@pytest.mark.parametrize(("condition", "side"), WHERE)
@pytest.mark.parametrize("aside", [(-1000.0, 0.0), (1000.0, 0.0), (0.0, -1000.0), (0.0, 1000.0)])
def test_beyond_the_picture_nothing_is_graded(
    case: Case, condition: Condition, side: Side | None, aside: tuple[float, float]
) -> None:
    with pytest.raises(LocalisationError, match="beyond the picture"):
        case.again(case.grade(condition, side), *aside)


def test_a_recess_is_never_graded_on_the_other_side(case: Case) -> None:
    left = case.grade(RECESS, Side.LEFT)
    right = case.grade(RECESS, Side.RIGHT).views[0].point
    across = right.column - left.views[0].point.column
    with pytest.raises(LocalisationError, match="does not lie on the patient's left") as told:
        case.again(left, right=across)
    assert "Ctrl + Z" not in told.value.remedy, "that would take back something else"


def test_a_recess_of_slices_that_lie_aside_is_graded_again_where_it_is(case: Case) -> None:
    aside = graded_with(replace(case, study=moved(case.study, 25.0)), case.packs.all)
    own = aside.grade(RECESS, Side.LEFT)
    assert own.check_reasons
    again = aside.again(own)
    np.testing.assert_allclose(again.views[0].logits, own.views[0].logits, atol=0.02)
    assert again.check_reasons == own.check_reasons


def moved(study: Study, left_mm: float) -> Study:
    """The study with its axial slices so far to the patient's left."""

    def along(image: Instance) -> Instance:
        plane = image.plane
        if plane is None or plane.orientation is not Orientation.AXIAL:
            return image
        return replace(image, plane=replace(plane, origin_mm=plane.origin_mm + left_mm * np.eye(3)[0]))

    series = [replace(each, instances=tuple(map(along, each.instances))) for each in study.series]
    return replace(study, series=tuple(series))


def test_what_speaks_against_the_study_still_does(case: Case) -> None:
    marked: list[Grade] = []
    analyse(case.study, case.packs, pixels=case.reader, behind=marked.append, options=Options(post_operative=True))
    own = next(grade for grade in marked if grade.target == case.grade(CANAL).target)
    surgery = [reason for reason in own.check_reasons if "surgery" in reason]
    assert surgery
    assert [reason for reason in case.again(own).check_reasons if "surgery" in reason] == surgery


def test_a_flag_by_the_thresholds_of_before_does_not_come_along(case: Case) -> None:
    said = ("graded Normal/Mild, yet Severe has 4 %", "two slices differ by two grades", "the count is in doubt")
    flagged = replace(case.grade(CANAL), check_reasons=said)
    again = case.again(flagged, down=1.0, choices=Choices(check_p_severe=0.05))
    assert again.check_reasons == said[2:]


def test_it_is_flagged_there_by_the_threshold_that_the_user_chose(case: Case) -> None:
    strict = {"check_p_severe": 0.0001, "borderline_gap": 0.15, "share": 0.3}
    packs = [replace(pack, contract=replace(pack.contract, thresholds={**pack.contract.thresholds, **strict}))
             for pack in case.packs.all]  # fmt: skip
    theirs, own = replace(case, packs=PackSet(tuple(packs))), case.grade(CANAL)
    assert "yet Severe has" in " ".join(theirs.again(own).check_reasons)
    assert "yet Severe has" not in " ".join(theirs.again(own, choices=Choices(check_p_severe=0.05)).check_reasons)


def test_an_axial_network_shifts_the_canal_of_a_phantom_and_nothing_else(once_seen: Case, twice_seen: Case) -> None:
    added = 0
    for alone, both in zip(once_seen.grades, twice_seen.grades, strict=True):
        assert alone.target == both.target
        sagittal = [view for view in both.views if view.target.condition is not CANAL or not view.axial]
        assert [view.point for view in sagittal] == [view.point for view in alone.views]
        if len(sagittal) == len(both.views):
            np.testing.assert_array_equal(both.probabilities, alone.probabilities)
            assert both.check_reasons == alone.check_reasons
        else:
            added += 1
            own = fuse(np.stack([view.logits for view in sagittal]))
            np.testing.assert_allclose(both.probabilities, softmax(0.3 * own + 0.7 * np.array(SEVERE)))
            assert both.worst_view is Severity.SEVERE
    assert (
        added == sum(each.target.side is Side.LEFT and each.target.condition is RECESS for each in once_seen.grades) > 0
    )


def test_the_axial_view_of_a_canal_stays_where_its_sagittal_mark_is_put_elsewhere(twice_seen: Case) -> None:
    own = twice_seen.grade(CANAL)
    again = twice_seen.again(own, down=4.0)
    (sagittal, axial) = again.views
    assert (sagittal.axial, axial.axial) == (False, True)
    assert axial is own.views[-1]
    assert sagittal.point.row == own.views[0].point.row + 4.0
    np.testing.assert_allclose(again.probabilities, softmax(0.3 * fuse(sagittal.logits[None]) + 0.7 * np.array(SEVERE)))
    own_doubts = [reason for reason in own.check_reasons if "slices differ" not in reason]
    assert [reason for reason in again.check_reasons if "slices differ" not in reason] == own_doubts


def test_a_canal_is_put_elsewhere_on_a_sagittal_slice_alone(twice_seen: Case) -> None:
    own = twice_seen.grade(CANAL)
    axial = own.views[-1]
    place = axial.point.row, axial.point.column
    with pytest.raises(LocalisationError, match="on a sagittal slice"):
        grade_again(
            own, axial.instance, place, twice_seen.study, None, twice_seen.packs, twice_seen.reader, Options()
        )  # fmt: skip
