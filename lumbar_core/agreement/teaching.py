"""The structures that readers disagree on most: what to look at together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from lumbar_core.agreement.readings import PROGRAM, Arm, Judgement, Shares
from lumbar_core.anatomy import SEVERITY_LABELS, STUDY_TARGETS, Condition, Level, Severity, Side, Target
from lumbar_core.errors import WrongFormat

MOST = 20
REPORT_SCHEMA = "lumbar-agreement/1"


@dataclass(frozen=True, slots=True)
class Disputed:
    """One structure with what each reader said of it the first time, without help.

    given:   reader codes and grades; None: could not judge. distance: mean distance of two readers, in grades.
    program: the program's grade and distribution, where they are known.
    """

    study: str
    target: Target
    given: tuple[tuple[str, Severity | None], ...]
    distance: float
    program: Severity | None
    probabilities: Shares | None


def disputed(judgements: Iterable[Judgement], most: int = MOST) -> tuple[Disputed, ...]:
    """The widest apart first, then those on which most readers differ, then the gravest; none on which all agree."""
    by_place: dict[tuple[str, Target], dict[Arm, Judgement]] = {}
    for each in judgements:
        if each.arm.pass_number == 1 and not each.arm.helped:
            by_place.setdefault((each.study, each.target), {})[each.arm] = each
    found = [_disputed(study, target, told) for (study, target), told in by_place.items()]
    order = {target: number for number, target in enumerate(STUDY_TARGETS)}
    apart = [each for each in found if each.distance > 0]
    apart.sort(key=lambda each: (-_reach(each), -each.distance, -_gravest(each), each.study, order[each.target]))
    return tuple(apart[:most])


def _disputed(study: str, target: Target, told: dict[Arm, Judgement]) -> Disputed:
    people = sorted((arm.reader, judgement.grade) for arm, judgement in told.items() if arm.reader != PROGRAM)
    grades = [grade for _, grade in people if grade is not None]
    pairs = [abs(one - other) for one, other in combinations(grades, 2)]
    program = next((judgement for arm, judgement in told.items() if arm.reader == PROGRAM), None)
    return Disputed(
        study=study,
        target=target,
        given=tuple(people),
        distance=sum(pairs) / len(pairs) if pairs else 0.0,
        program=program.grade if program is not None else None,
        probabilities=program.probabilities if program is not None else None,
    )


def _gravest(each: Disputed) -> int:
    return max(grade for _, grade in each.given if grade is not None)


def _reach(each: Disputed) -> int:
    grades = [grade for _, grade in each.given if grade is not None]
    return max(grades) - min(grades)


def read_disputed(data: bytes) -> tuple[Disputed, ...]:
    """The list of an `agreement.json`. Raises WrongFormat for any other file."""
    try:
        document = json.loads(data)
        if document["schema"] == REPORT_SCHEMA:
            return tuple(_read(each) for each in document["disputed"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _no_report() from error
    raise _no_report()


def _no_report() -> WrongFormat:
    return WrongFormat("This is no agreement report.", "Choose an agreement.json that this program made.")


def _read(document: dict[str, Any]) -> Disputed:
    side = None if document["side"] is None else Side(document["side"])
    shares = document["probabilities"]
    return Disputed(
        study=str(document["study"]),
        target=Target(Condition(document["condition"]), Level(document["level"]), side),
        given=tuple((str(reader), _grade(label)) for reader, label in document["given"].items()),
        distance=float(document["distance"]),
        program=_grade(document["program"]),
        probabilities=None if shares is None else _shares([float(shares[label]) for label in SEVERITY_LABELS]),
    )


def _shares(values: list[float]) -> Shares:
    mild, moderate, severe = values
    return mild, moderate, severe


def _grade(label: str | None) -> Severity | None:
    return None if label is None else Severity.from_label(label)
