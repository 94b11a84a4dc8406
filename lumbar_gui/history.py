"""What the reader did to a result, to be taken back and done again."""

from __future__ import annotations

from dataclasses import dataclass

from lumbar_core.report.result import Alternative, StudyResult


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A result with its marks, as it was counted."""

    result: StudyResult
    numbering: Alternative | None


class History:
    """Moments before and after the one that is shown."""

    def __init__(self) -> None:
        self._before: list[Moment] = []
        self._after: list[Moment] = []

    def add(self, before: Moment) -> None:
        """Something new was done; what had been taken back is lost."""
        self._before.append(before)
        self._after.clear()

    def back(self, now: Moment) -> Moment | None:
        """The moment before this one, None at the beginning."""
        return self._step(self._before, self._after, now)

    def forth(self, now: Moment) -> Moment | None:
        """The moment that was taken back last, None where there is none."""
        return self._step(self._after, self._before, now)

    def forget(self) -> None:
        """Another case."""
        self._before.clear()
        self._after.clear()

    @staticmethod
    def _step(source: list[Moment], other: list[Moment], now: Moment) -> Moment | None:
        if not source:
            return None
        other.append(now)
        return source.pop()
