"""A DICOM slice beside its small 8-bit picture: what is compared, and how the shipped packs do on the sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lumbar_core
from tests.core.fake_packs import a_grader
from training.same_grade import SAGITTAL, Pair, as_picture, compared, same_grade

SAMPLE = Path(lumbar_core.__file__).parent / "sample"
GRADER = a_grader(lambda _number: (0.0, 0.0, 0.0))


def a_pair(file: tuple[float, ...], picture: tuple[float, ...]) -> Pair:
    return Pair(np.array(file), np.array(picture))


def test_of_a_structure_s_three_differences_the_largest_counts() -> None:
    found = [a_pair((0.9, 0.1, 0.0), (0.8, 0.15, 0.05)), a_pair((0.6, 0.4, 0.0), (0.3, 0.7, 0.0))]
    told = compared(found, GRADER)
    assert (told["structures"], told["graded_alike"]) == (2, 0.5)
    assert (told["mean_dp"], told["largest_dp"]) == pytest.approx((0.2, 0.3))


def test_without_a_structure_there_is_nothing_to_tell() -> None:
    assert compared([], GRADER) == {"structures": 0, "mean_dp": None, "largest_dp": None, "graded_alike": None}


def test_a_picture_has_whole_grey_values_from_black_to_white_and_250_of_them_on_its_long_side() -> None:
    picture = as_picture(np.linspace(100.0, 900.0, 500 * 400, dtype=np.float32).reshape(500, 400))
    assert picture.shape == (250, 200)
    assert (picture.min(), picture.max()) == (0.0, 255.0)
    assert (picture == picture.round()).all()


def test_the_sample_s_slices_and_their_pictures_are_graded_alike() -> None:
    found = same_grade(SAMPLE, None)
    assert list(found) == [str(condition) for condition in SAGITTAL]
    for told in found.values():
        assert told["with_grid"]["structures"] >= 10
        assert told["with_grid"]["graded_alike"] >= 0.9
        assert told["with_grid"]["mean_dp"] < 0.03
