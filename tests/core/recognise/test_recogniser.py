"""What the network answers is what the picture is."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.recognise.recogniser import recognise
from tests.core.fake_packs import a_recogniser, model_of
from tests.core.fake_studies import noise


@pytest.mark.parametrize(
    ("kind", "orientation", "weighting"),
    [
        ("sagittal_t1", Orientation.SAGITTAL, Weighting.T1),
        ("sagittal_t2", Orientation.SAGITTAL, Weighting.T2),
        ("axial_t1", Orientation.AXIAL, Weighting.T1),
        ("axial_t2", Orientation.AXIAL, Weighting.T2),
        ("other", Orientation.UNKNOWN, Weighting.UNKNOWN),
        ("turned", Orientation.UNKNOWN, Weighting.UNKNOWN),
    ],
)
def test_each_class_has_its_plane_and_weighting(kind: str, orientation: Orientation, weighting: Weighting) -> None:
    seen = recognise(noise(), a_recogniser(kind, 0.8))
    assert (seen.kind, seen.orientation, seen.weighting) == (kind, orientation, weighting)
    assert seen.probability == pytest.approx(0.8)


def test_only_the_content_box_is_looked_at() -> None:
    pack = a_recogniser("other")
    picture = np.pad(noise(64, 64), 20, constant_values=250)
    recognise(picture, pack, (20, 20, 84, 84))
    recognise(noise(64, 64), pack)
    framed, plain = model_of(pack).runs
    assert framed.shape == (1, 1, 64, 64)
    np.testing.assert_array_equal(framed, plain)
