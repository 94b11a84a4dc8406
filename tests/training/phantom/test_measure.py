"""The truth is measured: narrowing takes room where it is put, on its side and level, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level, Severity, Side
from training.phantom.body import paint_column
from training.phantom.canvas import Canvas
from training.phantom.disease import SIDES, Disease, Herniation, Narrowing, disease_of, healthy
from training.phantom.measure import canal_room, foramen_room, recess_room
from training.phantom.spine import Spine, Variant, build_spine
from training.phantom.tissues import Tissue

USUAL = Variant()
LEVEL = Level.L4_L5


def painted(seed: int, ill: Disease | None = None) -> tuple[Spine, Canvas]:
    found = healthy(seed)
    if ill is not None:
        found[LEVEL] = ill
    spine = build_spine(seed, found, USUAL)
    return spine, paint_column(spine)


def ill_with(narrowing: Narrowing) -> Disease:
    return disease_of(narrowing, np.random.default_rng(3), age=0.3)


@pytest.fixture(scope="module")
def well() -> tuple[Spine, Canvas]:
    return painted(5)


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_is_narrow_in_the_healthy(seed: int) -> None:
    spine, column = painted(seed)
    for level in LEVELS:
        disc = spine.level_disc(level)
        assert canal_room(column, disc).grade is Severity.NORMAL_MILD
        for side in SIDES:
            assert foramen_room(column, spine, disc, side).grade is Severity.NORMAL_MILD
            assert foramen_room(column, spine, disc, side).sides_with_fat >= 3
            assert recess_room(column, spine, disc, side).grade is Severity.NORMAL_MILD


def test_a_narrower_canal_holds_less_sac_and_less_fluid_and_its_neighbours_keep_theirs(
    well: tuple[Spine, Canvas],
) -> None:
    rooms = []
    for amount in (0.3, 0.65, 1.0):
        spine, column = painted(5, ill_with(Narrowing(canal=amount)))
        rooms.append(canal_room(column, spine.level_disc(LEVEL)))
        above = canal_room(column, spine.level_disc(Level.L2_L3)).area_mm2
        assert above == pytest.approx(canal_room(well[1], well[0].level_disc(Level.L2_L3)).area_mm2, rel=0.05)
    assert rooms[0].area_mm2 > rooms[1].area_mm2 > rooms[2].area_mm2
    assert rooms[0].fluid_share > rooms[2].fluid_share
    assert rooms[0].grade is Severity.NORMAL_MILD
    assert rooms[2].grade is Severity.SEVERE


@pytest.mark.parametrize("side", SIDES)
def test_a_narrow_foramen_is_narrow_on_its_own_side_only(side: Side) -> None:
    other = next(each for each in SIDES if each is not side)
    spine, column = painted(5, ill_with(Narrowing(foramen={side: 1.0, other: 0.0})))
    disc = spine.level_disc(LEVEL)
    assert foramen_room(column, spine, disc, side).grade is Severity.SEVERE
    assert foramen_room(column, spine, disc, other).grade is Severity.NORMAL_MILD


@pytest.mark.parametrize("side", SIDES)
def test_a_narrow_recess_is_narrow_on_its_own_side_only(side: Side) -> None:
    other = next(each for each in SIDES if each is not side)
    ill = replace(ill_with(Narrowing(recess={side: 1.0, other: 0.0})), herniation=None)
    spine, column = painted(5, ill)
    disc = spine.level_disc(LEVEL)
    assert recess_room(column, spine, disc, side).grade is Severity.SEVERE
    assert recess_room(column, spine, disc, other).depth_mm > recess_room(column, spine, disc, side).depth_mm + 2


@pytest.mark.parametrize("aside", [-5.0, 5.0])
def test_a_herniation_lies_on_the_side_it_names(aside: float, well: tuple[Spine, Canvas]) -> None:
    ill = replace(healthy(5)[LEVEL], herniation=Herniation(7.0, 4.0, aside))
    spine, column = painted(5, ill)
    along = spine.level_disc(LEVEL).along_mm
    matter = [
        each.part(along=(along - 3, along + 3), behind=(2.0, 8.0), aside=(-9.0, 9.0)) for each in (column, well[1])
    ]
    new = matter[0].is_tissue(Tissue.ANNULUS) & ~matter[1].is_tissue(Tissue.ANNULUS)
    places = np.broadcast_to(matter[0].aside, new.shape)[new]
    assert places.size > 50
    assert np.sign(np.median(places)) == np.sign(aside)


def test_bone_disc_and_nerve_never_leave_a_hole_in_the_canal(well: tuple[Spine, Canvas]) -> None:
    spine, column = well
    first, last = spine.discs[2].along_mm, spine.discs[6].along_mm
    canal = column.part(along=(first, last), behind=(0.5, 10.0), aside=(-7.0, 7.0))
    assert not canal.is_tissue(Tissue.SURROUNDINGS).any()
