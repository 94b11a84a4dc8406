"""What is drawn over a picture: brackets round structures, level names before the vertebrae, words in the corners.

Everything is in image pixels; the pane moves it with the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lumbar_core.anatomy import Level, Orientation, Severity
from lumbar_core.report.result import Finding, Location, StudyResult
from lumbar_core.study import Instance, Series, Study
from lumbar_gui.expectation import series_title
from lumbar_gui.places import chain_points, find_instance, level_frame, locations, midline_point
from lumbar_gui.rendering import Point, disc_distance, front_direction, midline_offset_mm
from lumbar_gui.state import FindingKey

# In disc distances: brackets stand outside the structure, names before the vertebral body.
BRACKET, CHOSEN_BRACKET, NAME_GAP = 0.29, 0.37, 1.52
# Where no disc distance is known (axial slices): half a bracket in mm, else in shares of the picture's width.
BRACKET_MM, BRACKET_SHARE = 8.0, 0.045
MIDLINE_MM = 2.0
# The picture stays where it was when a finding without a place is chosen; it must not pass for that place.
NOT_HERE = "this finding was not located"


@dataclass(frozen=True, slots=True)
class Bracket:
    """Corners round one structure; half: half its side in image columns."""

    key: FindingKey
    row: float
    column: float
    half: float
    grade: Severity | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class LevelName:
    """A level's name; front: -1 where the words end at the column, +1 where they begin there."""

    row: float
    column: float
    text: str
    front: float
    grade: Severity | None
    chosen: bool


# The two ends of a line as (row, column).
Line = tuple[Point, Point]
Place = tuple[str, int]  # series id and slice index
Placed = dict[Place, tuple[tuple[Finding, Location], ...]]


def placed(study: Study, result: StudyResult) -> Placed:
    """The findings by the slice on which they show."""
    places: dict[Place, list[tuple[Finding, Location]]] = {}
    for finding in result.findings:
        for location in locations(finding):
            found = find_instance(study, location)
            if found is not None:
                places.setdefault((found[0].id, found[1]), []).append((finding, location))
    return {place: tuple(here) for place, here in places.items()}


def brackets(here: tuple[tuple[Finding, Location], ...], half: float, selected: FindingKey | None) -> list[Bracket]:
    """The brackets of one slice, the chosen one last so that it lies on top."""
    drawn = [
        Bracket(
            finding.key,
            location.row,
            location.column,
            half * (CHOSEN_BRACKET / BRACKET if finding.key == selected else 1.0),
            finding.shown_grade,
            finding.key == selected,
        )
        for finding, location in here
    ]
    return sorted(drawn, key=lambda bracket: bracket.chosen)


def carried(marks: Sequence[Bracket], point: Point) -> tuple[Bracket, ...]:
    """The brackets with the chosen one where it is being put."""
    return tuple(replace(mark, row=point[0], column=point[1]) if mark.chosen else mark for mark in marks)


def bracket_half(result: StudyResult, series: Series, instance: Instance) -> float:
    """Half a bracket's side in image columns."""
    distance = disc_distance(chain_points(result, series).values())
    if distance > 0:
        return BRACKET * distance
    if instance.plane is not None:
        return BRACKET_MM / instance.plane.spacing_mm[1]
    return BRACKET_SHARE * instance.columns


def level_names(result: StudyResult, series: Series, instance: Instance, chosen: Finding | None) -> list[LevelName]:
    """The levels' names before the vertebral bodies of a sagittal series; none on other planes."""
    points = chain_points(result, series)
    distance = disc_distance(points.values())
    if distance == 0:
        return []
    front = front_direction(instance.plane)
    names = []
    for level, (row, column) in points.items():
        # A frame says "here": a finding that this series does not show has no place in it.
        mine = chosen is not None and chosen.level is level and _lies_in(chosen, series)
        grade = chosen.shown_grade if mine and chosen is not None else None
        words = f"{level.value} {grade.label}" if grade is not None else level.value
        names.append(LevelName(row, column + front * NAME_GAP * distance, words, front, grade, mine))
    return names


def _lies_in(finding: Finding, series: Series) -> bool:
    return any(place.series == series.id for place in locations(finding))


def reference_line(elsewhere: Instance, here: Instance) -> Line | None:
    """Where another pane's slice cuts this image; None for parallel ones and where either has no geometry.

    Frame of Reference UIDs are not compared: real studies change them between series of one table position.
    """
    if elsewhere.plane is None or here.plane is None:
        return None
    ends = elsewhere.plane.crossing((elsewhere.rows, elsewhere.columns), here.plane)
    if ends is None:
        return None
    (top, left), (bottom, right) = ends.tolist()
    return (top, left), (bottom, right)


def corner_words(result: StudyResult | None, series: Series, index: int, chosen: Finding | None) -> tuple[str, str]:
    """The pane's caption, and beside it in bold where the slice lies, or that the chosen finding has no place."""
    caption = f"{series_title(series)}   {index + 1} / {len(series.instances)}"
    if result is None:
        return caption, ""
    nowhere = NOT_HERE if chosen is not None and not locations(chosen) else ""
    return caption, " · ".join(filter(None, (_where(result, series, index, chosen), nowhere)))


def _where(result: StudyResult, series: Series, index: int, chosen: Finding | None) -> str:
    """How far a sagittal slice is from where sides were told, or at which level of the canal an axial one lies."""
    plane = series.instances[index].plane
    if plane is None:
        return ""
    if series.kind.orientation is Orientation.SAGITTAL and len(series.instances) > 1:
        midline = midline_point(result, chosen.level if chosen is not None else None)
        return _beside_midline(midline_offset_mm(plane, midline)) if midline is not None else ""
    if series.kind.orientation is Orientation.AXIAL:
        frame = level_frame(result)
        if frame is None:
            return ""
        level = frame.level_of(plane)
        if level is None:
            return "between levels"
        return "level unknown" if level is Level.UNKNOWN else f"at {level.value}"
    return ""


def _beside_midline(offset_mm: float) -> str:
    if abs(offset_mm) < MIDLINE_MM:
        return "midline"
    side = "LEFT" if offset_mm > 0 else "RIGHT"
    return f"{side} of midline {abs(offset_mm):.0f} mm"
