"""Logits to probabilities, views to one finding, probabilities to a grade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Severity
from lumbar_core.findings import Probabilities
from lumbar_core.inference.contract import Calibration

# The weights of the field's metric (FIELD.md §B1); "sensitive" grades as that metric would.
SENSITIVE_WEIGHTS = np.array([1.0, 2.0, 4.0])


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def fuse(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Views (n, 3) averaged in the logit domain to one finding (3,)."""
    fused: NDArray[np.float64] = (logits - logits.mean(axis=1, keepdims=True)).mean(axis=0)
    return fused


def calibrate(fused: NDArray[np.float64], views: int, calibration: Calibration | None) -> Probabilities:
    """A finding's probabilities (3,), softened by the temperature fitted for that number of views."""
    return softmax(fused / (calibration.for_views(views) if calibration else 1.0))


def set_right(logits: NDArray[np.float64], missing: int, calibration: Calibration | None) -> NDArray[np.float64]:
    """Logits (3, …) of a slice whose block lacks so many of its neighbours, to be calibrated like all others."""
    correction = calibration.correction(missing) if calibration else None
    if calibration is None or correction is None:
        return logits
    temperature = calibration.for_views(1)
    return temperature * correction.of(logits / temperature)


def grade(probabilities: Probabilities, operating_point: str) -> Severity:
    """The grade by one of the three rules of DESIGN.md §2.

    argmax: the most probable; ordinal_median: where the cumulative probability passes one half;
    sensitive: the most probable after weighting 1/2/4.
    """
    if operating_point == "ordinal_median":
        return Severity(int(np.searchsorted(np.cumsum(probabilities)[:2], 0.5)))
    if operating_point == "sensitive":
        return Severity(int(np.argmax(probabilities * SENSITIVE_WEIGHTS)))
    if operating_point == "argmax":
        return Severity(int(np.argmax(probabilities)))
    raise ValueError(f"unknown operating point {operating_point!r}")
