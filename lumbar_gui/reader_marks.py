"""What the reader says of a finding: agree, another grade, or cannot judge."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from lumbar_core.anatomy import Severity
from lumbar_core.report.result import Comparison, Finding, Location, ReaderMark, StudyResult

GRADE_OF_KEY = {"n": Severity.NORMAL_MILD, "m": Severity.MODERATE, "s": Severity.SEVERE}
SAME_PLACE_PX = 1.0


def agreed(finding: Finding) -> Finding:
    """The reader agrees; nothing to agree with where there is no grade."""
    if finding.grade is None:
        return finding
    return replace(finding, reader=ReaderMark("agreed", finding.grade, finding.grade))


def marked(finding: Finding, key: str) -> Finding:
    """After one of the keys n, m, s (a grade) or x (cannot judge)."""
    if key == "x":
        return replace(finding, reader=ReaderMark("cannot_judge", None, finding.grade))
    grade = GRADE_OF_KEY[key]
    if grade == finding.grade:
        return agreed(finding)
    return replace(finding, reader=ReaderMark("changed", grade, finding.grade))


def placed(before: Finding, there: Finding) -> Finding:
    """A finding as it was graded where the reader put it; what the reader said of it stands, but not "agreed"."""
    own = before.own or replace(before, reader=None)
    return replace(there, own=own, reader=_said_of(before, there))


def _said_of(before: Finding, there: Finding) -> ReaderMark | None:
    """What the reader said of a finding, once its grade is another one: nothing is agreed any more."""
    said = before.reader
    return replace(said, was=there.grade) if said is not None and said.status != "agreed" else None


def with_finding(result: StudyResult, finding: Finding) -> StudyResult:
    """The result with one finding replaced."""
    return result.with_findings(tuple(finding if kept.key == finding.key else kept for kept in result.findings))


def marks_of(result: StudyResult) -> dict[object, tuple[ReaderMark | None, Location | None]]:
    """What the reader did to findings, by their keys: the mark, and the place where the reader put it."""
    touched = (finding for finding in result.findings if finding.touched)
    return {each.key: (each.reader, each.location if each.own is not None else None) for each in touched}


def agreed_keys(result: StudyResult) -> frozenset[object]:
    """What the reader agreed with, and so had seen (only that can be agreed with)."""
    return frozenset(each.key for each in result.findings if each.reader is not None and each.reader.status == "agreed")


def carried_keys(old: StudyResult, new: StudyResult, keys: Container[object]) -> frozenset[object]:
    """The keys, under the new counting of levels, of structures that are among the keys under the old one."""
    before = [finding.own or finding for finding in old.findings if finding.key in keys]
    return frozenset(each.key for each in new.findings if any(same_place(was, each.own or each) for was in before))


def as_saved(result: StudyResult, viewed: Container[object], compared: Comparison | None) -> StudyResult:
    """The result with which findings' slices were shown, by their keys, and how it compares with an earlier one."""
    findings = tuple(replace(each, viewed=each.key in viewed) for each in result.findings)
    return replace(result, findings=findings, compared=compared)


def same_place(one: Finding, other: Finding) -> bool:
    """Whether two findings of two countings of levels mean the same structure."""
    if (one.condition, one.side, one.image_side) != (other.condition, other.side, other.image_side):
        return False
    if one.location is None or other.location is None:
        return False
    a, b = one.location, other.location
    return _same_image(a, b) and max(abs(a.row - b.row), abs(a.column - b.column)) <= SAME_PLACE_PX


def found_again(finding: Finding, result: StudyResult) -> Finding | None:
    """The finding on the same structure, by the program's own place, in a result that may be counted otherwise."""
    return next((each for each in result.findings if same_place(finding.own or finding, each.own or each)), None)


def _same_image(a: Location | None, b: Location | None) -> bool:
    return a is not None and b is not None and (a.series, a.file, a.frame) == (b.series, b.file, b.frame)


def carried(old: StudyResult, new: StudyResult) -> StudyResult:
    """The new counting of levels with the reader's marks, and places, moved along with their structures.

    A place stays behind where the structure is not graded on that slice any more: nothing could be graded there.
    """
    marks = [finding for finding in old.findings if finding.touched]

    def carry(finding: Finding) -> Finding:
        before = next((mark for mark in marks if same_place(mark.own or mark, finding)), None)
        if before is None:
            return finding
        if before.own is None:
            return replace(finding, reader=before.reader)
        if not any(_same_image(before.location, seen) for seen in finding.evidence):
            return replace(finding, reader=_said_of(before, finding))
        reasons = _checked_anew(before, before.own, finding)
        return replace(before, level=finding.level, check=bool(reasons), check_reasons=reasons, own=finding)

    return new.with_findings(tuple(carry(finding) for finding in new.findings))


def _checked_anew(placed: Finding, was: Finding, now: Finding) -> tuple[str, ...]:
    """Why a placed finding is to be checked under another counting.

    was, now: the program's own finding under either. What speaks against both placed and own is the study's or the
    counting's, and goes and comes with it; the rest is the place's.
    """
    still = [
        reason for reason in placed.check_reasons if reason not in was.check_reasons or reason in now.check_reasons
    ]
    come = [each for each in now.check_reasons if each not in was.check_reasons and each not in still]
    return (*still, *come)
