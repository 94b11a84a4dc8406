"""The gates, in the order of the table."""

from __future__ import annotations

from tests.robustness import (
    big_folder,
    bombs,
    cycles,
    determinism,
    disks,
    escapes,
    frozen_fuzz,
    fuzz,
    kills,
    nesting,
    privacy,
    saving,
    swaps,
    tampering,
)
from tests.robustness.gate import Gate

GATES: tuple[Gate, ...] = (
    fuzz.GATE,
    frozen_fuzz.GATE,
    kills.GATE,
    bombs.GATE,
    nesting.GATE,
    escapes.GATE,
    privacy.GATE,
    saving.GATE,
    disks.GATE,
    cycles.GATE,
    determinism.GATE,
    tampering.GATE,
    swaps.GATE,
    big_folder.GATE,
)
