"""Judgements laid out to be counted: an array of studies by structures for each arm, and the parts looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.agreement.readings import Arm, Judgement
from lumbar_core.anatomy import LEVELS, STUDY_TARGETS, Condition, Level, Side

Grades = NDArray[np.int8]  # (studies, 25) 0 to 2, or one of the two below; columns as STUDY_TARGETS
CANNOT_JUDGE, UNREAD = -1, -2

_COLUMN = {target: number for number, target in enumerate(STUDY_TARGETS)}


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the 25 structures, by what they have in common; all None: every structure."""

    condition: Condition | None = None
    level: Level | None = None
    side: Side | None = None

    @property
    def columns(self) -> NDArray[np.bool_]:
        """(25,) which structures."""
        return np.array(
            [
                self.condition in (None, target.condition)
                and self.level in (None, target.level)
                and self.side in (None, target.side)
                for target in STUDY_TARGETS
            ]
        )


# What every comparison is broken down by; the last row is drawn as agreement by level.
PARTS: tuple[Part, ...] = (
    Part(),
    *(Part(condition=condition) for condition in Condition),
    *(Part(level=level) for level in LEVELS),
    *(Part(side=side) for side in (Side.RIGHT, Side.LEFT)),
    *(Part(condition=condition, level=level) for condition in Condition for level in LEVELS),
)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """All judgements, by arm."""

    studies: tuple[str, ...]
    grades: dict[Arm, Grades]

    @property
    def arms(self) -> tuple[Arm, ...]:
        """In the order of readers, then of passes, without help first."""
        return tuple(self.grades)


def lay_out(judgements: Iterable[Judgement]) -> Sheet:
    """The sheet of some judgements, studies and arms in order."""
    judgements = tuple(judgements)
    studies = tuple(sorted({judgement.study for judgement in judgements}))
    row = {study: number for number, study in enumerate(studies)}
    arms = sorted(
        {judgement.arm for judgement in judgements}, key=lambda arm: (arm.reader, arm.pass_number, arm.helped)
    )
    grades: dict[Arm, Grades] = {
        arm: np.full((len(studies), len(STUDY_TARGETS)), UNREAD, dtype=np.int8) for arm in arms
    }
    for judgement in judgements:
        grade = CANNOT_JUDGE if judgement.grade is None else int(judgement.grade)
        grades[judgement.arm][row[judgement.study], _COLUMN[judgement.target]] = grade
    return Sheet(studies, grades)


def pair_tables(first: Grades, second: Grades) -> NDArray[np.float64]:
    """(studies, 25, 3, 3) one where both graded: first by second."""
    one_hot = [
        np.stack([given == grade for grade in range(3)], axis=-1).astype(np.float64) for given in (first, second)
    ]
    return one_hot[0][..., :, None] * one_hot[1][..., None, :]


def cannot_judge(first: Grades, second: Grades, columns: NDArray[np.bool_]) -> int:
    """Structures that both looked at and at least one could not judge: counted, and in no figure."""
    both = (first != UNREAD) & (second != UNREAD)
    return int((both & ((first == CANNOT_JUDGE) | (second == CANNOT_JUDGE)))[:, columns].sum())


def counts_of(grades: Sequence[Grades]) -> NDArray[np.float64]:
    """(studies, 25, 3) how many gave each grade; zero throughout where not all of them did."""
    stacked = np.stack(grades)
    counts = np.stack([(stacked == grade).sum(axis=0) for grade in range(3)], axis=-1).astype(np.float64)
    complete: NDArray[np.float64] = counts * (counts.sum(axis=-1, keepdims=True) == len(grades))
    return complete
