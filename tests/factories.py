"""Made-up results for tests: `a_finding`, `not_assessed`, `a_result`, `a_mixed_result`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lumbar_core.anatomy import (
    LEVELS,
    STUDY_TARGETS,
    Condition,
    Level,
    Reason,
    Severity,
    Side,
    Target,
)
from lumbar_core.report.result import (
    Finding,
    InputInfo,
    Location,
    Numbering,
    PackUsed,
    ProgramInfo,
    ReaderMark,
    SeriesUsed,
    StudyResult,
    Timing,
)
from lumbar_core.study import Identity, InputKind

CANAL = Condition.SPINAL_CANAL_STENOSIS
FORAMEN = Condition.NEURAL_FORAMINAL_NARROWING
RECESS = Condition.SUBARTICULAR_STENOSIS
NORMAL, MODERATE, SEVERE = Severity

PROBABILITIES = {
    NORMAL: (0.90, 0.08, 0.02),
    MODERATE: (0.20, 0.70, 0.10),
    SEVERE: (0.01, 0.11, 0.88),
}
SERIES_OF = {CANAL: "s2", FORAMEN: "s1", RECESS: "s3"}
FILE_OF = {CANAL: "t2/{:02d}.dcm", FORAMEN: "t1/{:02d}.dcm", RECESS: "ax/{:02d}.dcm"}


def a_location(condition: Condition = CANAL, level: Level = Level.L4_L5, side: Side | None = None) -> Location:
    """A place that differs from structure to structure, so that swapped locations show."""
    step = LEVELS.index(level) if level in LEVELS else 0
    slice_number = {None: 9, Side.RIGHT: 5, Side.LEFT: 13}[side]
    if condition is RECESS:
        slice_number = 10 * step + 6
    column = {None: 160.5, Side.RIGHT: 150.25, Side.LEFT: 170.75}[side]
    return Location(
        series=SERIES_OF[condition],
        file=FILE_OF[condition].format(slice_number),
        frame=0,
        column=column,
        row=60.0 + 45.0 * step,
        patient_mm=(column - 160.0, -20.0, 80.0 - 35.0 * step),
    )


def a_finding(
    condition: Condition = CANAL,
    level: Level = Level.L4_L5,
    side: Side | None = None,
    grade: Severity = SEVERE,
    *,
    check: bool = False,
    check_reasons: tuple[str, ...] = (),
    **changes: Any,
) -> Finding:
    """A graded structure."""
    location = a_location(condition, level, side)
    finding = Finding(
        condition=condition,
        side=side,
        image_side=None,
        level=level,
        assessed=True,
        reason_code=None,
        reason="",
        grade=grade,
        probabilities=PROBABILITIES[grade],
        worst_view=grade,
        check=check,
        check_reasons=check_reasons or (("Two views are two grades apart.",) if check else ()),
        borderline=False,
        location=location,
        evidence=(location,),
    )
    return replace(finding, **changes)


def not_assessed(
    condition: Condition = CANAL,
    level: Level = Level.L4_L5,
    side: Side | None = None,
    code: Reason = Reason.NO_SERIES,
    reason: str = "There is no series of the plane and weighting that this structure is graded on.",
    image_side: Side | None = None,
) -> Finding:
    """A structure without a grade."""
    return Finding.without_grade(Target(condition, level, side, image_side), code, reason)


Key = tuple[Condition, Level, Side | None]


def study_findings(
    grades: Mapping[Key, Severity] | None = None,
    *,
    without: Iterable[Condition] = (),
    check: Iterable[Key] = (),
    rest: Severity = NORMAL,
) -> tuple[Finding, ...]:
    """All 25 findings of a study: those named in `grades`, the rest `rest`, whole conditions left out."""
    grades = grades or {}
    without, check = set(without), set(check)
    findings = []
    for target in STUDY_TARGETS:
        key = (target.condition, target.level, target.side)
        if target.condition in without:
            findings.append(not_assessed(*key))
        else:
            findings.append(a_finding(*key, grade=grades.get(key, rest), check=key in check))
    return tuple(findings)


def a_result(findings: tuple[Finding, ...] | None = None, **changes: Any) -> StudyResult:
    """A whole study's result; by default everything is Normal/Mild."""
    result = StudyResult(
        program=ProgramInfo("Lumbar MRI", "0.1.0", "CPU", "2026-01-02T03:04:05+00:00"),
        packs=(
            PackUsed("canal", "1.0.0", "ab" * 32, "argmax", (CANAL,), 0.9),
            PackUsed("localise_t2", "1.0.0", "cd" * 32, None),
        ),
        identity=Identity(
            patient_name="Made^Up",
            patient_id="P-1",
            birth_date=None,
            study_date="20260101",
            accession_number=None,
            study_uid="1.2.3.4",
        ),
        study_key="0123456789abcdef",
        input=InputInfo(
            path="study",
            kind=InputKind.STUDY,
            files_read=96,
            unreadable=(),
            series=(
                SeriesUsed("s1", "sagittal", "T1", 18, (FORAMEN,), "SAG T1 OF MR MADE UP", "1.2.3.4.1"),
                SeriesUsed("s2", "sagittal", "T2", 18, (CANAL,), "SAG T2", "1.2.3.4.2"),
                SeriesUsed("s3", "axial", "T2", 60, (RECESS,), "AX T2", "1.2.3.4.3"),
            ),
        ),
        numbering=Numbering(
            basis="Levels counted up from the lowest disc, five lumbar vertebrae assumed.",
            alternative=None,
            margin=4.2,
            agreed_by=("s1", "s2"),
        ),
        findings=study_findings() if findings is None else findings,
        measurements=(),
        notes=(),
        timing_ms=Timing(100.0, 400.0, 50.0, 300.0, 900.0, 1750.0),
    )
    return replace(result, **changes)


def a_mixed_result(**changes: Any) -> StudyResult:
    """Four severe, ten moderate, one not assessed, two to check: the study of the sketches."""
    right, left = Side.RIGHT, Side.LEFT
    one, two, three, four, five = LEVELS
    severe = [(CANAL, four, None), (FORAMEN, three, right), (RECESS, four, left), (FORAMEN, four, left)]
    moderate = [
        (FORAMEN, one, right),
        (FORAMEN, two, right),
        (FORAMEN, two, left),
        (RECESS, three, right),
        (CANAL, three, None),
        (RECESS, three, left),
        (FORAMEN, three, left),
        (FORAMEN, four, right),
        (RECESS, five, right),
        (FORAMEN, five, left),
    ]
    grades = dict.fromkeys(severe, SEVERE) | dict.fromkeys(moderate, MODERATE)
    lost = not_assessed(RECESS, five, left, Reason.OUTSIDE_COVERAGE, "No axial slice lies within 5 mm of this level.")
    findings = study_findings(grades, check=severe[1:3])
    return a_result(tuple(lost if finding.key == lost.key else finding for finding in findings), **changes)


def a_picture_result(findings: tuple[Finding, ...] | None = None, **changes: Any) -> StudyResult:
    """A lone sagittal T2 picture: five canal levels, no geometry, no identifiers."""
    picture = Location("s1", "picture.png", 0, 100.0, 120.0, None)
    if findings is None:
        findings = tuple(
            a_finding(CANAL, level, grade=NORMAL, location=picture, evidence=(picture,)) for level in LEVELS
        )
    return a_result(
        findings,
        **{
            "identity": Identity(),
            "input": InputInfo(
                "picture.png",
                InputKind.PICTURE,
                1,
                (),
                (SeriesUsed("s1", "sagittal", "T2", 1, (CANAL,), "", ""),),
            ),
            **changes,
        },
    )


def read_as(
    result: StudyResult, condition: Condition, level: Level, grade: Severity | None, status: str = "changed"
) -> StudyResult:
    """The result after a reader's mark on one structure without a side, or on its left."""
    side = None if condition is CANAL else Side.LEFT
    return result.with_findings(
        tuple(
            replace(f, reader=ReaderMark(status, grade, f.grade)) if f.key == (condition, side, None, level) else f
            for f in result.findings
        )
    )
