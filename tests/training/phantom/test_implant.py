"""Screws of a phantom: the field is as told, signal is moved and not made."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.anatomy import Level
from training.phantom.body import Patient
from training.phantom.disease import healthy
from training.phantom.implant import COBALT_CHROME_PPM, FAT_PPM, TITANIUM_PPM, Cylinder, Implant, screws_at
from training.phantom.protocols import T2_SAGITTAL, fast
from training.phantom.scan import pose_of, scan
from training.phantom.spine import Variant, build_spine

ACROSS = Cylinder(np.array([0.0, -50, 0]), np.array([0.0, 50, 0]), 3.0)  # from front to back
UP = np.array([0.0, 0, 1])


def test_the_field_beside_a_cylinder_is_that_of_a_long_one_across_the_main_field() -> None:
    places = np.array([[0.0, 0, 6], [6, 0, 0], [0, 0, 12]])
    expected = np.array([1 / 4, -1 / 4, 1 / 16]) * TITANIUM_PPM / 2
    assert ACROSS.field(places, UP, TITANIUM_PPM) == pytest.approx(expected)


def test_along_the_main_field_a_cylinder_changes_nothing_outside() -> None:
    rod = Cylinder(np.array([0.0, 0, -50]), np.array([0.0, 0, 50]), 3.0)
    assert rod.field(np.array([[6.0, 0, 0]]), UP, TITANIUM_PPM) == pytest.approx([0])


def test_inside_the_metal_there_is_none() -> None:
    assert np.isnan(ACROSS.field(np.array([[1.0, 0, 1]]), UP, TITANIUM_PPM)).all()


def test_signal_is_moved_by_as_much_as_the_field_says_and_none_is_made() -> None:
    rows, columns = np.mgrid[-20.0:21, -20.0:21]
    points = np.stack([np.zeros_like(rows), columns, -rows], axis=-1)
    image = np.zeros(rows.shape)
    image[14, 20] = 1.0  # 6 mm above the axis
    moved = Implant(Level.L4_L5, (ACROSS,), TITANIUM_PPM).distorted(image, points, UP, shift_px=1.0)
    wanted = 20 + TITANIUM_PPM / 2 / 4 / FAT_PPM
    assert moved.sum() == pytest.approx(1.0)
    assert (moved[14] * np.arange(41)).sum() == pytest.approx(wanted, abs=0.3)


@pytest.mark.parametrize("ppm", [TITANIUM_PPM, COBALT_CHROME_PPM])
def test_a_slice_through_the_screws_is_black_there_and_piled_up_beside_them(ppm: float) -> None:
    spine = build_spine(11, healthy(11), Variant())
    protocol, pose = fast(T2_SAGITTAL), pose_of(11)
    bare = scan(Patient.of(spine), protocol, pose)
    held = scan(Patient.of(spine, screws_at(spine, Level.L4_L5, ppm)), protocol, pose)
    screw = screws_at(spine, Level.L4_L5, ppm).cylinders[0]
    middle = pose.to_patient((screw.start_mm + screw.end_mm) / 2)
    index = int(np.argmin([abs(float(plane.distance_mm(middle))) for plane in held.planes]))
    row, column = (round(float(value)) for value in held.planes[index].to_pixels(middle))
    before, after = (one.pixels[index][row - 12 : row + 13, column - 20 : column + 21] for one in (bare, held))
    assert after.min() < before.min() / 2
    assert after.max() > before.max()


def test_the_far_end_of_the_spine_stays_as_it_was() -> None:
    spine = build_spine(11, healthy(11), Variant())
    protocol, pose = fast(T2_SAGITTAL), pose_of(11)
    bare, held = (scan(Patient.of(spine, each), protocol, pose) for each in (None, screws_at(spine, Level.L4_L5)))
    far, near = slice(0, protocol.rows // 4), slice(protocol.rows // 2, 3 * protocol.rows // 4)
    change = np.abs(bare.pixels[7].astype(float) - held.pixels[7])
    assert change[far].mean() < change[near].mean() / 20
