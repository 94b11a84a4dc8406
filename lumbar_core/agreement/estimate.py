"""A figure with its 95 % interval, by a bootstrap over studies.

Structures of one patient are alike, so studies are drawn, never structures. What the figure is without each study gives
its standard error (jackknife: Tukey, Ann. Math. Stat. 29 (1958); Efron and Stein, Ann. Stat. 9 (1981)). How many errors
it takes to 95 % on either side, the draws tell, each by its own error: bootstrap-t, Efron and Tibshirani, An
Introduction to the Bootstrap (1993), 12.5; Hall, Ann. Stat. 16 (1988). docs/decisions/0039 and 0045 have what was tried
beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

FEWEST_STUDIES = 5
DRAWS = 1000
_UNKNOWN_SHARE = 0.05  # more draws without the figure than this, and there is no interval
_SAME = 1e-12  # a figure that leaving a study out moves by less has not moved

NOTHING = "nothing was graded by both"
ONE_GRADE = "one and the same grade throughout"
FEW_STUDIES = f"it rests on fewer than {FEWEST_STUDIES} studies"
ONE_STUDY = "without one of the studies there is no figure"
RARE = "many draws of the studies lack the figure"
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


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Sums over studies drawn with replacement, as many as there are, and those sums without one of their studies.

    sums: (draws, …). left_out: (k, …), of draw number (k,), without a study that it holds so often (k,).
    """

    sums: Values
    left_out: Values
    number: NDArray[np.int64]
    often: Values


@dataclass(frozen=True, eq=False)
class Studies:
    """What is added up over studies (studies, …), each with something; their draws are the same for every figure."""

    filled: Values

    @staticmethod
    def of(per_study: Values) -> Studies:
        """Without the studies that hold nothing: they count for nothing."""
        return Studies(per_study[per_study.any(axis=tuple(range(1, per_study.ndim)))])

    @cached_property
    def drawn(self) -> Drawn:
        """Made when the first figure asks."""
        times = _draws(len(self.filled))
        sums = np.tensordot(times, self.filled, axes=1)
        number, study = np.nonzero(times)
        return Drawn(sums, sums[number] - self.filled[study], number, times[number, study])


def estimate(studies: Studies, figure: Callable[[Values], Values], scale: Scale) -> Estimate:
    """A figure of sums over studies, with its interval; the same input gives the same interval.

    figure: of (n, …) sums gives (n,).
    """
    filled = studies.filled
    if len(filled) == 0:
        return Estimate(None, reason=NOTHING)
    value = float(figure(filled.sum(axis=0)[None])[0])
    if not math.isfinite(value):
        return Estimate(None, reason=ONE_GRADE)
    if len(filled) < FEWEST_STUDIES:
        return Estimate(value, reason=FEW_STUDIES)
    return _with_interval(value, studies, figure, scale)


def _with_interval(value: float, studies: Studies, figure: Callable[[Values], Values], scale: Scale) -> Estimate:
    filled = studies.filled
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
    drawn = _studentised(value, error, studies, figure)
    if drawn is None:
        return Estimate(value, reason=RARE)
    upper, lower = ends_of(drawn)
    lowest, highest = scale.value
    low, high = value - max(lower, 0.0) * error, value - min(upper, 0.0) * error
    return Estimate(value, max(low, lowest), min(high, highest))


def ends_of(drawn: Values) -> tuple[float, float]:
    """The 2.5 and 97.5 % points of some draws, the k-th of B in order being the k / (B + 1) point (Weibull's)."""
    low, high = np.percentile(drawn, [2.5, 97.5], method="weibull")
    return float(low), float(high)


def _studentised(value: float, error: float, studies: Studies, figure: Callable[[Values], Values]) -> Values | None:
    """By how many of its own jackknife errors each draw of the studies lies above the figure; None: too few have it.

    A draw may hold studies that are all alike. It is given the error of one in which one study deviates as the mean
    study of all does: the figure's own divided by √n.
    """
    number, often, n = studies.drawn.number, studies.drawn.often, len(studies.filled)
    left_out = figure(studies.drawn.left_out)
    mean = np.bincount(number, often * left_out) / n
    own = np.sqrt((1 - 1 / n) * np.bincount(number, often * (left_out - mean[number]) ** 2))
    own[own < _SAME] = error / math.sqrt(n)
    above: Values = (figure(studies.drawn.sums) - value) / own
    known = np.isfinite(above)  # not where a draw, or one without one of its studies, lacks the figure: there it is NaN
    return above[known] if np.count_nonzero(known) >= (1 - _UNKNOWN_SHARE) * DRAWS else None


@cache
def _draws(studies: int) -> Values:
    """(draws, studies) how often each study was drawn, with replacement, as many as there are; always the same."""
    random = np.random.default_rng(0)
    return random.multinomial(studies, np.full(studies, 1 / studies), size=DRAWS).astype(np.float64)
