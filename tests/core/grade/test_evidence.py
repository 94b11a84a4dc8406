"""Each view of a grade is explained: its own probabilities, and what of its crop the finding's grade rests on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import Condition, Level, Severity, Side, Target
from lumbar_core.findings import ImagePoint
from lumbar_core.grade.calibrate import fuse
from lumbar_core.grade.evidence import explain, speaking_for
from lumbar_core.grade.grader import fuse_views, grade_crops
from lumbar_core.inference.packs import PackSet, load_packs
from tests.core.fake_packs import an_axial_canal_grader
from tests.core.fake_studies import an_image

TARGET = Target(Condition.SPINAL_CANAL_STENOSIS, Level.L4_L5, None)


def test_the_views_come_in_the_order_of_the_evidence_each_with_its_own_say() -> None:
    pack = load_packs().grader(Condition.SPINAL_CANAL_STENOSIS)
    assert pack is not None
    crops = np.random.default_rng(0).uniform(0, 1, (2, 1, 80, 80)).astype(np.float32)
    views = [
        view
        for number, crop in enumerate(crops)
        for view in grade_crops(an_image(number), {TARGET: ImagePoint(9, 9, 0.9, 0.4 + number / 2)}, crop[None], pack)
    ]
    (grade,) = fuse_views(views, pack.contract, {})
    first, second = explain(grade, PackSet((pack,)))
    assert (first.view, second.view) == (views[1], views[0]), "the clearest first"
    np.testing.assert_array_equal(first.view.crop, crops[1])
    for each in (first, second):
        assert each.rests_on.shape == (80, 80)
        assert abs(each.probabilities.sum() - 1) < 1e-9
        np.testing.assert_array_equal(each.crop, each.view.crop)
        own = fuse(each.view.logits[None])
        assert each.probabilities.argmax() == own.argmax()
        assert each.places is not None
        assert each.places.mean() == pytest.approx(own[grade.severity], abs=1e-5), "its mean is what the slice says"
    assert not np.allclose(first.places, second.places), "each slice has its own map"  # type: ignore[arg-type]


def test_a_left_recess_lies_as_in_the_picture_though_the_network_saw_it_mirrored() -> None:
    pack = load_packs().grader(Condition.SUBARTICULAR_STENOSIS)
    assert pack is not None
    crop = np.random.default_rng(0).uniform(0, 1, (3, 80, 80)).astype(np.float32)
    for side, way in ((Side.RIGHT, 1), (Side.LEFT, -1)):
        target = Target(Condition.SUBARTICULAR_STENOSIS, Level.L4_L5, side)
        views = grade_crops(an_image(0), {target: ImagePoint(9, 9, 0.9, 0.9)}, crop[None], pack)
        (shown,) = explain(fuse_views(views, pack.contract, {})[0], PackSet((pack,)))
        np.testing.assert_array_equal(shown.crop, crop[:, :, ::way])
        if side is Side.RIGHT:
            straight, places = shown.rests_on, shown.places
    np.testing.assert_allclose(shown.rests_on, straight[:, ::-1])
    np.testing.assert_array_equal(shown.places, places[:, ::-1])  # type: ignore[index, arg-type]


def test_each_view_is_explained_by_the_network_of_its_own_plane() -> None:
    pack = load_packs().grader(Condition.SPINAL_CANAL_STENOSIS)
    assert pack is not None
    second = an_axial_canal_grader(lambda crop: (0.0, 0.0, float(crop[1, 4, 4])))
    points, noise = {TARGET: ImagePoint(9, 9, 0.9, 0.9)}, np.random.default_rng(0).random((1, 1, 80, 80), np.float32)
    sagittal = grade_crops(an_image(0), points, noise, pack)
    axial = grade_crops(an_image(1), points, np.ones((1, 3, 16, 16), np.float32), second)
    (grade,) = fuse_views([*axial, *sagittal], pack.contract, {}, second.contract)
    first, added = explain(replace(grade, severity=Severity.SEVERE), PackSet((second, pack)))
    assert (first.view, added.view) == (sagittal[0], axial[0])
    assert (first.crop.shape, added.crop.shape) == ((1, 80, 80), (3, 16, 16))
    np.testing.assert_allclose(added.probabilities, np.array([1, 1, np.e]) / (2 + np.e))
    assert np.unravel_index(added.rests_on.argmax(), (16, 16)) == (4, 4), "where the made-up network looks"
    assert added.rests_on[10:, 10:].max() == 0


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_slice_at_the_end_of_its_block_is_explained_as_it_was_graded(missing: int) -> None:
    """Its own say and its map are of the logits that were set right."""
    pack = load_packs().grader(Condition.SUBARTICULAR_STENOSIS)
    assert pack is not None
    crop = np.random.default_rng(0).uniform(0, 1, (3, 80, 80)).astype(np.float32)
    for channel in (0, 2)[:missing]:
        crop[channel] = crop[1]
    target = Target(Condition.SUBARTICULAR_STENOSIS, Level.L4_L5, Side.RIGHT)
    (view,) = grade_crops(an_image(0), {target: ImagePoint(9, 9, 0.9, 0.9)}, crop[None], pack)
    raw = pack.model.run({"crop": crop[None]})["logits"][0]
    calibration = pack.contract.calibration
    assert calibration is not None
    temperature, correction = calibration.for_views(1), calibration.correction(missing)
    expected = raw if correction is None else correction.scale * raw + temperature * np.array(correction.bias)
    np.testing.assert_allclose(view.logits, expected, atol=1e-5)
    (grade,) = fuse_views([view], pack.contract, {})
    (shown,) = explain(grade, PackSet((pack,)))
    assert shown.places is not None
    assert shown.places.mean() == pytest.approx(fuse(view.logits[None])[grade.severity], abs=1e-4)
    np.testing.assert_allclose(shown.probabilities, grade.probabilities)


def test_a_pack_without_class_activation_maps_has_all_other_evidence() -> None:
    shipped = load_packs().grader(Condition.SPINAL_CANAL_STENOSIS)
    assert shipped is not None
    older = replace(shipped, contract=replace(shipped.contract, outputs=shipped.contract.outputs[:1]))
    crop = np.random.default_rng(0).uniform(0, 1, (1, 1, 80, 80)).astype(np.float32)
    views = grade_crops(an_image(0), {TARGET: ImagePoint(9, 9, 0.9, 0.9)}, crop, older)
    (shown,) = explain(fuse_views(views, older.contract, {})[0], PackSet((older,)))
    assert shown.places is None
    assert shown.rests_on.shape == (80, 80)


def test_a_place_speaks_for_a_grade_by_what_it_says_beyond_the_others() -> None:
    cam = np.array([[[3.0]], [[0.0]], [[-1.5]]], np.float32)
    assert [speaking_for(grade, cam).item() for grade in Severity] == [2.5, -0.5, -2.0]
