"""Does the 95 % interval of agreement cover the truth in 95 of 100 departments?

Departments are simulated: each draws its studies from generated patients whose grades are known, and readers of known
noise and bias read them, two of them, a third, and the first once more. The truth of each figure is exact; the interval
is the program's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.agreement import figures
from lumbar_core.agreement.comparison import FIGURES, caution_of
from lumbar_core.agreement.estimate import Estimate, Scale, estimate
from lumbar_core.agreement.sheet import Part, counts_of, pair_tables
from lumbar_core.anatomy import Condition
from training.phantom.readers import SimulatedReader, Truths, true_table, usual_grades

READERS = (SimulatedReader("R1", 0.45), SimulatedReader("R2", 0.55, 0.2), SimulatedReader("R3", 0.5, -0.15))
PARTS = (Part(), *(Part(condition=condition) for condition in Condition))


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure of one part: its truth, how it is estimated from the four sittings, and whether with a caution."""

    name: str
    truth: float
    estimate: Callable[[list[Truths]], tuple[Estimate, bool]]


def coverage(studies: int, departments: int, seed: int = 0) -> list[dict[str, Any]]:
    """By figure: its truth, the mean estimate, how many departments had an interval and which share of those covers it.

    A kappa's interval may be marked with a caution: how many are not, and which share of those covers the truth.
    """
    patients = usual_grades()
    asked = list(_asked(patients))
    found: list[list[tuple[Estimate, bool]]] = [[] for _ in asked]
    for department in range(departments):
        random = np.random.default_rng([seed, department])
        truths = patients[random.integers(len(patients), size=studies)]
        given = [reader.read(truths, random) for reader in (*READERS, READERS[0])]
        for one, estimates in zip(asked, found, strict=True):
            estimates.append(one.estimate(given))
    return [_row(one, estimates) for one, estimates in zip(asked, found, strict=True)]


def _asked(patients: Truths) -> Iterator[Asked]:
    pairs = (("R1 and R2", 0, 1, READERS[0], READERS[1]), ("R1 and self", 0, 3, READERS[0], READERS[0]))
    for part in PARTS:
        of = part.condition.value if part.condition is not None else "all structures"
        for words, one, other, first, second in pairs:
            table = true_table(patients[:, part.columns], first, second)
            for name, measured in FIGURES.items():
                yield Asked(
                    f"{of}, {words}, {name}",
                    float(measured.figure(table)),
                    lambda given, one=one, other=other, part=part, name=name: _of_pair(  # type: ignore[misc]
                        _sums(pair_tables(given[one], given[other]), part), name
                    ),
                )
        yield Asked(
            f"{of}, R1, R2 and R3, fleiss_kappa",
            _true_fleiss(patients[:, part.columns]),
            lambda given, part=part: (  # type: ignore[misc]
                estimate(
                    _sums(figures.fleiss_terms(counts_of(given[:3])), part), figures.fleiss_kappa_of, Scale.COEFFICIENT
                ),
                False,
            ),
        )


def _of_pair(per_study: NDArray[np.float64], name: str) -> tuple[Estimate, bool]:
    measured = FIGURES[name]
    marked = name.startswith("kappa") and bool(caution_of(per_study))
    return estimate(per_study, measured.figure, measured.scale, measured.undefined), marked


def _sums(per_structure: NDArray[np.float64], part: Part) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = per_structure[:, part.columns].sum(axis=1)
    return sums


def _true_fleiss(truths: Truths) -> float:
    """Observed: the mean agreement of the three pairs. By chance: from the mean of the readers' shares."""
    pairs = [true_table(truths, READERS[i], READERS[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    shares = np.mean([pairs[0].sum(axis=1), pairs[0].sum(axis=0), pairs[1].sum(axis=0)], axis=0)
    observed = np.mean([np.trace(pair) for pair in pairs])
    return float(figures.fleiss_kappa_of(np.concatenate([[1.0, observed], shares])))


def _row(one: Asked, estimates: list[tuple[Estimate, bool]]) -> dict[str, Any]:
    with_interval = [(each, marked) for each, marked in estimates if each.low is not None]
    unmarked = [each for each, marked in with_interval if not marked]
    values = [each.value for each, _ in estimates if each.value is not None]
    return {
        "figure": one.name,
        "truth": round(one.truth, 3),
        "mean": round(float(np.mean(values)), 3) if values else None,
        "intervals": len(with_interval),
        "covered": _share([each for each, _ in with_interval], one.truth),
        "unmarked": len(unmarked),
        "covered_unmarked": _share(unmarked, one.truth),
    }


def _share(estimates: list[Estimate], truth: float) -> float | None:
    return round(float(np.mean([each.covers(truth) for each in estimates])), 3) if estimates else None
