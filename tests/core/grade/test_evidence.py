"""Each view of a grade is explained: its own probabilities, and what of its crop the finding's grade rests on."""

from __future__ import annotations

import numpy as np

from lumbar_core.anatomy import Condition, Level, Target
from lumbar_core.findings import ImagePoint
from lumbar_core.grade.calibrate import fuse
from lumbar_core.grade.evidence import explain
from lumbar_core.grade.grader import fuse_views, grade_crops
from lumbar_core.inference.packs import load_packs
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
    (grade,) = fuse_views(views, pack.contract, None, {})
    first, second = explain(grade, pack)
    assert (first.view, second.view) == (views[1], views[0]), "the clearest first"
    np.testing.assert_array_equal(first.view.crop, crops[1])
    for each in (first, second):
        assert each.rests_on.shape == (80, 80)
        assert each.probabilities.sum() == 1 or abs(each.probabilities.sum() - 1) < 1e-9
        assert each.probabilities.argmax() == fuse(each.view.logits[None]).argmax()
