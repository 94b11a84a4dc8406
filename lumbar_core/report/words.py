"""The program's words for structures, levels, grades, roots and series (DESIGN.md §5).

Each is in the language that is spoken (language.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Severity, Side, Weighting
from lumbar_core.report.language import ENGLISH, _, in_context, marked, said, spoken
from lumbar_core.report.result import NOT_LOOKED_FOR, Finding, Numbering, SeriesUsed

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
    Reason.POOR_QUALITY: marked("unreadable"),
    Reason.UNSUPPORTED_GEOMETRY: marked("no geometry"),
    Reason.SIDE_UNKNOWN: marked("side unknown"),
    Reason.NO_PACK: marked("no pack"),
    Reason.NOT_LUMBAR: marked("unsuitable"),
    Reason.READER_CANNOT_JUDGE: marked("cannot judge"),
}
_SIDED: dict[Side, str] = {Side.LEFT: marked("left {structure}"), Side.RIGHT: marked("right {structure}")}
_ON_PICTURE: dict[Side, str] = {
    Side.LEFT: marked("{structure} on the left of the picture"),
    Side.RIGHT: marked("{structure} on the right of the picture"),
}
# The vertebrae above and below each disc: the root that leaves, and the root that passes.
_ROOTS: dict[Level, tuple[str, str]] = {
    level: (names[0], names[1]) for level in LEVELS for names in [level.value.split("/")]
}


def name(finding: Finding) -> str:
    """The structure with its side and level: "left foramen at L4/L5"."""
    if finding.level is Level.UNKNOWN:
        return _("{structure} at an unknown level").format(structure=structure(finding))
    return _("{structure} at {level}").format(structure=structure(finding), level=finding.level.value)


def structure(finding: Finding) -> str:
    """The structure with its side: "left foramen"."""
    return sided(finding, _(_STRUCTURE[finding.condition]))


def level_word(level: Level) -> str:
    """The level as it stands in a cell."""
    return _("unknown") if level is Level.UNKNOWN else level.value


def grade_word(grade: Severity) -> str:
    """The grade as it stands in a cell."""
    return in_context("grade", grade.label)


def grade_or(grade: Severity | None, otherwise: str) -> str:
    """The grade as it stands in a cell, or these words where there is none."""
    return otherwise if grade is None else grade_word(grade)


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
        return _("exiting root {root}").format(root=exiting)
    return _("traversing root {root}").format(root=traversing)


def series_kind(series: SeriesUsed) -> str:
    """Plane and weighting: "sagittal T2"."""
    plane = in_context("plane", series.plane)
    return plane if series.weighting == Weighting.UNKNOWN else f"{plane} {series.weighting}"


def short_reason(finding: Finding) -> str:
    """Why there is no grade, in the two or three words that fit a grid cell."""
    code = Reason.READER_CANNOT_JUDGE if is_changed(finding) else finding.reason_code
    if finding.shown_grade is not None or code is None:
        return ""
    return _(_SERIES_WANTED[finding.condition] if code is Reason.NO_SERIES else _SHORT_REASON[code])


def reason(finding: Finding) -> str:
    """Why there is no grade, in full."""
    return _("the reader cannot judge it") if is_changed(finding) else as_clause(said(finding.reason))


def opinion(finding: Finding) -> str:
    """Whose grade it is: the program's alone, confirmed, or a reader's, with what the program had said."""
    if finding.reader is None:
        return _("program") if finding.own is None else _("program, placed by the reader")
    if not is_changed(finding):
        return _("confirmed")
    return _("changed by the reader (was {was})").format(was=grade_or(finding.reader.was, _("not assessed")))


def is_changed(finding: Finding) -> bool:
    """Whether the reader says something else than the program."""
    return finding.reader is not None and finding.reader.status != "agreed"


def not_looked_for() -> str:
    """What no network looks for: "fracture, tumour, …"."""
    return ", ".join(_(thing) for thing in NOT_LOOKED_FOR)


def sided(finding: Finding, words: str) -> str:
    """The words with the patient's side, the picture's side, or that the side is unknown."""
    if finding.side is not None:
        return _(_SIDED[finding.side]).format(structure=words)
    if finding.image_side is not None:
        return _(_ON_PICTURE[finding.image_side]).format(structure=words)
    if finding.condition is Condition.SPINAL_CANAL_STENOSIS:
        return words
    return _("{structure} (side unknown)").format(structure=words)


def listed(words: Sequence[str]) -> str:
    """ "canal, foramina and recesses". Raises ValueError for nothing."""
    *first, last = words
    return _("{first} and {last}").format(first=", ".join(first), last=last) if first else last


def capital(words: str) -> str:
    """The words as a sentence begins."""
    return words[:1].upper() + words[1:]


def sentence(words: str) -> str:
    """A remark as a sentence: a capital in front, one full stop at the end."""
    return f"{capital(words.rstrip('. '))}." if words else ""


def as_clause(words: str) -> str:
    """A sentence as part of a line; names such as L5/S1 or STIR keep their capital, and so does a German noun."""
    words = words.rstrip(". ")
    if spoken() != ENGLISH:
        return words
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words
