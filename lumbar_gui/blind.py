"""A result of which the program's grades are taken away, and what a reader says of it. Pure.

While somebody reads blind, the window's state holds this result and no other: what is not there can show nowhere, on
no grid, bracket, headline, text or file. The places stay, so that the slices follow; the count of the levels stays,
because every reader must mean the same level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lumbar_core.anatomy import STUDY_TARGETS, Severity, Target
from lumbar_core.report.result import Finding, ReaderMark, StudyResult
from lumbar_core.study import Identity
from lumbar_gui.state import FindingKey
from lumbar_gui.worklist import Room

NOT_GRADED = "not graded yet"
GRADED = "graded by you"

Given = Mapping[Target, Severity | None]  # None: cannot judge


def blinded(result: StudyResult) -> StudyResult:
    """The 25 structures with their places, and nothing else that the program said; nothing of the patient either."""
    places = {target_of(finding): finding for finding in result.findings}
    findings = tuple(_bare(target, places.get(target)) for target in STUDY_TARGETS)
    return replace(
        result, findings=findings, identity=Identity(), measurements=(), notes=(), input=replace(result.input, path="")
    )


def with_given(result: StudyResult, given: Given) -> StudyResult:
    """With what the reader said so far; beside the program's grade where the result holds it."""
    return result.with_findings(
        tuple(
            _marked(finding, given[target_of(finding)]) if target_of(finding) in given else finding
            for finding in result.findings
        )
    )


def unnamed(result: StudyResult) -> StudyResult:
    """The whole result without whose it is."""
    return replace(result, identity=Identity(), input=replace(result.input, path=""))


def next_ungraded(result: StudyResult, after: FindingKey | None) -> Finding | None:
    """The next structure that the reader has not graded, after a finding's key, round and round; None: all are."""
    keys = [finding.key for finding in result.findings]
    start = keys.index(after) + 1 if after in keys else 0
    turned = result.findings[start:] + result.findings[:start]
    return next((finding for finding in turned if finding.reader is None), None)


def differences(result: StudyResult) -> tuple[Finding, ...]:
    """Where the reader and the program both have a grade and differ."""
    return tuple(
        finding
        for finding in result.findings
        if finding.reader is not None and None not in (finding.reader.grade, finding.reader.was)
        if finding.reader.grade != finding.reader.was
    )


def room_words(room: Room, result: StudyResult, *, last: bool = False) -> tuple[str, str]:
    """Headline and second line of a study in a reading plan: how far it is, and what the keys do; last: of the list."""
    of = len(result.findings)
    if room.paused:
        return "Paused", "The clock stands and the pictures are covered. P goes on."
    if room.revealed:
        count = len(differences(result))
        told = f"you and the program differ at {count} of {of}" if count else "you and the program agree"
        return (
            f"{room.study}: {told}",
            "Where you differ the program's grade stands in the corner. Nothing can be changed.",
        )
    if room.graded < of:
        sight = ", the program's grades in sight" if room.helped else ", blind"
        keys = "N no or mild · M moderate · S severe · X cannot judge · P pauses"
        return (
            f"{room.study}: {room.graded} of {of} graded{sight}",
            f"Enter takes the program's · {keys}" if room.helped else keys,
        )
    later = " The program's grades are shown once everything is read." if room.blind and room.at_end else ""
    onward = "This was the last of the list." if last else "Ctrl + Page Down: next study."
    return f"{room.study}: all {of} graded", f"{onward}{later}"


def target_of(finding: Finding) -> Target:
    """The structure that a finding is about."""
    return Target(finding.condition, finding.level, finding.side, finding.image_side)


def _bare(target: Target, finding: Finding | None) -> Finding:
    bare = Finding.without_grade(target, None, NOT_GRADED)
    return bare if finding is None else replace(bare, location=finding.location, evidence=finding.evidence)


def _marked(finding: Finding, grade: Severity | None) -> Finding:
    status = "cannot_judge" if grade is None else "agreed" if grade == finding.grade else "changed"
    reason = GRADED if finding.reason == NOT_GRADED else finding.reason
    return replace(finding, reason=reason, reader=ReaderMark(status, grade, finding.grade))
