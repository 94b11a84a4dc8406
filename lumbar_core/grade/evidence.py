"""What stands behind a graded structure: each slice that it was seen on, its own grade, and what in it counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Severity
from lumbar_core.findings import Grade, Probabilities, View
from lumbar_core.grade.axial_crops import missing_neighbours
from lumbar_core.grade.calibrate import calibrate, fuse
from lumbar_core.grade.occlusion import occlusion_map
from lumbar_core.inference.contract import AxialRule
from lumbar_core.inference.packs import Pack, PackSet


@dataclass(frozen=True, slots=True, eq=False)
class ViewEvidence:
    """One slice's part in a finding.

    crop:          (channels, rows, columns) what the network saw, as it lies in the picture.
    probabilities: (3,) of this slice alone.
    rests_on:      (rows, columns) of the crop, by how much the finding's grade is less probable where that is hidden.
    places:        (rows, columns) of the network's last feature map, by how much each place speaks for the finding's
                   grade: its logit less the mean of the three, in nats. Their mean is what the slice says. None where
                   the pack gives no class activation maps.
    """

    view: View
    crop: NDArray[np.float32]
    probabilities: Probabilities
    rests_on: NDArray[np.float64]
    places: NDArray[np.float64] | None

    @property
    def missing(self) -> int:
        """How many of its neighbours an axial slice lacks."""
        return missing_neighbours(self.crop)


def speaking_for(grade: Severity, cam: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much each place speaks for a grade, from logits (3, rows, columns), as `fuse` centres them."""
    logits = cam.astype(np.float64)
    spoken: NDArray[np.float64] = logits[grade] - logits.mean(axis=0)
    return spoken


def explain(grade: Grade, packs: PackSet) -> tuple[ViewEvidence, ...]:
    """The views of a finding in the order of its evidence, each by the network that graded it.

    None of a view whose network is not there. Raises Cancelled if stopped.
    """
    first, second = packs.grader(grade.target.condition), packs.second_grader(grade.target.condition)
    networks = [second if second is not None and view.axial else first for view in grade.views]
    return tuple(
        _explained(view, grade.severity, pack)
        for view, pack in zip(grade.views, networks, strict=True)
        if pack is not None
    )


def _explained(view: View, severity: Severity, pack: Pack) -> ViewEvidence:
    rule = pack.contract.inputs[0].crop
    mirrored = isinstance(rule, AxialRule) and rule.mirrored is not None and rule.mirrored is view.target.usual_side
    way = -1 if mirrored else 1  # one side of the body is shown to the network as if it were the other
    return ViewEvidence(
        view,
        view.crop[:, :, ::way],
        calibrate(fuse(view.logits[None]), 1, pack.contract.calibration),
        occlusion_map(view.crop, severity, pack)[:, ::way],
        None if view.cam is None else speaking_for(severity, view.cam)[:, ::way],
    )
