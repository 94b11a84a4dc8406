"""Which networks a recipe needs, and where each one lies: runs/<name>/<without folds>/checkpoint.pt.

Cross-validation leaves out one fold; the shipped network leaves out none. A grader is trained on crops cut by a
localiser that must not have seen the fold that the grader will be scored on.
"""

from __future__ import annotations

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
