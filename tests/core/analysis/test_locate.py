"""The levels of one sagittal series: where they are looked for, and what speaks against their count."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.analysis.job import Job, Options
from lumbar_core.analysis.locate import Located, count_doubts, locate
from lumbar_core.anatomy import Level
from lumbar_core.inference.packs import PackSet
from lumbar_core.report.result import Alternative
from lumbar_core.study import Instance, Pixels
from tests.core.fake_packs import a_localiser, draw_heat
from tests.core.fake_studies import FakePixels, a_series, noise

EVEN = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}


def framed(_: Instance) -> Pixels:
    return np.pad(noise(108, 76), 10, constant_values=250)


def located(shown: FakePixels, *moved: float) -> Located:
    """A series with its levels so many cells further down, by slice; a disc is four."""
    moved = moved or (0.0, 0.0, 0.0)
    scenes = [draw_heat({level: row + down for level, row in EVEN.items()}, unnamed=(2 + down,)) for down in moved]
    pack = a_localiser(lambda number: (scenes[number], 0.95))
    found = locate(a_series(len(moved)), pack, a_job(shown))
    assert found is not None
    return found


def a_job(shown: FakePixels, numbering: Alternative | None = None) -> Job:
    return Job(PackSet(()), shown, lambda _: None, lambda: False, Options(numbering))


def test_a_frame_is_cut_off_slices_with_a_place_and_their_levels_keep_it() -> None:
    found = located(FakePixels(framed))
    assert found.content == (10, 10, 118, 86)
    for levels in found.lumbar:
        point = levels.points[Level.L1_L2]
        assert point.row == pytest.approx(10 + 6.5 * 108 / 32 - 0.5, abs=0.1)


ENDS_CLOSE = "the picture ends close below the lowest disc, so that the count may be off by a level"


@pytest.mark.parametrize(
    ("moved", "doubted"),
    [
        ((5.0,), False),  # 1.1 discs are left
        ((6.5,), True),  # 0.7
        ((6.5, 6.5, 5.0), True),
        ((6.5, 5.0, 5.0), False),
    ],
)
def test_a_count_is_doubted_where_most_slices_end_close_below_the_lowest_disc(
    moved: tuple[float, ...], doubted: bool
) -> None:
    pixels = FakePixels()
    doubts = count_doubts(located(pixels, *moved), a_job(pixels))
    assert (ENDS_CLOSE in doubts) is doubted
    assert count_doubts(located(pixels, *moved), a_job(pixels, "up")) == ()


def test_a_frame_s_edge_is_the_picture_s() -> None:
    frame = FakePixels(lambda _: np.pad(noise(88, 96), ((0, 40), (0, 0)), constant_values=250))
    assert ENDS_CLOSE in count_doubts(located(frame, 6.5), a_job(frame))


def test_slices_without_a_frame_are_searched_whole() -> None:
    assert located(FakePixels()).content is None
