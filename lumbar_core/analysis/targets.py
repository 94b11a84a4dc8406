"""Which structures a result speaks of, and why those without a series or a pack have no grade."""

from __future__ import annotations

from lumbar_core.anatomy import (
    LEVELS,
    STUDY_TARGETS,
    USED_ON,
    Condition,
    Level,
    Orientation,
    Reason,
    Side,
    Target,
    Weighting,
)
from lumbar_core.findings import NotGraded
from lumbar_core.inference.packs import PackSet
from lumbar_core.study import Exclusion, InputKind, Study

_WANTED = {
    Condition.SPINAL_CANAL_STENOSIS: "no sagittal T2 series was found",
    Condition.NEURAL_FORAMINAL_NARROWING: "no sagittal T1 series was found",
    Condition.SUBARTICULAR_STENOSIS: "no axial T2 series was found",
}


def targets_of(study: Study) -> tuple[Target, ...]:
    """25 for a study or a series; for one image, the structures that such an image can show."""
    if study.kind in (InputKind.STUDY, InputKind.SERIES) or not study.series:
        return STUDY_TARGETS
    series = study.series[0]
    if series.kind.orientation is Orientation.AXIAL:
        return _axial(has_geometry=series.instances[0].plane is not None)
    if series.kind.orientation is Orientation.SAGITTAL and series.kind.weighting is Weighting.T1:
        return tuple(Target(Condition.NEURAL_FORAMINAL_NARROWING, level, None) for level in LEVELS)
    return tuple(Target(Condition.SPINAL_CANAL_STENOSIS, level, None) for level in LEVELS)


def not_graded(target: Target, study: Study, packs: PackSet) -> NotGraded:
    """Why nothing was even tried for a structure."""
    if len(study.series) == 1 and study.series[0].excluded:
        return _excluded(target, study.series[0].excluded)
    if packs.grader(target.condition) is None:
        return no_pack(target)
    orientation, weightings = USED_ON[target.condition]
    for series in study.series:
        if series.excluded and series.kind.orientation is orientation and series.kind.weighting in weightings:
            return _excluded(target, series.excluded)
    return NotGraded(target, Reason.NO_SERIES, _WANTED[target.condition])


def _excluded(target: Target, why: Exclusion) -> NotGraded:
    """A structure whose series must not be graded, with the series' reason."""
    return NotGraded(target, why.code, why.words)


def no_pack(target: Target) -> NotGraded:
    """A structure for which no network is there."""
    return NotGraded(target, Reason.NO_PACK, "no model pack for this structure is installed")


def _axial(has_geometry: bool) -> tuple[Target, ...]:
    sides = (Side.RIGHT, Side.LEFT)
    canal, recess = Condition.SPINAL_CANAL_STENOSIS, Condition.SUBARTICULAR_STENOSIS
    if has_geometry:
        recesses = [Target(recess, Level.UNKNOWN, side) for side in sides]
    else:
        recesses = [Target(recess, Level.UNKNOWN, None, image_side=side) for side in sides]
    return Target(canal, Level.UNKNOWN, None), *recesses
