"""Every pair of sittings that can be compared, with its figures over the structures of one kind after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.agreement import figures
from lumbar_core.agreement.estimate import NOTHING, Estimate, Scale, Studies, estimate
from lumbar_core.agreement.proportion import specific_estimate
from lumbar_core.agreement.readings import PROGRAM, Arm
from lumbar_core.agreement.sheet import PARTS, Part, Sheet, cannot_judge, counts_of, pair_tables

Values = NDArray[np.float64]

FEWEST_WITH_SEVERE = 2  # from as many studies on the intervals of kappa hold (docs/decisions/0039)


class Kind(StrEnum):
    """What two sittings have to do with each other."""

    READERS = "reader and reader"
    SELF = "reader and self"
    PROGRAM = "reader and program"
    HELP = "without and with help"


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of two readers' tables.

    figure:   of tables (…, 3, 3), the figures (…).
    estimate: of the tables (studies, 3, 3), the figure over them all with its interval.
    """

    figure: Callable[[Values], Values]
    estimate: Callable[[Studies], Estimate]


def _measured(figure: Callable[[Values], Values], scale: Scale) -> Measured:
    return Measured(figure, partial(estimate, figure=figure, scale=scale))


def _specific(grade: int) -> Measured:
    return Measured(partial(figures.specific_agreement, grade=grade), partial(specific_estimate, grade=grade))


# By the name that the report's JSON uses.
FIGURES: Mapping[str, Measured] = {
    "percent_agreement": _measured(figures.percent_agreement, Scale.SHARE),
    "kappa": _measured(partial(figures.kappa, weights=figures.identity_weights()), Scale.COEFFICIENT),
    "kappa_linear": _measured(partial(figures.kappa, weights=figures.linear_weights()), Scale.COEFFICIENT),
    "kappa_quadratic": _measured(partial(figures.kappa, weights=figures.quadratic_weights()), Scale.COEFFICIENT),
    "ac1": _measured(partial(figures.gwet_ac, weights=figures.identity_weights()), Scale.COEFFICIENT),
    "ac2_linear": _measured(partial(figures.gwet_ac, weights=figures.linear_weights()), Scale.COEFFICIENT),
    "ac2_quadratic": _measured(partial(figures.gwet_ac, weights=figures.quadratic_weights()), Scale.COEFFICIENT),
    "specific_moderate": _specific(1),
    "specific_severe": _specific(2),
    "bias": _measured(figures.bias, Scale.GRADES),
}


@dataclass(frozen=True, slots=True)
class PartFigures:
    """Two sittings over some structures.

    structures:   graded by both, in so many studies; what the figures stand on.
    cannot_judge: looked at by both, but one or both could not judge; in no figure.
    table:        rows the first's grades, columns the second's.
    caution:      why the intervals of kappa may be too short here; "" where they are not.
    """

    part: Part
    studies: int
    structures: int
    cannot_judge: int
    table: tuple[tuple[int, ...], ...]
    figures: Mapping[str, Estimate]
    caution: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sittings, over every part; parts[0] is all structures."""

    kind: Kind
    first: Arm
    second: Arm
    parts: tuple[PartFigures, ...]

    def part(self, wanted: Part) -> PartFigures:
        """The figures over these structures."""
        return next(each for each in self.parts if each.part == wanted)


@dataclass(frozen=True, slots=True)
class ManyReaders:
    """Fleiss' κ of all readers' first sittings without help, over structures that all of them graded."""

    readers: tuple[str, ...]
    parts: Mapping[Part, Estimate]


def compare_all(sheet: Sheet) -> tuple[Comparison, ...]:
    """All comparisons that the sheet's sittings allow, readers among each other first."""
    found = [compare(sheet, kind, first, second) for kind, first, second in _pairs(sheet.arms)]
    return tuple(each for each in found if each.parts[0].structures or each.parts[0].cannot_judge)


def compare(sheet: Sheet, kind: Kind, first: Arm, second: Arm) -> Comparison:
    """The figures of two sittings."""
    tables = pair_tables(sheet.grades[first], sheet.grades[second])
    parts = []
    for part in PARTS:
        per_study = tables[:, part.columns].sum(axis=1)
        total = per_study.sum(axis=0)
        studies = Studies.of(per_study)
        parts.append(
            PartFigures(
                part=part,
                studies=len(studies.filled),
                structures=int(total.sum()),
                cannot_judge=cannot_judge(sheet.grades[first], sheet.grades[second], part.columns),
                table=tuple(tuple(int(count) for count in row) for row in total),
                figures={name: each.estimate(studies) for name, each in FIGURES.items()},
                caution=caution_of(per_study),
            )
        )
    return Comparison(kind, first, second, tuple(parts))


def caution_of(per_study: Values) -> str:
    """Why the intervals of kappa may be too short; "" where they are not. per_study: (studies, 3, 3).

    A kappa is carried by the rare grades, and of one that the studies hardly hold no interval can know.
    """
    severe = int((per_study[:, 2, :].any(axis=1) | per_study[:, :, 2].any(axis=1)).sum())
    if severe >= FEWEST_WITH_SEVERE or not per_study.any():
        return ""
    return f"Severe in {severe} of the studies" if severe else "Severe in none of the studies"


def many_readers(sheet: Sheet) -> ManyReaders | None:
    """Fleiss' κ where more than two readers read without help; else None."""
    arms = plain_arms(sheet)
    if len(arms) < 3:
        return None
    terms = figures.fleiss_terms(counts_of([sheet.grades[arm] for arm in arms]))
    return ManyReaders(
        tuple(arm.reader for arm in arms),
        {
            part: estimate(Studies.of(terms[:, part.columns].sum(axis=1)), figures.fleiss_kappa_of, Scale.COEFFICIENT)
            for part in PARTS
        },
    )


def plain_arms(sheet: Sheet) -> tuple[Arm, ...]:
    """Each reader's first sitting without help; the program is no reader."""
    return tuple(arm for arm in sheet.arms if arm.pass_number == 1 and not arm.helped and arm.reader != PROGRAM)


def reader_bias(sheet: Sheet, arm: Arm, part: Part) -> Estimate:
    """How many grades higher a reader is than the mean of the others, over structures graded by both of each pair."""
    others = [other for other in plain_arms(sheet) if other.reader != arm.reader]
    tables = [pair_tables(sheet.grades[arm], sheet.grades[other])[:, part.columns].sum(axis=1) for other in others]
    shared = [table for table in tables if table.any()]
    if not shared:
        return Estimate(None, reason=NOTHING)

    def mean_bias(sums: Values) -> Values:
        mean: Values = figures.bias(sums).mean(axis=-1)
        return mean

    return estimate(Studies.of(np.stack(shared, axis=1)), mean_bias, Scale.GRADES)


def _pairs(arms: tuple[Arm, ...]) -> Iterator[tuple[Kind, Arm, Arm]]:
    """Two sittings differ in one thing: the reader, the pass, or the help."""
    people = [arm for arm in arms if arm.reader != PROGRAM]
    for kind in (Kind.READERS, Kind.SELF, Kind.HELP):
        yield from ((kind, one, other) for one, other in combinations(people, 2) if _kind(one, other) is kind)
    for program in [arm for arm in arms if arm.reader == PROGRAM][:1]:
        yield from ((Kind.PROGRAM, one, program) for one in people if one.pass_number == 1)


def _kind(one: Arm, other: Arm) -> Kind | None:
    same_help, both_first = one.helped == other.helped, one.pass_number == other.pass_number == 1
    if one.reader != other.reader:
        return Kind.READERS if same_help and both_first else None
    if same_help:
        return Kind.SELF
    return Kind.HELP if both_first else None
