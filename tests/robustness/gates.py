"""The gates, in the order of the table."""

from __future__ import annotations

from tests.robustness import bombs, escapes, fuzz, nesting
from tests.robustness.gate import Gate

GATES: tuple[Gate, ...] = (
    fuzz.GATE,
    bombs.GATE,
    nesting.GATE,
    escapes.GATE,
)
