"""A whole result in a line: headline, second line, counts, whether a reader has looked (DESIGN.md §5).

Each is in the language that is spoken (language.py).
"""

from __future__ import annotations

from collections import Counter

from lumbar_core.anatomy import Condition, Level, Severity
from lumbar_core.report.language import _, counted, marked, said
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.report.words import STRUCTURES, as_clause, capital, is_changed, listed, sided

NOTHING_ASSESSED = marked("Nothing could be assessed")
_DISEASE: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: marked("canal stenosis"),
    Condition.NEURAL_FORAMINAL_NARROWING: marked("foraminal narrowing"),
    Condition.SUBARTICULAR_STENOSIS: marked("lateral recess stenosis"),
}
_WORST: dict[Severity, str] = {
    Severity.MODERATE: marked("moderate {disease} at {level}"),
    Severity.SEVERE: marked("severe {disease} at {level}"),
}


def headline(result: StudyResult) -> str:
    """The worst finding in words; "No degeneration" only with its scope and only where the scope carries it."""
    worst = result.worst_grade
    if worst is None:
        return _(NOTHING_ASSESSED)
    if worst > Severity.NORMAL_MILD:
        return _worst_in_words(result, worst)
    if result.complete_conditions and not result.to_check:
        return _("No degeneration above Normal/Mild: {scope}").format(scope=_scope(result))
    words = _("Nothing above Normal/Mild in {count} of {of}")
    words = words.format(count=len(result.assessed), of=len(result.findings))
    return "; ".join([words, *_flagged(result)])


def named_first(result: StudyResult, grade: Severity) -> Finding:
    """Of the findings of a grade the one to name: canal before foramina before recesses, the surest, from above down.

    Raises ValueError if there is none.
    """
    same = [finding for finding in result.assessed if finding.shown_grade is grade]
    order = list(STRUCTURES)
    return min(same, key=lambda finding: (order.index(finding.condition), -_certainty(finding)))


def second_line(result: StudyResult) -> str:
    """Counts, how many were assessed, how many to check, and how the levels were counted."""
    basis = as_clause(said(result.numbering.basis))
    return " · ".join([counts_line(result), basis] if basis else [counts_line(result)])


def counts_line(result: StudyResult) -> str:
    """Counts, how many were assessed, how many to check."""
    parts = [grade_counts(result)] if grade_counts(result) else []
    parts.append(_("{count} of {of} assessed").format(count=len(result.assessed), of=len(result.findings)))
    return " · ".join([*parts, *_flagged(result)])


def grade_counts(result: StudyResult) -> str:
    """ "4 severe, 10 moderate"; empty where nothing is above Normal/Mild."""
    counts = Counter(finding.shown_grade for finding in result.assessed)
    words = {Severity.SEVERE: _("{count} severe"), Severity.MODERATE: _("{count} moderate")}
    return ", ".join(text.format(count=counts[grade]) for grade, text in words.items() if counts[grade])


def review_status(result: StudyResult) -> str:
    """Whether a reader has looked at what the program says: unreviewed, edited, or confirmed."""
    touched = [finding for finding in result.findings if finding.touched]
    if not touched:
        return _("unreviewed program output")
    viewed = sum(finding.viewed for finding in result.findings)
    changed = sum(is_changed(finding) or finding.own is not None for finding in touched)
    if all(finding.confirmed for finding in result.findings):
        status = _("confirmed by a reader")
    else:
        status = _("edited by a reader") if changed else _("partly reviewed by a reader")
    counts = [_("{count} of {of} findings viewed").format(count=viewed, of=len(result.findings))]
    counts.append(_("{count} of {of} reviewed").format(count=len(touched), of=len(result.findings)))
    counts += [_("{count} changed").format(count=changed)] if changed else []
    return _("program output, {status}: {counts}").format(status=status, counts=", ".join(counts))


def _flagged(result: StudyResult) -> list[str]:
    return [_("{count} to check").format(count=len(result.to_check))] if result.to_check else []


def _worst_in_words(result: StudyResult, worst: Severity) -> str:
    first = named_first(result, worst)
    level = _("an unknown level") if first.level is Level.UNKNOWN else first.level.value
    words = _(_WORST[worst]).format(disease=sided(first, _(_DISEASE[first.condition])), level=level)
    return capital(words) + _and_more(worst, sum(finding.shown_grade is worst for finding in result.assessed) - 1)


def _and_more(worst: Severity, more: int) -> str:
    if not more:
        return ""
    if worst is Severity.SEVERE:
        words = counted(", and {count} more severe finding", ", and {count} more severe findings", more)
    else:
        words = counted(", and {count} more moderate finding", ", and {count} more moderate findings", more)
    return words.format(count=more)


def _certainty(finding: Finding) -> float:
    """The probability of the program's grade; a grade of the reader's own counts as sure."""
    if finding.probabilities is None or finding.grade is None or is_changed(finding):
        return 1.0
    return finding.probabilities[finding.grade]


def _scope(result: StudyResult) -> str:
    """ "canal, 5 of 5 levels. Foramina and recesses not assessed." """
    seen, unseen = [], []
    for condition, words in STRUCTURES.items():
        of = [finding for finding in result.findings if finding.condition is condition]
        assessed = sum(finding.shown_grade is not None for finding in of)
        if not assessed:
            unseen.append(_(words))
            continue
        is_canal = condition is Condition.SPINAL_CANAL_STENOSIS
        text = _("{structures}, {count} of {of} levels") if is_canal else _("{structures}, {count} of {of}")
        seen.append(text.format(structures=_(words), count=assessed, of=len(of)))
    scope = "; ".join(seen) + "."
    if not unseen:
        return scope
    return f"{scope} {capital(_('{structures} not assessed.').format(structures=listed(unseen)))}"
