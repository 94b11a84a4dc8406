"""Which places become the five levels, and how sure the count is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lumbar_core.localise.chain import MISSING, Chain, fit_chain
from lumbar_core.localise.heatmaps import Candidate, decode_heatmaps
from tests.core.fake_packs import draw_heat, gaussian

EVEN = {0: 6.0, 1: 10.0, 2: 14.0, 3: 18.0, 4: 22.0}


def fitted(heat: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Chain:
    return fit_chain(decode_heatmaps(heat), max(heat.shape[1:]))


def rows(chain: Chain) -> list[int | None]:
    return [None if place is None else round(place.row) for place in chain.places]


def test_five_even_discs_are_the_five_levels() -> None:
    chain = fitted(draw_heat(EVEN))
    assert rows(chain) == [6, 10, 14, 18, 22]
    assert chain.gap == pytest.approx(4, abs=0.01)
    assert chain.above is None
    assert chain.below is None


@pytest.mark.parametrize("gone", range(5))
def test_a_level_that_is_not_there_stays_missing(gone: int) -> None:
    chain = fitted(draw_heat({level: row for level, row in EVEN.items() if level != gone}))
    assert rows(chain) == [None if level == gone else row for level, row in EVEN.items()]
    assert chain.gap == pytest.approx(4, abs=0.01)


def test_the_discs_beyond_are_found_above_and_below() -> None:
    chain = fitted(draw_heat(EVEN, unnamed=(2, 26)))
    assert rows(chain) == [6, 10, 14, 18, 22]
    assert chain.above is not None
    assert chain.below is not None
    assert (round(chain.above.row), round(chain.below.row)) == (2, 26)


def test_something_far_below_is_no_neighbouring_disc() -> None:
    assert fitted(draw_heat(EVEN, unnamed=(30.5,))).below is None  # 8.5 cells away, discs are 4 apart


def test_a_bright_place_off_the_chain_is_not_taken() -> None:
    heat = draw_heat(EVEN)
    heat[2] += gaussian(14, 29) * np.float32(0.95)  # stronger than L3/L4 itself, 13 cells in front of it
    chain = fitted(heat)
    assert rows(chain) == [6, 10, 14, 18, 22]
    assert [round(place.column) for place in chain.places if place] == [16] * 5


def test_a_level_whose_map_is_blind_is_not_lost_where_the_disc_shows() -> None:
    heat = draw_heat(EVEN)
    heat[2] *= np.float32(0.08)
    assert rows(fitted(heat)) == [6, 10, 14, 18, 22]


def test_levels_are_ordered_from_above_down() -> None:
    heat = draw_heat({0: 22.0, 4: 6.0})  # upside down
    found = [row for row in rows(fitted(heat)) if row is not None]
    assert found == sorted(found)


def test_an_empty_map_gives_an_empty_chain_without_margin() -> None:
    chain = fitted(np.zeros((6, 32, 32), np.float32))
    assert rows(chain) == [None] * 5
    assert chain.margin == 0
    assert chain.gap == pytest.approx(0.11 * 32)


def test_the_margin_is_the_difference_of_evidence_to_the_better_shifted_count() -> None:
    def disc(row: float, *evidence: float) -> Candidate:
        return Candidate(row, 16.0, evidence, 0.9)

    candidates = [
        disc(6, 0.8, 0.1, 0.01, 0.01, 0.01),
        disc(10, 0.1, 0.8, 0.1, 0.01, 0.01),
        disc(14, 0.01, 0.1, 0.8, 0.1, 0.01),
        disc(18, 0.01, 0.01, 0.1, 0.8, 0.1),
        disc(22, 0.01, 0.01, 0.01, 0.1, 0.8),
    ]
    # As counted: five times 0.8. One off: four times 0.1 and one level missing, whichever way.
    expected = 5 * math.log(0.8) - (4 * math.log(0.1) + MISSING)
    assert fit_chain(candidates, 32).margin == pytest.approx(expected)


def shared(part: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Six discs; each level's map also glows at the disc below its own, by a part of its height there."""
    heat = draw_heat(EVEN, unnamed=(26,))
    for level, row in EVEN.items():
        heat[level] += gaussian(row + 4, 16) * np.float32(0.9 * part)
    return heat


def test_the_margin_falls_as_the_evidence_becomes_ambiguous() -> None:
    margins = [fitted(shared(part)).margin for part in (0.05, 0.3, 0.7, 0.95)]
    assert margins == sorted(margins, reverse=True)
    assert margins[0] > 5
    assert 0 < margins[-1] < 0.5


def test_a_chain_may_lean() -> None:
    heat = np.zeros((6, 32, 32), np.float32)
    for level, row in EVEN.items():
        heat[level] = heat[-1] = np.maximum(heat[-1], gaussian(row, 10 + 2 * level) * np.float32(0.9))
        heat[level] = gaussian(row, 10 + 2 * level) * np.float32(0.9)
    chain = fitted(heat)
    assert [round(place.column) for place in chain.places if place] == [10, 12, 14, 16, 18]
    assert chain.gap == pytest.approx(math.hypot(4, 2), abs=0.05)
