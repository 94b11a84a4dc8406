"""The program's sentences: headline, second line, findings, roots, reasons for grid cells (DESIGN.md §5)."""

from __future__ import annotations

from collections import Counter

from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Severity
from lumbar_core.report.result import Finding, Numbering, StudyResult

NOTHING_ASSESSED = "Nothing could be assessed"

# The structures in the order in which they are named, as one says them in the plural.
STRUCTURES: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: "canal",
    Condition.NEURAL_FORAMINAL_NARROWING: "foramina",
    Condition.SUBARTICULAR_STENOSIS: "recesses",
}
_STRUCTURE: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: "spinal canal",
    Condition.NEURAL_FORAMINAL_NARROWING: "foramen",
    Condition.SUBARTICULAR_STENOSIS: "recess",
}
_DISEASE: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: "canal stenosis",
    Condition.NEURAL_FORAMINAL_NARROWING: "foraminal narrowing",
    Condition.SUBARTICULAR_STENOSIS: "subarticular stenosis",
}
_SERIES_WANTED: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: "no T2",
    Condition.NEURAL_FORAMINAL_NARROWING: "no T1",
    Condition.SUBARTICULAR_STENOSIS: "no axial",
}
_SHORT_REASON: dict[Reason, str] = {
    Reason.NO_SERIES: "no series",
    Reason.NOT_IN_SLICE: "not in slice",
    Reason.OUTSIDE_COVERAGE: "no slice",
    Reason.NOT_LOCATED: "not found",
    Reason.POOR_QUALITY: "poor image",
    Reason.UNSUPPORTED_GEOMETRY: "no geometry",
    Reason.SIDE_UNKNOWN: "side unknown",
    Reason.NO_PACK: "no pack",
    Reason.NOT_LUMBAR: "not lumbar",
    Reason.READER_CANNOT_JUDGE: "cannot judge",
}
# The vertebrae above and below each disc: the root that leaves, and the root that passes.
_ROOTS: dict[Level, tuple[str, str]] = {
    level: (names[0], names[1]) for level in LEVELS for names in [level.value.split("/")]
}


def headline(result: StudyResult) -> str:
    """The worst finding in words; "No degeneration" only with its scope and only where the scope carries it."""
    worst = result.worst_grade
    if worst is None:
        return NOTHING_ASSESSED
    if worst > Severity.NORMAL_MILD:
        return _worst_in_words(result, worst)
    if result.complete_conditions and not result.to_check:
        return f"No degeneration above Normal/Mild: {_scope(result)}"
    flagged = f"; {len(result.to_check)} to check" if result.to_check else ""
    return f"Nothing above Normal/Mild in {len(result.assessed)} of {len(result.findings)}{flagged}"


def named_first(result: StudyResult, grade: Severity) -> Finding:
    """Of the findings of a grade the one to name: canal before foramina before recesses, the surest, from above down.

    Raises ValueError if there is none.
    """
    same = [finding for finding in result.assessed if finding.shown_grade is grade]
    order = list(STRUCTURES)
    return min(same, key=lambda finding: (order.index(finding.condition), -_certainty(finding)))


def second_line(result: StudyResult) -> str:
    """Counts, how many were assessed, how many to check, and how the levels were counted."""
    parts = [grade_counts(result)] if result.worst_grade else []
    parts.append(f"{len(result.assessed)} of {len(result.findings)} assessed")
    if result.to_check:
        parts.append(f"{len(result.to_check)} to check")
    if result.numbering.basis:
        parts.append(_as_clause(result.numbering.basis))
    return " · ".join(parts)


def review_status(result: StudyResult) -> str:
    """Whether a reader has looked at what the program says."""
    marked = sum(finding.touched for finding in result.findings)
    if not marked:
        return "unreviewed program output"
    viewed = sum(finding.viewed for finding in result.findings)
    if viewed:
        return f"program output, {viewed} of {len(result.findings)} findings viewed, {marked} reviewed by a reader"
    return f"program output, {marked} of {len(result.findings)} findings reviewed by a reader"


def grade_counts(result: StudyResult) -> str:
    """ "4 severe, 10 moderate"; empty where nothing is above Normal/Mild."""
    counts = Counter(finding.shown_grade for finding in result.assessed)
    grades = (Severity.SEVERE, Severity.MODERATE)
    return ", ".join(f"{counts[grade]} {grade.label.lower()}" for grade in grades if counts[grade])


def numbering_sentence(numbering: Numbering) -> str:
    """How the levels were counted, and whether that is in doubt."""
    doubt = "another count fits nearly as well, so check it before naming a level" if numbering.doubtful else ""
    return " ".join(sentence(words) for words in (numbering.basis, doubt) if words)


def name(finding: Finding) -> str:
    """The structure with its side and level: "left foramen at L4/L5"."""
    return f"{structure(finding)} at {level_name(finding.level)}"


def structure(finding: Finding) -> str:
    """The structure with its side: "left foramen"."""
    return _sided(finding, _STRUCTURE[finding.condition])


def level_name(level: Level) -> str:
    """The level in prose."""
    return "an unknown level" if level is Level.UNKNOWN else level.value


def describe(finding: Finding) -> str:
    """The finding as one sentence, with the probability of the grade, or that it is the reader's, beside the word."""
    grade = finding.shown_grade
    if grade is None:
        return f"{_capital(name(finding))}: not assessed, {_as_clause(_reason(finding))}."
    words = "no or mild" if grade is Severity.NORMAL_MILD else grade.label.lower()
    if _is_changed(finding):
        return f"{_capital(name(finding))}: {words} narrowing (by the reader)."
    if finding.probabilities is None:
        return f"{_capital(name(finding))}: {words} narrowing."
    return f"{_capital(name(finding))}: {words} narrowing ({percent(finding.probabilities[grade])})."


def percent(probability: float) -> str:
    """A probability in whole per cent; never 0 or 100, which no network can know."""
    return f"{min(max(round(100 * probability), 1), 99)} %"


def root(finding: Finding, numbering: Numbering) -> str | None:
    """The nerve root concerned: the exiting one in a foramen, the traversing one in recess and canal.

    None where the level is unknown or its counting in doubt: a root named wrongly is worse than none.
    """
    if finding.level not in _ROOTS or numbering.doubtful:
        return None
    exiting, traversing = _ROOTS[finding.level]
    if finding.condition is Condition.NEURAL_FORAMINAL_NARROWING:
        return f"exiting root {exiting}"
    return f"traversing root {traversing}"


def short_reason(finding: Finding) -> str:
    """Why there is no grade, in the two or three words that fit a grid cell."""
    code = Reason.READER_CANNOT_JUDGE if _is_changed(finding) else finding.reason_code
    if finding.shown_grade is not None or code is None:
        return ""
    return _SERIES_WANTED[finding.condition] if code is Reason.NO_SERIES else _SHORT_REASON[code]


def not_assessed_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every structure without a grade, those of one condition and reason together: "Foramina: no T1 series.".

    Then the kinds of structure that a lone picture says nothing of, so that its "5 of 5" is not read as everything.
    """
    groups: dict[tuple[Condition, str], list[Finding]] = {}
    for finding in result.findings:
        if finding.shown_grade is None:
            groups.setdefault((finding.condition, _reason(finding)), []).append(finding)
    sentences = [_group_sentence(result, *group, lost) for group, lost in groups.items()]
    present = {finding.condition for finding in result.findings}
    absent = [words for condition, words in STRUCTURES.items() if condition not in present]
    if present and absent:
        sentences.append(f"{_capital(' and '.join(absent))}: not graded on this kind of picture.")
    return tuple(sentences)


def check_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every flagged finding with its reasons."""
    return tuple(
        f"{_capital(name(finding))}: {'; '.join(map(_as_clause, finding.check_reasons)) or 'to be checked'}."
        for finding in result.to_check
    )


def changed_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every finding of which the reader says something else than the program, with both answers.

    Then those that were graded again where the reader placed them.
    """
    changed = tuple(
        f"{_capital(name(finding))}: {_said(finding.shown_grade, 'cannot be judged')}"
        f" (program: {_said(finding.reader.was, 'not assessed')})."
        for finding in result.findings
        if finding.reader is not None and _is_changed(finding)
    )
    placed = tuple(
        f"{_capital(name(finding))}: placed by the reader and graded {_said(finding.grade, 'not assessed')} there"
        f" ({_said(finding.own.grade, 'not assessed')} where the program had placed it)."
        for finding in result.findings
        if finding.own is not None
    )
    return changed + placed


def sentence(words: str) -> str:
    """A remark as a sentence: a capital in front, one full stop at the end."""
    return f"{_capital(words.rstrip('. '))}." if words else ""


def _group_sentence(result: StudyResult, condition: Condition, reason: str, lost: list[Finding]) -> str:
    everything = sum(finding.condition is condition for finding in result.findings)
    if len(lost) == everything and len(lost) > 1:
        names = STRUCTURES[condition]
    else:
        names = ", ".join(f"{_sided(finding, _STRUCTURE[condition])} {finding.level.value}" for finding in lost)
    return f"{_capital(names)}: {_as_clause(reason)}."


def _worst_in_words(result: StudyResult, worst: Severity) -> str:
    first = named_first(result, worst)
    more = sum(finding.shown_grade is worst for finding in result.assessed) - 1
    tail = f", and {more} more {worst.label.lower()} finding{'s' * (more > 1)}" if more else ""
    return f"{worst.label} {_sided(first, _DISEASE[first.condition])} at {level_name(first.level)}{tail}"


def _certainty(finding: Finding) -> float:
    """The probability of the program's grade; a grade of the reader's own counts as sure."""
    if finding.probabilities is None or finding.grade is None or _is_changed(finding):
        return 1.0
    return finding.probabilities[finding.grade]


def _is_changed(finding: Finding) -> bool:
    return finding.reader is not None and finding.reader.status != "agreed"


def _reason(finding: Finding) -> str:
    return "the reader cannot judge it" if _is_changed(finding) else finding.reason


def _said(grade: Severity | None, otherwise: str) -> str:
    return otherwise if grade is None else grade.label


def _sided(finding: Finding, words: str) -> str:
    """The words with the patient's side, the picture's side, or that the side is unknown."""
    if finding.side is not None:
        return f"{finding.side.value} {words}"
    if finding.image_side is not None:
        return f"{words} on the {finding.image_side.value} of the picture"
    return words if finding.condition is Condition.SPINAL_CANAL_STENOSIS else f"{words} (side unknown)"


def _scope(result: StudyResult) -> str:
    """ "canal, 5 of 5 levels. Foramina and recesses not assessed." """
    seen, unseen = [], []
    for condition, words in STRUCTURES.items():
        of = [finding for finding in result.findings if finding.condition is condition]
        assessed = sum(finding.shown_grade is not None for finding in of)
        if assessed:
            levels = " levels" if condition is Condition.SPINAL_CANAL_STENOSIS else ""
            seen.append(f"{words}, {assessed} of {len(of)}{levels}")
        else:
            unseen.append(words)
    sentence = "; ".join(seen) + "."
    return f"{sentence} {_capital(' and '.join(unseen))} not assessed." if unseen else sentence


def _as_clause(words: str) -> str:
    """A sentence as part of a line; names such as L5/S1 or STIR keep their capital."""
    words = words.rstrip(". ")
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
