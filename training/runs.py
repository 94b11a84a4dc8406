"""Which networks a recipe needs, and where each one lies: runs/<name>/<without folds>/checkpoint.pt.

Cross-validation leaves out one fold; the shipped network leaves out none. A grader is trained on crops cut by a
localiser that must not have seen the fold that the grader will be scored on. Nested localisers leave out the
crops' own fold too (docs/decisions/0008 and 0014).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from training.splits import FOLDS

ALL: frozenset[int] = frozenset()


def run_folder(runs: Path, name: str, left_out: frozenset[int] | set[int]) -> Path:
    """Where the network trained without these folds lies."""
    label = "without_" + "_".join(map(str, sorted(left_out))) if left_out else "all"
    return runs / name / label


def outer() -> list[frozenset[int]]:
    """One network a fold: each scores the fold it left out."""
    return [frozenset({fold}) for fold in FOLDS]


def inner() -> list[frozenset[int]]:
    """The nested networks: each cuts crops of its two folds, for graders that leave out one of them."""
    return [frozenset(pair) for pair in combinations(FOLDS, 2)]


def cutters(left_out: frozenset[int], folds: Iterable[int], *, nested: bool) -> dict[int, frozenset[int]]:
    """For each training fold of a grader, which localiser cuts its crops, by the folds that this one left out.

    Nested, it saw neither the crops' fold nor the one left out. Else it is the one that also cuts when the grader is
    scored; the grader that leaves out nothing has a localiser for every fold that did not see it, either way.
    """
    return {fold: left_out | {fold} if nested else left_out or frozenset({fold}) for fold in folds}
