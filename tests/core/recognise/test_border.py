"""A screenshot's frame is found, and black bars that make a slice small; the air around a patient is neither."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.recognise.border import content_box, frame_box, slice_box
from lumbar_core.study import Pixels
from tests.core.fake_studies import an_image, noise, sagittal_plane


def framed(top: int, left: int, bottom: int, right: int, grey: float = 200.0) -> Pixels:
    return np.pad(noise(60, 40), ((top, bottom), (left, right)), constant_values=grey)


@pytest.mark.parametrize("sides", [(10, 10, 10, 10), (12, 0, 0, 0), (0, 7, 0, 0), (0, 0, 5, 0), (3, 4, 5, 6)])
def test_a_frame_is_cut_where_it_is(sides: tuple[int, int, int, int]) -> None:
    top, left, _, _ = sides
    assert content_box(framed(*sides)) == (top, left, top + 60, left + 40)


def test_a_frame_with_faint_grain_is_still_a_frame() -> None:
    picture = framed(8, 8, 8, 8)
    picture[:8] += np.random.default_rng(1).uniform(-1, 1, (8, 56)).astype(np.float32)
    assert content_box(picture) == (8, 8, 68, 48)


@pytest.mark.parametrize("black", [0.0, 2.0])
@pytest.mark.parametrize("sides", [(10, 10, 10, 10), (0, 40, 0, 40), (0, 0, 30, 0)])
def test_black_bars_that_make_the_slice_small_are_cut(sides: tuple[int, int, int, int], black: float) -> None:
    top, left, _, _ = sides
    picture = framed(*sides, grey=black)
    assert content_box(picture) == (top, left, top + 60, left + 40)
    assert frame_box(picture) is None, "nothing to be flagged"


@pytest.mark.parametrize("sides", [(0, 0, 0, 20), (0, 9, 0, 9), (3, 0, 3, 0)])
def test_air_that_leaves_the_slice_as_long_is_not_cut(sides: tuple[int, int, int, int]) -> None:
    assert content_box(framed(*sides, grey=0.0)) is None


def test_black_bars_inside_a_frame_are_cut_with_it() -> None:
    picture = np.pad(framed(0, 50, 0, 50, grey=0.0), 8, constant_values=200)
    assert content_box(picture) == (8, 58, 68, 98)
    assert frame_box(picture) == (8, 8, 68, 148)


def test_of_a_slice_with_a_place_in_the_patient_only_a_frame_is_cut() -> None:
    bars = framed(0, 50, 0, 50, grey=0.0)
    placed, unplaced = an_image(plane=sagittal_plane(0.0)), an_image()
    assert slice_box(placed, bars) is None
    assert slice_box(unplaced, bars) == (0, 50, 60, 90)
    assert slice_box(placed, framed(8, 8, 8, 8)) == (8, 8, 68, 48)


def test_a_picture_without_a_frame_is_whole() -> None:
    assert content_box(noise(60, 40)) is None


@pytest.mark.parametrize("value", [0.0, 200.0])
def test_a_flat_picture_has_no_content_to_cut(value: float) -> None:
    assert content_box(np.full((60, 40), value, np.float32)) is None


def test_a_small_picture_in_a_wide_frame_is_not_taken_for_a_slice() -> None:
    assert content_box(np.pad(noise(20, 20), 60, constant_values=200)) is None


def test_a_flat_line_inside_the_picture_is_no_frame() -> None:
    picture = noise(60, 40)
    picture[30] = 200
    assert content_box(picture) is None


def test_the_air_behind_the_patient_is_no_frame() -> None:
    """Flat, and lighter than the darkest pixel, but no lighter than what is dark in the picture."""
    picture = noise(60, 40) + 40
    picture[20:40, 10:30:3] = 41
    picture[5, 5] = 0
    picture[:, 34:] = 40
    assert content_box(picture) is None


def test_a_dark_grey_viewer_around_a_slice_is_a_frame() -> None:
    picture = framed(9, 9, 9, 9, grey=60.0)
    picture[20:60, 15:50:3] = 0
    assert content_box(picture) == (9, 9, 69, 49)


def test_real_slices_have_no_frame_until_a_viewer_draws_one(real_data: Path) -> None:
    files = sorted((real_data / "rsna_canal" / "images").iterdir())[::20]
    slices = [np.asarray(Image.open(file).convert("L"), np.float32) for file in files]
    assert sum(content_box(pixels) is not None for pixels in slices) == 0
    viewed = [np.pad(pixels, ((30, 20), (60, 0)), constant_values=70) for pixels in slices]
    boxes = [(30, 60, 30 + pixels.shape[0], 60 + pixels.shape[1]) for pixels in slices]
    assert np.mean([content_box(view) == box for view, box in zip(viewed, boxes, strict=True)]) > 0.9
