"""The figures of agreement between two readers or many, from counts. Pure; every formula with its source.

A table counts the structures that the first reader gave the grade of the row and the second that of the column; all
functions take any number of leading axes, so that a whole jackknife is one call. Where a figure does not exist
(nothing was graded by both, or no disagreement could happen by chance) it is NaN here, and None with a reason in
`lumbar_core.agreement.estimate`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]  # (..., q, q) counts or shares, first reader by second reader
Counts = NDArray[np.float64]  # (..., subjects, q) how many readers gave a subject each grade
Weights = NDArray[np.float64]  # (q, q) 1 on the diagonal, less for grades further apart
Values = NDArray[np.float64]  # (...)


def identity_weights(grades: int = 3) -> Weights:
    """Only the same grade agrees: the unweighted figures."""
    return np.eye(grades)


def linear_weights(grades: int = 3) -> Weights:
    """1 - |i - j| / (q - 1): Cicchetti and Allison, Am. J. EEG Technol. 11 (1971)."""
    return 1 - _distance(grades)


def quadratic_weights(grades: int = 3) -> Weights:
    """1 - (i - j)² / (q - 1)²: Fleiss and Cohen, Educ. Psychol. Meas. 33 (1973)."""
    weights: Weights = 1 - _distance(grades) ** 2
    return weights


def percent_agreement(table: Table) -> Values:
    """Share of the structures given the same grade by both, 0 to 1."""
    return _mean(table, identity_weights(table.shape[-1]))


def kappa(table: Table, weights: Weights) -> Values:
    """Cohen's κ with weights of agreement: (p_o - p_e) / (1 - p_e).

    Cohen, Educ. Psychol. Meas. 20 (1960), unweighted; Psychol. Bull. 70 (1968), weighted. p_e is the agreement of
    two readers with the same marginals who grade independently. NaN where p_e is 1: both gave one and the same grade
    throughout, and nothing can be said beyond chance.
    """
    rows, columns = _margins(table)
    chance = np.einsum("...i,...i->...", rows @ weights, columns)
    return _beyond_chance(_mean(table, weights), chance)


def gwet_ac(table: Table, weights: Weights) -> Values:
    """Gwet's AC1 (identity weights) and AC2 (ordinal weights).

    Gwet, Br. J. Math. Stat. Psychol. 61 (2008), AC1; Handbook of Inter-Rater Reliability, 4th ed. (2014), chapter 5,
    AC2: p_e = T_w / (q (q - 1)) Σ π_k (1 - π_k), with T_w the sum of all weights and π_k the mean of both readers'
    shares of grade k. Where both gave one grade throughout p_e is 0, and AC is 1.
    """
    grades = table.shape[-1]
    rows, columns = _margins(table)
    mean = (rows + columns) / 2
    chance = weights.sum() / (grades * (grades - 1)) * np.einsum("...i,...i->...", mean, 1 - mean)
    return _beyond_chance(_mean(table, weights), chance)


def specific_agreement(table: Table, grade: int) -> Values:
    """Where a reader gave this grade, the share in which the other gave it too: 2 n_kk / (n_k. + n_.k).

    Positive agreement of Cicchetti and Feinstein, J. Clin. Epidemiol. 43 (1990), for one grade against the rest (Dice
    1945). NaN where neither gave this grade.
    """
    given = table[..., grade, :].sum(axis=-1) + table[..., :, grade].sum(axis=-1)
    return _ratio(2 * table[..., grade, grade], given)


def bias(table: Table) -> Values:
    """How many grades higher the first reader is on average than the second; negative: lower."""
    grades = np.arange(table.shape[-1], dtype=np.float64)
    higher = np.subtract.outer(grades, grades)  # (q, q) the first's grade less the second's
    return _mean(table, higher)


def fleiss_kappa(counts: Counts) -> Values:
    """Fleiss' κ for any fixed number of readers, unweighted: Psychol. Bull. 76 (1971).

    NaN where all readers gave one and the same grade throughout, and where there are no subjects.
    """
    return fleiss_kappa_of(fleiss_terms(counts).sum(axis=-2))


def fleiss_terms(counts: Counts) -> Values:
    """(..., subjects, 2 + q) what Fleiss' κ adds up over subjects: one, the agreement P_i, the shares of each grade.

    A subject that nobody graded adds nothing.
    """
    readers = counts.sum(axis=-1)
    agreement = _ratio((counts**2).sum(axis=-1) - readers, readers * (readers - 1))
    terms = [np.ones_like(readers)[..., None], agreement[..., None], _ratio(counts, readers[..., None])]
    return np.where(readers[..., None] > 0, np.concatenate(terms, axis=-1), 0.0)


def fleiss_kappa_of(sums: Values) -> Values:
    """Fleiss' κ from the sums (..., 2 + q) of `fleiss_terms`."""
    subjects = sums[..., 0]
    observed = _ratio(sums[..., 1], subjects)
    chance = (_ratio(sums[..., 2:], subjects[..., None]) ** 2).sum(axis=-1)
    return _beyond_chance(observed, chance)


def _distance(grades: int) -> Weights:
    """|i - j| / (q - 1)."""
    steps = np.arange(grades)
    distance: Weights = np.abs(np.subtract.outer(steps, steps)) / (grades - 1)
    return distance


def _mean(table: Table, worth: Weights) -> Values:
    """What a structure is worth in the mean, by its two grades.

    By einsum here and below: a sum over axes as short as these takes several times as long.
    """
    return _ratio(np.einsum("ij,...ij->...", worth, table), _total(table))


def _margins(table: Table) -> tuple[Values, Values]:
    """(..., q) the shares of each grade that the first reader gave, and those of the second."""
    total = _total(table)[..., None]
    return _ratio(np.einsum("...ij->...i", table), total), _ratio(np.einsum("...ij->...j", table), total)


def _total(table: Table) -> Values:
    total: Values = np.einsum("...ij->...", table)
    return total


def _beyond_chance(observed: Values, chance: Values) -> Values:
    certain = chance > 1 - 1e-12  # an agreement of 1 by chance alone, to the rounding of a sum
    return _ratio(observed - chance, np.where(certain, 0.0, 1 - chance))


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of whole; NaN where the whole is nothing."""
    empty = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    ratio: NDArray[np.float64] = np.divide(part, whole, out=empty, where=whole != 0)
    return ratio
