"""How many findings will differ from a radiologist's."""

from __future__ import annotations

import pytest

from lumbar_core.report.expected import expected_differences, least_accuracy
from tests.factories import CANAL, FORAMEN, RECESS


def test_each_finding_differs_as_often_as_its_condition_s_grader() -> None:
    accuracy = {CANAL: 0.9, FORAMEN: 0.8}
    assert expected_differences([CANAL, CANAL, FORAMEN, RECESS], accuracy) == (pytest.approx(0.4), 3)
    assert expected_differences([RECESS], accuracy) is None


@pytest.mark.parametrize("way", [1, -1])
def test_of_two_graders_of_a_condition_the_less_accurate_is_promised(way: int) -> None:
    graders = [((CANAL,), 0.93), ((CANAL,), 0.94), ((RECESS,), None), ((FORAMEN,), 0.86)]
    assert least_accuracy(graders[::way]) == {CANAL: 0.93, FORAMEN: 0.86}
