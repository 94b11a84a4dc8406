"""The grid: learning rate and its course, batch, epochs, dropout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from training.config import SCHEDULES, TrainConfig

HIGHEST_RATE, LOWEST_RATE = 1e-3, 1e-7


@dataclass(frozen=True, slots=True)
class Space:
    """What is tried: every combination."""

    learning_rates: tuple[float, ...]
    schedules: tuple[str, ...]
    batches: tuple[int, ...]
    epochs: tuple[int, ...]
    dropouts: tuple[float, ...]

    def as_grid(self) -> dict[str, Sequence[str | float | int]]:
        """By the recipe's knobs."""
        return {
            "learning_rate": self.learning_rates,
            "schedule": self.schedules,
            "batch": self.batches,
            "epochs": self.epochs,
            "dropout": self.dropouts,
        }

    @property
    def points(self) -> int:
        """How many trainings."""
        count = 1
        for values in self.as_grid().values():
            count *= len(values)
        return count


def rates(count: int) -> tuple[float, ...]:
    """Learning rates from 1e-3 down to 1e-7, evenly apart in their logarithm."""
    if count == 1:
        return (HIGHEST_RATE,)
    step = (LOWEST_RATE / HIGHEST_RATE) ** (1 / (count - 1))
    return tuple(float(f"{HIGHEST_RATE * step**index:.3g}") for index in range(count))


def studys_own() -> Space:
    """What the original study chose from."""
    return Space(rates(5), SCHEDULES, (32, 64), (50, 100), (0.2, 0.5))


def recipe_at(base: TrainConfig, point: dict[str, str | float | int]) -> TrainConfig:
    """The recipe with a point's knobs; without teachers and rounding, which are of another question."""
    return replace(base, teacher_epochs=0, kernel_steps=0, **point)  # type: ignore[arg-type]  # knobs by name


def name_of(point: dict[str, str | float | int]) -> str:
    """A folder's name: "lr1e-05_constant_b32_e50_d0.2"."""
    rate = f"{float(point['learning_rate']):.3g}"
    return f"lr{rate}_{point['schedule']}_b{point['batch']}_e{point['epochs']}_d{point['dropout']}"
