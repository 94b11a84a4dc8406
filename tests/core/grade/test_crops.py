"""What a grader sees of a level, by pictures whose pixels tell where they were cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import ImagePoint, SliceLevels
from lumbar_core.grade.crops import CropPlace, crop_places, cut_crops, local_disc_distance
from lumbar_core.inference.contract import NetworkInput
from tests.core.fake_packs import a_contract, an_input
from tests.core.fake_studies import an_image, noise

PLACES = [CropPlace(20.0 + 20 * index, 48.0, 20.0) for index in range(5)]


def wanted(long_side: int = 128, half: float = 0.25, side: int = 10, **more: Any) -> NetworkInput:
    given = an_input(
        working_grid={"long_side": long_side, "square": False}, crop={"half_width_discs": half, "side": side}, **more
    )
    return a_contract(inputs=[given]).inputs[0]


def levels(points: dict[Level, tuple[float, float]], above: float | None = None) -> SliceLevels:
    located = {level: ImagePoint(row, column, 0.9, 0.9) for level, (row, column) in points.items()}
    beyond = None if above is None else ImagePoint(above, 50.0, 0.9, 0.9)
    return SliceLevels(an_image(), located, beyond, None, 0.9, 3.0, 17.0)


def test_a_level_is_scaled_by_the_distances_to_its_neighbours() -> None:
    found = levels({Level.L2_L3: (10, 50), Level.L3_L4: (30, 50), Level.L4_L5: (60, 90), Level.L5_S1: (80, 90)})
    assert local_disc_distance(found, Level.L2_L3) == 20
    assert local_disc_distance(found, Level.L3_L4) == (20 + 50) / 2  # 30 down and 40 across are 50
    assert local_disc_distance(found, Level.L5_S1) == 20


def test_the_disc_above_counts_as_a_neighbour() -> None:
    assert local_disc_distance(levels({Level.L1_L2: (40, 50), Level.L2_L3: (60, 50)}, above=10), Level.L1_L2) == 25


def test_a_level_without_neighbours_takes_the_chains_mean() -> None:
    found = levels({Level.L1_L2: (10, 50), Level.L3_L4: (60, 50)})
    assert local_disc_distance(found, Level.L1_L2) == 17


def test_every_located_level_has_a_place() -> None:
    found = levels({level: (20.0 * index, 50.0) for index, level in enumerate(LEVELS[1:])})
    assert crop_places(found)[Level.L4_L5] == CropPlace(40.0, 50.0, 20.0)
    assert set(crop_places(found)) == set(LEVELS[1:])


def ramp(down: bool) -> NDArray[np.float32]:
    rows, columns = np.mgrid[:128, :96]
    picture: NDArray[np.float32] = (rows if down else columns).astype(np.float32)
    return picture


@pytest.mark.parametrize("down", [True, False])
def test_a_crop_shows_the_box_about_its_place(down: bool) -> None:
    # Half a width of 0.25 × 20 = 5 pixels about (40, 48): corner coordinates 35.5 … 45.5, so pixels 35.5 … 44.5 + ½.
    crop = cut_crops(ramp(down), [PLACES[1]], PLACES, wanted())[0, 0]
    middle = 40 if down else 48
    # Brightness: rows 20 − 26 → 0 up to 100 + 26 = 126, columns 48 ± 26; the percentiles 0 and 100 of that box
    # (0 itself is left out as the black border).
    low, high = (1, 126) if down else (23, 74)
    expected = (middle - 4.5 + np.arange(10) - low) / (high - low)
    found = crop if not down else crop.T
    np.testing.assert_allclose(found, np.tile(expected, (10, 1)), atol=1e-4)


def test_a_crop_is_the_same_whichever_levels_are_cut_beside_it() -> None:
    together = cut_crops(noise(), PLACES, PLACES, wanted())
    for index, place in enumerate(PLACES):
        np.testing.assert_array_equal(cut_crops(noise(), [place], PLACES, wanted())[0], together[index])


def test_bright_fat_far_from_the_spine_does_not_change_a_crop() -> None:
    picture = noise()
    lit = picture.copy()
    lit[:, 90:] = 10_000
    np.testing.assert_array_equal(
        cut_crops(lit, [PLACES[2]], PLACES, wanted()), cut_crops(picture, [PLACES[2]], PLACES, wanted())
    )


def test_a_crop_over_the_edge_is_black_outside() -> None:
    corner = CropPlace(0.0, 0.0, 20.0)
    crop = cut_crops(noise() + 100, [corner], [corner], wanted())[0, 0]
    # Five pixels to each side of (0, 0): corner coordinates −4.5 … 5.5, so four rows are outside and one is half.
    assert (crop[:4] == 0).all()
    assert (crop[:, :4] == 0).all()
    assert crop[5:, 5:].max() > 0.5


def test_a_sharper_original_gives_nearly_the_same_crop() -> None:
    rows, columns = np.mgrid[:128, :96]
    smooth = (100 + 50 * np.sin(rows / 9) + 40 * np.cos(columns / 7)).astype(np.float32)
    rows, columns = np.mgrid[:256, :192]
    sharp = (100 + 50 * np.sin((rows - 0.5) / 18) + 40 * np.cos((columns - 0.5) / 14)).astype(np.float32)
    twice = [CropPlace(2 * p.row + 0.5, 2 * p.column + 0.5, 2 * p.disc_distance_px) for p in PLACES]
    one, two = cut_crops(smooth, PLACES, PLACES, wanted(96)), cut_crops(sharp, twice, twice, wanted(96))
    np.testing.assert_allclose(two, one, atol=0.02)


def test_a_slice_in_a_frame_gives_the_same_crops_as_the_slice() -> None:
    picture = noise()
    framed = np.pad(picture, ((30, 10), (200, 0)), constant_values=200)
    content = (30, 200, 30 + picture.shape[0], 200 + picture.shape[1])
    moved = [CropPlace(p.row + 30, p.column + 200, p.disc_distance_px) for p in PLACES]
    np.testing.assert_allclose(
        cut_crops(framed, moved, moved, wanted(96), content), cut_crops(picture, PLACES, PLACES, wanted(96)), atol=1e-5
    )


def test_no_places_are_no_crops() -> None:
    assert cut_crops(noise(), [], PLACES, wanted()).shape == (0, 1, 10, 10)


def test_an_input_that_takes_no_crop_cannot_be_cut_for() -> None:
    whole = replace(wanted(), crop=None)
    with pytest.raises(ValueError, match="crop"):
        cut_crops(noise(), PLACES, PLACES, whole)
