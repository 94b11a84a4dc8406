"""Hiding the part that a grade rests on makes it less probable, and hiding any other does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lumbar_core.anatomy import Severity
from lumbar_core.grade.occlusion import GREY, occlusion_map
from lumbar_core.inference.contract import Calibration, Correction
from lumbar_core.inference.packs import Pack, load_packs

SIDE = 80


class Spot:
    """A network that calls it severe where one spot is bright, and nothing else."""

    def __init__(self, row: int, column: int) -> None:
        self.at = (row, column)

    def run(self, inputs: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        (crops,) = inputs.values()
        bright = crops[:, :, self.at[0], self.at[1]].mean(axis=1)
        return {"logits": np.stack([0 * bright, 0 * bright, 6 * (bright - 0.5)], axis=1)}


@pytest.fixture(scope="module")
def canal() -> Pack:
    return next(pack for pack in load_packs().all if pack.contract.name == "canal")


@pytest.mark.parametrize(("row", "column"), [(40, 40), (3, 70), (79, 79)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_map_is_highest_where_the_network_looks(canal: Pack, row: int, column: int, channels: int) -> None:
    pack = Pack(canal.folder, canal.contract, _model=Spot(row, column))  # type: ignore[arg-type]  # all of a model that is asked for
    seen = occlusion_map(np.ones((channels, SIDE, SIDE), np.float32), Severity.SEVERE, pack)
    assert seen.shape == (SIDE, SIDE)
    assert seen[row, column] == seen.max() > 0.3
    away = np.hypot(*(np.indices(seen.shape) - np.array([row, column])[:, None, None])) > 24
    assert seen[away].max() == 0


def test_another_grade_becomes_surer_there(canal: Pack) -> None:
    pack = Pack(canal.folder, canal.contract, _model=Spot(40, 40))  # type: ignore[arg-type]
    seen = occlusion_map(np.ones((1, SIDE, SIDE), np.float32), Severity.NORMAL_MILD, pack)
    assert seen[40, 40] == seen.min() < -0.1


def test_a_crop_that_is_grey_already_rests_on_nothing(canal: Pack) -> None:
    grey = np.full((1, SIDE, SIDE), GREY, np.float32)
    np.testing.assert_allclose(occlusion_map(grey, Severity.NORMAL_MILD, canal), 0, atol=1e-6)


def test_a_slice_that_stands_for_its_neighbours_rests_on_what_its_corrected_grade_does(canal: Pack) -> None:
    calibration = Calibration((1.0,), "made up", None, alone=Correction(1.0, (40.0, 0.0, 0.0)))
    pack = Pack(canal.folder, replace(canal.contract, calibration=calibration), _model=Spot(40, 40))  # type: ignore[arg-type]
    alike = np.ones((3, SIDE, SIDE), np.float32)
    assert occlusion_map(alike, Severity.SEVERE, pack).max() < 1e-9, "Normal/Mild by far, whatever is hidden"
    alike[0, 0, 0] = 0.5  # a neighbour of its own
    assert occlusion_map(alike, Severity.SEVERE, pack).max() > 0.3
