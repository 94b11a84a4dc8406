"""The interval of the agreement on one grade, by a bootstrap over the studies that hold it.

Specific agreement is p = 2q / (1 + q), where q is the share of the structures that one reader gave the grade in which
the other gave it too (Dice's share of Jaccard's). q is a proportion, and of few structures: studies drawn with
replacement often hold none, or agreement alone. So chance gives each study a weight instead of a number of copies
(Bayesian bootstrap: Rubin, Ann. Stat. 9 (1981)), and to them half a study of agreement and half a one of disagreement,
as Jeffreys' prior adds half a case of each: where each study holds one structure, the interval is his. It is what 95 %
of the draws of q lie between, taken back to p. docs/decisions/0045 has what was tried beside it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lumbar_core.agreement.estimate import DRAWS, NOTHING, Estimate, Studies, ends_of
from lumbar_core.agreement.figures import specific_agreement

Values = NDArray[np.float64]

NEITHER = "neither gave this grade"
ONE_HOLDS = "only one study holds this grade"


def specific_estimate(studies: Studies, grade: int) -> Estimate:
    """Specific agreement on a grade with its interval. studies: (studies, q, q) structures by the grades of both."""
    filled = studies.filled
    if len(filled) == 0:
        return Estimate(None, reason=NOTHING)
    both = filled[:, grade, grade]
    either = filled[:, grade, :].sum(axis=1) + filled[:, :, grade].sum(axis=1) - both
    holds = either > 0
    if not holds.any():
        return Estimate(None, reason=NEITHER)
    value = float(specific_agreement(filled.sum(axis=0), grade))
    if np.count_nonzero(holds) < 2:
        return Estimate(value, reason=ONE_HOLDS)
    low, high = ends_of(_drawn_shares(both[holds], either[holds]))
    # Agreement, or disagreement, throughout is an end of its interval.
    return Estimate(value, min(value, 2 * low / (1 + low)), max(value, 2 * high / (1 + high)))


def _drawn_shares(both: Values, either: Values) -> Values:
    """(draws,) the share both / either over studies that each draw weighs anew, with half a study of either kind."""
    weights, halves = np.split(_weights(len(either)), [len(either)], axis=1)
    halves = halves * either.mean()
    shares: Values = (weights @ both + halves[:, 0]) / (weights @ either + halves.sum(axis=1))
    return shares


@cache
def _weights(studies: int) -> Values:
    """(draws, studies + 2) each study's weight, of mean 1, and two of mean ½; not normalised, always the same."""
    random = np.random.default_rng(0)
    return random.gamma([1.0] * studies + [0.5, 0.5], size=(DRAWS, studies + 2))
