"""A screenshot's frame is found; the black around a slice is none."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.recognise.border import content_box
from lumbar_core.study import Pixels
from tests.core.fake_studies import noise


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


def test_black_surroundings_are_not_cut() -> None:
    assert content_box(framed(10, 10, 10, 10, grey=0.0)) is None


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
