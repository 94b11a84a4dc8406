"""Graded cells as columns: what every figure is reckoned from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class GradedCells:
    """Structures that radiologists graded, N of them, with the program's answers.

    sides:         of the patient; empty where there is none.
    qualities:     of the pictures (`quality`), NaN where unknown.
    grades:        0–2, the radiologists'.
    probabilities: (N, 3), NaN where the program assessed nothing.
    given:         the program's grade, −1 there.
    checks:        whether the program asks for a check.
    """

    studies: Words
    conditions: Words
    levels: Words
    sides: Words
    qualities: NDArray[np.float64]
    grades: NDArray[np.int64]
    assessed: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    given: NDArray[np.int64]
    checks: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.grades)

    def chosen(self, which: NDArray[Any]) -> GradedCells:
        """Some of the cells, by index or mask."""
        return GradedCells(**{field.name: getattr(self, field.name)[which] for field in fields(self)})
