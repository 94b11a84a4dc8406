"""Which networks a recipe needs, and where each one lies: runs/<name>/<without folds>/checkpoint.pt.

Cross-validation leaves out one fold. A step that is trained on another step's output (crops cut by a
localiser) needs that output for its training studies too, from networks that saw neither those studies
nor the fold it will be scored on: they leave out two folds. The shipped network leaves out none.
"""

from __future__ import annotations

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
