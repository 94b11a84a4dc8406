"""What was found: points, views, grades; the step between the networks and the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Level, Reason, Severity, Target
from lumbar_core.study import Instance

Probabilities = NDArray[np.float64]  # (3,) Normal/Mild, Moderate, Severe; sums to 1


@dataclass(frozen=True, slots=True)
class ImagePoint:
    """A located structure in the pixels of its own image.

    row, column: pixels of the original image, centre of the first pixel = 0.
    confidence:  of the place, 0–1.
    visibility:  how surely the structure shows in this slice, 0–1.
    """

    row: float
    column: float
    confidence: float
    visibility: float


@dataclass(frozen=True, slots=True, eq=False)
class SliceLevels:
    """The levels located in one sagittal slice.

    points:           one per level of `LEVELS`, or none where the slice does not show it.
    above, below:     the next canal point beyond L1/L2 and beyond L5/S1, where one was seen.
    lumbar:           probability that this is a lumbar sagittal slice at all.
    margin:           score of the best chain less that of the best chain shifted by a level; in nats.
    disc_distance_px: mean distance between neighbouring levels.
    """

    instance: Instance
    points: dict[Level, ImagePoint]
    above: ImagePoint | None
    below: ImagePoint | None
    lumbar: float
    margin: float
    disc_distance_px: float


@dataclass(frozen=True, slots=True)
class AxialPoints:
    """What was located in one axial slice that is seen as usual: the front above, the patient's right on the left.

    canal:                   its midline at the height of the recesses.
    image_left, image_right: the recesses. All are None where nothing was placed surely.
    lumbar:                  probability that this is an axial slice through a lumbar canal at all.
    """

    canal: ImagePoint | None
    image_left: ImagePoint | None
    image_right: ImagePoint | None
    lumbar: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One crop's answer for one target.

    logits: (3,) before calibration; of a slice at the end of its block set right for what the block lacks.
    crop:   (channels, rows, columns) what the network saw.
    cam:    (3, rows, columns) the logits of each place of the last feature map, whose mean is `logits`; None where
            the pack does not give them.
    axial:  whether it was cut from an axial slice.
    """

    target: Target
    instance: Instance
    point: ImagePoint
    logits: NDArray[np.float64]
    crop: NDArray[np.float32]
    cam: NDArray[np.float32] | None = None
    axial: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Grade:
    """A graded structure: fused over its views and calibrated.

    views:      best first; views[0] is where the finding points to.
    worst_view: the gravest grade that a single view gave.
    """

    target: Target
    probabilities: Probabilities
    severity: Severity
    views: tuple[View, ...]
    worst_view: Severity
    check_reasons: tuple[str, ...]
    borderline: bool


@dataclass(frozen=True, slots=True)
class NotGraded:
    """A structure without a grade, with the reason; never a silent gap."""

    target: Target
    code: Reason
    reason: str
