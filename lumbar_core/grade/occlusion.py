"""Which part of a crop its grade rests on: the crop graded again and again with another part of it hidden.

Occlusion sensitivity (Zeiler and Fergus, ECCV 2014). The graders were trained with such grey squares (cutout), so
that a hidden part is nothing strange to them. The networks' own class activation maps cost no pass, but are two places
wide (docs/decisions/0029-occlusion-maps.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Severity
from lumbar_core.grade.axial_crops import missing_neighbours
from lumbar_core.grade.calibrate import calibrate, fuse, set_right
from lumbar_core.inference.packs import Pack

HIDDEN = 5  # the square is this part of the crop's side
STEPS = 2  # it is moved by this part of its own side
GREY = 0.25  # the mean of the greys that training hides parts with


def occlusion_map(crop: NDArray[np.float32], grade: Severity, pack: Pack) -> NDArray[np.float64]:
    """How much less probable a grade is where the crop (channels, rows, columns) is hidden: (rows, columns).

    In probability; the mean over the squares that cover a pixel. Below nought where hiding makes the grade surer.
    Raises Cancelled if stopped.
    """
    side = crop.shape[-1] // HIDDEN
    corners = [
        (row, column)
        for row in _starts(crop.shape[-2], side)
        for column in _starts(crop.shape[-1], side)
    ]  # fmt: skip
    hidden = np.repeat(crop[None], len(corners) + 1, axis=0)
    for picture, (row, column) in zip(hidden[1:], corners, strict=True):
        picture[:, row : row + side, column : column + side] = GREY
    chances = _chances(hidden, grade, pack)
    losses, covered = np.zeros(crop.shape[-2:]), np.zeros(crop.shape[-2:])
    for chance, (row, column) in zip(chances[1:], corners, strict=True):
        losses[row : row + side, column : column + side] += chances[0] - chance
        covered[row : row + side, column : column + side] += 1
    return losses / covered


def _starts(length: int, side: int) -> list[int]:
    """Where the squares begin along one side, so that they cover all of it."""
    return sorted({*range(0, length - side, side // STEPS), length - side})


def _chances(crops: NDArray[np.float32], grade: Severity, pack: Pack) -> NDArray[np.float64]:
    contract, missing = pack.contract, missing_neighbours(crops[0])
    logits = pack.model.run({contract.inputs[0].name: crops})[contract.outputs[0].name].astype(np.float64)
    right = [set_right(row, missing, contract.calibration) for row in logits]
    return np.array([calibrate(fuse(row[None]), 1, contract.calibration)[grade] for row in right])
