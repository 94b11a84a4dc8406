"""How many of a result's findings will differ from a radiologist's, by what the packs were measured at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from lumbar_core.anatomy import Condition
from lumbar_core.report.result import StudyResult


def expected_differences(graded: Iterable[Condition], accuracy: Mapping[Condition, float]) -> tuple[float, int] | None:
    """How many differ, of how many; graded: the condition of each finding; None where nothing was measured."""
    counts = Counter(condition for condition in graded if condition in accuracy)
    of = sum(counts.values())
    return (sum(count * (1 - accuracy[condition]) for condition, count in counts.items()), of) if of else None


def accuracy_of(result: StudyResult) -> dict[Condition, float]:
    """The accuracy of each condition's grader; without those that nobody measured."""
    return least_accuracy((pack.conditions, pack.accuracy) for pack in result.packs)


def least_accuracy(graders: Iterable[tuple[Iterable[Condition], float | None]]) -> dict[Condition, float]:
    """By condition the accuracy of its grader, of two the lower: a finding may rest on either.

    graders: what each grades, and how accurately; None where nobody measured it.
    """
    least: dict[Condition, float] = {}
    for conditions, accuracy in graders:
        if accuracy is not None:
            least |= {condition: min(accuracy, least.get(condition, accuracy)) for condition in conditions}
    return least
