"""From a slice to level points in the slice's own pixels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.errors import Cancelled
from lumbar_core.findings import SliceLevels
from lumbar_core.localise.localiser import BATCH, localise, prepare
from lumbar_core.picture import Box
from lumbar_core.study import Pixels
from tests.core.fake_packs import a_localiser, draw_heat
from tests.core.fake_studies import ROWS_OF, an_image, noise

EVEN = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}


def located(heat: NDArray[np.float32], pixels: Pixels, lumbar: float = 0.9, content: Box | None = None) -> SliceLevels:
    pack = a_localiser(lambda _: (heat, lumbar))
    return localise([(an_image(), pixels)], pack, content)[0]


def test_points_lie_in_the_pixels_of_the_original() -> None:
    found = located(draw_heat(EVEN), noise(128, 96))
    # 128 rows on 64, maps of 32: one cell is 4 pixels, and its centre 1.5 pixels from its first pixel's.
    # 96 columns stand 16 pixels off the square's left edge.
    assert {level: round(point.row, 1) for level, point in found.points.items()} == ROWS_OF
    assert [round(point.column, 1) for point in found.points.values()] == [49.5] * 5
    assert found.disc_distance_px == pytest.approx(16, abs=0.05)
    assert found.lumbar == pytest.approx(0.9)
    assert found.margin > 1


def test_the_same_maps_on_a_picture_twice_as_sharp_give_points_twice_as_far() -> None:
    one, two = (located(draw_heat(EVEN), noise(128 * by, 96 * by)) for by in (1, 2))
    for level in LEVELS:
        assert two.points[level].row + 0.5 == pytest.approx(2 * (one.points[level].row + 0.5))
    assert two.disc_distance_px == pytest.approx(2 * one.disc_distance_px)


def test_a_content_box_moves_the_points_with_it() -> None:
    plain = located(draw_heat(EVEN), noise(128, 128))
    boxed = located(draw_heat(EVEN), noise(200, 190), content=(30, 40, 158, 168))
    assert boxed.points[Level.L1_L2].row == pytest.approx(plain.points[Level.L1_L2].row + 30)
    assert boxed.points[Level.L1_L2].column == pytest.approx(plain.points[Level.L1_L2].column + 40)


def test_how_well_the_canal_shows_is_kept_beside_how_sure_the_place_is() -> None:
    found = located(draw_heat(EVEN, canal=0.3), noise(128, 96))
    point = found.points[Level.L3_L4]
    assert (point.confidence, point.visibility) == pytest.approx((0.9, 0.3), abs=1e-3)


def test_neighbouring_discs_are_kept_without_a_level() -> None:
    found = located(draw_heat(EVEN, unnamed=(26,)), noise(128, 96))
    assert found.above is None
    assert found.below is not None
    assert found.below.row == pytest.approx(105.5, abs=0.1)


def test_nothing_found_is_no_points_and_no_error() -> None:
    found = located(np.zeros((6, 32, 32), np.float32), noise(128, 96), lumbar=0.1)
    assert found.points == {}
    assert found.margin == 0


def test_slices_go_in_small_batches_in_their_order_and_progress_is_told() -> None:
    slices = [(an_image(number), noise(128, 96)) for number in range(BATCH + 3)]
    seen: list[int] = []
    pack = a_localiser(lambda number: (draw_heat(EVEN), number / 100))
    found = localise(slices, pack, progress=lambda part: seen.append(len(part)))
    assert seen == [BATCH, BATCH + 3]
    assert [levels.instance for levels in found] == [instance for instance, _ in slices]
    assert [round(levels.lumbar * 100) for levels in found] == list(range(BATCH + 3))


def test_the_network_sees_the_picture_on_its_grid_from_0_to_1() -> None:
    picture = prepare(noise(128, 96), a_localiser(lambda _: (draw_heat(EVEN), 1)).contract).picture
    assert picture.shape == (64, 64)
    assert picture.dtype == np.float32
    assert picture.min() == 0
    assert 1 <= picture.max() <= 1.5
    assert (picture[:, :7] == 0).all()  # black beside a tall picture


def test_a_stopped_pack_ends_the_search() -> None:
    pack = a_localiser(lambda _: (draw_heat(EVEN), 1))
    pack.stop()
    with pytest.raises(Cancelled):
        localise([(an_image(), noise(128, 96))], pack)
