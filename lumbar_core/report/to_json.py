"""StudyResult to the result object `lumbar-result/1` (DESIGN.md §5, docs/RESULT.md)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from lumbar_core.anatomy import SEVERITY_LABELS, Condition, Reason, Severity
from lumbar_core.report.headline import headline
from lumbar_core.report.language import ENGLISH, speaking
from lumbar_core.report.result import (
    INTENDED_USE,
    NOT_LOOKED_FOR,
    SCHEMA,
    BatchInput,
    Finding,
    InputInfo,
    Location,
    Measurement,
    ReaderMark,
    SeriesUsed,
    StudyResult,
)
from lumbar_core.report.words import reason

Document = dict[str, Any]


def render_json(result: StudyResult, identity: bool = False) -> bytes:
    """The result file: UTF-8, indented, one object."""
    return _encoded(json.dumps(build_document(result, identity), indent=2, ensure_ascii=False, allow_nan=False))


def render_json_line(result: StudyResult, identity: bool = False) -> bytes:
    """The same object on one line, for `results.jsonl`."""
    document = build_document(result, identity)
    return _encoded(json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def _encoded(text: str) -> bytes:
    """UTF-8; a file name that is none keeps its bytes as JSON escapes (\\udcXX), which readers turn back."""
    return f"{text}\n".encode("utf-8", "backslashreplace")


def build_document(result: StudyResult, identity: bool = False) -> Document:
    """The result as plain values; every key is present, null where there is nothing to say.

    identity: with patient and study identifiers, series descriptions and UIDs as the files hold them.
    """
    return {
        "schema": SCHEMA,
        "notice": INTENDED_USE,
        "program": asdict(result.program),
        "packs": [asdict(pack) for pack in result.packs],
        "study": asdict(result.identity) if identity else {"key": result.study_key or None},
        "input": _input(result.input, result.notes, identity),
        "numbering": {**asdict(result.numbering), "agreed_by": list(result.numbering.agreed_by)},
        "findings": [_finding(finding) for finding in result.findings],
        "measurements": [_measurement(measurement) for measurement in result.measurements],
        "summary": _summary(result),
        "chosen": asdict(result.chosen),
        "compared": None if result.compared is None else asdict(result.compared),
        "timing_ms": {step: round(ms, 1) for step, ms in asdict(result.timing_ms).items()},
    }


def _input(info: InputInfo, notes: tuple[str, ...], identity: bool) -> Document:
    return {
        "path": info.path,
        "kind": info.kind.value,
        "files_read": info.files_read,
        "unreadable": [asdict(file) for file in info.unreadable],
        "series": [_series(series, identity) for series in info.series],
        "notes": list(notes),
        "batch": _batch(info.batch),
    }


def _batch(batch: BatchInput | None) -> Document | None:
    return None if batch is None else {"as": batch.listed_as, "folder": batch.folder, "digest": batch.digest}


def _series(series: SeriesUsed, identity: bool) -> Document:
    document: Document = {
        "id": series.id,
        "plane": series.plane,
        "weighting": series.weighting,
        "slices": series.slices,
        "used_for": _words(series.used_for),
        "excluded": series.excluded,
    }
    if identity:
        document |= {"description": series.description, "series_uid": series.series_uid}
    return document


def _finding(finding: Finding) -> Document:
    return {
        "condition": finding.condition.value,
        "side": None if finding.side is None else finding.side.value,
        "image_side": None if finding.image_side is None else finding.image_side.value,
        "level": finding.level.value,
        "assessed": finding.assessed,
        **_reason(finding),
        "grade": _grade(finding.grade),
        "probabilities": _probabilities(finding.probabilities),
        "worst_view": _grade(finding.worst_view),
        "check": finding.check,
        "check_reasons": list(finding.check_reasons),
        "borderline": finding.borderline,
        "location": _location(finding.location),
        "evidence": [_location(place) for place in finding.evidence],
        "reader": _reader(finding.reader),
        "viewed": finding.viewed,
        "own": _own(finding.own),
    }


def _reason(finding: Finding) -> Document:
    """Why there is no grade: the program's reason, or that the reader cannot judge what the program graded."""
    if finding.not_judged:
        with speaking(ENGLISH):
            return {"reason_code": Reason.READER_CANNOT_JUDGE.value, "reason": reason(finding)}
    return {
        "reason_code": None if finding.reason_code is None else finding.reason_code.value,
        "reason": finding.reason or None,
    }


def _own(own: Finding | None) -> Document | None:
    """What the program said at the place that it found itself, of a finding that the reader placed elsewhere."""
    if own is None:
        return None
    return {
        "grade": _grade(own.grade),
        "probabilities": _probabilities(own.probabilities),
        "location": _location(own.location),
    }


def _location(location: Location | None) -> Document | None:
    if location is None:
        return None
    return {
        "series": location.series,
        "file": location.file,
        "frame": location.frame,
        "column": round(location.column, 3),
        "row": round(location.row, 3),
        "patient_mm": None if location.patient_mm is None else [round(value, 3) for value in location.patient_mm],
    }


def _measurement(measurement: Measurement) -> Document:
    return {
        "name": measurement.name,
        "level": measurement.level.value,
        "value": measurement.value,
        "unit": measurement.unit,
        "reference": measurement.reference,
        "location": _location(measurement.location),
    }


def _reader(mark: ReaderMark | None) -> Document | None:
    return None if mark is None else {"status": mark.status, "grade": _grade(mark.grade), "was": _grade(mark.was)}


def _summary(result: StudyResult) -> Document:
    """The headline as an English report prints it; the numbers sum up `grade`, which is the program's own."""
    own = result.without_reader()
    with speaking(ENGLISH):
        words = headline(result)
    counts = Counter(finding.grade for finding in own.assessed)
    return {
        "headline": words,
        "scope": {
            "assessed": len(own.assessed),
            "of": len(own.findings),
            "complete_conditions": _words(own.complete_conditions),
        },
        "worst_grade": _grade(own.worst_grade),
        "counts": {grade.label: counts[grade] for grade in Severity},
        "to_check": sum(finding.check for finding in result.findings),
        "not_looked_for": list(NOT_LOOKED_FOR),
    }


def _probabilities(values: tuple[float, float, float] | None) -> dict[str, float] | None:
    if values is None:
        return None
    return {label: round(float(value), 6) for label, value in zip(SEVERITY_LABELS, values, strict=True)}


def _grade(grade: Severity | None) -> str | None:
    return None if grade is None else grade.label


def _words(conditions: tuple[Condition, ...]) -> list[str]:
    return [condition.value for condition in conditions]
