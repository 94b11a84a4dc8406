"""Every formula against published worked examples, against independent programs, and by hand where neither has it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as fleiss_reference

from lumbar_core.agreement.figures import (
    bias,
    fleiss_kappa,
    gwet_ac,
    identity_weights,
    kappa,
    linear_weights,
    percent_agreement,
    quadratic_weights,
    specific_agreement,
)

# Gwet (2014), as `cont3x3abstractors` of his R package irrCAC: two abstractors, 100 pregnancies.
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]], dtype=float)
# Cohen, Psychol. Bull. 70 (1968), table 1: two psychiatrists, three diagnoses, shares of 200 patients.
DIAGNOSES = np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]])
# Boyd et al. (1982) in Altman (1991), table 14.2: two radiologists, 85 xeromammograms, four grades.
RADIOLOGISTS = np.array([[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]], dtype=float)
# Fleiss, Psychol. Bull. 76 (1971), table 1: six psychiatrists, thirty patients, five diagnoses.
PSYCHIATRISTS = np.array(
    [
        [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0],
        [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
        [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
    ],
    dtype=float,
)  # fmt: skip

tables = st.lists(st.integers(0, 30), min_size=9, max_size=9).map(lambda n: np.array(n, dtype=float).reshape(3, 3))


def test_kappa_and_ac1_of_two_abstractors_are_those_that_gwet_prints():
    """irrCAC's overview: kappa2.table, gwet.ac1.table, pa2.table."""
    assert percent_agreement(ABSTRACTORS) == pytest.approx(0.89)
    assert kappa(ABSTRACTORS, identity_weights()) == pytest.approx(0.7964094, abs=5e-8)
    assert gwet_ac(ABSTRACTORS, identity_weights()) == pytest.approx(0.8493305, abs=5e-8)


def test_kappa_and_weighted_kappa_of_two_psychiatrists_are_those_of_1968():
    """Cohen gives 0.492, and 0.348 with costs of 1, 3 and 6 for the three kinds of disagreement."""
    costs = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])
    assert kappa(DIAGNOSES, identity_weights()) == pytest.approx(0.492, abs=5e-4)
    assert kappa(DIAGNOSES, 1 - costs / 6) == pytest.approx(0.348, abs=5e-4)


def test_agreement_of_two_radiologists_is_what_kappaetc_prints():
    """Klein's kappaetc for Stata on Altman's table: 0.6353, 0.4728, and Gwet's AC 0.5292."""
    assert percent_agreement(RADIOLOGISTS) == pytest.approx(0.6353, abs=5e-5)
    assert kappa(RADIOLOGISTS, identity_weights(4)) == pytest.approx(0.4728, abs=5e-5)
    assert gwet_ac(RADIOLOGISTS, identity_weights(4)) == pytest.approx(0.5292, abs=5e-5)


def test_fleiss_kappa_of_six_psychiatrists_is_that_of_1971():
    assert fleiss_kappa(PSYCHIATRISTS) == pytest.approx(0.430, abs=5e-4)


def test_the_ordinal_weights_are_those_of_gwets_package():
    """irrCAC's weighting vignette prints both for three grades."""
    assert linear_weights().tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert quadratic_weights().tolist() == [[1, 0.75, 0], [0.75, 1, 0.75], [0, 0.75, 1]]


def test_ac2_of_a_table_worked_by_hand():
    """[[4, 1, 0], [1, 2, 1], [0, 0, 1]] of 10, quadratic weights.

    Observed: 0.7 + 0.75 · 0.3 = 0.925. Means: 0.5, 0.35, 0.15, so Σ π (1 - π) = 0.25 + 0.2275 + 0.1275 = 0.605.
    T_w = 3 + 4 · 0.75 = 6; chance: 6 / 6 · 0.605. AC2 = (0.925 - 0.605) / 0.395.
    """
    table = np.array([[4, 1, 0], [1, 2, 1], [0, 0, 1]], dtype=float)
    assert gwet_ac(table, quadratic_weights()) == pytest.approx(0.32 / 0.395)


def test_ac2_of_pairs_with_linear_weights_worked_by_hand():
    """The same table: observed 0.7 + 0.5 · 0.3 = 0.85; T_w = 3 + 4 · 0.5 = 5; chance 5 / 6 · 0.605."""
    table = np.array([[4, 1, 0], [1, 2, 1], [0, 0, 1]], dtype=float)
    chance = 5 / 6 * 0.605
    assert gwet_ac(table, linear_weights()) == pytest.approx((0.85 - chance) / (1 - chance))


@settings(max_examples=60)
@given(tables)
def test_kappa_is_that_of_two_other_programs(table):
    first, second = (np.repeat([i for i, _ in np.ndindex(3, 3)], table.ravel().astype(int)) for _ in "ab")
    second = np.repeat([j for _, j in np.ndindex(3, 3)], table.ravel().astype(int))
    expected = {None: identity_weights(), "linear": linear_weights(), "quadratic": quadratic_weights()}
    for name, weights in expected.items():
        ours = float(kappa(table, weights))
        if np.isnan(ours):
            assert max(table.sum(0).max(), table.sum(1).max()) in (0, table.sum())
            continue
        assert ours == pytest.approx(cohen_kappa_score(first, second, weights=name, labels=[0, 1, 2]))
        cost = None if name is None else np.arange(3)
        theirs = cohens_kappa(table, weights=cost, wt=name, return_results=False)
        assert ours == pytest.approx(float(theirs))


@settings(max_examples=60)
@given(st.lists(st.sampled_from([(4, 0, 0), (3, 1, 0), (2, 1, 1), (0, 4, 0), (1, 0, 3), (0, 0, 4)]), min_size=2))
def test_fleiss_kappa_is_that_of_another_program(rows):
    counts = np.array(rows, dtype=float)
    ours = float(fleiss_kappa(counts))
    if np.isnan(ours):
        assert len(set(rows)) == 1
    else:
        assert ours == pytest.approx(fleiss_reference(counts))


def test_specific_agreement_is_twice_the_common_over_all_that_was_given():
    """Cicchetti and Feinstein's p_pos: 2 · 20 / (27 + 24)."""
    assert specific_agreement(ABSTRACTORS, 1) == pytest.approx(40 / 51)
    assert specific_agreement(ABSTRACTORS, 0) == 1


def test_bias_is_the_difference_of_the_mean_grades():
    table = np.array([[5, 0, 0], [3, 1, 0], [0, 0, 1]], dtype=float)
    assert bias(table) == pytest.approx(0.3)
    assert bias(table.T) == pytest.approx(-0.3)


def test_one_grade_throughout_is_perfect_by_ac_and_undefined_by_kappa():
    table = np.diag([7.0, 0, 0])
    assert percent_agreement(table) == 1
    assert gwet_ac(table, identity_weights()) == 1
    assert gwet_ac(table, quadratic_weights()) == 1
    assert np.isnan(kappa(table, linear_weights()))
    assert np.isnan(specific_agreement(table, 2))
    assert np.isnan(fleiss_kappa(np.tile([3.0, 0, 0], (4, 1))))


def test_an_empty_table_has_no_figure_and_no_warning():
    empty = np.zeros((3, 3))
    for figure in (percent_agreement, bias):
        assert np.isnan(figure(empty))
    for weights in (identity_weights(), quadratic_weights()):
        assert np.isnan(kappa(empty, weights))
        assert np.isnan(gwet_ac(empty, weights))
    assert np.isnan(fleiss_kappa(np.zeros((0, 3))))


def test_many_tables_at_once_give_what_each_gives_alone():
    many = np.random.default_rng(0).integers(0, 9, size=(7, 3, 3)).astype(float)
    for figure in (
        percent_agreement,
        bias,
        lambda t: kappa(t, linear_weights()),
        lambda t: gwet_ac(t, linear_weights()),
    ):
        assert figure(many).tolist() == pytest.approx([float(figure(one)) for one in many])
