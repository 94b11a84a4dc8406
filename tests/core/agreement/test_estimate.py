"""Intervals over studies, and what there is where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from lumbar_core.agreement.estimate import (
    FEW_STUDIES,
    NO_SPREAD,
    NOTHING,
    ONE_GRADE,
    ONE_STUDY,
    RARE,
    Scale,
    _freedom,
    _student_quantile,
    estimate,
)
from lumbar_core.agreement.figures import bias, identity_weights, kappa, percent_agreement, specific_agreement


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


def test_studies_are_left_out_and_not_structures():
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


def of_severe(tables):
    return specific_agreement(tables, 2)


def severe_in(studies_with):
    """Ten studies: Normal/Mild by both, and in so many of them Severe by one and, but in the last, by both."""
    tables = np.zeros((10, 3, 3))
    tables[:, 0, 0] = 20
    tables[:studies_with, 2, 2] = 1
    tables[studies_with - 1, 2, 0] = 1
    return tables


def test_a_figure_that_few_studies_carry_has_no_interval():
    few, enough = (estimate(severe_in(number), of_severe, Scale.SHARE) for number in (4, 5))
    assert (few.value, few.low, few.reason) == (pytest.approx(8 / 9), None, FEW_STUDIES)
    assert 0 <= enough.low < enough.value < enough.high <= 1


def test_a_study_like_the_mean_of_all_counts_too():
    found = estimate(studies(0.6, 0.8, 0.8, 0.8, 0.8, 1.0), percent_agreement, Scale.SHARE)
    assert found.low < found.value < found.high


def test_a_figure_that_one_study_makes_possible_has_no_interval():
    """Nine studies of Normal/Mild alone: without the tenth there is no kappa."""
    found = estimate(severe_in(1), unweighted, Scale.COEFFICIENT)
    assert (found.low, found.reason) == (None, ONE_STUDY)
    assert found.value is not None


def test_an_interval_ends_where_the_figure_ends():
    tables = studies(*[1.0] * 11, 0.2)
    assert estimate(tables, percent_agreement, Scale.SHARE).high == 1


def test_the_error_of_a_mean_is_the_textbook_s():
    """The bias of studies of one structure is a mean: its jackknife is s / √n, its interval Student's."""
    grades = np.array([0, 1, 0, 0, 1, 1, 0, 2, 1, 0, 1, 0])
    tables = np.zeros((12, 3, 3))
    tables[np.arange(12), grades, 0] = 1
    found = estimate(tables, bias, Scale.GRADES)
    reach = t.ppf(0.975, _freedom(grades - grades.mean())) * grades.std(ddof=1) / np.sqrt(12)
    assert (found.low, found.high) == pytest.approx((grades.mean() - reach, grades.mean() + reach), abs=1e-4)


def test_few_studies_that_carry_a_figure_leave_few_degrees_of_freedom():
    even = np.tile([-1.0, 1.0], 15)
    lone = np.append(np.zeros(29), 1.0)
    assert _freedom(even) == pytest.approx(29)
    assert 1 < _freedom(lone - lone.mean()) < 2
    normal = np.random.default_rng(0).normal(size=20000)
    assert _freedom(normal) > 15000


def test_an_interval_of_a_coefficient_is_skew_where_its_draws_are():
    """Of studies in much agreement but two the draws reach further down than up, beyond what a t of the error does."""
    found = estimate(studies(*[0.96, 0.92] * 10, 0.5, 0.4), unweighted, Scale.COEFFICIENT)
    assert found.value - found.low > 1.2 * (found.high - found.value)
    assert found.high < 1


def test_no_interval_where_many_draws_of_the_studies_have_no_spread():
    """Two studies of thirty disagree: one draw in eight holds neither, and has no error to go by."""
    tables = studies(*[1.0] * 28, 0.9, 0.8)
    found = estimate(tables, unweighted, Scale.COEFFICIENT)
    assert (found.low, found.reason) == (None, RARE)
    assert estimate(tables, percent_agreement, Scale.SHARE).low is not None


def test_students_quantile_is_that_of_scipy():
    for freedom in (1, 1.3, 2.5, 4, 9.3, 29, 200):
        assert _student_quantile(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=3e-3)
