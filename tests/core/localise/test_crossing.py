"""Two series of one made-up body fit best at the height at which they were cut out of it."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.geometry import Plane, Points3
from lumbar_core.localise.crossing import SHIFTS_MM, AxialLine, fits
from lumbar_core.study import Pixels

FLAT = (1.0, 1.0)
X, Y, Z = np.eye(3)
WAVES = np.random.default_rng(1).uniform(-0.4, 0.4, (40, 3))
PHASES = np.random.default_rng(2).uniform(0, 2 * np.pi, 40)


def body(points_mm: Points3) -> Pixels:
    """Brightness at points in the patient: a sum of waves, without a period of its own."""
    pixels: Pixels = np.cos(points_mm @ WAVES.T + PHASES).sum(axis=-1).astype(np.float32)
    return pixels


def seen(plane: Plane, rows: int, columns: int, moved: Points3 | float = 0.0) -> Pixels:
    """A slice of the body, which lay so far from where the plane has it."""
    places = np.stack(np.mgrid[:rows, :columns], axis=-1).astype(np.float64)
    return body(plane.to_patient(places) + moved)


def a_sagittal(x: float) -> tuple[Plane, Pixels]:
    plane = Plane(np.array([x, -80.0, 100.0]), -Z, Y, FLAT)
    return plane, seen(plane, 200, 160)


def an_axial(z: float, higher_mm: float = 0.0, aside_mm: float = 0.0, *, mirrored: bool = False) -> AxialLine:
    """higher_mm, aside_mm: where its file has it, from where it was."""
    down = -Y if mirrored else Y
    plane = Plane(np.array([-60.0, 80.0 if mirrored else -80.0, z]), down, X, FLAT)
    moved = np.array([-aside_mm, 0.0, -higher_mm])
    return AxialLine(plane, seen(plane, 161, 120, moved), np.array([aside_mm, 0.0, z]), aside_mm)


SAGITTAL = [a_sagittal(x) for x in (-4.0, 0.0, 4.0)]
HEIGHTS = (-36.0, 0.0, 36.0)


def best(axial: list[AxialLine]) -> float:
    return float(SHIFTS_MM[np.argmax(fits(axial, SAGITTAL))])


@pytest.mark.parametrize("higher_mm", [-36.0, -18.0, 0.0, 18.0, 36.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_height_is_found_however_the_slices_are_stored(higher_mm: float, mirrored: bool) -> None:
    assert best([an_axial(z, higher_mm, mirrored=mirrored) for z in HEIGHTS]) == -higher_mm


@pytest.mark.parametrize("aside_mm", [-20.0, 20.0])
def test_a_move_sideways_that_is_known_does_not_hide_it(aside_mm: float) -> None:
    assert best([an_axial(z, 36.0, aside_mm) for z in HEIGHTS]) == -36.0


def test_only_the_pattern_counts() -> None:
    darker = [AxialLine(line.plane, 3.0 * line.pixels + 500.0, line.canal_mm) for line in map(an_axial, HEIGHTS)]
    assert np.allclose(fits(darker, SAGITTAL), fits(list(map(an_axial, HEIGHTS)), SAGITTAL), atol=1e-3)


def test_series_that_do_not_cross_fit_nowhere() -> None:
    assert not np.isfinite(fits([an_axial(400.0)], SAGITTAL)).any()
