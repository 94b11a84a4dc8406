"""Every finding as a row of words, in the order of the result file: what the second page of a report tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lumbar_core.anatomy import Severity
from lumbar_core.report.key_image import PictureKey, key_of
from lumbar_core.report.language import _
from lumbar_core.report.result import Finding, SeriesUsed, StudyResult
from lumbar_core.report.wording import check_words, why_less_probable
from lumbar_core.report.words import (
    capital,
    grade_word,
    level_word,
    opinion,
    percent,
    reason,
    root,
    series_kind,
    structure,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One finding. shares: of the three grades, in per cent; empty where the program has none.

    place: series and slice. opinion: the program's, confirmed, or a reader's. remarks: why to check or why not
    assessed, and the nerve root where a grade is above Normal/Mild.
    """

    finding: Finding
    structure: str
    level: str
    grade: str
    shares: tuple[str, ...]
    place: str
    opinion: str
    remarks: str


def build_rows(result: StudyResult, slices: Mapping[PictureKey, int]) -> tuple[Row, ...]:
    """One row a finding; slices: which slice of its series an image is, where that is known."""
    series = {one.id: one for one in result.input.series}
    return tuple(_row(finding, result, series, slices) for finding in result.findings)


def _row(
    finding: Finding, result: StudyResult, series: Mapping[str, SeriesUsed], slices: Mapping[PictureKey, int]
) -> Row:
    grade = finding.shown_grade
    return Row(
        finding=finding,
        structure=capital(structure(finding)),
        level=level_word(finding.level),
        grade=_("not assessed") if grade is None else grade_word(grade),
        shares=tuple(percent(share) for share in finding.probabilities or ()),
        place=_place(finding, series, slices),
        opinion=opinion(finding),
        remarks=capital("; ".join(_remarks(finding, result))),
    )


def _place(finding: Finding, series: Mapping[str, SeriesUsed], slices: Mapping[PictureKey, int]) -> str:
    if finding.location is None or finding.location.series not in series:
        return ""
    one, number = series[finding.location.series], slices.get(key_of(finding.location))
    kind = series_kind(one)
    return kind if number is None or one.slices == 1 else f"{kind} {number}/{one.slices}"


def _remarks(finding: Finding, result: StudyResult) -> list[str]:
    unseen = finding.reader is not None and not finding.confirmed
    remarks = [_("its slice was not shown to the reader")] if unseen else []
    if finding.shown_grade is None:
        return [reason(finding), *remarks]
    if finding.is_to_check:
        remarks.append(_("to check: {reasons}").format(reasons=check_words(finding)))
    if finding.borderline and finding.reader is None:
        remarks.append(_("borderline"))
    if finding.reader is None and (words := why_less_probable(finding)):
        remarks.append(words)
    concerned = root(finding, result.numbering)
    if concerned is not None and finding.shown_grade > Severity.NORMAL_MILD:
        remarks.append(concerned)
    return remarks
