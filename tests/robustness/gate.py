"""What a gate is: a count of attacks, what was measured, and the limits that it is held to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_FAULTS_TOLD = 12


@dataclass(frozen=True, slots=True)
class Check:
    """One measured figure, which must not exceed its limit."""

    what: str
    measured: float
    limit: float
    unit: str = ""

    @property
    def holds(self) -> bool:
        return self.measured <= self.limit

    def __str__(self) -> str:
        return f"{self.what} {self.measured:.10g}{self.unit} (≤ {self.limit:g}{self.unit})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a gate gave.

    done:   how many attacks were made, and of what, in words ("3,000 mutated files of 76 seeds").
    faults: the first offences, each so that it can be made again.
    undone: why the gate, or a part of it, could not be run here.
    """

    done: str
    checks: tuple[Check, ...]
    faults: tuple[str, ...] = ()
    undone: str = ""

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.holds for check in self.checks)


@dataclass(frozen=True, slots=True)
class Gate:
    """One row of the table.

    run: (how many, an empty folder) → Outcome.
    short, long: how many attacks in `make test` and in the long form.
    """

    name: str
    title: str
    short: int
    long: int
    run: Callable[[int, Path], Outcome] = field(repr=False)


def told(faults: Sequence[str]) -> tuple[str, ...]:
    """The first faults, and how many more there were."""
    more = len(faults) - MOST_FAULTS_TOLD
    return (*faults[:MOST_FAULTS_TOLD], *((f"and {more} more",) if more > 0 else ()))
