"""Planes in the patient, by numbers one can check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbar_core.errors import GeometryError
from lumbar_core.geometry import Plane, Points2

# 100 x 100 mm each: sagittal at x = 10 with pixels of 1 mm, axial at z = -20 with pixels of 0.5 mm.
SAGITTAL = Plane.from_dicom((10, -50, 50), (0, 1, 0, 0, 0, -1), (1, 1))
AXIAL = Plane.from_dicom((-50, -50, -20), (1, 0, 0, 0, 1, 0), (0.5, 0.5))
SIZE, FINE = (100, 100), (200, 200)


def turned(degrees: float, axis: int) -> Plane:
    """The axial image turned about the patient's x axis (0) or y axis (1), through its own middle."""
    turn = np.deg2rad(degrees)
    right = np.array([1.0, 0, 0]) if axis == 0 else np.array([np.cos(turn), 0, np.sin(turn)])
    down = np.array([0, np.cos(turn), np.sin(turn)]) if axis == 0 else np.array([0, 1.0, 0])
    return Plane.from_dicom(np.array([0, 0, -20.0]) - 50 * right - 50 * down, [*right, *down], (0.5, 0.5))


def ends(line: Points2 | None) -> list[list[float]]:
    assert line is not None
    return sorted(line.tolist())


INF, NAN = float("inf"), float("nan")
PLACE, ALONG, SPACING = (10, -50, 50), (0, 1, 0, 0, 0, -1), (1, 1)


@pytest.mark.parametrize("spacing", [(0, 1), (1, 0), (-1, 1), (1, INF), (NAN, 1), (1, NAN)])
def test_a_pixel_has_a_size(spacing: tuple[float, float]) -> None:
    with pytest.raises(GeometryError, match="spacing must be positive"):
        Plane.from_dicom(PLACE, ALONG, spacing)


def test_a_plane_lies_somewhere() -> None:
    with pytest.raises(GeometryError, match="not a number"):
        Plane.from_dicom((10, NAN, 50), ALONG, SPACING)


@pytest.mark.parametrize("along", [(0, 1, 0, 0, 0, NAN), (0, 0, 0, 0, 0, -1)])
def test_rows_and_columns_run_somewhere(along: tuple[float, ...]) -> None:
    with pytest.raises(GeometryError, match="no direction"):
        Plane.from_dicom(PLACE, along, SPACING)


@pytest.mark.parametrize("along", [(0, 1, 0, 0, 0.5, -0.87), (0, 1, 0, 0, 1, 0)])
def test_rows_and_columns_are_at_right_angles(along: tuple[float, ...]) -> None:
    with pytest.raises(GeometryError, match="right angles"):
        Plane.from_dicom(PLACE, along, SPACING)


def test_directions_that_were_rounded_are_unit_steps_again() -> None:
    plane = Plane.from_dicom(PLACE, (0, 1.003, 0, 0, 0, -0.998), SPACING)
    np.testing.assert_allclose([plane.right, plane.down], [[0, 1, 0], [0, 0, -1]])


def test_an_axial_slice_cuts_a_sagittal_one_along_a_row() -> None:
    line = ends(AXIAL.crossing(FINE, SAGITTAL))
    assert line == [pytest.approx([70, -0.25]), pytest.approx([70, 99.75])]


def test_a_sagittal_slice_cuts_an_axial_one_along_a_column() -> None:
    line = ends(SAGITTAL.crossing(SIZE, AXIAL))
    assert line == [pytest.approx([-1, 120]), pytest.approx([199, 120])]


def test_a_tilted_slice_cuts_along_a_slope() -> None:
    (row_0, column_0), (row_1, column_1) = ends(turned(-30, axis=0).crossing(FINE, SAGITTAL))
    assert abs((row_1 - row_0) / (column_1 - column_0)) == pytest.approx(np.tan(np.deg2rad(30)))


def test_parallel_slices_and_nearly_parallel_ones_have_no_line() -> None:
    assert AXIAL.crossing(FINE, AXIAL) is None
    assert turned(15, axis=1).crossing(FINE, AXIAL) is None


def test_an_image_that_ends_before_the_other_plane_has_no_line() -> None:
    assert AXIAL.crossing((200, 60), SAGITTAL) is None
    assert SAGITTAL.crossing((60, 100), AXIAL) is None


@given(st.floats(-60, 60), st.sampled_from((0, 1)))
def test_the_ends_of_the_line_lie_in_both_planes(degrees: float, axis: int) -> None:
    tilted = turned(degrees, axis)
    line = tilted.crossing(FINE, SAGITTAL)
    assert line is not None
    assert tilted.distance_mm(SAGITTAL.to_patient(line)) == pytest.approx(0, abs=1e-9)
