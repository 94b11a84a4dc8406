"""The agreement report as `agreement.json`, schema lumbar-agreement/1 (docs/AGREEMENT.md)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from lumbar_core.agreement.comparison import PartFigures
from lumbar_core.agreement.estimate import DRAWS, Estimate
from lumbar_core.agreement.published import PUBLISHED
from lumbar_core.agreement.readings import Arm
from lumbar_core.agreement.report import AgreementReport
from lumbar_core.agreement.sheet import Part
from lumbar_core.agreement.teaching import REPORT_SCHEMA, Disputed
from lumbar_core.anatomy import SEVERITY_LABELS, Severity
from lumbar_core.report.result import INTENDED_USE

Document = dict[str, Any]


def render_json(report: AgreementReport) -> bytes:
    """UTF-8, indented, one object; every key present, null where there is nothing to say."""
    document = {
        "schema": REPORT_SCHEMA,
        "notice": INTENDED_USE,
        "studies": report.studies,
        "interval": {"share": 0.95, "over": "studies", "draws": DRAWS},
        "sittings": [
            {
                **_arm(sitting.arm),
                "studies": sitting.studies,
                "graded": sitting.graded,
                "cannot_judge": sitting.cannot_judge,
                "timed": sitting.timed,
                "seconds_a_study": sitting.seconds_a_study,
            }
            for sitting in report.sittings
        ],
        "comparisons": [
            {
                "kind": each.kind.value,
                "first": _arm(each.first),
                "second": _arm(each.second),
                "parts": [_figures(part) for part in each.parts],
            }
            for each in report.comparisons
        ],
        "fleiss_kappa": None
        if report.many is None
        else {
            "readers": list(report.many.readers),
            "parts": [{**_part(part), **_estimate(each)} for part, each in report.many.parts.items()],
        },
        "bias": {
            reader: [{**_part(part), **_estimate(each)} for part, each in parts.items()]
            for reader, parts in report.biases.items()
        },
        "disputed": [_disputed(each) for each in report.disputed],
        "published": [
            {**asdict(each), "conditions": [condition.value for condition in each.conditions]} for each in PUBLISHED
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _arm(arm: Arm) -> Document:
    return {"reader": arm.reader, "pass": arm.pass_number, "help": arm.helped}


def _part(part: Part) -> Document:
    return {
        "condition": None if part.condition is None else part.condition.value,
        "level": None if part.level is None else part.level.value,
        "side": None if part.side is None else part.side.value,
    }


def _figures(each: PartFigures) -> Document:
    return {
        **_part(each.part),
        "studies": each.studies,
        "structures": each.structures,
        "cannot_judge": each.cannot_judge,
        "table": [list(row) for row in each.table],
        "caution": each.caution or None,
        "figures": {name: _estimate(estimate) for name, estimate in each.figures.items()},
    }


def _estimate(estimate: Estimate) -> Document:
    return {
        "value": _rounded(estimate.value),
        "ci95": None if estimate.low is None else [_rounded(estimate.low), _rounded(estimate.high)],
        "reason": estimate.reason or None,
    }


def _disputed(each: Disputed) -> Document:
    return {
        "study": each.study,
        "condition": each.target.condition.value,
        "level": each.target.level.value,
        "side": None if each.target.side is None else each.target.side.value,
        "given": {reader: _label(grade) for reader, grade in each.given},
        "distance": _rounded(each.distance),
        "program": _label(each.program),
        "probabilities": None
        if each.probabilities is None
        else dict(zip(SEVERITY_LABELS, map(_rounded, each.probabilities), strict=True)),
    }


def _label(grade: Severity | None) -> str | None:
    return None if grade is None else grade.label


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
