"""Peaks of drawn heat maps become candidates where they were drawn."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.localise.heatmaps import LOWEST_PEAK, MOST_CANDIDATES, decode_heatmaps, strongest
from tests.core.fake_packs import draw_heat, gaussian


def test_each_disc_becomes_one_candidate_from_above_down() -> None:
    found = decode_heatmaps(draw_heat({4: 22, 0: 6, 2: 14}, column=10))
    assert [(candidate.row, candidate.column) for candidate in found] == [
        pytest.approx((row, 10), abs=1e-3) for row in (6, 14, 22)
    ]
    assert found[1].evidence == pytest.approx((0, 0, 0.9, 0, 0), abs=1e-3)
    assert found[1].canal == pytest.approx(0.9)


@pytest.mark.parametrize(("row", "column"), [(10.25, 12.5), (9.75, 7.3)])
def test_a_peak_between_cells_is_placed_between_them(row: float, column: float) -> None:
    (found,) = decode_heatmaps(draw_heat({2: row}, column))
    assert (found.row, found.column) == pytest.approx((row, column), abs=0.1)


def test_two_maps_that_peak_at_one_place_are_one_candidate_with_both_evidences() -> None:
    heat = draw_heat({1: 10})
    heat[2] = gaussian(10, 16) * np.float32(0.3)
    (found,) = decode_heatmaps(heat)
    assert found.evidence == pytest.approx((0, 0.9, 0.3, 0, 0), abs=1e-3)


def test_a_disc_that_only_the_last_map_knows_is_a_candidate_too() -> None:
    found = decode_heatmaps(draw_heat({0: 10}, unnamed=(6,)))
    assert [round(candidate.row) for candidate in found] == [6, 10]
    assert max(found[0].evidence) < 0.01


def test_noise_below_the_lowest_peak_is_nothing() -> None:
    assert decode_heatmaps(np.full((6, 32, 32), LOWEST_PEAK / 2, np.float32)) == []


def test_a_map_full_of_peaks_keeps_the_strongest() -> None:
    heat = np.zeros((6, 64, 64), np.float32)
    for index in range(20):
        heat[-1, 3 * index + 2, 4 + 28 * (index % 2)] = 0.5 + index / 100
    found = decode_heatmaps(heat)
    assert len(found) == MOST_CANDIDATES
    assert min(candidate.canal for candidate in found) == pytest.approx(0.56)


def test_a_peak_on_the_edge_of_the_map_is_found() -> None:
    found = decode_heatmaps(draw_heat({0: 0, 4: 31}, column=0))
    assert [round(candidate.row) for candidate in found] == [0, 31]


def test_the_strongest_place_of_a_map_is_placed_between_its_cells() -> None:
    channel = 0.5 * gaussian(5, 5) + 0.9 * gaussian(20.25, 11.5)
    value, row, column = strongest(channel)
    assert value == pytest.approx(channel.max())
    assert (row, column) == pytest.approx((20.25, 11.5), abs=0.1)


def test_a_map_without_anything_has_a_place_of_no_value() -> None:
    assert strongest(np.zeros((8, 12), np.float32)) == (0.0, 0.0, 0.0)
