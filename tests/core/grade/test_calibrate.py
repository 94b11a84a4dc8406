"""Logits to a grade, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.anatomy import Severity
from lumbar_core.grade.calibrate import calibrate, fuse, grade, set_right, softmax
from lumbar_core.inference.contract import Calibration, Correction

NORMAL, MODERATE, SEVERE = Severity


def test_softmax_of_logarithms_gives_the_shares_back() -> None:
    np.testing.assert_allclose(
        softmax(np.log([[6.0, 3.0, 1.0], [1.0, 1.0, 2.0]])), [[0.6, 0.3, 0.1], [0.25, 0.25, 0.5]]
    )


def test_softmax_bears_large_logits() -> None:
    np.testing.assert_allclose(softmax(np.array([2000.0, 0.0, -2000.0])), [1, 0, 0])


def test_views_are_averaged_in_the_logit_domain() -> None:
    views = np.log([[0.8, 0.1, 0.1], [0.2, 0.4, 0.4]])
    # Geometric means: √(0.8 × 0.2) = 0.4, √(0.1 × 0.4) = 0.2 twice.
    np.testing.assert_allclose(softmax(fuse(views)), [0.5, 0.25, 0.25])


def test_a_view_does_not_weigh_more_by_a_constant_on_its_logits() -> None:
    views = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    np.testing.assert_allclose(fuse(views + np.array([[100.0], [-7.0]])), fuse(views))


def test_one_view_is_itself() -> None:
    np.testing.assert_allclose(softmax(fuse(np.log([[0.7, 0.2, 0.1]]))), [0.7, 0.2, 0.1])


def test_the_temperature_of_that_number_of_views_softens() -> None:
    calibration = Calibration((2.0, 1.0), "made up", None)
    logits = np.log([16.0, 4.0, 1.0])
    np.testing.assert_allclose(calibrate(logits, 1, calibration), np.array([4, 2, 1]) / 7)  # square roots
    np.testing.assert_allclose(calibrate(logits, 2, calibration), np.array([16, 4, 1]) / 21)
    np.testing.assert_allclose(calibrate(logits, 1, None), np.array([16, 4, 1]) / 21)


@pytest.mark.parametrize(
    ("probabilities", "argmax", "ordinal_median", "sensitive"),
    [
        ((0.90, 0.08, 0.02), NORMAL, NORMAL, NORMAL),
        ((0.60, 0.35, 0.05), NORMAL, NORMAL, MODERATE),  # 0.60, 0.70, 0.20
        ((0.60, 0.20, 0.20), NORMAL, NORMAL, SEVERE),  # 0.60, 0.40, 0.80
        ((0.45, 0.15, 0.40), NORMAL, MODERATE, SEVERE),  # half is passed within Moderate
        ((0.20, 0.60, 0.20), MODERATE, MODERATE, MODERATE),  # 0.20, 1.20, 0.80
        ((0.30, 0.19, 0.51), SEVERE, SEVERE, SEVERE),
        ((0.05, 0.15, 0.80), SEVERE, SEVERE, SEVERE),
    ],
)
def test_the_three_operating_points(
    probabilities: tuple[float, float, float], argmax: Severity, ordinal_median: Severity, sensitive: Severity
) -> None:
    values = np.array(probabilities)
    assert grade(values, "argmax") is argmax
    assert grade(values, "ordinal_median") is ordinal_median
    assert grade(values, "sensitive") is sensitive


def test_an_unknown_operating_point_is_no_grade() -> None:
    with pytest.raises(ValueError, match="guess"):
        grade(np.array([1.0, 0.0, 0.0]), "guess")


CORRECTED = Calibration(
    (2.0, 9.0), "made up", None, Correction(3.0, (-1.0, 0.0, 1.0)), Correction(1.0, (-0.5, 0.5, 0.0))
)


@pytest.mark.parametrize(("missing", "expected"), [(0, (1, 2, 3)), (1, (0.5, 2.5, 3)), (2, (2, 6, 10))])
def test_what_is_said_without_neighbours_is_set_right_over_the_temperature(
    missing: int, expected: tuple[float, ...]
) -> None:
    logits = 2.0 * np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(set_right(logits, missing, CORRECTED) / 2.0, expected)
    maps = logits[:, None, None] + np.array([[-1.0, 1.0], [4.0, -4.0]])
    np.testing.assert_allclose(set_right(maps, missing, CORRECTED).mean(axis=(1, 2)) / 2.0, expected, atol=1e-12)


@pytest.mark.parametrize("missing", [0, 1, 2])
@pytest.mark.parametrize("calibration", [None, Calibration((2.0,), "made up", None)])
def test_a_pack_that_was_not_tried_without_neighbours_keeps_its_word(
    missing: int, calibration: Calibration | None
) -> None:
    logits = np.array([1.0, 2.0, 3.0])
    assert set_right(logits, missing, calibration) is logits
