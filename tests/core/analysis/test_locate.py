"""The levels of one sagittal series: where they are looked for, and what speaks against their count."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.analysis.job import Job, Options
from lumbar_core.analysis.locate import Located, locate
from lumbar_core.anatomy import Level
from lumbar_core.inference.packs import PackSet
from lumbar_core.study import Instance, Pixels
from tests.core.fake_packs import a_localiser, draw_heat
from tests.core.fake_studies import FakePixels, a_series, noise

EVEN = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}


def framed(_: Instance) -> Pixels:
    return np.pad(noise(108, 76), 10, constant_values=250)


def located(shown: FakePixels) -> Located:
    pack = a_localiser(lambda _: (draw_heat(EVEN, unnamed=(2, 26)), 0.95))
    job = Job(PackSet((pack,)), shown, lambda _: None, lambda: False, Options())
    found = locate(a_series(3), pack, job)
    assert found is not None
    return found


def test_a_frame_is_cut_off_slices_with_a_place_and_their_levels_keep_it() -> None:
    found = located(FakePixels(framed))
    assert found.content == (10, 10, 118, 86)
    for levels in found.lumbar:
        point = levels.points[Level.L1_L2]
        assert point.row == pytest.approx(10 + 6.5 * 108 / 32 - 0.5, abs=0.1)


def test_slices_without_a_frame_are_searched_whole() -> None:
    assert located(FakePixels()).content is None
