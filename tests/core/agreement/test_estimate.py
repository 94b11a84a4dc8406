"""Intervals over studies, and what there is where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.agreement.estimate import (
    DRAWS,
    FEW_STUDIES,
    NO_SPREAD,
    NOTHING,
    ONE_GRADE,
    ONE_STUDY,
    RARE,
    Scale,
    Studies,
    _draws,
    ends_of,
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


def estimated(tables, figure, scale):
    return estimate(Studies.of(tables), figure, scale)


def test_an_interval_lies_around_its_figure_and_inside_its_scale():
    found = estimated(studies(*np.linspace(0.6, 1, 20)), percent_agreement, Scale.SHARE)
    assert 0 < found.low < found.value < found.high < 1
    assert not found.reason


def test_more_studies_make_a_shorter_interval():
    few, many = (
        estimated(studies(*np.tile(np.linspace(0.6, 1, 10), times)), percent_agreement, Scale.SHARE) for times in (1, 6)
    )
    assert many.high - many.low < 0.6 * (few.high - few.low)


def test_studies_are_left_out_and_not_structures():
    """The same structures in studies that are alike or unlike: only the studies' spread counts."""
    alike, unlike = studies(*[0.8] * 20, structures=25), studies(*[0.6, 1.0] * 10, structures=25)
    assert percent_agreement(alike.sum(0)) == pytest.approx(percent_agreement(unlike.sum(0)))
    assert estimated(alike, percent_agreement, Scale.SHARE).reason == NO_SPREAD
    wide = estimated(unlike, percent_agreement, Scale.SHARE)
    assert wide.high - wide.low > 0.1


def test_the_same_input_gives_the_same_interval_and_empty_studies_count_for_nothing():
    full = studies(*np.linspace(0.5, 1, 12))
    with_gaps = np.concatenate([full, np.zeros((9, 3, 3))])
    assert estimated(full, percent_agreement, Scale.SHARE) == estimated(with_gaps, percent_agreement, Scale.SHARE)


def unweighted(tables):
    return kappa(tables, identity_weights())


def test_what_does_not_exist_says_why():
    one_grade = np.zeros((8, 3, 3))
    one_grade[:, 0, 0] = 25
    assert estimated(np.zeros((8, 3, 3)), unweighted, Scale.COEFFICIENT).reason == NOTHING
    assert estimated(np.zeros((0, 3, 3)), unweighted, Scale.COEFFICIENT).reason == NOTHING
    assert estimated(one_grade, unweighted, Scale.COEFFICIENT).reason == ONE_GRADE
    assert estimated(one_grade, percent_agreement, Scale.SHARE).reason == NO_SPREAD
    few = estimated(studies(0.6, 0.8, 0.9), percent_agreement, Scale.SHARE)
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
    few, enough = (estimated(severe_in(number), of_severe, Scale.SHARE) for number in (4, 5))
    assert (few.value, few.low, few.reason) == (pytest.approx(8 / 9), None, FEW_STUDIES)
    assert 0 <= enough.low < enough.value < enough.high <= 1


def test_a_study_like_the_mean_of_all_counts_too():
    found = estimated(studies(0.6, 0.8, 0.8, 0.8, 0.8, 1.0), percent_agreement, Scale.SHARE)
    assert found.low < found.value < found.high


def test_a_figure_that_one_study_makes_possible_has_no_interval():
    """Nine studies of Normal/Mild alone: without the tenth there is no kappa."""
    found = estimated(severe_in(1), unweighted, Scale.COEFFICIENT)
    assert (found.low, found.reason) == (None, ONE_STUDY)
    assert found.value is not None


def test_an_interval_ends_where_the_figure_ends():
    tables = studies(*[1.0] * 11, 0.2)
    assert estimated(tables, percent_agreement, Scale.SHARE).high == 1


def test_the_interval_of_a_mean_is_the_textbook_s():
    """The bias of studies of one structure is a mean: its error is s / √n, and so is that of each draw."""
    grades = np.array([0, 1, 0, 0, 1, 1, 0, 2, 1, 0, 1, 0])
    tables = np.zeros((12, 3, 3))
    tables[np.arange(12), grades, 0] = 1
    error = grades.std(ddof=1) / np.sqrt(12)
    drawn = [np.repeat(grades, times.astype(int)) for times in _draws(12)]
    errors = [each.std(ddof=1) / np.sqrt(12) or error / np.sqrt(12) for each in drawn]
    above = sorted((each.mean() - grades.mean()) / own for each, own in zip(drawn, errors, strict=True))
    upper, lower = above[25 - 1], above[976 - 1]  # of 1000, right to a 40th of the way to the next
    found = estimated(tables, bias, Scale.GRADES)
    assert len(above) == DRAWS == 1000
    ends = grades.mean() - lower * error, grades.mean() - upper * error
    assert (found.low, found.high) == pytest.approx(ends, 0.01)


def test_the_ends_of_draws_leave_out_one_in_forty_of_those_to_come():
    """The k-th of 39 in order lies above k / 40 of what is drawn next, in the mean."""
    assert ends_of(np.arange(1.0, 40.0)) == pytest.approx((1, 39))


def test_an_interval_of_a_coefficient_is_skew_where_its_draws_are():
    """Of studies in much agreement but two the draws reach further down than up, beyond what a t of the error does."""
    found = estimated(studies(*[0.96, 0.92] * 10, 0.5, 0.4), unweighted, Scale.COEFFICIENT)
    assert found.value - found.low > 1.2 * (found.high - found.value)
    assert found.high < 1


def test_a_draw_of_studies_that_are_all_alike_has_the_error_of_one_that_deviates():
    """Two studies of thirty disagree: one draw in eight holds neither, and still there is an interval."""
    tables = studies(*[1.0] * 28, 0.9, 0.8)
    for figure, scale in ((percent_agreement, Scale.SHARE), (unweighted, Scale.COEFFICIENT)):
        found = estimated(tables, figure, scale)
        assert 0.85 < found.low < found.value - 0.02
        assert found.value < found.high <= 1


def test_no_interval_where_many_draws_of_the_studies_lack_the_figure():
    """Severe in two studies of ten and one grade in the others: one draw in ten has no kappa."""
    tables = severe_in(2)
    found = estimated(tables, unweighted, Scale.COEFFICIENT)
    assert (found.low, found.reason) == (None, RARE)
    assert estimated(tables, percent_agreement, Scale.SHARE).low is not None


def test_all_figures_of_some_studies_share_their_draws():
    some = Studies.of(studies(*np.linspace(0.6, 1, 20)))
    first = estimate(some, percent_agreement, Scale.SHARE)
    drawn = some.drawn
    estimate(some, bias, Scale.GRADES)
    assert some.drawn is drawn
    assert first == estimated(studies(*np.linspace(0.6, 1, 20)), percent_agreement, Scale.SHARE)
