"""A plan out of a folder of examinations, for the command and the window alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.agreement.plan import Plan, Reveal, make_plan, render_plan
from lumbar_core.report.save import save


@dataclass(frozen=True, slots=True)
class PlanWishes:
    """How a plan is to be; every field as `make_plan` means it."""

    readers: tuple[str, ...]
    seed: int = 1
    repeat: float = 0.0
    washout_days: int = 28
    with_help: bool = False
    reveal: Reveal = Reveal.AT_END


def plan_folder(
    folder: Path,
    out: Path,
    wishes: PlanWishes,
    count: Callable[[int, int], None],
    cancelled: Callable[[], bool] | None = None,
) -> Plan:
    """Find the examinations below a folder, plan their reading, and save the plan; count is told how many files of all.

    Raises ReadingError, Refused, SavingError, Cancelled.
    """
    from lumbar_core.reading import read_studies

    plan = make_plan(
        read_studies([folder], count, cancelled),
        wishes.readers,
        seed=wishes.seed,
        repeat=wishes.repeat,
        washout_days=wishes.washout_days,
        with_help=wishes.with_help,
        reveal=wishes.reveal,
    )
    save(out, render_plan(plan))
    return plan


def plan_words(plan: Plan) -> str:
    """ "30 studies, 2 readers, 72 readings in all"."""
    counts = {"study": len(plan.studies), "reader": len(plan.queues), "reading": sum(map(len, plan.queues.values()))}
    many = {"study": "studies", "reader": "readers", "reading": "readings"}
    return f"{', '.join(f'{n} {name if n == 1 else many[name]}' for name, n in counts.items())} in all"
