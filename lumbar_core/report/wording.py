"""The program's sentences: headline, second line, findings, roots, reasons for grid cells (DESIGN.md §5).

Each is in the language that is spoken (language.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Severity, Side, Weighting
from lumbar_core.report.language import ENGLISH, UNREAD, _, counted, in_context, marked, said, spoken
from lumbar_core.report.result import NOT_LOOKED_FOR, Finding, Numbering, SeriesUsed, StudyResult

NOTHING_ASSESSED = marked("Nothing could be assessed")

# The structures in the order in which they are named, as one says them in the plural.
STRUCTURES: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: marked("canal"),
    Condition.NEURAL_FORAMINAL_NARROWING: marked("foramina"),
    Condition.SUBARTICULAR_STENOSIS: marked("recesses"),
}
_STRUCTURE: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: marked("spinal canal"),
    Condition.NEURAL_FORAMINAL_NARROWING: marked("foramen"),
    Condition.SUBARTICULAR_STENOSIS: marked("recess"),
}
_DISEASE: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: marked("canal stenosis"),
    Condition.NEURAL_FORAMINAL_NARROWING: marked("foraminal narrowing"),
    Condition.SUBARTICULAR_STENOSIS: marked("subarticular stenosis"),
}
_SERIES_WANTED: dict[Condition, str] = {
    Condition.SPINAL_CANAL_STENOSIS: marked("no T2"),
    Condition.NEURAL_FORAMINAL_NARROWING: marked("no T1"),
    Condition.SUBARTICULAR_STENOSIS: marked("no axial"),
}
_SHORT_REASON: dict[Reason, str] = {
    Reason.NO_SERIES: marked("no series"),
    Reason.NOT_IN_SLICE: marked("not in slice"),
    Reason.OUTSIDE_COVERAGE: marked("no slice"),
    Reason.NOT_LOCATED: marked("not found"),
    Reason.POOR_QUALITY: marked("poor image"),
    Reason.UNSUPPORTED_GEOMETRY: marked("no geometry"),
    Reason.SIDE_UNKNOWN: marked("side unknown"),
    Reason.NO_PACK: marked("no pack"),
    Reason.NOT_LUMBAR: marked("not lumbar"),
    Reason.READER_CANNOT_JUDGE: marked("cannot judge"),
}
_SIDED: dict[Side, str] = {Side.LEFT: marked("left {structure}"), Side.RIGHT: marked("right {structure}")}
_ON_PICTURE: dict[Side, str] = {
    Side.LEFT: marked("{structure} on the left of the picture"),
    Side.RIGHT: marked("{structure} on the right of the picture"),
}
_WORST: dict[Severity, str] = {
    Severity.MODERATE: marked("moderate {disease} at {level}"),
    Severity.SEVERE: marked("severe {disease} at {level}"),
}
# The vertebrae above and below each disc: the root that leaves, and the root that passes.
_ROOTS: dict[Level, tuple[str, str]] = {
    level: (names[0], names[1]) for level in LEVELS for names in [level.value.split("/")]
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
    basis = _as_clause(said(result.numbering.basis))
    return " · ".join([counts_line(result), basis] if basis else [counts_line(result)])


def counts_line(result: StudyResult) -> str:
    """Counts, how many were assessed, how many to check."""
    parts = [grade_counts(result)] if grade_counts(result) else []
    parts.append(_("{count} of {of} assessed").format(count=len(result.assessed), of=len(result.findings)))
    return " · ".join([*parts, *_flagged(result)])


def review_status(result: StudyResult) -> str:
    """Whether a reader has looked at what the program says: unreviewed, edited, or confirmed."""
    touched = [finding for finding in result.findings if finding.touched]
    if not touched:
        return _("unreviewed program output")
    viewed = sum(finding.viewed for finding in result.findings)
    changed = sum(_is_changed(finding) or finding.own is not None for finding in touched)
    if all(finding.confirmed for finding in result.findings):
        status = _("confirmed by a reader")
    else:
        status = _("edited by a reader") if changed else _("partly reviewed by a reader")
    counts = [_("{count} of {of} findings viewed").format(count=viewed, of=len(result.findings))]
    counts.append(_("{count} of {of} reviewed").format(count=len(touched), of=len(result.findings)))
    counts += [_("{count} changed").format(count=changed)] if changed else []
    return _("program output, {status}: {counts}").format(status=status, counts=", ".join(counts))


def grade_counts(result: StudyResult) -> str:
    """ "4 severe, 10 moderate"; empty where nothing is above Normal/Mild."""
    counts = Counter(finding.shown_grade for finding in result.assessed)
    words = {Severity.SEVERE: _("{count} severe"), Severity.MODERATE: _("{count} moderate")}
    return ", ".join(text.format(count=counts[grade]) for grade, text in words.items() if counts[grade])


def numbering_sentence(numbering: Numbering) -> str:
    """How the levels were counted, and whether that is in doubt."""
    doubt = _("another count fits nearly as well, so check it before naming a level") if numbering.doubtful else ""
    return " ".join(sentence(words) for words in (said(numbering.basis), doubt) if words)


def name(finding: Finding) -> str:
    """The structure with its side and level: "left foramen at L4/L5"."""
    if finding.level is Level.UNKNOWN:
        return _("{structure} at an unknown level").format(structure=structure(finding))
    return _("{structure} at {level}").format(structure=structure(finding), level=finding.level.value)


def structure(finding: Finding) -> str:
    """The structure with its side: "left foramen"."""
    return _sided(finding, _(_STRUCTURE[finding.condition]))


def level_word(level: Level) -> str:
    """The level as it stands in a cell."""
    return _("unknown") if level is Level.UNKNOWN else level.value


def grade_word(grade: Severity) -> str:
    """The grade as it stands in a cell."""
    return in_context("grade", grade.label)


def percent(probability: float) -> str:
    """A probability in whole per cent; never 0 or 100, which no network can know."""
    return f"{min(max(round(100 * probability), 1), 99)} %"


def cumulative(finding: Finding) -> str:
    """Why the program's grade is not its most probable one; empty where it is.

    Only where more than half lies on that side (DESIGN.md §2, `ordinal_median`); another rule is named by the report.
    Without the number: the rounded shares beside it may add up to another one.
    """
    shares, grade = finding.probabilities, finding.grade
    if shares is None or grade is None or shares[grade] == max(shares):
        return ""
    worse = grade > shares.index(max(shares))
    share = sum(shares[grade:] if worse else shares[: grade + 1])
    words = _("more than half lies at {grade} or worse") if worse else _("more than half lies at {grade} or less")
    return words.format(grade=grade_word(grade)) if share > 0.5 else ""


def root(finding: Finding, numbering: Numbering) -> str | None:
    """The nerve root concerned: the exiting one in a foramen, the traversing one in recess and canal.

    None where the level is unknown or its counting in doubt: a root named wrongly is worse than none.
    """
    if finding.level not in _ROOTS or numbering.doubtful:
        return None
    exiting, traversing = _ROOTS[finding.level]
    if finding.condition is Condition.NEURAL_FORAMINAL_NARROWING:
        return _("exiting root {root}").format(root=exiting)
    return _("traversing root {root}").format(root=traversing)


def short_reason(finding: Finding) -> str:
    """Why there is no grade, in the two or three words that fit a grid cell."""
    code = Reason.READER_CANNOT_JUDGE if _is_changed(finding) else finding.reason_code
    if finding.shown_grade is not None or code is None:
        return ""
    return _(_SERIES_WANTED[finding.condition] if code is Reason.NO_SERIES else _SHORT_REASON[code])


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
    return "; ".join(_as_clause(said(words)) for words in finding.check_reasons) or _("to be checked")


def changed_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every finding of which the reader says something else than the program, with both answers.

    Then those that were graded again where the reader placed them.
    """
    changed = tuple(
        _("{finding}: {grade} (program: {was}).").format(
            finding=capital(name(finding)),
            grade=_grade_or(finding.shown_grade, _("cannot be judged")),
            was=_grade_or(finding.reader.was, _("not assessed")),
        )
        for finding in result.findings
        if finding.reader is not None and _is_changed(finding)
    )
    words = _("{finding}: placed by the reader and graded {grade} there ({was} where the program had placed it).")
    placed = tuple(
        words.format(
            finding=capital(name(finding)),
            grade=_grade_or(finding.grade, _("not assessed")),
            was=_grade_or(finding.own.grade, _("not assessed")),
        )
        for finding in result.findings
        if finding.own is not None
    )
    return changed + placed


def opinion(finding: Finding) -> str:
    """Whose grade it is: the program's alone, confirmed, or a reader's, with what the program had said."""
    if finding.reader is None:
        return _("program") if finding.own is None else _("program, placed by the reader")
    if not _is_changed(finding):
        return _("confirmed")
    return _("changed by the reader (was {was})").format(was=_grade_or(finding.reader.was, _("not assessed")))


def series_kind(series: SeriesUsed) -> str:
    """Plane and weighting: "sagittal T2"."""
    plane = in_context("plane", series.plane)
    return plane if series.weighting == Weighting.UNKNOWN else f"{plane} {series.weighting}"


def note_sentences(result: StudyResult) -> tuple[str, ...]:
    """What holds for the whole input."""
    return tuple(sentence(said(note)) for note in result.notes)


def not_looked_for() -> str:
    """What no network looks for: "fracture, tumour, …"."""
    return ", ".join(_(thing) for thing in NOT_LOOKED_FOR)


def unread_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every file that was left out, and why."""
    return tuple(
        f"{file.path}: {_stopped(said(file.finding, UNREAD))} {_stopped(said(file.remedy, UNREAD))}".rstrip()
        for file in result.input.unreadable
    )


def sentence(words: str) -> str:
    """A remark as a sentence: a capital in front, one full stop at the end."""
    return f"{capital(words.rstrip('. '))}." if words else ""


def capital(words: str) -> str:
    """The words as a sentence begins."""
    return words[:1].upper() + words[1:]


def listed(words: Sequence[str]) -> str:
    """ "canal, foramina and recesses". Raises ValueError for nothing."""
    *first, last = words
    return _("{first} and {last}").format(first=", ".join(first), last=last) if first else last


def reason(finding: Finding) -> str:
    """Why there is no grade, in full."""
    return _("the reader cannot judge it") if _is_changed(finding) else _as_clause(said(finding.reason))


def _stopped(words: str) -> str:
    """With one full stop at the end, and its first letter as it is: that may be a file's."""
    return f"{words.rstrip('. ')}." if words else ""


def _flagged(result: StudyResult) -> list[str]:
    return [_("{count} to check").format(count=len(result.to_check))] if result.to_check else []


def _group_sentence(result: StudyResult, condition: Condition, words: str, lost: list[Finding]) -> str:
    everything = sum(finding.condition is condition for finding in result.findings)
    if len(lost) == everything and len(lost) > 1:
        names = _(STRUCTURES[condition])
    else:
        names = ", ".join(f"{structure(finding)} {level_word(finding.level)}" for finding in lost)
    return f"{capital(names)}: {words}."


def _worst_in_words(result: StudyResult, worst: Severity) -> str:
    first = named_first(result, worst)
    level = _("an unknown level") if first.level is Level.UNKNOWN else first.level.value
    words = _(_WORST[worst]).format(disease=_sided(first, _(_DISEASE[first.condition])), level=level)
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
    if finding.probabilities is None or finding.grade is None or _is_changed(finding):
        return 1.0
    return finding.probabilities[finding.grade]


def _is_changed(finding: Finding) -> bool:
    return finding.reader is not None and finding.reader.status != "agreed"


def _grade_or(grade: Severity | None, otherwise: str) -> str:
    return otherwise if grade is None else grade_word(grade)


def _sided(finding: Finding, words: str) -> str:
    """The words with the patient's side, the picture's side, or that the side is unknown."""
    if finding.side is not None:
        return _(_SIDED[finding.side]).format(structure=words)
    if finding.image_side is not None:
        return _(_ON_PICTURE[finding.image_side]).format(structure=words)
    if finding.condition is Condition.SPINAL_CANAL_STENOSIS:
        return words
    return _("{structure} (side unknown)").format(structure=words)


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


def _as_clause(words: str) -> str:
    """A sentence as part of a line; names such as L5/S1 or STIR keep their capital, and so does a German noun."""
    words = words.rstrip(". ")
    if spoken() != ENGLISH:
        return words
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words
