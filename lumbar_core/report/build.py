"""Grades and reasons to findings; the last step of an analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lumbar_core.anatomy import Target
from lumbar_core.findings import Grade, ImagePoint, NotGraded
from lumbar_core.report.result import (
    Finding,
    InputInfo,
    Location,
    SeriesUsed,
    UnreadableFile,
)
from lumbar_core.study import Instance, Series, Source, Study, Unreadable


def build_findings(
    targets: Sequence[Target], graded: Iterable[Grade], missing: Iterable[NotGraded], study: Study
) -> tuple[Finding, ...]:
    """One finding per target, in order. Raises KeyError for a target that has neither grade nor reason."""
    grades = {grade.target: grade for grade in graded}
    reasons = {gap.target: gap for gap in missing}
    series_ids = {id(image): series.id for series in study.series for image in series.instances}
    return tuple(
        _graded(grades[target], study, series_ids)
        if target in grades
        else Finding.without_grade(target, reasons[target].code, reasons[target].reason)
        for target in targets
    )


def build_finding(grade: Grade, study: Study) -> Finding:
    """The finding of one grade."""
    return build_findings((grade.target,), (grade,), (), study)[0]


def build_input(
    study: Study, used_for: Mapping[str, tuple[Target, ...]], undecoded: Sequence[Unreadable] = ()
) -> InputInfo:
    """What was handed over.

    used_for: by series id, the targets graded from it. undecoded: images that were read but gave no pixels.
    """
    return InputInfo(
        path=study.root.name or study.root.absolute().name,  # of “.” too
        kind=study.kind,
        files_read=study.files_read,
        unreadable=tuple(
            UnreadableFile(relative_path(Source(each.path), study.root), each.finding, each.remedy)
            for each in (*study.unreadable, *undecoded)
        ),
        series=tuple(_series_used(series, used_for.get(series.id, ())) for series in study.series),
    )


def locate_on_file(instance: Instance, point: ImagePoint, series_id: str, root: Path) -> Location:
    """A point in the pixels of its original file, and in the patient where the image has a plane."""
    patient = None
    if instance.plane is not None:
        x, y, z = instance.plane.to_patient(np.array([point.row, point.column]))
        patient = (round(float(x), 2), round(float(y), 2), round(float(z), 2))
    return Location(
        series=series_id,
        file=relative_path(instance.source, root),
        frame=instance.source.frame,
        column=round(point.column, 2),
        row=round(point.row, 2),
        patient_mm=patient,
    )


def relative_path(source: Source, root: Path) -> str:
    """The file's path below what was asked for (its name, if that is the file), archive members behind a slash."""
    base = root if root.is_dir() else root.parent
    try:
        # Links are not followed: a study may hold one that leads to itself.
        path = source.path.absolute().relative_to(base.absolute()).as_posix()
    except ValueError:
        path = source.path.name
    return f"{path}/{source.member}" if source.member else path


def _series_used(series: Series, targets: tuple[Target, ...]) -> SeriesUsed:
    return SeriesUsed(
        id=series.id,
        plane=series.kind.orientation.value,
        weighting=series.kind.weighting.value,
        slices=len(series.instances),
        used_for=tuple(dict.fromkeys(target.condition for target in targets)),
        excluded=series.excluded.words if series.excluded else None,
        description=series.description,
        series_uid=series.series_uid,
    )


def _graded(grade: Grade, study: Study, series_ids: Mapping[int, str]) -> Finding:
    places = tuple(
        locate_on_file(view.instance, view.point, series_ids[id(view.instance)], study.root) for view in grade.views
    )
    first, second, third = (round(float(value), 6) for value in grade.probabilities)
    target = grade.target
    return Finding(
        condition=target.condition,
        side=target.side,
        image_side=target.image_side,
        level=target.level,
        assessed=True,
        reason_code=None,
        reason="",
        grade=grade.severity,
        probabilities=(first, second, third),
        worst_view=grade.worst_view,
        check=bool(grade.check_reasons),
        check_reasons=grade.check_reasons,
        borderline=grade.borderline,
        location=places[0],
        evidence=places,
    )
