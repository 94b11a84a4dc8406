"""What of a finding's own probabilities and views makes a reader look again, by its contract (DESIGN.md §2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Severity
from lumbar_core.findings import Probabilities
from lumbar_core.inference.contract import Contract

MAY_BE_SEVERE = "graded Normal/Mild, yet Severe has {} %"
APART = "two slices differ by two grades"


def severe_reasons(probabilities: Probabilities, severity: Severity, contract: Contract) -> tuple[str, ...]:
    """Why a finding graded Normal/Mild is to be checked: Severe is not improbable enough; else nothing."""
    severe = probabilities[Severity.SEVERE]
    if severity is Severity.NORMAL_MILD and severe > contract.threshold("check_p_severe"):
        return (MAY_BE_SEVERE.format(round(100 * severe)),)
    return ()


def says_may_be_severe(reason: str) -> bool:
    """Whether it is a reason of `severe_reasons`, by whatever threshold."""
    return reason.startswith(MAY_BE_SEVERE.partition("{")[0])


def is_borderline(probabilities: Probabilities, contract: Contract) -> bool:
    """Whether two neighbouring grades are close."""
    first, second = np.argsort(probabilities)[::-1][:2]
    close: NDArray[np.float64] = probabilities[first] - probabilities[second]
    return bool(abs(int(first) - int(second)) == 1 and close < contract.threshold("borderline_gap"))
