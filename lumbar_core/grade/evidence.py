"""What stands behind a graded structure: each slice that it was seen on, its own grade, and what in it counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.findings import Grade, Probabilities, View
from lumbar_core.grade.calibrate import calibrate, fuse
from lumbar_core.grade.occlusion import occlusion_map
from lumbar_core.inference.contract import AxialRule
from lumbar_core.inference.packs import Pack


@dataclass(frozen=True, slots=True, eq=False)
class ViewEvidence:
    """One slice's part in a finding.

    crop:          (channels, rows, columns) what the network saw, as it lies in the picture.
    probabilities: (3,) of this slice alone.
    rests_on:      (rows, columns) of the crop, by how much the finding's grade is less probable where that is hidden.
    """

    view: View
    crop: NDArray[np.float32]
    probabilities: Probabilities
    rests_on: NDArray[np.float64]


def explain(grade: Grade, pack: Pack) -> tuple[ViewEvidence, ...]:
    """The views of a finding in the order of its evidence. Raises Cancelled if stopped."""
    rule = pack.contract.inputs[0].crop
    mirrored = isinstance(rule, AxialRule) and rule.mirrored is not None and rule.mirrored is grade.target.side
    way = -1 if mirrored else 1  # one side of the body is shown to the network as if it were the other
    return tuple(
        ViewEvidence(
            view,
            view.crop[:, :, ::way],
            calibrate(fuse(view.logits[None]), 1, pack.contract.calibration),
            occlusion_map(view.crop, grade.severity, pack)[:, ::way],
        )
        for view in grade.views
    )
