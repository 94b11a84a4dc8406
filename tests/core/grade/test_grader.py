"""Views become one finding with its doubts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lumbar_core.anatomy import SEVERITY_LABELS, Condition, Level, Severity, Target
from lumbar_core.choices import Choices
from lumbar_core.findings import Grade, ImagePoint, View
from lumbar_core.grade.crops import CropPlace
from lumbar_core.grade.grader import Sight, fuse_views, grade_crops, grade_slice
from lumbar_core.inference.contract import Contract
from tests.core.fake_packs import FakeModel, a_contract, a_grader, a_pack, an_axial_canal_grader, model_of
from tests.core.fake_studies import an_image, noise

NORMAL, MODERATE, SEVERE = Severity
UPPER = Target(Condition.SPINAL_CANAL_STENOSIS, Level.L3_L4, None)
LOWER = Target(Condition.SPINAL_CANAL_STENOSIS, Level.L4_L5, None)


def a_view(*shares: float, target: Target = LOWER, visibility: float = 0.9, number: int = 0) -> View:
    return View(
        target,
        an_image(number),
        ImagePoint(10.0, 20.0, 0.9, visibility),
        np.log(shares),
        np.zeros((1, 2, 2), np.float32),
    )


def fused(
    *views: View,
    choices: Choices = Choices(),  # noqa: B008  frozen
    doubts: tuple[str, ...] = (),
    **changes: object,
) -> Grade:
    (found,) = fuse_views(views, a_contract(**changes).with_choices(choices), {LOWER: doubts})
    return found


def test_one_view_is_the_finding() -> None:
    found = fused(a_view(0.2, 0.7, 0.1))
    np.testing.assert_allclose(found.probabilities, [0.2, 0.7, 0.1])
    assert (found.severity, found.worst_view) == (MODERATE, MODERATE)
    assert found.check_reasons == ()
    assert not found.borderline


def test_the_finding_points_to_the_view_that_shows_it_best() -> None:
    found = fused(a_view(0.8, 0.1, 0.1, visibility=0.5), a_view(0.8, 0.1, 0.1, visibility=0.9, number=1))
    assert [view.instance.instance_number for view in found.views] == [1, 0]


def test_of_slices_that_show_it_as_well_to_a_tenth_the_first_given_is_pointed_to() -> None:
    found = fused(a_view(0.8, 0.1, 0.1, visibility=0.81), a_view(0.8, 0.1, 0.1, visibility=0.84, number=1))
    assert [view.instance.instance_number for view in found.views] == [0, 1]


def test_the_worst_single_view_is_kept() -> None:
    found = fused(a_view(0.90, 0.08, 0.02), a_view(0.3, 0.6, 0.1, number=1))
    assert (found.severity, found.worst_view) == (NORMAL, MODERATE)


def test_a_single_view_is_graded_by_the_temperature_of_one() -> None:
    views = a_view(0.55, 0.05, 0.40), a_view(0.55, 0.05, 0.40, number=1)
    found = fused(*views, calibration=CALIBRATION, operating_point="ordinal_median")
    assert (found.severity, found.worst_view) == (MODERATE, NORMAL)


def test_views_two_grades_apart_are_to_be_checked() -> None:
    found = fused(a_view(0.98, 0.01, 0.01), a_view(0.01, 0.19, 0.8, number=1))
    assert "two slices differ by two grades" in found.check_reasons


@pytest.mark.parametrize(("severe", "said"), [(0.14, 0), (0.16, 1)])
def test_a_harmless_grade_with_a_notable_share_of_severe_is_to_be_checked(severe: float, said: int) -> None:
    found = fused(a_view(0.8 - severe, 0.2, severe))
    assert found.severity is NORMAL
    assert len(found.check_reasons) == said


def test_a_severe_grade_needs_no_such_check() -> None:
    assert fused(a_view(0.1, 0.2, 0.7)).check_reasons == ()


@pytest.mark.parametrize(
    ("shares", "borderline"),
    [
        ((0.50, 0.45, 0.05), True),
        ((0.05, 0.45, 0.50), True),
        ((0.60, 0.35, 0.05), False),
        ((0.48, 0.06, 0.46), False),
    ],
)
def test_two_close_neighbouring_grades_are_borderline(shares: tuple[float, ...], borderline: bool) -> None:
    assert fused(a_view(*shares)).borderline is borderline


def test_doubts_from_elsewhere_are_added() -> None:
    assert fused(a_view(0.1, 0.8, 0.1), doubts=("metal",)).check_reasons == ("metal",)


def test_the_users_operating_point_takes_the_place_of_the_packs() -> None:
    view = a_view(0.6, 0.2, 0.2)
    assert fused(view).severity is NORMAL
    assert fused(view, choices=Choices("sensitive")).severity is SEVERE


@pytest.mark.parametrize(("severe", "chosen", "flagged"), [(0.02, 0.01, True), (0.14, 0.05, True), (0.04, 0.05, False)])
def test_the_users_threshold_flags_in_place_of_the_packs(severe: float, chosen: float, flagged: bool) -> None:
    view = a_view(0.8 - severe, 0.2, severe)
    assert fused(view).check_reasons == (), "the pack says 0.15"
    found = fused(view, choices=Choices(check_p_severe=chosen))
    assert bool(found.check_reasons) is flagged
    assert found.severity is fused(view).severity


def test_the_users_threshold_takes_that_flag_away_and_leaves_every_other_doubt() -> None:
    views = a_view(0.999, 0.0005, 0.0005), a_view(0.3, 0.3, 0.4, number=1)
    strict = {"check_p_severe": 0.01, "borderline_gap": 0.1}
    others = ("two slices differ by two grades", "the count is in doubt")
    own = fused(*views, doubts=others[1:], thresholds=strict)
    assert own.check_reasons == ("graded Normal/Mild, yet Severe has 2 %", *others)
    chosen = fused(*views, doubts=others[1:], thresholds=strict, choices=Choices(check_p_severe=0.05))
    assert chosen.check_reasons == others


def test_the_users_gap_says_what_is_borderline_and_flags_nothing() -> None:
    view = a_view(0.60, 0.35, 0.05)
    assert not fused(view).borderline
    found = fused(view, choices=Choices(borderline_gap=0.3))
    assert found.borderline
    assert (found.severity, found.check_reasons) == (NORMAL, ())


def test_of_two_planes_the_users_threshold_is_for_both_networks() -> None:
    views = a_view(0.88, 0.06, 0.06), an_axial_view(0.88, 0.06, 0.06)
    assert fused_with(a_second(), *views).check_reasons == ()
    assert fused_with(a_second(), *views, choices=Choices(check_p_severe=0.05)).check_reasons


def test_the_temperature_is_that_of_the_number_of_views() -> None:
    calibration = {"temperature": [1.0, 2.0], "fitted_on": "", "ece": None}
    found = fused(a_view(16, 4, 1), a_view(16, 4, 1, number=1), calibration=calibration)
    np.testing.assert_allclose(found.probabilities, np.array([4, 2, 1]) / 7)


def test_each_target_is_fused_by_itself() -> None:
    found = fuse_views([a_view(0.8, 0.1, 0.1), a_view(0.1, 0.1, 0.8, target=UPPER)], a_contract(), {})
    assert {each.target: each.severity for each in found} == {LOWER: NORMAL, UPPER: SEVERE}


CALIBRATION = {"temperature": [1.0, 4.0, 2.0], "fitted_on": "", "ece": None}


def an_axial_view(*shares: float) -> View:
    return replace(a_view(*shares, visibility=1.0, number=9), axial=True)


def fused_with(second: Contract, *views: View, choices: Choices = Choices(), **changes: object) -> Grade:  # noqa: B008
    (found,) = fuse_views(views, a_contract(**changes).with_choices(choices), {}, second.with_choices(choices))
    return found


def a_second(share: float = 0.25, **changes: Any) -> Contract:
    return an_axial_canal_grader(lambda _: (0.0, 0.0, 0.0), share, **changes).contract


def test_an_axial_view_weighs_by_its_share_beside_the_sagittal_ones_together() -> None:
    # In logits to base 2, each less its mean: sagittal (3, 0, -3) and (1, 0, -1), so (2, 0, -2); axial (-6, 0, 6).
    sagittal = a_view(64, 8, 1), a_view(4, 2, 1, number=1)
    found = fused_with(a_second(), *sagittal, an_axial_view(1, 64, 4096))
    # 3/4 of (2, 0, -2) and 1/4 of (-6, 0, 6) are nought: all three alike.
    np.testing.assert_allclose(found.probabilities, [1 / 3] * 3)
    found = fused_with(a_second(share=0.5), *sagittal, an_axial_view(1, 64, 4096))
    np.testing.assert_allclose(found.probabilities, np.array([1, 4, 16]) / 21)


def test_the_two_together_are_calibrated_and_judged_as_the_second_s_contract_says() -> None:
    # Three views: the second's third temperature, 2. (1 - 1/2) of (2, 0, -2) and 1/2 of (-10, 0, 10) are (-4, 0, 4).
    views = a_view(64, 8, 1), a_view(4, 2, 1, number=1), an_axial_view(1, 2**10, 2**20)
    found = fused_with(a_second(share=0.5, calibration=CALIBRATION), *views)
    np.testing.assert_allclose(found.probabilities, np.array([1, 4, 16]) / 21)
    close = {"check_p_severe": 0.01, "borderline_gap": 0.25, "share": 0.0}
    views = a_view(5, 3, 2), an_axial_view(8, 1, 1)
    found = fused_with(a_second(thresholds=close), *views)
    assert (found.severity, found.borderline) == (NORMAL, True)
    assert found.check_reasons == ("graded Normal/Mild, yet Severe has 20 %",)
    assert fused_with(a_second(thresholds=close, operating_point="sensitive"), *views).severity is SEVERE
    assert fused_with(a_second(thresholds=close), *views, choices=Choices("sensitive")).severity is SEVERE


def test_each_view_alone_is_graded_by_its_own_network_s_calibration_and_rule() -> None:
    sensitive = a_second(operating_point="sensitive")
    assert fused_with(sensitive, a_view(6, 2, 2), an_axial_view(8, 1, 1)).worst_view is NORMAL
    assert fused_with(sensitive, a_view(8, 1, 1), an_axial_view(6, 2, 2)).worst_view is SEVERE
    apart = fused_with(a_second(), a_view(8, 1, 1), an_axial_view(1, 1, 8))
    assert apart.worst_view is SEVERE
    assert "two slices differ by two grades" in apart.check_reasons


def test_the_finding_points_to_a_sagittal_view_however_clear_the_axial_one() -> None:
    views = an_axial_view(8, 1, 1), a_view(8, 1, 1, visibility=0.5), a_view(8, 1, 1, visibility=0.8, number=1)
    assert [view.instance.instance_number for view in fused_with(a_second(), *views).views] == [1, 0, 9]


def test_without_an_axial_view_the_second_network_changes_nothing() -> None:
    views = a_view(16, 4, 1), a_view(1, 4, 16, visibility=0.7, number=1)
    second = a_second(share=1.0, calibration=CALIBRATION, operating_point="sensitive")
    alone, beside = fused(*views), fused_with(second, *views)
    np.testing.assert_array_equal(beside.probabilities, alone.probabilities)
    for field in ("severity", "views", "worst_view", "check_reasons", "borderline"):
        assert getattr(beside, field) == getattr(alone, field)


def test_a_slice_is_graded_in_one_run_in_the_order_of_its_sights() -> None:
    pack = a_grader(lambda number: (float(number), 0.0, 0.0))
    image = an_image()
    sights = [
        Sight(target, ImagePoint(row, 48.0, 0.9, 0.9), CropPlace(row, 48.0, 20.0))
        for target, row in ((UPPER, 40.0), (LOWER, 60.0))
    ]
    views = grade_slice(image, noise(), sights, [sight.place for sight in sights], pack)
    assert [(view.target, view.logits[0]) for view in views] == [(UPPER, 0.0), (LOWER, 1.0)]
    assert views[0].instance is image
    assert [batch.shape for batch in model_of(pack).runs] == [(2, 1, 4, 4)]


def test_the_maps_of_a_slice_come_with_its_grades_in_the_one_run() -> None:
    outputs = [{"name": name, "role": name, "classes": SEVERITY_LABELS} for name in ("logits", "cam")]
    maps = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
    model = FakeModel(lambda _: {"logits": maps.mean(axis=(2, 3)), "cam": maps})
    pack = a_pack(model, outputs=outputs)
    points = {UPPER: ImagePoint(4.0, 4.0, 0.9, 0.9), LOWER: ImagePoint(8.0, 4.0, 0.9, 0.9)}
    views = grade_crops(an_image(), points, np.zeros((2, 1, 4, 4), np.float32), pack)
    assert len(model.runs) == 1
    for view, map_ in zip(views, maps, strict=True):
        np.testing.assert_array_equal(view.cam, map_)


def test_a_pack_without_maps_grades_all_the_same() -> None:
    points = {LOWER: ImagePoint(8.0, 4.0, 0.9, 0.9)}
    pack = a_grader(lambda _: (1.0, 0.0, 0.0))
    (view,) = grade_crops(an_image(), points, np.zeros((1, 1, 4, 4), np.float32), pack)
    assert view.cam is None


def test_nothing_to_see_starts_no_network() -> None:
    pack = a_grader(lambda _: (0.0, 0.0, 0.0))
    assert grade_slice(an_image(), noise(), [], [], pack) == []
    assert model_of(pack).runs == []
