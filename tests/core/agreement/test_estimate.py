"""Intervals by bootstrap over studies, and what there is where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from lumbar_core.agreement.estimate import (
    FEW_STUDIES,
    NO_SPREAD,
    NOTHING,
    ONE_GRADE,
    RARE,
    Scale,
    _student_quantile,
    estimate,
)
from lumbar_core.agreement.figures import identity_weights, kappa, percent_agreement, specific_agreement


def studies(*shares, structures=25):
    """One table a study: this share on the diagonal, over all three grades, the rest beside it."""
    tables = np.zeros((len(shares), 3, 3))
    for table, share in zip(tables, shares, strict=True):
        same = round(share * structures)
        table[[0, 1, 2], [0, 1, 2]] = same / 3
        table[0, 1] = structures - same
    return tables


def test_an_interval_lies_around_its_figure_and_inside_its_scale():
    found = estimate(studies(*np.linspace(0.6, 1, 20)), percent_agreement, Scale.SHARE)
    assert 0 < found.low < found.value < found.high < 1
    assert not found.reason


def test_more_studies_make_a_shorter_interval():
    few, many = (
        estimate(studies(*np.tile(np.linspace(0.6, 1, 10), times)), percent_agreement, Scale.SHARE) for times in (1, 6)
    )
    assert many.high - many.low < 0.6 * (few.high - few.low)


def test_studies_are_drawn_and_not_structures():
    """The same structures in studies that are alike or unlike: only the studies' spread counts."""
    alike, unlike = studies(*[0.8] * 20, structures=25), studies(*[0.6, 1.0] * 10, structures=25)
    assert percent_agreement(alike.sum(0)) == pytest.approx(percent_agreement(unlike.sum(0)))
    assert estimate(alike, percent_agreement, Scale.SHARE).reason == NO_SPREAD
    wide = estimate(unlike, percent_agreement, Scale.SHARE)
    assert wide.high - wide.low > 0.1


def test_the_same_input_gives_the_same_interval_and_empty_studies_count_for_nothing():
    full = studies(*np.linspace(0.5, 1, 12))
    with_gaps = np.concatenate([full, np.zeros((9, 3, 3))])
    assert estimate(full, percent_agreement, Scale.SHARE) == estimate(with_gaps, percent_agreement, Scale.SHARE)


def unweighted(tables):
    return kappa(tables, identity_weights())


def test_what_does_not_exist_says_why():
    one_grade = np.zeros((8, 3, 3))
    one_grade[:, 0, 0] = 25
    assert estimate(np.zeros((8, 3, 3)), unweighted, Scale.COEFFICIENT).reason == NOTHING
    assert estimate(np.zeros((0, 3, 3)), unweighted, Scale.COEFFICIENT).reason == NOTHING
    assert estimate(one_grade, unweighted, Scale.COEFFICIENT).reason == ONE_GRADE
    assert estimate(one_grade, percent_agreement, Scale.SHARE).reason == NO_SPREAD
    few = estimate(studies(0.6, 0.8, 0.9), percent_agreement, Scale.SHARE)
    assert (few.reason, few.low) == (FEW_STUDIES, None)
    assert few.value is not None


def test_a_grade_given_in_one_study_alone_has_a_figure_and_no_interval():
    tables = np.zeros((10, 3, 3))
    tables[:, 0, 0] = 20
    tables[0, 2, 2] = 1
    found = estimate(tables, lambda t: specific_agreement(t, 2), Scale.SHARE)
    assert (found.value, found.low, found.reason) == (1, None, RARE)


def test_students_quantile_is_that_of_scipy():
    for freedom in (4, 6, 9, 29, 200):
        assert _student_quantile(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=1e-3)
