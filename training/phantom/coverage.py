"""Does the 95 % interval of agreement cover the truth in 95 of 100 departments?

Departments are simulated: each draws its studies from generated patients whose grades are known, and readers of known
noise and bias read them, two of them, a third, and the first once more. The truth of each figure is exact; the interval
is the program's own.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core.agreement import figures
from lumbar_core.agreement.comparison import FIGURES, caution_of
from lumbar_core.agreement.estimate import Estimate, Scale, Studies, estimate
from lumbar_core.agreement.sheet import Part, counts_of, pair_tables
from lumbar_core.anatomy import Condition
from training.metrics import wilson
from training.orphans import end_with_parent
from training.phantom.readers import SimulatedReader, Truths, true_table, usual_grades

READERS = (SimulatedReader("R1", 0.45), SimulatedReader("R2", 0.55, 0.2), SimulatedReader("R3", 0.5, -0.15))
SITTINGS = (*READERS, READERS[0])
PAIRS = {"R1 and R2": (0, 1), "R1 and self": (0, 3)}  # of sittings
PARTS = (Part(), *(Part(condition=condition) for condition in Condition))


# What share of intervals is to hold the truth, and how many departments one process takes at a time.
WANTED = (0.93, 0.97)
_AT_ONCE = 50
_SEED = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What some departments found of one figure.

    values: of how many it has a value, total: their sum. intervals: how many have one, covered: how many of those hold
    the truth; unmarked and covered_unmarked: the same of those without a caution.
    """

    values: int = 0
    total: float = 0.0
    intervals: int = 0
    covered: int = 0
    unmarked: int = 0
    covered_unmarked: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))


def coverage(
    studies: int, departments: int, workers: int = 1, show: Callable[[int, int], None] = lambda done, of: None
) -> dict[str, Any]:
    """By figure: its truth, the mean estimate, how many departments had an interval and which share of those covers it.

    Beside a share stands its own 95 % interval (Wilson's): what so many departments cannot tell. A kappa's interval may
    be marked with a caution: how many are not, and which share of those covers the truth. A department is the same
    however many there are and whoever counts it.
    """
    asked = list(_asked(usual_grades()))
    found = [Counted() for _ in asked]
    starts = range(0, departments, _AT_ONCE)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), end_with_parent) as pool:
        chunks = pool.map(partial(_count, studies), ((at, min(at + _AT_ONCE, departments)) for at in starts))
        for start, chunk in zip(starts, chunks, strict=True):
            found = [one + more for one, more in zip(found, chunk, strict=True)]
            show(min(start + _AT_ONCE, departments), departments)
    rows = [_row(name, truth, counted) for (name, truth), counted in zip(asked, found, strict=True)]
    return {"studies": studies, "departments": departments, "figures": rows, **verdict(rows)}


def verdict(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Which figures are covered too rarely or too often, and of which so many departments cannot tell.

    The unmarked intervals are judged: a marked one makes no promise. outside: the share lies beyond 93 to 97 % with all
    of its own interval; unsure: it lies beyond, but by no more than sampling explains.
    """
    asked = [row for row in rows if row["covered_unmarked"] is not None]
    beyond = [row for row in asked if not WANTED[0] <= row["covered_unmarked"] <= WANTED[1]]
    outside = [row for row in beyond if row["ci95"][1] < WANTED[0] or row["ci95"][0] > WANTED[1]]
    unsure = [row for row in beyond if row not in outside]
    return {
        "within": len(asked) - len(beyond),
        "unsure": [_said(row) for row in unsure],
        "outside": [_said(row) for row in outside],
    }


def _said(row: dict[str, Any]) -> str:
    low, high = row["ci95"]
    return f"{row['figure']}: {row['covered_unmarked']:.1%} ({low:.1%} to {high:.1%})"


def _count(studies: int, departments: tuple[int, int]) -> list[Counted]:
    """Of each figure what these departments find."""
    patients = usual_grades()
    asked = list(_asked(patients))
    found = [Counted() for _ in asked]
    for department in range(*departments):
        random = np.random.default_rng([_SEED, department])
        truths = patients[random.integers(len(patients), size=studies)]
        given = [reader.read(truths, random) for reader in SITTINGS]
        answers = [_counted(truth, *answer) for (_, truth), answer in zip(asked, _answers(given), strict=True)]
        found = [before + answer for before, answer in zip(found, answers, strict=True)]
    return found


def _counted(truth: float, found: Estimate, marked: bool) -> Counted:
    if found.value is None:
        return Counted()
    if found.low is None:
        return Counted(1, found.value)
    covered = int(found.covers(truth))
    return Counted(1, found.value, 1, covered, int(not marked), covered * int(not marked))


def _asked(patients: Truths) -> Iterator[tuple[str, float]]:
    """Each figure of each part and pair, and its truth."""
    for part in PARTS:
        of = part.condition.value if part.condition is not None else "all structures"
        grades = patients[:, part.columns]
        for words, (one, other) in PAIRS.items():
            table = true_table(grades, SITTINGS[one], SITTINGS[other])
            for name, measured in FIGURES.items():
                yield f"{of}, {words}, {name}", float(measured.figure(table))
        yield f"{of}, R1, R2 and R3, fleiss_kappa", _true_fleiss(grades)


def _answers(given: Sequence[Truths]) -> Iterator[tuple[Estimate, bool]]:
    """What a department's sittings say of each figure, in the order of `_asked`, and whether with a caution."""
    tables = [pair_tables(given[one], given[other]) for one, other in PAIRS.values()]
    terms = figures.fleiss_terms(counts_of(given[: len(READERS)]))
    for part in PARTS:
        for table in tables:
            studies = Studies.of(_sums(table, part))
            marked = bool(caution_of(studies.filled))
            for name, measured in FIGURES.items():
                yield measured.estimate(studies), marked and name.startswith("kappa")
        yield estimate(Studies.of(_sums(terms, part)), figures.fleiss_kappa_of, Scale.COEFFICIENT), False


def _sums(per_structure: NDArray[np.float64], part: Part) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = per_structure[:, part.columns].sum(axis=1)
    return sums


def _true_fleiss(truths: Truths) -> float:
    """Observed: the mean agreement of the three pairs. By chance: from the mean of the readers' shares."""
    pairs = [true_table(truths, READERS[i], READERS[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    shares = np.mean([pairs[0].sum(axis=1), pairs[0].sum(axis=0), pairs[1].sum(axis=0)], axis=0)
    observed = np.mean([np.trace(pair) for pair in pairs])
    return float(figures.fleiss_kappa_of(np.concatenate([[1.0, observed], shares])))


def _row(name: str, truth: float, counted: Counted) -> dict[str, Any]:
    return {
        "figure": name,
        "truth": round(truth, 3),
        "mean": round(counted.total / counted.values, 3) if counted.values else None,
        "intervals": counted.intervals,
        "covered": _share(counted.covered, counted.intervals),
        "unmarked": counted.unmarked,
        "covered_unmarked": _share(counted.covered_unmarked, counted.unmarked),
        "ci95": _sampling(counted.covered_unmarked, counted.unmarked),
    }


def _share(covered: int, of: int) -> float | None:
    return round(covered / of, 4) if of else None


def _sampling(covered: int, of: int) -> list[float] | None:
    return [round(end, 4) for end in wilson(covered / of, of)] if of else None
