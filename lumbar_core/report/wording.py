"""The program's sentences on findings, counting and files (DESIGN.md §5); their words in words.py, the line over all in
headline.py.

Each is in the language that is spoken (language.py).
"""

from __future__ import annotations

from lumbar_core.anatomy import Condition, Level
from lumbar_core.report.language import UNREAD, _, said
from lumbar_core.report.result import Finding, Numbering, StudyResult
from lumbar_core.report.words import (
    STRUCTURES,
    as_clause,
    capital,
    grade_or,
    grade_word,
    is_changed,
    listed,
    name,
    reason,
    sentence,
    structure,
)


def numbering_sentence(numbering: Numbering) -> str:
    """How the levels were counted, and whether that is in doubt."""
    doubt = _("another count fits nearly as well, so check it before naming a level") if numbering.doubtful else ""
    return " ".join(sentence(words) for words in (said(numbering.basis), doubt) if words)


def why_less_probable(finding: Finding) -> str:
    """Why the program's grade is not its most probable one; empty where it is.

    Either more than half lies on that side, or graver grades were weighed more (DESIGN.md §2: `ordinal_median`,
    `sensitive`). Without the number: the rounded shares beside it may add up to another one.
    """
    shares, grade = finding.probabilities, finding.grade
    if shares is None or grade is None or shares[grade] == max(shares):
        return ""
    worse = grade > shares.index(max(shares))
    share = sum(shares[grade:] if worse else shares[: grade + 1])
    if share <= 0.5:
        return _("graver grades count more: Moderate twice, Severe four times") if worse else ""
    words = _("more than half lies at {grade} or worse") if worse else _("more than half lies at {grade} or less")
    return words.format(grade=grade_word(grade))


def not_assessed_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every structure without a grade, those of one condition and reason together: "Foramina: no T1 series.".

    Then the kinds of structure that a lone picture says nothing of, so that its "5 of 5" is not read as everything.
    """
    groups: dict[tuple[Condition, str], list[Finding]] = {}
    for finding in result.findings:
        if finding.shown_grade is None:
            groups.setdefault((finding.condition, reason(finding)), []).append(finding)
    sentences = [_group_sentence(result, *group, lost) for group, lost in groups.items()]
    present = {finding.condition for finding in result.findings}
    absent = [_(words) for condition, words in STRUCTURES.items() if condition not in present]
    if present and absent:
        words = _("{structures}: not graded on this kind of picture.")
        sentences.append(capital(words.format(structures=listed(absent))))
    return tuple(sentences)


def check_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every flagged finding with its reasons."""
    return tuple(f"{capital(name(finding))}: {check_words(finding)}." for finding in result.to_check)


def check_words(finding: Finding) -> str:
    """Why a flagged finding is to be checked."""
    return "; ".join(as_clause(said(words)) for words in finding.check_reasons) or _("to be checked")


def changed_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every finding of which the reader says something else than the program, with both answers.

    Then those that were graded again where the reader placed them.
    """
    changed = tuple(
        _("{finding}: {grade} (program: {was}).").format(
            finding=capital(name(finding)),
            grade=grade_or(finding.shown_grade, _("cannot be judged")),
            was=grade_or(finding.reader.was, _("not assessed")),
        )
        for finding in result.findings
        if finding.reader is not None and is_changed(finding)
    )
    words = _("{finding}: placed by the reader and graded {grade} there ({was} where the program had placed it).")
    placed = tuple(
        words.format(
            finding=capital(name(finding)),
            grade=grade_or(finding.grade, _("not assessed")),
            was=grade_or(finding.own.grade, _("not assessed")),
        )
        for finding in result.findings
        if finding.own is not None
    )
    return changed + placed


def note_sentences(result: StudyResult) -> tuple[str, ...]:
    """What holds for the whole input."""
    return tuple(sentence(said(note)) for note in result.notes)


def unread_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every file that was left out, and why."""
    return tuple(
        f"{file.path}: {_stopped(said(file.finding, UNREAD))} {_stopped(said(file.remedy, UNREAD))}".rstrip()
        for file in result.input.unreadable
    )


def _stopped(words: str) -> str:
    """With one full stop at the end, and its first letter as it is: that may be a file's."""
    return f"{words.rstrip('. ')}." if words else ""


def _group_sentence(result: StudyResult, condition: Condition, words: str, lost: list[Finding]) -> str:
    everything = sum(finding.condition is condition for finding in result.findings)
    if len(lost) == everything and len(lost) > 1:
        names = _(STRUCTURES[condition])
    else:
        names = ", ".join(_short_name(finding) for finding in lost)
    return f"{capital(names)}: {words}."


def _short_name(finding: Finding) -> str:
    return name(finding) if finding.level is Level.UNKNOWN else f"{structure(finding)} {finding.level.value}"
