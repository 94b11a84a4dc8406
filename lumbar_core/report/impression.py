"""A level a line, the worst first: what a reader takes over into a report of their own (ECOSYSTEM.md §B.1)."""

from __future__ import annotations

from lumbar_core.anatomy import LEVELS, Level, Severity
from lumbar_core.report.headline import review_status
from lumbar_core.report.language import _, marked
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.report.words import listed, structure

_NARROWED: dict[Severity, str] = {
    Severity.SEVERE: marked("severe narrowing of {structures}"),
    Severity.MODERATE: marked("moderate narrowing of {structures}"),
}
_FURTHER = marked("moderate of {structures}")  # after what is severe


def impression(result: StudyResult) -> tuple[str, ...]:
    """At most five lines, one a level."""
    by_level = {level: [f for f in result.findings if f.level is level] for level in (*LEVELS, Level.UNKNOWN)}
    ranked = sorted((level for level in by_level if by_level[level]), key=lambda level: _rank(by_level[level]))
    return tuple(f"{_heading(level)}: {_described(by_level[level])}." for level in ranked[: len(LEVELS)])


def impression_to_copy(result: StudyResult) -> tuple[str, ...]:
    """The same for another program's report, where no status bar stands above it: the last line tells the status."""
    lines = impression(result)
    return (*lines[:-1], f"{lines[-1]} ({review_status(result)})") if lines else ()


def _heading(level: Level) -> str:
    """What a line begins with; it may be copied to where nothing around it says that a level is meant."""
    return _("Level unknown") if level is Level.UNKNOWN else level.value


def _rank(findings: list[Finding]) -> tuple[int, int]:
    """The worst grade first, then by how many structures have it; equals stay in the body's order."""
    grades = [finding.shown_grade for finding in findings if finding.shown_grade is not None]
    worst = max(grades, default=Severity.NORMAL_MILD)
    return -int(worst), -grades.count(worst) if worst > Severity.NORMAL_MILD else 0


def _described(findings: list[Finding]) -> str:
    """ "severe narrowing of canal and right recess; moderate of left foramen; right foramen not assessed"."""
    parts: list[str] = []
    for grade, words in _NARROWED.items():
        if concerned := _of(findings, grade):
            parts.append(_(_FURTHER if parts else words).format(structures=_named(concerned)))
    if not parts and _of(findings, Severity.NORMAL_MILD):
        parts.append(_("no or mild narrowing"))
    lost = [finding for finding in findings if finding.shown_grade is None]
    if lost:
        parts.append(_("{structures} not assessed").format(structures=_named(lost)))
    return "; ".join(parts)


def _of(findings: list[Finding], grade: Severity) -> list[Finding]:
    return [finding for finding in findings if finding.shown_grade is grade]


def _named(findings: list[Finding]) -> str:
    return listed([structure(finding) for finding in findings])
