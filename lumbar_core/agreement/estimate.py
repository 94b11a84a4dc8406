"""A figure with its 95 % interval by bootstrap over studies.

Structures of one patient are alike, so studies are drawn, never structures. The percentile interval is too short at
the 20 to 60 studies that a department reads (docs/decisions/0034). So the spread of the draws is taken where a figure
is nearly normal (Fisher's z for a coefficient, log-odds for a share), widened because draws vary less than samples do,
and Student's t stands for the normal: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 12 and
13; Hesterberg, Am. Stat. 69 (2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

DRAWS = 2000
_SEED = 0
FEWEST_STUDIES = 5
_UNDEFINED_SHARE = 0.05  # more draws without the figure than this, and there is no interval
_CLIP = 0.9995  # a draw of complete agreement has no finite z

NOTHING = "nothing was graded by both"
ONE_GRADE = "one and the same grade throughout"
NEITHER = "neither gave this grade"
FEW_STUDIES = f"fewer than {FEWEST_STUDIES} studies"
RARE = "the figure does not exist in many draws of the studies"
NO_SPREAD = "the same in every draw of the studies"


class Scale(Enum):
    """Where a figure lives, and so where its draws are nearly normal."""

    COEFFICIENT = "from -1 to 1"
    SHARE = "from 0 to 1"
    GRADES = "in grades"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval, and in words why one of them is missing ("" where none is)."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def covers(self, truth: float) -> bool:
        """Whether the truth lies in the interval."""
        return self.low is not None and self.high is not None and self.low <= truth <= self.high


def estimate(
    per_study: Values, figure: Callable[[Values], Values], scale: Scale, undefined: str = ONE_GRADE
) -> Estimate:
    """A figure of sums over studies, with its interval; the same input gives the same interval.

    per_study: (studies, …) what is added up over studies. figure: of (draws, …) sums gives (draws,).
    undefined: why there is no figure where something was graded. A study without anything counts for nothing.
    """
    filled = per_study[per_study.any(axis=tuple(range(1, per_study.ndim)))]
    if len(filled) == 0:
        return Estimate(None, reason=NOTHING)
    value = float(figure(filled.sum(axis=0)[None])[0])
    if not math.isfinite(value):
        return Estimate(None, reason=undefined)
    if len(filled) < FEWEST_STUDIES:
        return Estimate(value, reason=FEW_STUDIES)
    return _with_interval(value, figure(np.tensordot(_draws(len(filled)), filled, axes=1)), len(filled), scale)


@cache
def _draws(studies: int) -> Values:
    """(draws, studies) how often each study was drawn, with replacement, as many as there are."""
    random = np.random.default_rng(_SEED)
    return random.multinomial(studies, np.full(studies, 1 / studies), size=DRAWS).astype(np.float64)


def _with_interval(value: float, drawn: Values, studies: int, scale: Scale) -> Estimate:
    defined = drawn[np.isfinite(drawn)]
    if len(defined) < (1 - _UNDEFINED_SHARE) * len(drawn):
        return Estimate(value, reason=RARE)
    if np.ptp(defined) < 1e-12:
        return Estimate(value, reason=NO_SPREAD)
    spread = float(_straight(defined, scale).std()) * math.sqrt(studies / (studies - 1))
    centre = float(_straight(np.array([value]), scale)[0])
    reach = _student_quantile(studies - 1) * spread
    low, high = _bent(np.array([centre - reach, centre + reach]), scale)
    return Estimate(value, min(float(low), value), max(float(high), value))


def _straight(values: Values, scale: Scale) -> Values:
    if scale is Scale.GRADES:
        return values
    centred = 2 * values - 1 if scale is Scale.SHARE else values
    return np.arctanh(np.clip(centred, -_CLIP, _CLIP))


def _bent(values: Values, scale: Scale) -> Values:
    if scale is Scale.GRADES:
        return values
    return (np.tanh(values) + 1) / 2 if scale is Scale.SHARE else np.tanh(values)


@cache
def _student_quantile(freedom: int) -> float:
    """The 97.5 % point of Student's t, by the series of Abramowitz and Stegun (1964), 26.7.5; right to 0.001 from 4."""
    z = 1.959963984540054
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(sum(term / freedom**power for power, term in enumerate(terms)))
