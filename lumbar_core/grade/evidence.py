"""What stands behind a graded structure: each slice that it was seen on, its own grade, and what in it counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.findings import Grade, Probabilities, View
from lumbar_core.grade.calibrate import calibrate, fuse
from lumbar_core.grade.occlusion import occlusion_map
from lumbar_core.inference.packs import Pack


@dataclass(frozen=True, slots=True, eq=False)
class ViewEvidence:
    """One slice's part in a finding.

    probabilities: (3,) of this slice alone.
    rests_on:      (rows, columns) of the crop, by how much the finding's grade is less probable where that is hidden.
    """

    view: View
    probabilities: Probabilities
    rests_on: NDArray[np.float64]


def explain(grade: Grade, pack: Pack) -> tuple[ViewEvidence, ...]:
    """The views of a finding in the order of its evidence. Raises Cancelled if stopped."""
    return tuple(
        ViewEvidence(
            view,
            calibrate(fuse(view.logits[None]), 1, pack.contract.calibration),
            occlusion_map(view.crop, grade.severity, pack),
        )
        for view in grade.views
    )
