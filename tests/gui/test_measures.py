"""Lengths and angles: points placed one by one, values in the patient's millimetres, nothing where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.geometry import Plane
from lumbar_gui.measures import is_whole, with_point, with_tool, without_last, words
from lumbar_gui.panes import opened
from lumbar_gui.state import Measure, Pane, Panes, Slot, Tool
from tests.gui.fakes import a_study

PLANE = Plane(np.zeros(3), np.array([0.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0]), (0.5, 2.0))  # 0.5 mm down, 2 across
HERE = Pane("s1", 3)


@pytest.fixture
def panes() -> Panes:
    panes = opened(a_study())
    assert panes is not None
    return panes


def drawn(panes: Panes, tool: Tool, *points: tuple[float, float]) -> Panes:
    panes = with_tool(panes, tool)
    for point in points:
        panes = with_point(panes, point)
    return panes


def test_a_length_is_in_millimetres_along_both_axes_of_pixels_that_are_not_square() -> None:
    assert words(Measure(Tool.LENGTH, HERE, ((10, 10), (70, 30))), PLANE) == "50.0 mm", "30 down and 40 across"


@pytest.mark.parametrize(
    ("end", "degrees"), [((10, 20), "90°"), ((30, 15), "45°"), ((30, 10), "0°"), ((-10, 10), "180°")]
)
def test_an_angle_is_the_patient_s_not_the_picture_s(end: tuple[float, float], degrees: str) -> None:
    assert words(Measure(Tool.ANGLE, HERE, ((50, 10), (10, 10), end)), PLANE) == degrees


def test_what_lacks_a_point_or_has_no_arm_says_nothing() -> None:
    assert words(Measure(Tool.ANGLE, HERE, ((50, 10), (10, 10))), PLANE) == ""
    assert words(Measure(Tool.LENGTH, HERE, ((50, 10),)), PLANE) == ""
    assert words(Measure(Tool.ANGLE, HERE, ((5, 5), (5, 5), (9, 9))), PLANE) == ""


def test_points_make_one_measure_after_the_other(panes: Panes) -> None:
    panes = drawn(panes, Tool.LENGTH, (1, 1), (2, 2), (3, 3))
    assert [measure.points for measure in panes.measures] == [((1, 1), (2, 2)), ((3, 3),)]
    panes = drawn(panes, Tool.ANGLE, (4, 4), (5, 5), (6, 6))
    assert [is_whole(measure) for measure in panes.measures] == [True, True], "what was begun and left is gone"
    assert panes.measures[-1].pane == panes.current


def test_a_measure_is_not_carried_on_on_another_slice(panes: Panes) -> None:
    panes = drawn(panes, Tool.LENGTH, (1, 1))
    moved = replace(panes, shown={**panes.shown, panes.active: replace(panes.current, index=0)})
    assert [measure.points for measure in with_point(moved, (2, 2)).measures] == [((2, 2),)]


def test_the_same_tool_again_gives_the_mouse_back(panes: Panes) -> None:
    assert with_tool(with_tool(panes, Tool.LENGTH), Tool.LENGTH).tool is None
    assert with_tool(with_tool(panes, Tool.LENGTH), Tool.ANGLE).tool is Tool.ANGLE
    assert with_point(panes, (1, 1)) is panes, "without a tool nothing is drawn"


def test_the_last_measure_of_this_slice_is_taken_away_and_no_other(panes: Panes) -> None:
    elsewhere = replace(panes, active=Slot.AXIAL)
    both = replace(
        drawn(panes, Tool.LENGTH, (1, 1), (2, 2)),
        measures=(
            *drawn(panes, Tool.LENGTH, (1, 1), (2, 2)).measures,
            *drawn(elsewhere, Tool.LENGTH, (3, 3), (4, 4)).measures,
        ),
    )
    assert [measure.points for measure in without_last(both).measures] == [((3, 3), (4, 4))]
    assert without_last(without_last(both)).measures == without_last(both).measures
