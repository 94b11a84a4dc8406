"""The figures against scikit-learn and against tables small enough to reckon by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, norm
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from training import metrics

RNG = np.random.default_rng(8)
GRADES = np.concatenate([[0, 1, 2], RNG.choice(3, 300, p=[0.6, 0.25, 0.15])]).astype(np.int64)
LOGITS = RNG.normal(size=(len(GRADES), 3)) + 1.5 * np.eye(3)[GRADES]
PROBABILITIES: NDArray[np.float64] = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
GIVEN = PROBABILITIES.argmax(axis=1)
STUDIES = [f"s{index // 5}" for index in range(len(GRADES))]


def test_the_weighted_log_loss_is_scikit_learns_with_weights_1_2_4() -> None:
    wanted = log_loss(GRADES, PROBABILITIES, sample_weight=np.array([1, 2, 4])[GRADES])
    assert metrics.weighted_log_loss(GRADES, PROBABILITIES) == pytest.approx(wanted, rel=1e-9)


def test_a_certain_mistake_costs_much_but_not_infinitely() -> None:
    loss = metrics.weighted_log_loss(np.array([2]), np.array([[1.0, 0.0, 0.0]]))
    assert 30 < loss < 40


def test_accuracy_kappa_and_recall_are_scikit_learns() -> None:
    assert metrics.accuracy(GRADES, GIVEN) == pytest.approx(accuracy_score(GRADES, GIVEN))
    assert metrics.linear_kappa(GRADES, GIVEN) == pytest.approx(cohen_kappa_score(GRADES, GIVEN, weights="linear"))
    np.testing.assert_array_equal(metrics.confusion(GRADES, GIVEN), confusion_matrix(GRADES, GIVEN))
    for grade in range(3):
        wanted = recall_score(GRADES, GIVEN, labels=[grade], average=None)[0]
        assert metrics.recall(GRADES, GIVEN, grade) == pytest.approx(wanted)
        wanted = precision_score(GRADES, GIVEN, labels=[grade], average=None)[0]
        assert metrics.precision(GRADES, GIVEN, grade) == pytest.approx(wanted)


def test_areas_under_the_curve_are_scikit_learns_also_with_ties() -> None:
    coarse = PROBABILITIES.round(1)
    for probabilities in (PROBABILITIES, coarse):
        severe = roc_auc_score(GRADES == 2, probabilities[:, 2])
        macro = np.mean([roc_auc_score(each == GRADES, probabilities[:, each]) for each in range(3)])
        assert metrics.auc_severe(GRADES, probabilities) == pytest.approx(severe)
        assert metrics.macro_auc(GRADES, probabilities) == pytest.approx(macro)


def test_kappa_by_hand() -> None:
    # Observed cost 1/4; by chance: margins (1/2, 1/4, 1/4) and (1/2, 1/2, 0) give 3/4.
    grades, given = np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1])
    assert metrics.linear_kappa(grades, given) == pytest.approx(1 - 0.25 / 0.75)


def test_sensitivity_at_95_specificity_by_hand() -> None:
    # Twenty others: one false alarm is allowed, so the threshold is the second highest of them.
    others, severe = np.linspace(0.0, 0.38, 20), np.array([0.37, 0.365, 0.1, 0.9])
    score = np.concatenate([others, severe])
    probabilities = np.stack([1 - score, np.zeros(24), score], axis=1)
    grades = np.array([0] * 20 + [2] * 4)
    assert metrics.severe_at_specificity(grades, probabilities) == (pytest.approx(0.75), pytest.approx(0.36))
    assert math.isnan(metrics.severe_at_specificity(grades[:20], probabilities[:20])[0])


def test_sensitivity_at_95_specificity_is_the_best_on_scikit_learns_curve() -> None:
    for probabilities in (PROBABILITIES, PROBABILITIES.round(1)):
        false, found, _ = roc_curve(GRADES == 2, probabilities[:, 2], drop_intermediate=False)
        sensitivity, threshold = metrics.severe_at_specificity(GRADES, probabilities)
        assert sensitivity == pytest.approx(found[false <= 0.05].max())
        assert np.mean(probabilities[GRADES != 2, 2] > threshold) <= 0.05


def test_without_a_class_there_is_no_area_and_no_recall() -> None:
    grades = np.array([0, 1])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3]])
    assert math.isnan(metrics.auc_severe(grades, probabilities))
    assert math.isnan(metrics.recall(grades, np.array([0, 1]), 2))
    assert math.isnan(metrics.linear_kappa(np.array([0, 0]), np.array([0, 0])))


def test_weights_are_put_on_and_taken_off_again() -> None:
    np.testing.assert_allclose(metrics.for_weighted_loss(np.array([[0.5, 0.25, 0.25]])), [[0.25, 0.25, 0.5]])
    back = metrics.without_weights(metrics.for_weighted_loss(PROBABILITIES))
    np.testing.assert_allclose(back, PROBABILITIES, atol=1e-12)


def test_weighting_lowers_the_weighted_loss_of_calibrated_probabilities() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet([2, 1, 1], 4000)
    grades = (rng.random(4000)[:, None] > np.cumsum(probabilities, axis=1)[:, :2]).sum(axis=1)
    plain = metrics.weighted_log_loss(grades, probabilities)
    assert metrics.weighted_log_loss(grades, metrics.for_weighted_loss(probabilities)) < plain


def test_the_calibration_error_by_hand() -> None:
    # Two cells at 0.90, one right: |1.8 - 1| = 0.8. Two at 0.62, both right: |1.24 - 2| = 0.76. Of four cells.
    probabilities = np.array([[0.9, 0.06, 0.04], [0.9, 0.06, 0.04], [0.2, 0.62, 0.18], [0.2, 0.62, 0.18]])
    grades = np.array([0, 1, 1, 1])
    assert metrics.expected_calibration_error(grades, probabilities) == pytest.approx((0.8 + 0.76) / 4)


def test_bins_are_fifteen_and_of_equal_width() -> None:
    # 0.41 and 0.46 share the bin from 6/15 to 7/15, where one's excess makes up for the other's lack.
    probabilities = np.array([[0.41, 0.30, 0.29], [0.46, 0.28, 0.26]])
    together = metrics.expected_calibration_error(np.array([0, 1]), probabilities)
    assert together == pytest.approx(abs(0.87 - 1) / 2)
    # 0.41 and 0.48 do not.
    probabilities = np.array([[0.41, 0.30, 0.29], [0.48, 0.27, 0.25]])
    apart = metrics.expected_calibration_error(np.array([0, 1]), probabilities)
    assert apart == pytest.approx((0.59 + 0.48) / 2)


def test_full_certainty_falls_into_the_last_bin() -> None:
    certain = np.eye(3)[[0, 0, 1]]
    assert metrics.expected_calibration_error(np.array([0, 0, 1]), certain) == 0
    assert metrics.expected_calibration_error(np.array([0, 1, 1]), certain) == pytest.approx(1 / 3)


def test_the_bound_is_what_a_calibrated_model_of_that_size_shows() -> None:
    rng = np.random.default_rng(4)
    probabilities = rng.dirichlet([3, 1, 1], 600)
    bound = metrics.calibration_bound(probabilities)
    assert 0 < bound < 0.2
    assert metrics.calibration_bound(probabilities) == bound
    assert metrics.calibration_bound(np.tile(probabilities, (9, 1))) < bound
    below = 0
    for _ in range(60):
        grades = (rng.random(600)[:, None] > np.cumsum(probabilities, axis=1)[:, :2]).sum(axis=1)
        below += metrics.expected_calibration_error(grades, probabilities) <= bound
    assert below >= 50
    overconfident = np.eye(3)[probabilities.argmax(axis=1)] * 0.9 + 0.1 / 3
    grades = (rng.random(600)[:, None] > np.cumsum(probabilities, axis=1)[:, :2]).sum(axis=1)
    assert metrics.expected_calibration_error(grades, overconfident) > metrics.calibration_bound(overconfident)


def test_the_bootstrap_is_the_same_every_time_and_holds_the_figure() -> None:
    def figure(chosen: NDArray[np.int64]) -> float:
        return metrics.accuracy(GRADES[chosen], GIVEN[chosen])

    low, high = metrics.bootstrap(STUDIES, figure)
    assert metrics.bootstrap(STUDIES, figure) == (low, high)
    assert low < metrics.accuracy(GRADES, GIVEN) < high
    assert high - low < 0.2


def test_a_figure_without_a_value_in_any_draw_has_no_interval() -> None:
    low, high = metrics.bootstrap(STUDIES, lambda chosen: float("nan"), draws=5)
    assert math.isnan(low)
    assert math.isnan(high)


def test_the_bootstrap_draws_whole_studies() -> None:
    studies = ["b", "a", "b", "a", "c"]
    drawn: list[NDArray[np.int64]] = []

    def figure(chosen: NDArray[np.int64]) -> float:
        drawn.append(chosen)
        return 0.0

    metrics.bootstrap(studies, figure, draws=40)
    counts = np.array([np.bincount(chosen, minlength=5) for chosen in drawn])
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, 1] == counts[:, 3]).all()
    assert (counts[:, [0, 1, 4]].sum(axis=1) == 3).all()


def test_the_interval_covers_the_truth_in_about_nineteen_of_twenty_samples() -> None:
    rng = np.random.default_rng(2)
    studies = [str(index // 5) for index in range(200)]
    covered = 0
    for _ in range(60):
        levels = np.repeat(rng.beta(8, 2, 40), 5)  # cells of one study resemble each other
        right = rng.random(200) < levels
        low, high = metrics.bootstrap(studies, lambda chosen, right=right: float(right[chosen].mean()), draws=150)
        covered += low <= 0.8 <= high
    assert covered >= 51


def test_the_reference_is_scored_with_its_weights_only_where_the_loss_wants_them() -> None:
    weighted = metrics.for_weighted_loss(PROBABILITIES)
    theirs = metrics.reference_figures(GRADES, weighted)
    ours = metrics.grader_figures(GRADES, PROBABILITIES, GIVEN)
    assert theirs == pytest.approx(ours)


@pytest.mark.parametrize(("count", "of"), [(0, 4), (1, 10), (7, 9), (263, 300), (5, 5)])
def test_the_score_interval_is_that_of_scipy(count: int, of: int) -> None:
    theirs = binomtest(count, of).proportion_ci(method="wilson")
    assert metrics.wilson(count / of, of) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_the_score_interval_is_the_printed_one_of_newcombe() -> None:
    """Newcombe, Stat. Med. 17 (1998), table I, method 3: 81 of 263 and 15 of 148."""
    assert metrics.wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert metrics.wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_the_reach_of_the_score_interval_is_the_normal_quantile() -> None:
    low, high = metrics.wilson(0.5, 1e12)
    assert (high - low) * 1e6 == pytest.approx(norm.ppf(0.975), rel=1e-5)
