"""One line of the budget table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measured value beside its budget; `value` None where it could not be measured, with the reason."""

    what: str
    value: float | None
    budget: float | None  # None: measured for comparison only
    unit: str
    reason: str = ""
    at_least: bool = False  # the budget is a floor, not a ceiling

    @property
    def verdict(self) -> str:
        """In words."""
        if self.value is None:
            return f"not measured: {self.reason}"
        if self.budget is None:
            return "for comparison"
        kept = self.value >= self.budget if self.at_least else self.value <= self.budget
        return "kept" if kept else "EXCEEDED"

    def __str__(self) -> str:
        value = "–" if self.value is None else f"{self.value:.2f}"
        bound = "" if self.budget is None else f"{'≥' if self.at_least else '≤'} {self.budget:g}"
        return f"{self.what:<62} {value:>8} {self.unit:<4} {bound:<7} {self.verdict}"
