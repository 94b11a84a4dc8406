"""Where the findings of a result lie: on which slices, at which pixels, and what that tells of the patient."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np

from lumbar_core.anatomy import LEVELS, Condition, Level, Orientation
from lumbar_core.geometry import Points3
from lumbar_core.localise.frame import LevelFrame, Vote, fit_frame
from lumbar_core.report.result import Finding, Location, StudyResult
from lumbar_core.study import Instance, Series, Study
from lumbar_gui.rendering import Point


def find_instance(study: Study, location: Location) -> tuple[Series, int] | None:
    """The series and slice index that a location of the result names."""
    for series in study.series:
        if series.id != location.series:
            continue
        for index, instance in enumerate(series.instances):
            if instance.source.frame == location.frame and _is_file(instance, location.file):
                return series, index
    return None


def _is_file(instance: Instance, file: str) -> bool:
    """Whether a path of the result, relative to the input, means this image's file."""
    source = instance.source
    parts = PurePath(source.path).parts + (tuple(source.member.split("/")) if source.member else ())
    wanted = tuple(PurePath(file).parts)
    return parts[-len(wanted) :] == wanted


def locations(finding: Finding) -> tuple[Location, ...]:
    """Where a finding shows, its own place first."""
    own = (finding.location,) if finding.location is not None else ()
    return own + tuple(place for place in finding.evidence if place not in own)


def chain_points(result: StudyResult, series: Series) -> dict[Level, Point]:
    """The (row, column) of each level that shows in a sagittal series, from above down; empty for other planes."""
    points: dict[Level, Point] = {}
    if series.kind.orientation is not Orientation.SAGITTAL:
        return points
    for level in LEVELS:
        places = [
            place
            for finding in result.findings
            if finding.level is level
            for place in locations(finding)
            if place.series == series.id
        ]
        if places:
            points[level] = (places[0].row, places[0].column)
    return points


def opening_points(result: StudyResult, series: Series) -> tuple[Point, ...]:
    """What a sagittal series opens at: its own level chain, else that of the canal carried over through the patient.

    Only for the first view: nothing is marked or named by a point that was carried over.
    """
    if series.kind.orientation is not Orientation.SAGITTAL:
        return ()
    return tuple(chain_points(result, series).values()) or _canal_carried_over(result, series)


def axial_middle(result: StudyResult, series: Series) -> Point | None:
    """What an axial series opens at: the middle of what was found in it, else of the canal carried over."""
    if series.kind.orientation is not Orientation.AXIAL:
        return None
    places = [place for finding in result.findings for place in locations(finding) if place.series == series.id]
    here = [(place.row, place.column) for place in places] or _canal_carried_over(result, series)
    if not here:
        return None
    row, column = np.mean(here, axis=0)
    return float(row), float(column)


def _canal_carried_over(result: StudyResult, series: Series) -> tuple[Point, ...]:
    plane = series.instances[0].plane if series.instances else None
    canal = [
        finding.location.patient_mm
        for finding in result.findings
        if finding.condition is Condition.SPINAL_CANAL_STENOSIS and finding.location and finding.location.patient_mm
    ]
    if plane is None:
        return ()
    return tuple((float(row), float(column)) for row, column in map(plane.to_pixels, np.asarray(canal)))


def midline_point(result: StudyResult, level: Level | None) -> tuple[float, float, float] | None:
    """The place in patient mm from which sides were told, at this level if there is one; None where none were."""
    return result.midline.get(level or Level.UNKNOWN, next(iter(result.midline.values()), None))


def level_frame(result: StudyResult) -> LevelFrame | None:
    """Where the levels lie in the patient, by the canal's findings; None for pictures without geometry."""
    places: dict[str, dict[Level, Points3]] = {}
    for finding in result.findings:
        location = finding.location
        if finding.condition is Condition.SPINAL_CANAL_STENOSIS and location is not None and location.patient_mm:
            places.setdefault(location.series, {})[finding.level] = np.array(location.patient_mm)
    return fit_frame([Vote(series, "", found, float(len(found)), True) for series, found in places.items()])
