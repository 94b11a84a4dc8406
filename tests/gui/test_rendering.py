"""Picture arithmetic by numbers one can check by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbar_core.geometry import Plane
from lumbar_core.study import Window
from lumbar_gui import rendering
from lumbar_gui.rendering import Viewport

SIZE = (200, 100)
CHAIN = [(100.0 + 40 * k, 150.0) for k in range(5)]


def test_the_pane_s_centre_shows_the_viewport_s_point() -> None:
    view = Viewport(row=10, column=20, zoom=4)
    assert view.to_screen(10, 20, SIZE) == (100, 50)
    assert view.to_screen(11, 20, SIZE) == (100, 54)
    assert view.to_screen(10, 21, SIZE) == (104, 50)


def test_rows_further_apart_than_columns_are_drawn_further_apart() -> None:
    assert Viewport(0, 0, 4, aspect=1.5).to_screen(1, 0, SIZE) == (100, 56)


numbers = st.floats(-500, 500)


@given(numbers, numbers, st.floats(0.1, 20), st.floats(0.5, 2))
def test_a_point_survives_the_trip_to_the_screen_and_back(
    row: float, column: float, zoom: float, aspect: float
) -> None:
    view = Viewport(3, 5, zoom, aspect)
    assert view.to_image(*view.to_screen(row, column, SIZE), SIZE) == pytest.approx((row, column), abs=1e-6)


@given(st.floats(0, 200), st.floats(0, 100), st.floats(0.3, 3))
def test_zooming_keeps_the_point_under_the_pointer(x: float, y: float, factor: float) -> None:
    view = Viewport(30, 40, 2.0, 1.2)
    before, after = view.to_image(x, y, SIZE), view.zoomed(factor, x, y, SIZE).to_image(x, y, SIZE)
    assert after == pytest.approx(before, abs=1e-6)


QUARTERS = range(4)


@pytest.mark.parametrize("turns", QUARTERS)
@given(row=numbers, column=numbers, zoom=st.floats(0.1, 20), aspect=st.floats(0.5, 2))
def test_in_a_turned_picture_points_are_found_drags_followed_and_zooms_kept_in_place(
    turns: int, row: float, column: float, zoom: float, aspect: float
) -> None:
    view = Viewport(3, 5, zoom, aspect, turns)
    x, y = view.to_screen(row, column, SIZE)
    assert view.to_image(x, y, SIZE) == pytest.approx((row, column), abs=1e-6)
    assert view.panned(7, -5).to_screen(row, column, SIZE) == pytest.approx((x + 7, y - 5), abs=1e-6)
    assert view.zoomed(1.7, x, y, SIZE).to_screen(row, column, SIZE) == pytest.approx((x, y), abs=1e-5)


def test_a_quarter_turn_is_clockwise() -> None:
    up, right = (-1.0, 0.0), (0.0, 1.0)
    ways = [[Viewport(0, 0, 4, 1.5, turns).to_screen(*way, (0, 0)) for way in (up, right)] for turns in QUARTERS]
    assert ways == [[(0, -6), (4, 0)], [(6, 0), (0, 4)], [(0, 6), (-4, 0)], [(-6, 0), (0, -4)]]


@pytest.mark.parametrize("turns", QUARTERS)
def test_a_turned_picture_s_pixels_fall_where_the_overlay_thinks_they_are(turns: int) -> None:
    pixels = np.zeros((20, 20), np.float32)
    pixels[5, 12] = 100
    view = Viewport(8, 10, 6.0, 1.5, turns)
    shown = rendering.render(pixels, Window(50, 100), view, SIZE)
    x, y = view.to_screen(5, 12, SIZE)
    assert shown.shape == (100, 200)
    brightest = np.argwhere(shown > 128).mean(axis=0) + 0.5
    assert brightest == pytest.approx([y, x], abs=0.6)


@pytest.mark.parametrize("turns", QUARTERS)
def test_a_turned_picture_fits_its_pane_and_no_more(turns: int) -> None:
    room = rendering.lying(SIZE, turns)
    view = replace(rendering.fit_viewport((100, 50), room, 1.5), turns=turns)
    corners = [view.to_screen(row, column, SIZE) for row in (-0.5, 99.5) for column in (-0.5, 49.5)]
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    assert (low > -1e-6).all()
    assert (high < np.array(SIZE) + 1e-6).all()
    assert ((high - low) > np.array(SIZE) - 1e-6).any()


def test_panning_moves_the_picture_with_the_pointer() -> None:
    view = Viewport(30, 40, 2.0)
    x, y = view.to_screen(33, 44, SIZE)
    assert view.panned(7, -5).to_screen(33, 44, SIZE) == pytest.approx((x + 7, y - 5))


def test_fitting_shows_the_whole_image_and_no_more() -> None:
    view = rendering.fit_viewport((100, 50), SIZE)
    assert view.to_screen(-0.5, 24.5, SIZE) == pytest.approx((100, 0))
    assert view.to_screen(99.5, 24.5, SIZE) == pytest.approx((100, 100))


def test_a_window_spans_black_to_white() -> None:
    values = np.array([[0, 100, 150, 200, 400]], np.float32)
    assert rendering.to_grey(values, Window(150, 100)).tolist() == [[0, 0, 128, 255, 255]]
    assert rendering.to_grey(values, Window(150, 100), invert=True).tolist() == [[255, 255, 127, 0, 0]]


def test_magnified_pixels_fall_where_the_overlay_thinks_they_are() -> None:
    pixels = np.zeros((20, 20), np.float32)
    pixels[5, 12] = 100
    view = Viewport(8, 10, 10.0)
    shown = rendering.render(pixels, Window(50, 100), view, SIZE)
    x, y = view.to_screen(5, 12, SIZE)
    assert shown.shape == (100, 200)
    assert shown[int(y), int(x)] > 200
    brightest = np.argwhere(shown > 128).mean(axis=0) + 0.5
    assert brightest == pytest.approx([y, x], abs=0.6)


def test_outside_the_image_is_plain_ground() -> None:
    shown = rendering.render(
        np.ones((10, 10), np.float32), Window(0.5, 1), rendering.fit_viewport((10, 10), SIZE), SIZE
    )
    assert (shown[:, :49] == 0).all()
    assert (shown[:, 51:149] == 255).all()
    assert (shown[:, 151:] == 0).all()


def test_an_image_moved_out_of_sight_draws_nothing() -> None:
    shown = rendering.render(np.ones((10, 10), np.float32), Window(0.5, 1), Viewport(500, 500, 2), SIZE)
    assert not shown.any()


def test_pictures_open_at_the_spine_with_the_bodies_in_front() -> None:
    view = rendering.spine_viewport(CHAIN, (400, 400), (400, 400))
    left = view.to_screen(180, 150 - 2 * 40, (400, 400))
    assert left[0] > 0
    assert view.zoom > 1.3
    assert view.column < 150


def test_a_patient_facing_right_has_more_room_on_the_right() -> None:
    assert rendering.spine_viewport(CHAIN, (400, 400), (400, 400), front=1.0).column > 150


def test_without_levels_the_whole_picture_is_shown() -> None:
    assert rendering.spine_viewport([], (400, 300), SIZE) == rendering.fit_viewport((400, 300), SIZE)


def test_an_axial_slice_opens_round_the_canal() -> None:
    view = rendering.axial_viewport((140, 120), (256, 256), (400, 400), AXIAL)
    assert view.to_screen(140, 120, (400, 400)) == pytest.approx((200, 200))
    assert view.zoom == pytest.approx(400 / 248)


def test_skin_fat_away_from_the_spine_does_not_darken_it() -> None:
    pixels = np.full((400, 400), 100, np.float32)
    pixels[:, :200] = np.linspace(0, 200, 200)
    pixels[:, 350:] = 5000
    window = rendering.spine_window(pixels, CHAIN)
    assert window.centre + window.width / 2 < 1000 < rendering.percentile_window(pixels).width


def test_a_window_of_a_flat_picture_still_has_a_width() -> None:
    assert rendering.percentile_window(np.zeros((5, 5), np.float32)).width > 0


def test_dragging_right_widens_and_dragging_down_darkens() -> None:
    window = Window(100, 50)
    assert rendering.dragged_window(window, 100, 0, SIZE).width == pytest.approx(100)
    assert rendering.dragged_window(window, 0, 50, SIZE).centre == pytest.approx(125)


SAGITTAL = Plane.from_dicom((-12, 0, 0), (0, 1, 0, 0, 0, -1), (1, 1))
FACING_RIGHT = Plane.from_dicom((12, 0, 0), (0, -1, 0, 0, 0, -1), (1, 1))
AXIAL = Plane.from_dicom((0, 0, 0), (1, 0, 0, 0, 1, 0), (1, 0.5))


def test_letters_name_the_patient_s_directions() -> None:
    assert rendering.edge_letters(SAGITTAL) == ("A", "P")
    assert rendering.edge_letters(FACING_RIGHT) == ("P", "A")
    assert rendering.edge_letters(AXIAL) == ("R", "L")


@pytest.mark.parametrize("turns", QUARTERS)
@pytest.mark.parametrize("plane", [SAGITTAL, FACING_RIGHT, AXIAL])
def test_letters_are_those_of_the_places_at_the_edges_however_the_picture_is_turned(plane: Plane, turns: int) -> None:
    view = Viewport(10, 10, 2.0, rendering.aspect_of(plane), turns)
    edges = plane.to_patient(np.array([view.to_image(x, 50, SIZE) for x in (0, 200)]))
    for letter, way in zip(
        rendering.edge_letters(plane, turns), (edges[0] - edges[1], edges[1] - edges[0]), strict=True
    ):
        towards = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
        assert float(way @ towards[letter]) == pytest.approx(float(np.linalg.norm(way)))


def test_the_front_lies_left_unless_the_geometry_says_otherwise() -> None:
    assert [rendering.front_direction(plane) for plane in (None, SAGITTAL, FACING_RIGHT)] == [-1, -1, 1]


@pytest.mark.parametrize(("x", "offset"), [(-12, -14), (2, 0), (17, 15)])
@pytest.mark.parametrize("row_direction", [1, -1])
def test_left_of_the_midline_is_positive_whichever_way_the_slice_is_stored(
    x: int, offset: int, row_direction: int
) -> None:
    plane = Plane.from_dicom((x, 0, 0), (0, row_direction, 0, 0, 0, -1), (1, 1))
    assert rendering.midline_offset_mm(plane, (2, 30, 40)) == pytest.approx(offset)


def test_the_scale_bar_is_the_longest_round_length_that_fits() -> None:
    assert rendering.scale_bar(SAGITTAL, 2.0, 150) == ("5 cm", 100.0)
    assert rendering.scale_bar(AXIAL, 2.0, 90) == ("2 cm", 80.0)
    assert rendering.scale_bar(SAGITTAL, 2.0, 15) == ("5 mm", 10.0)


@pytest.mark.parametrize("turns", QUARTERS)
def test_the_scale_bar_is_as_long_in_the_patient_as_it_says_however_the_picture_is_turned(turns: int) -> None:
    view = Viewport(10, 10, 2.0, rendering.aspect_of(AXIAL), turns)
    words, length = rendering.scale_bar(AXIAL, view.zoom, 90)
    ends = AXIAL.to_patient(np.array([view.to_image(x, 50, SIZE) for x in (0, length)]))
    assert words == "2 cm"
    assert float(np.linalg.norm(ends[1] - ends[0])) == pytest.approx(20)


def test_a_thumbnail_shows_the_whole_picture_in_a_square() -> None:
    assert rendering.thumbnail(np.eye(30, 60, dtype=np.float32), 24).shape == (24, 24)
