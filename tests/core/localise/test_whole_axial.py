"""The canal of a whole axial slice: the place that pieces agree on, and doubt where they do not.

The made-up localiser finds a bright canal between two dimmer recesses by their brightness (`by_spots`).
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.findings import AxialPoints, ImagePoint
from lumbar_core.localise.whole_axial import (
    WholeSlice,
    is_sure,
    locate_around,
    locate_on_whole_slice,
    middle_of_sac,
    searches_whole_slices,
    usual_field_mm,
)
from lumbar_core.study import Pixels
from tests.core.fake_packs import an_axial_localiser, by_spots

ROWS, COLUMNS = 120, 128  # 1 mm pixels where nothing tells the scale
CANAL, RECESSES, ASIDE = 200.0, (120.0, 160.0), 8


def a_slice(*canals: tuple[int, int], step: int = 1) -> Pixels:
    """Spots of 3 × 3 pixels: canals at (row, column) and their recesses; step: pixels a millimetre."""
    pixels = np.tile(np.arange(COLUMNS * step, dtype=np.float32) % 7, (ROWS * step, 1))
    for row, column in canals:
        for aside, brightness in ((0, CANAL), (-ASIDE, RECESSES[0]), (ASIDE, RECESSES[1])):
            middle = (column + aside) * step
            pixels[(row - 1) * step : (row + 2) * step, middle - step : middle + 2 * step] = brightness
    return pixels


def places(points: AxialPoints) -> list[tuple[float, float]]:
    found = [points.canal, points.image_left, points.image_right]
    return [(point.row, point.column) for point in found if point is not None]


@pytest.mark.parametrize("canal", [(60, 64), (48, 44), (84, 88)])
@pytest.mark.parametrize("spacing_mm", [None, (1.0, 1.0)])
def test_canal_and_recesses_are_found_wherever_they_lie(
    canal: tuple[int, int], spacing_mm: tuple[float, float] | None
) -> None:
    pack = an_axial_localiser(by_spots)
    found = locate_on_whole_slice(a_slice(canal), spacing_mm, pack)
    row, column = canal
    expected = [(row, column), (row, column - ASIDE), (row, column + ASIDE)]
    assert np.abs(np.array(places(found.points)) - expected).max() < 1.5
    assert is_sure(found, pack)
    assert found.rival < 0.3


def test_the_scale_of_the_file_is_used_where_it_is_known() -> None:
    found = locate_on_whole_slice(a_slice((60, 64), step=3), (1 / 3, 1 / 3), an_axial_localiser(by_spots))
    assert np.abs(np.array(places(found.points)[0]) - (181, 193)).max() < 3


def test_inside_a_frame_the_frame_does_not_count() -> None:
    framed = np.full((ROWS + 60, COLUMNS + 100), 90.0, np.float32)
    framed[20 : 20 + ROWS, 80 : 80 + COLUMNS] = a_slice((60, 64))
    box = (20, 80, 20 + ROWS, 80 + COLUMNS)
    found = locate_on_whole_slice(framed, None, an_axial_localiser(by_spots), box)
    assert np.abs(np.array(places(found.points)[0]) - (80, 144)).max() < 1.5


@pytest.mark.parametrize("aside", [-44, -20, 0, 20, 44])
def test_around_a_place_the_canal_is_found_though_it_lies_aside(aside: int) -> None:
    around = locate_around(a_slice((60, 64)), (62.0, 64.0 + aside), (1.0, 1.0), an_axial_localiser(by_spots))
    canal = around.likeliest.points.canal
    assert canal is not None
    assert np.hypot(canal.row - 60, canal.column - 64) < 1.5
    assert around.share_of(canal) == pytest.approx(1.0, abs=0.05)
    assert around.share_of(ImagePoint(60.0, 64.0 + 20, 0.9, 0.9)) < 0.1


def test_around_a_place_where_nothing_looks_like_a_canal_no_place_has_a_share() -> None:
    pack = an_axial_localiser(lambda _: (np.zeros((3, 8, 12), np.float32), 0.1))
    around = locate_around(a_slice(), (60.0, 64.0), (1.0, 1.0), pack)
    assert around.likeliest.points.canal is None
    assert around.share_of(ImagePoint(60.0, 64.0, 0.9, 0.9)) == 0


def test_a_second_canal_is_a_rival() -> None:
    pack = an_axial_localiser(by_spots)
    found = locate_on_whole_slice(a_slice((66, 36), (66, 92)), None, pack)
    assert found.rival > 0.8
    assert not is_sure(found, pack)


def test_where_nothing_looks_like_a_canal_nothing_is_found() -> None:
    pack = an_axial_localiser(lambda _: (np.zeros((3, 8, 12), np.float32), 0.1))
    found = locate_on_whole_slice(a_slice(), None, pack)
    assert found.points.canal is None
    assert not is_sure(found, pack)


def test_what_moves_with_the_piece_gathers_no_votes() -> None:
    """A network that sees a canal in the middle of whatever it is shown names no place twice."""
    maps = np.zeros((3, 8, 12), np.float32)
    maps[0, 4, 6] = maps[1, 4, 3] = maps[2, 4, 9] = 0.9

    def anywhere(_: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        return maps, 0.95

    pack = an_axial_localiser(anywhere)
    assert not is_sure(locate_on_whole_slice(a_slice(), None, pack), pack)


def test_doubt_about_the_kind_is_doubt_about_the_place() -> None:
    pack = an_axial_localiser(by_spots)
    point = ImagePoint(60.0, 64.0, 0.8, 0.8)
    found = WholeSlice(AxialPoints(point, None, None, 0.9), evidence=0.6, rival=0.1)
    assert is_sure(found, pack, kind=0.9)
    assert not is_sure(found, pack, kind=0.8)


def test_the_sac_lies_behind_the_line_through_the_recesses() -> None:
    canal, left, right = (ImagePoint(60.0, column, 0.8, 0.8) for column in (64.0, 54.0, 74.0))
    sac = middle_of_sac(AxialPoints(canal, left, right, 0.9))
    assert sac is not None
    assert (sac.row, sac.column) == (64.0, 64.0)
    assert middle_of_sac(AxialPoints(canal, None, right, 0.9)) == canal
    assert middle_of_sac(AxialPoints(None, None, None, 0.9)) is None


def test_a_localiser_says_whether_it_was_tried_on_whole_slices() -> None:
    assert searches_whole_slices(an_axial_localiser(by_spots))
    assert not searches_whole_slices(an_axial_localiser(by_spots, whole_slices=False))
    assert usual_field_mm(an_axial_localiser(by_spots).contract.inputs[0]) == 128.0
