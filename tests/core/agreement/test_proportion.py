"""The interval of specific agreement: Wilson's, of as many structures as the studies' unlikeness leaves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.proportion import proportion_confint

from lumbar_core.agreement.estimate import NOTHING
from lumbar_core.agreement.figures import specific_agreement
from lumbar_core.agreement.proportion import NEITHER, ONE_HOLDS, specific_estimate, wilson

SEVERE = 2


def studies(*pairs):
    """A table a study of 20 structures: so many Severe by both, so many by one alone, Normal/Mild the others."""
    tables = np.zeros((len(pairs), 3, 3))
    for table, (both, one) in zip(tables, pairs, strict=True):
        table[SEVERE, SEVERE], table[SEVERE, 0], table[0, 0] = both, one, 20 - both - one
    return tables


def jaccard(estimate):
    """The interval taken back to the share of the structures that one gave the grade in which the other did too."""
    return [each / (2 - each) for each in (estimate.low, estimate.high)]


@pytest.mark.parametrize(("count", "of"), [(0, 4), (1, 10), (7, 9), (263, 300), (5, 5)])
def test_the_score_interval_is_that_of_statsmodels_and_scipy(count, of):
    mine = wilson(count / of, of)
    assert mine == pytest.approx(proportion_confint(count, of, method="wilson"), abs=1e-6)
    theirs = binomtest(count, of).proportion_ci(method="wilson")
    assert mine == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_it_is_the_printed_one_of_newcombe():
    """Newcombe, Stat. Med. 17 (1998), table I, method 3: 81 of 263 and 15 of 148."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_structures_that_go_together_in_a_study_count_as_one():
    """All agree in one half of the studies and none in the other: three structures of a study tell no more than one."""
    alone, together = studies(*[(1, 0), (0, 1)] * 6), studies(*[(3, 0), (0, 3)] * 6)
    one, other = (specific_estimate(each, SEVERE) for each in (alone, together))
    assert one.value == pytest.approx(2 / 3)
    assert jaccard(one) == pytest.approx(wilson(0.5, 11))  # twelve less one, for their mean is not known
    assert jaccard(other) == pytest.approx(jaccard(one))


def test_studies_more_alike_than_chance_lend_no_structures():
    found = specific_estimate(studies(*[(1, 1)] * 10), SEVERE)
    assert jaccard(found) == pytest.approx(wilson(0.5, 20))


def test_agreement_or_disagreement_throughout_has_an_interval_too():
    always, never = specific_estimate(studies(*[(1, 0)] * 4), SEVERE), specific_estimate(studies(*[(0, 1)] * 4), SEVERE)
    assert (always.value, always.high) == (1, 1)
    assert (never.value, never.low) == (0, 0)
    assert always.low == pytest.approx(2 * 0.5101 / 1.5101, abs=1e-3)
    assert 0 < never.high < 1


def test_a_grade_in_one_study_or_none_has_no_interval():
    one = specific_estimate(studies((3, 1), *[(0, 0)] * 9), SEVERE)
    assert (one.value, one.low, one.reason) == (pytest.approx(6 / 7), None, ONE_HOLDS)
    assert specific_estimate(studies(*[(0, 0)] * 9), SEVERE).reason == NEITHER
    assert specific_estimate(np.zeros((4, 3, 3)), SEVERE).reason == NOTHING


def test_the_value_is_specific_agreement():
    tables = np.random.default_rng(0).integers(0, 5, (12, 3, 3)).astype(float)
    for grade in range(3):
        assert specific_estimate(tables, grade).value == pytest.approx(float(specific_agreement(tables.sum(0), grade)))


def test_the_reach_is_the_normal_quantile():
    low, high = wilson(0.5, 1e12)
    assert (high - low) * 1e6 == pytest.approx(norm.ppf(0.975), rel=1e-5)
