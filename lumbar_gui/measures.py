"""Lengths and angles that the reader draws: panes in, panes out; millimetres by the size of the file's pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lumbar_core.geometry import Plane
from lumbar_gui.rendering import Point
from lumbar_gui.state import Measure, Panes, Tool

POINTS = {Tool.LENGTH: 2, Tool.ANGLE: 3}


def is_whole(measure: Measure) -> bool:
    """Whether all its points are placed: two ends of a length; an end, the corner, an end of an angle."""
    return len(measure.points) == POINTS[measure.tool]


def with_point(panes: Panes, point: Point) -> Panes:
    """The next (row, column) of what is being drawn in the active pane, or the first of a new drawing."""
    if panes.tool is None:
        return panes
    *others, last = panes.measures or (None,)
    if last is not None and not is_whole(last) and (last.tool, last.pane) == (panes.tool, panes.current):
        return replace(panes, measures=(*others, replace(last, points=(*last.points, point))), pointer=None)
    return replace(panes, measures=(*whole(panes), Measure(panes.tool, panes.current, (point,))), pointer=None)


def whole(panes: Panes) -> tuple[Measure, ...]:
    """The measures without one that was begun and left."""
    return tuple(measure for measure in panes.measures if is_whole(measure))


def with_tool(panes: Panes, tool: Tool | None) -> Panes:
    """The mouse draws this from now on; None, or the same tool again, gives it back."""
    wanted = None if tool is panes.tool else tool
    return replace(panes, tool=wanted, measures=whole(panes), pointer=None)


def without_last(panes: Panes) -> Panes:
    """Without the last measure drawn on the slice of the active pane."""
    here = [measure for measure in panes.measures if measure.pane == panes.current]
    return replace(panes, measures=tuple(kept for kept in panes.measures if kept is not here[-1])) if here else panes


def words(measure: Measure, plane: Plane) -> str:
    """The length ("23.4 mm") or the angle ("41°") in the patient; "" while points are missing."""
    if not is_whole(measure):
        return ""
    places = plane.to_patient(np.array(measure.points))
    if measure.tool is Tool.LENGTH:
        return f"{np.linalg.norm(places[1] - places[0]):.1f} mm"
    one, other = places[0] - places[1], places[2] - places[1]
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    if size == 0:
        return ""
    return f"{np.degrees(np.arccos(np.clip(one @ other / size, -1.0, 1.0))):.0f}°"
