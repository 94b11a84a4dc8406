"""The interval of the agreement on one grade, from how many structures were given it.

Specific agreement is p = 2q / (1 + q), where q is the share of the structures that one reader gave the grade in which
the other gave it too (Dice's share of Jaccard's). q is a proportion, and of few structures: its interval is Wilson's
score interval (J. Am. Stat. Assoc. 22 (1927)), which neither 0 nor 1 bends, taken back to p. Structures of one patient
are alike; for them stand as many independent ones as have the variance that q has over studies (design effect: Kish,
Survey Sampling (1965); Korn and Graubard, Surv. Methodol. 24 (1998)), never more than there are (Parker et al., Vital
Health Stat. 2 (175) (2017)).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lumbar_core.agreement.estimate import NOTHING, Estimate
from lumbar_core.agreement.figures import specific_agreement

Values = NDArray[np.float64]

NEITHER = "neither gave this grade"
ONE_HOLDS = "only one study holds this grade"
_REACH = 1.959964  # standard errors to 95 %


def specific_estimate(per_study: Values, grade: int) -> Estimate:
    """Specific agreement on a grade with its interval. per_study: (studies, q, q) structures by the grades of both."""
    filled = per_study[per_study.any(axis=(1, 2))]
    if len(filled) == 0:
        return Estimate(None, reason=NOTHING)
    both = filled[:, grade, grade]
    either = filled[:, grade, :].sum(axis=1) + filled[:, :, grade].sum(axis=1) - both
    if not either.any():
        return Estimate(None, reason=NEITHER)
    value = float(specific_agreement(filled.sum(axis=0), grade))
    if np.count_nonzero(either) < 2:
        return Estimate(value, reason=ONE_HOLDS)
    low, high = wilson(float(both.sum() / either.sum()), _effective_number(both, either))
    return Estimate(value, 2 * low / (1 + low), 2 * high / (1 + high))


def wilson(share: float, number: float) -> tuple[float, float]:
    """The 95 % score interval of a share of so many independent cases."""
    squared = _REACH**2
    middle = (share + squared / (2 * number)) / (1 + squared / number)
    reach = _REACH * math.sqrt(share * (1 - share) / number + squared / (4 * number**2)) / (1 + squared / number)
    return min(share, max(0.0, middle - reach)), max(share, min(1.0, middle + reach))  # at 0 and 1 despite rounding


def _effective_number(both: Values, either: Values) -> float:
    """Of how many independent structures the share both / either has the variance that it has over studies."""
    structures, studies = float(either.sum()), len(either)
    share = float(both.sum()) / structures
    independent = share * (1 - share) / structures
    if independent == 0:
        return structures  # all alike: the studies tell of no more likeness than that
    over_studies = studies / (studies - 1) * float(((both - share * either) ** 2).sum()) / structures**2
    return structures / max(1.0, over_studies / independent)
