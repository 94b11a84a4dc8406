"""What the reader did to a result and drew on its pictures, to be taken back and done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lumbar_core.report.result import Alternative, StudyResult
from lumbar_gui.state import Measure


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A result with its marks, as it was counted."""

    result: StudyResult
    numbering: Alternative | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn on the pictures, whatever the result."""

    measures: tuple[Measure, ...]


class History:
    """What was before and after that which is shown, step by step: another result, or other drawings."""

    def __init__(self) -> None:
        self._before: list[Moment | Drawn] = []
        self._after: list[Moment | Drawn] = []

    def add(self, before: Moment | Drawn) -> None:
        """Something new was done; what had been taken back is lost."""
        self._before.append(before)
        self._after.clear()

    def back(self, now: Moment, drawn: Drawn) -> Moment | Drawn | None:
        """What was before the latest step, None at the beginning."""
        return self._step(self._before, self._after, now, drawn)

    def forth(self, now: Moment, drawn: Drawn) -> Moment | Drawn | None:
        """What was taken back last, None where there is none."""
        return self._step(self._after, self._before, now, drawn)

    def change_results(self, change: Callable[[StudyResult], StudyResult]) -> None:
        """Make the same change to every result that undo or redo leads to."""
        for steps in (self._before, self._after):
            for index, step in enumerate(steps):
                if isinstance(step, Moment):
                    steps[index] = replace(step, result=change(step.result))

    def forget(self) -> None:
        """Another case."""
        self._before.clear()
        self._after.clear()

    @staticmethod
    def _step(
        source: list[Moment | Drawn], other: list[Moment | Drawn], now: Moment, drawn: Drawn
    ) -> Moment | Drawn | None:
        if not source:
            return None
        step = source.pop()
        other.append(drawn if isinstance(step, Drawn) else now)
        return step
