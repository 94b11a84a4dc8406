"""Every gate in its short form; the long form is `python -m tests.robustness`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.gate import Gate
from tests.robustness.gates import GATES
from tests.robustness.seeds import make_seeds

pytestmark = pytest.mark.robustness


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_the_gate_holds(gate: Gate, tmp_path: Path) -> None:
    outcome = gate.run(gate.short, tmp_path)
    if not outcome.checks:
        pytest.skip(f"{gate.name}: {outcome.undone}")
    assert outcome.passed, (outcome.checks, outcome.faults)


def test_there_are_seeds_enough_and_they_are_always_the_same() -> None:
    seeds = make_seeds()
    assert len(seeds) >= 40
    assert len({seed.name for seed in seeds}) == len(seeds)
    assert seeds == make_seeds()
