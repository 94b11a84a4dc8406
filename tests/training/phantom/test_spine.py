"""The skeleton: levels counted from the sacrum, variants named as they are, left on the left."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level
from training.phantom.disease import healthy
from training.phantom.spine import PRESACRAL, Spine, Variant, build_spine

USUAL = Variant()


def names_of(spine: Spine) -> list[str]:
    return [spine.level_disc(level).name for level in LEVELS]


def test_the_five_levels_are_counted_between_the_named_vertebrae() -> None:
    assert names_of(build_spine(1, healthy(1), USUAL)) == list(LEVELS)


@pytest.mark.parametrize(
    ("lumbar", "names"),
    [
        (4, ["T12/L1", "L1/L2", "L2/L3", "L3/L4", "L4/S1"]),
        (6, ["L2/L3", "L3/L4", "L4/L5", "L5/L6", "L6/S1"]),
    ],
)
def test_with_other_numbers_of_vertebrae_the_levels_are_still_counted_from_the_sacrum(
    lumbar: int, names: list[str]
) -> None:
    spine = build_spine(1, healthy(1), Variant(lumbar=lumbar))
    assert names_of(spine) == names
    assert len({body.name for body in spine.bodies}) == len(spine.bodies)


def test_every_seed_makes_a_chain_without_overlap() -> None:
    for seed in range(12):
        spine = build_spine(seed)
        for disc, upper, lower in zip(spine.discs[:PRESACRAL], spine.bodies[:-1], spine.bodies[1:], strict=False):
            assert upper.bottom_mm < disc.along_mm < lower.top_mm
            rudimentary = spine.variant.transitional and disc.level is Level.L5_S1
            assert (1.0 if rudimentary else 2.0) < disc.height_mm < 13.0


def test_a_transitional_vertebra_and_a_remnant_disc_change_the_heights_next_to_the_sacrum() -> None:
    usual, transitional, remnant = (
        build_spine(2, healthy(2), variant) for variant in (USUAL, Variant(transitional=True), Variant(remnant=True))
    )
    assert transitional.discs[PRESACRAL - 1].height_mm < usual.discs[PRESACRAL - 1].height_mm / 2
    assert remnant.discs[PRESACRAL].height_mm > usual.discs[PRESACRAL].height_mm + 1
    assert remnant.discs[PRESACRAL].half_depth_mm > usual.discs[PRESACRAL].half_depth_mm


def test_the_vertebrae_of_the_sacrum_have_grown_together_but_for_a_remnant_disc() -> None:
    usual, remnant = (build_spine(2, {}, Variant(remnant=way)) for way in (False, True))
    assert [disc.name for disc in usual.discs if disc.is_fused] == ["S1/S2", "S2/S3", "S3/S4", "S4/S5"]
    assert [disc.name for disc in remnant.discs if disc.is_fused] == ["S2/S3", "S3/S4", "S4/S5"]


def test_a_scoliosis_bows_to_the_side_it_names() -> None:
    for sideways in (-12.0, 12.0):
        spine = build_spine(1, healthy(1), Variant(scoliosis_mm=sideways))
        bow = spine.bow(np.array([spine.bodies[0].along_mm, spine.bodies[3].along_mm, spine.bodies[-1].along_mm]))
        assert bow[[0, 2]] == pytest.approx(0, abs=1e-9)
        assert bow[1] / sideways > 0.8
        assert spine.place(spine.bodies[3].along_mm, 0.0, 0.0)[0] == pytest.approx(bow[1])
