"""Maps of an axial slice become its canal and recesses, or none of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.findings import AxialPoints
from lumbar_core.localise.recesses import read_recesses
from lumbar_core.picture import Cutout
from tests.core.fake_packs import gaussian

# 32 × 48 pixels of the network, each half a pixel of the slice; a map cell is 4 of them.
CUTOUT = Cutout.around((100.0, 200.0), (8.0, 12.0), (32, 48))


def read(canal: float, left: float, right: float, columns: tuple[float, float, float] = (6, 3, 9)) -> AxialPoints:
    """Peaks of these heights in the maps of canal, left and right."""
    maps: list[NDArray[np.float32]] = [
        np.float32(peak) * gaussian(4, column, 12)[:8]
        for peak, column in zip((canal, left, right), columns, strict=True)
    ]
    return read_recesses(np.stack(maps), 0.9, CUTOUT, confidence=0.3)


def test_points_lie_in_the_pixels_of_the_slice() -> None:
    found = read(0.8, 0.7, 0.6)
    assert found.canal is not None
    assert found.image_left is not None
    assert found.image_right is not None
    # Cell 4.0 is the network's pixel 17.5, which is half a cell below the middle.
    assert (found.canal.row, found.canal.column) == pytest.approx((101.0, 201.0), abs=1e-3)
    assert found.image_left.column == pytest.approx(195.0, abs=1e-3)
    assert found.image_right.column == pytest.approx(207.0, abs=1e-3)
    assert [found.canal.confidence, found.image_right.confidence] == pytest.approx([0.8, 0.6])
    assert found.lumbar == 0.9


def test_two_sure_recesses_tell_where_the_canal_is() -> None:
    found = read(0.1, 0.7, 0.6)
    assert found.canal is not None
    assert found.canal.column == pytest.approx(201.0, abs=1e-3)
    assert found.canal.confidence == pytest.approx(0.6)


def test_one_sure_recess_alone_has_no_side() -> None:
    assert read(0.1, 0.7, 0.1) == AxialPoints(None, None, None, 0.9)


def test_a_weak_recess_is_none() -> None:
    found = read(0.8, 0.2, 0.6)
    assert found.image_left is None
    assert found.image_right is not None


def test_a_recess_on_the_wrong_side_of_the_canal_is_none() -> None:
    found = read(0.8, 0.7, 0.6, columns=(6, 8, 9))
    assert found.image_left is None
    assert found.image_right is not None
