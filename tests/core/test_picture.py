"""Working grid and brightness, by numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lumbar_core.picture import (
    Box,
    Cutout,
    GridMap,
    brightness_range,
    fit_long_side,
    fit_square,
    normalise,
    resample,
    whole_picture,
)

sizes = st.integers(3, 90)
shares = st.floats(0, 1)


def ramp(rows: int, columns: int) -> NDArray[np.float32]:
    """Each pixel is 100 × row + column, so that a picture tells where it was cut."""
    down, right = np.mgrid[:rows, :columns]
    picture: NDArray[np.float32] = (100 * down + right).astype(np.float32)
    return picture


def dot(rows: int, columns: int, row: int, column: int) -> NDArray[np.float32]:
    picture = np.zeros((rows, columns), np.float32)
    picture[row, column] = 1
    return picture


def centroid(picture: NDArray[np.float32]) -> tuple[float, float]:
    down, right = np.mgrid[: picture.shape[0], : picture.shape[1]]
    return float((down * picture).sum() / picture.sum()), float((right * picture).sum() / picture.sum())


def test_a_grid_of_half_the_size_maps_pixel_centres() -> None:
    grid = GridMap(2.0, (0.0, 0.0))
    np.testing.assert_allclose(grid.to_working(np.array([0.5, 2.5])), [0, 1])  # between two pixels lies one centre
    np.testing.assert_allclose(grid.to_original(np.array([0, 1])), [0.5, 2.5])


@given(sizes, sizes, sizes, shares, shares)
def test_a_point_survives_the_trip_to_the_long_side_grid_and_back(
    rows: int, columns: int, side: int, down: float, right: float
) -> None:
    _, grid = fit_long_side(np.ones((rows, columns), np.float32), side)
    point = np.array([down * (rows - 1), right * (columns - 1)])
    np.testing.assert_allclose(grid.to_original(grid.to_working(point)), point, atol=1e-9)


@given(sizes, sizes, sizes, st.data())
def test_a_point_survives_the_trip_to_the_square_and_back_and_lies_inside_it(
    rows: int, columns: int, side: int, data: st.DataObject
) -> None:
    top, left = data.draw(st.integers(0, rows - 2)), data.draw(st.integers(0, columns - 2))
    box: Box = (top, left, data.draw(st.integers(top + 2, rows)), data.draw(st.integers(left + 2, columns)))
    square, grid = fit_square(np.ones((rows, columns), np.float32), side, box)
    assert square.shape == (side, side)
    for point in ((box[0], box[1]), (box[2] - 1, box[3] - 1)):
        working = grid.to_working(np.array(point))
        assert (working > -0.5).all()
        assert (working < side - 0.5).all()
        np.testing.assert_allclose(grid.to_original(working), point, atol=1e-9)


@given(st.integers(20, 61), st.integers(20, 61), st.data())
def test_a_bright_dot_lies_on_the_square_where_the_map_says(rows: int, columns: int, data: st.DataObject) -> None:
    row, column = data.draw(st.integers(4, rows - 5)), data.draw(st.integers(4, columns - 5))
    square, grid = fit_square(dot(rows, columns, row, column), 30)
    # Interpolation splits the dot over neighbours; where the grid is finer or coarser by a fraction the centroid
    # is off by less than half a working pixel.
    assert centroid(square) == pytest.approx(tuple(grid.to_working(np.array([row, column]))), abs=0.5)


def test_a_bright_dot_in_a_content_box_lies_where_the_map_says() -> None:
    square, grid = fit_square(dot(50, 60, 20, 33), 30, (10, 20, 40, 50))
    assert grid == GridMap(1.0, (10.0, 20.0))
    assert centroid(square) == (10, 13)


def test_a_tall_picture_stands_in_the_middle_of_its_square() -> None:
    square, grid = fit_square(np.full((8, 4), 7, np.float32) + dot(8, 4, 0, 0), 8)
    assert grid == GridMap(1.0, (0.0, -2.0))
    assert square[:, :2].max() == 7  # outside is the darkest value
    assert square[0, 2] == 8


@pytest.mark.parametrize(("rows", "columns", "shape"), [(200, 100, (50, 25)), (100, 200, (25, 50)), (99, 33, (50, 17))])
def test_the_longer_side_is_brought_to_the_grid_and_the_shape_kept(
    rows: int, columns: int, shape: tuple[int, int]
) -> None:
    picture, grid = fit_long_side(np.ones((rows, columns), np.float32), 50)
    assert picture.shape == shape
    assert grid == GridMap(max(rows, columns) / 50, (0.0, 0.0))
    assert picture.min() == 1  # no black sliver where rounding made the grid reach beyond the image


def test_shrinking_averages_so_that_a_sharper_picture_gives_the_same() -> None:
    rng = np.random.default_rng(3)
    small = rng.uniform(0, 100, (40, 30)).astype(np.float32)
    smooth = resample(small, (0, 0, 40, 30), (20, 15))
    sharp = np.repeat(np.repeat(small, 3, axis=0), 3, axis=1)  # three times the pixels, the same picture
    again = resample(sharp, (0, 0, 120, 90), (20, 15))
    np.testing.assert_allclose(again, smooth, atol=2.5)
    assert np.abs(sharp[1::6, 1::6][:20, :15] - smooth).max() > 20  # picking pixels would not do


def test_a_box_is_cut_exactly() -> None:
    np.testing.assert_array_equal(resample(ramp(10, 10), (2, 3, 6, 8), (4, 5)), ramp(10, 10)[2:6, 3:8])


def test_a_box_may_reach_outside_on_every_side() -> None:
    cut = resample(ramp(3, 3) + 5, (-2, -1, 5, 4), (7, 5)).copy()
    np.testing.assert_array_equal(cut[2:5, 1:4], ramp(3, 3) + 5)
    cut[2:5, 1:4] = 5
    assert (cut == 5).all()


def test_brightness_leaves_the_black_border_out() -> None:
    picture = np.zeros((100, 100), np.float32)
    picture[40:60, 40:60] = np.arange(1, 401).reshape(20, 20)  # 4 % of the picture
    assert brightness_range(picture, (0, 100)) == (1, 400)
    assert brightness_range(picture, (50, 100)) == (200.5, 400)


def test_a_wider_border_does_not_change_the_brightness() -> None:
    picture = np.arange(1, 101, dtype=np.float32).reshape(10, 10)
    assert brightness_range(np.pad(picture, 50), (2, 98)) == brightness_range(np.pad(picture, 1), (2, 98))


@pytest.mark.parametrize("value", [0.0, 7.0, -3.0])
def test_a_flat_picture_has_a_range_that_can_be_divided_by(value: float) -> None:
    low, high = brightness_range(np.full((4, 4), value, np.float32), (1, 99))
    assert low < high
    assert np.isfinite(normalise(np.full((4, 4), value, np.float32), low, high)).all()


def test_brightness_becomes_0_to_1_with_room_for_highlights() -> None:
    values = np.array([[0, 10, 20, 30, 99]], np.float32)
    scaled = normalise(values, 10, 30)
    np.testing.assert_allclose(scaled, [[0, 0, 0.5, 1, 1.5]])
    assert scaled.dtype == np.float32


@given(st.floats(0.01, 100), st.floats(-500, 500))
def test_gain_and_offset_of_a_scanner_do_not_reach_the_network(gain: float, offset: float) -> None:
    picture = np.random.default_rng(1).uniform(0, 255, (30, 20)).astype(np.float32)
    plain, _ = whole_picture(picture, 16, (1, 99))
    other, _ = whole_picture((picture * gain + offset).astype(np.float32), 16, (1, 99))
    np.testing.assert_allclose(other, plain, atol=0.02)


@given(shares, shares, sizes, sizes)
def test_a_point_survives_the_trip_into_a_cutout_and_back(row: float, column: float, rows: int, columns: int) -> None:
    cutout = Cutout.around((40.0 * row, 30.0 * column), (12.5, 7.25), (rows, columns))
    points = np.array([[3.0, 4.5], [40.0 * row, 30.0 * column]])
    np.testing.assert_allclose(cutout.to_original(cutout.to_grid(points)), points, atol=1e-9)
    np.testing.assert_allclose(cutout.to_grid(points[1]), [(rows - 1) / 2, (columns - 1) / 2], atol=1e-9)


def test_a_cutout_has_a_scale_of_its_own_in_each_direction() -> None:
    cutout = Cutout.around((20.0, 30.0), (4.0, 6.0), (8, 6))
    np.testing.assert_allclose(cutout.of(ramp(60, 60))[3:5, 2:4].mean(), 100 * 20 + 30, atol=1e-3)
    np.testing.assert_allclose(cutout.to_original(np.array([4.5, 2.5])), [21.0, 30.0])
