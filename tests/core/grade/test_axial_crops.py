"""What a grader sees of a recess: three slices, the same square, both sides alike."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import Side
from lumbar_core.grade.axial_crops import AxialPlace, cut_axial_crops, missing_neighbours
from lumbar_core.inference.contract import NetworkInput
from tests.core.fake_packs import a_contract, an_input
from tests.core.fake_studies import noise

CANAL = (60.0, 50.0)


def wanted(mirrored: str | None = "left", half_width_mm: float = 5.0) -> NetworkInput:
    given = an_input(
        plane="axial",
        shape=[None, 3, 10, 10],
        crop={"half_width_mm": half_width_mm, "mirrored": mirrored},
        normalisation={"of": "canal", "percentiles": [0, 100]},
    )
    return a_contract(conditions=["subarticular_stenosis"], inputs=[given]).inputs[0]


def cut(stack: list[NDArray[np.float32]], *places: AxialPlace, **how: object) -> NDArray[np.float32]:
    return cut_axial_crops(stack, places, CANAL, (1.0, 1.0), wanted(**how))  # type: ignore[arg-type]


def test_the_slices_become_channels_in_their_order() -> None:
    stack = [noise(120, 100, seed) for seed in range(3)]
    place = AxialPlace(60.0, 40.5, Side.RIGHT)
    crops = cut(stack, place)
    assert crops.shape == (1, 3, 10, 10)
    for channel, pixels in zip(crops[0], stack, strict=True):
        assert np.corrcoef(channel.ravel(), pixels[55:65, 36:46].ravel())[0, 1] > 0.6
    assert np.array_equal(cut([stack[1]] * 3, place)[0, 0], crops[0, 1])


@pytest.mark.parametrize(
    ("seeds", "missing"), [((0, 1, 2), 0), ((1, 1, 2), 1), ((0, 1, 1), 1), ((1, 1, 1), 2), ((0, 1, 0), 0)]
)
def test_a_slice_that_stands_for_its_neighbours_is_known_by_its_crop(seeds: tuple[int, ...], missing: int) -> None:
    for side in Side:
        (crop,) = cut([noise(120, 100, seed) for seed in seeds], AxialPlace(60.0, 40.5, side))
        assert missing_neighbours(crop) == missing


def test_a_crop_of_one_slice_lacks_none() -> None:
    assert missing_neighbours(noise(10, 10)[None]) == 0


def test_both_sides_of_a_symmetrical_body_look_the_same() -> None:
    half = noise(120, 50)
    body = np.concatenate([half, half[:, ::-1]], axis=1)  # about column 49.5
    right, left = cut([body] * 3, AxialPlace(60.0, 39.5, Side.RIGHT), AxialPlace(60.0, 59.5, Side.LEFT))
    np.testing.assert_allclose(left, right, atol=1e-5)
    _, kept = cut([body] * 3, AxialPlace(60.0, 39.5, Side.RIGHT), AxialPlace(60.0, 59.5, Side.LEFT), mirrored=None)
    np.testing.assert_allclose(kept[:, :, ::-1], right, atol=1e-5)


def test_the_canal_has_no_side_and_is_never_mirrored() -> None:
    stack = [noise(120, 100, seed) for seed in range(3)]
    for mirrored in ("left", None):
        middle, right = cut(stack, AxialPlace(*CANAL, None), AxialPlace(*CANAL, Side.RIGHT), mirrored=mirrored)
        np.testing.assert_array_equal(middle, right)


def test_brightness_is_that_around_the_canal_of_the_middle_slice() -> None:
    stack = [noise(120, 100, seed) for seed in range(3)]
    place = AxialPlace(60.0, 40.0, Side.RIGHT)
    usual = cut(stack, place)
    bright_skin = [pixels.copy() for pixels in stack]
    for pixels in bright_skin:
        pixels[:20], pixels[100:] = 4000, 4000
    np.testing.assert_array_equal(cut(bright_skin, place), usual)
    np.testing.assert_array_equal(cut(stack, place, half_width_mm=10.0).max() > 1, usual.max() > 1)


@pytest.mark.parametrize("gain", [0.5, 16.0])
def test_a_scanner_s_gain_does_not_reach_the_network(gain: float) -> None:
    stack = [noise(120, 100, seed) for seed in range(3)]
    place = AxialPlace(60.0, 40.0, Side.RIGHT)
    louder = [np.asarray(gain * pixels, np.float32) for pixels in stack]
    np.testing.assert_allclose(cut(louder, place), cut(stack, place), atol=1e-3)
