"""The interval of specific agreement: weights of the studies drawn, half a study of each kind added."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from lumbar_core.agreement.estimate import NOTHING, Studies
from lumbar_core.agreement.figures import specific_agreement
from lumbar_core.agreement.proportion import NEITHER, ONE_HOLDS, specific_estimate

SEVERE = 2


def studies(*pairs):
    """A table a study of 20 structures: so many Severe by both, so many by one alone, Normal/Mild the others."""
    tables = np.zeros((len(pairs), 3, 3))
    for table, (both, one) in zip(tables, pairs, strict=True):
        table[SEVERE, SEVERE], table[SEVERE, 0], table[0, 0] = both, one, 20 - both - one
    return tables


def estimated(tables):
    return specific_estimate(Studies.of(tables), SEVERE)


def jaccard(estimate):
    """The interval taken back to the share of the structures that one gave the grade in which the other did too."""
    return [each / (2 - each) for each in (estimate.low, estimate.high)]


@pytest.mark.parametrize(("same", "of"), [(5, 10), (2, 4), (27, 30), (1, 12)])
def test_with_one_structure_a_study_it_is_the_interval_of_jeffreys(same, of):
    found = estimated(studies(*[(1, 0)] * same, *[(0, 1)] * (of - same), *[(0, 0)] * 5))
    assert jaccard(found) == pytest.approx(beta.ppf([0.025, 0.975], same + 0.5, of - same + 0.5), abs=0.025)


def test_structures_that_go_together_in_a_study_count_as_one():
    """All agree in one half of the studies and none in the other: three structures of a study tell no more than one."""
    alone, together = studies(*[(1, 0), (0, 1)] * 6), studies(*[(3, 0), (0, 3)] * 6)
    one, other = estimated(alone), estimated(together)
    assert one.value == pytest.approx(2 / 3)
    assert (other.low, other.high) == pytest.approx((one.low, one.high))


def test_studies_that_are_unlike_make_a_longer_interval():
    alike, unlike = estimated(studies(*[(2, 1)] * 12)), estimated(studies(*[(3, 0), (3, 0), (0, 3)] * 4))
    assert alike.value == pytest.approx(unlike.value)
    assert unlike.high - unlike.low > 1.5 * (alike.high - alike.low)


def test_agreement_or_disagreement_throughout_has_an_interval_too():
    always, never = estimated(studies(*[(1, 0)] * 4)), estimated(studies(*[(0, 1)] * 4))
    assert (always.value, always.high) == (1, 1)
    assert (never.value, never.low) == (0, 0)
    assert jaccard(always)[0] == pytest.approx(beta.ppf(0.025, 4.5, 0.5), abs=0.025)
    assert 0 < never.high < 1


def test_a_grade_in_one_study_or_none_has_no_interval():
    one = estimated(studies((3, 1), *[(0, 0)] * 9))
    assert (one.value, one.low, one.reason) == (pytest.approx(6 / 7), None, ONE_HOLDS)
    assert estimated(studies(*[(0, 0)] * 9)).reason == NEITHER
    assert estimated(np.zeros((4, 3, 3))).reason == NOTHING


def test_studies_without_the_grade_count_for_nothing_and_the_same_input_gives_the_same_interval():
    held = studies((2, 1), (1, 0), (0, 2), (3, 0))
    assert estimated(held) == estimated(np.concatenate([held, studies(*[(0, 0)] * 20)]))


def test_the_value_is_specific_agreement():
    tables = np.random.default_rng(0).integers(0, 5, (12, 3, 3)).astype(float)
    for grade in range(3):
        found = specific_estimate(Studies.of(tables), grade)
        assert found.value == pytest.approx(float(specific_agreement(tables.sum(0), grade)))
        assert found.low < found.value < found.high
