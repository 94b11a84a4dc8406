"""A result flagged by other thresholds, without a network: grades do not hang on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lumbar_core.anatomy import Orientation
from lumbar_core.choices import Choices
from lumbar_core.grade.flags import is_borderline, says_may_be_severe, severe_reasons
from lumbar_core.inference.packs import PackSet
from lumbar_core.report.result import Finding, StudyResult


def flag_again(result: StudyResult, packs: PackSet, choices: Choices) -> StudyResult:
    """The result with `check` and `borderline` by these choices' thresholds; the same object if that is as it was.

    Grades, and so the operating point that they were taken by, stay, and so does whatever else speaks against them.
    packs: those that the result was made with.
    """
    axial = frozenset(series.id for series in result.input.series if series.plane == Orientation.AXIAL)
    flagged = replace(
        result,
        findings=tuple(_flagged(finding, axial, packs, choices) for finding in result.findings),
        chosen=replace(choices, operating_point=result.chosen.operating_point),
    )
    return result if flagged == result else flagged


def _flagged(finding: Finding, axial: frozenset[str], packs: PackSet, choices: Choices) -> Finding:
    pack, second = packs.grader(finding.condition), packs.second_grader(finding.condition)
    if second is not None and any(place.series in axial for place in finding.evidence):
        pack = second  # a canal that was seen on an axial slice is judged by what that network's contract says
    if pack is None or finding.grade is None or finding.probabilities is None:
        return finding
    contract, shares = pack.contract.with_choices(choices), np.array(finding.probabilities)
    others = (reason for reason in finding.check_reasons if not says_may_be_severe(reason))
    reasons = (*severe_reasons(shares, finding.grade, contract), *others)
    return replace(
        finding,
        check=bool(reasons),
        check_reasons=reasons,
        borderline=is_borderline(shares, contract),
        own=None if finding.own is None else _flagged(finding.own, axial, packs, choices),
    )
