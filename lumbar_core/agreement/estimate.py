"""A figure with its 95 % interval, from what it is without each study.

Structures of one patient are alike, so studies are left out, never structures. The spread of what is left gives the
standard error (jackknife: Tukey, Ann. Math. Stat. 29 (1958); Efron and Stein, Ann. Stat. 9 (1981)). How many errors it
takes to 95 %:

- for a coefficient, whose rare grades make it skew, the draws of the studies tell, each by its own error: bootstrap-t,
  Efron and Tibshirani, An Introduction to the Bootstrap (1993), 12.5; Hall, Ann. Stat. 16 (1988);
- for a share or a mean, Student's t. Where few studies carry it, its error is itself uncertain, and the degrees of
  freedom are fewer than studies less one: as many as match the variance of a sample variance, which the kurtosis tells
  (Satterthwaite, Biometrics Bull. 2 (1946)).

docs/decisions/0039 has what was tried beside it.
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

FEWEST_STUDIES = 5
DRAWS = 500
_UNKNOWN_SHARE = 0.05  # more draws without an error than this, and there is no interval
_SAME = 1e-12  # a figure that leaving a study out moves by less has not moved
_ANGLES = np.linspace(0, math.pi / 2, 2001)

NOTHING = "nothing was graded by both"
ONE_GRADE = "one and the same grade throughout"
FEW_STUDIES = f"it rests on fewer than {FEWEST_STUDIES} studies"
ONE_STUDY = "without one of the studies there is no figure"
RARE = "many draws of the studies lack the figure or its spread"
NO_SPREAD = "the same whichever study is left out"


class Scale(Enum):
    """Between what a figure lies; an interval ends there at the latest."""

    COEFFICIENT = (-1.0, 1.0)
    SHARE = (0.0, 1.0)
    GRADES = (-2.0, 2.0)


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


def estimate(per_study: Values, figure: Callable[[Values], Values], scale: Scale) -> Estimate:
    """A figure of sums over studies, with its interval; the same input gives the same interval.

    per_study: (studies, …) what is added up over studies. figure: of (n, …) sums gives (n,). A study without anything
    counts for nothing.
    """
    filled = per_study[per_study.any(axis=tuple(range(1, per_study.ndim)))]
    if len(filled) == 0:
        return Estimate(None, reason=NOTHING)
    value = float(figure(filled.sum(axis=0)[None])[0])
    if not math.isfinite(value):
        return Estimate(None, reason=ONE_GRADE)
    if len(filled) < FEWEST_STUDIES:
        return Estimate(value, reason=FEW_STUDIES)
    return _with_interval(value, filled, figure, scale)


def _with_interval(value: float, filled: Values, figure: Callable[[Values], Values], scale: Scale) -> Estimate:
    left_out = figure(filled.sum(axis=0) - filled)  # (studies,) the figure without each of them
    # A study carries the figure if it has one of its own, or if the figure is another, or none, without it.
    carries = np.isfinite(figure(filled)) | ~(np.abs(left_out - value) < _SAME)
    if np.count_nonzero(carries) < FEWEST_STUDIES:
        return Estimate(value, reason=FEW_STUDIES)
    if not np.isfinite(left_out).all():
        return Estimate(value, reason=ONE_STUDY)
    apart = left_out - left_out.mean()
    error = math.sqrt((1 - 1 / len(apart)) * float((apart**2).sum()))
    if error < _SAME:
        return Estimate(value, reason=NO_SPREAD)
    if scale is Scale.COEFFICIENT:
        drawn = _studentised(value, filled, figure)
        if drawn is None:
            return Estimate(value, reason=RARE)
        upper, lower = np.percentile(drawn, [2.5, 97.5])
    else:
        lower = _student_quantile(_freedom(apart))
        upper = -lower
    lowest, highest = scale.value
    low, high = value - max(float(lower), 0.0) * error, value - min(float(upper), 0.0) * error
    return Estimate(value, max(low, lowest), min(high, highest))


def _studentised(value: float, filled: Values, figure: Callable[[Values], Values]) -> Values | None:
    """By how many of its own jackknife errors each draw of the studies lies above the figure; None: too few know."""
    studies = len(filled)
    times = _draws(studies)
    sums = np.tensordot(times, filled, axes=1)
    draw, study = np.nonzero(times)  # one of a study's copies in a draw is left out, and counts as often as it is there
    often = times[draw, study]
    left_out = figure(sums[draw] - filled[study])
    mean = np.bincount(draw, often * left_out) / studies
    error = np.sqrt((1 - 1 / studies) * np.bincount(draw, often * (left_out - mean[draw]) ** 2))
    known = error > _SAME  # not where a draw lacks the figure: there it is NaN
    if np.count_nonzero(known) < (1 - _UNKNOWN_SHARE) * len(times):
        return None
    above: Values = (figure(sums)[known] - value) / error[known]
    return above


@cache
def _draws(studies: int) -> Values:
    """(draws, studies) how often each study was drawn, with replacement, as many as there are; always the same."""
    random = np.random.default_rng(0)
    return random.multinomial(studies, np.full(studies, 1 / studies), size=DRAWS).astype(np.float64)


def _freedom(apart: Values) -> float:
    """Degrees of freedom of a variance from these deviations, by their kurtosis (G2, unbiased for a normal spread).

    The variance of a sample variance is σ⁴ (2 / (n - 1) + excess / n), and that of one with f degrees 2 σ⁴ / f.
    """
    n = len(apart)
    excess = float((apart**4).mean() / (apart**2).mean() ** 2) - 3
    unbiased = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6)
    return 2 / (2 / (n - 1) + max(unbiased, 0.0) / n)


def _student_quantile(freedom: float) -> float:
    """The 97.5 % point of Student's t with one degree of freedom or more.

    With t = √f tan θ the density is cos θ to the power f - 1 (Fisher 1925): added up from 0, it is halfway to the
    quantile at the angle that 95 % of the half line lie below. Right to 0.003.
    """
    density = np.cos(_ANGLES) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return math.sqrt(freedom) * math.tan(float(np.interp(0.95 * below[-1], below, _ANGLES)))
