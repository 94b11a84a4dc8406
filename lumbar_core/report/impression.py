"""A level a line, the worst first: what a reader takes over into a report of their own (ECOSYSTEM.md §B.1)."""

from __future__ import annotations

from lumbar_core.anatomy import LEVELS, Level, Severity
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.report.wording import review_status, structure

_NARROWED = {Severity.SEVERE: "severe", Severity.MODERATE: "moderate"}


def impression(result: StudyResult) -> tuple[str, ...]:
    """At most five lines, one a level; the last one ends with whether a reader has reviewed the findings."""
    by_level = {level: [f for f in result.findings if f.level is level] for level in (*LEVELS, Level.UNKNOWN)}
    ranked = sorted((level for level in by_level if by_level[level]), key=lambda level: _rank(by_level[level]))
    lines = [f"{level.value}: {_said(by_level[level])}." for level in ranked][: len(LEVELS)]
    return (*lines[:-1], f"{lines[-1]} ({review_status(result)})") if lines else ()


def _rank(findings: list[Finding]) -> tuple[int, int]:
    """The worst grade first, then by how many structures have it; equals stay in the body's order."""
    grades = [finding.shown_grade for finding in findings if finding.shown_grade is not None]
    worst = max(grades, default=Severity.NORMAL_MILD)
    return -int(worst), -grades.count(worst) if worst > Severity.NORMAL_MILD else 0


def _said(findings: list[Finding]) -> str:
    """ "severe narrowing of canal and right recess; moderate of left foramen; right foramen not assessed"."""
    parts: list[str] = []
    for grade, word in _NARROWED.items():
        if concerned := _of(findings, grade):
            parts.append(f"{word}{'' if parts else ' narrowing'} of {_listed(concerned)}")
    if not parts and _of(findings, Severity.NORMAL_MILD):
        parts.append("no or mild narrowing")
    lost = [finding for finding in findings if finding.shown_grade is None]
    if lost:
        parts.append(f"{_listed(lost)} not assessed")
    return "; ".join(parts)


def _of(findings: list[Finding], grade: Severity) -> list[Finding]:
    return [finding for finding in findings if finding.shown_grade is grade]


def _listed(findings: list[Finding]) -> str:
    *first, last = [structure(finding) for finding in findings]
    return f"{', '.join(first)} and {last}" if first else last
