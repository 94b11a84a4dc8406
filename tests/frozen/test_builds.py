"""Builds made for the test: twice the same, to the bit, and one without packs."""

from __future__ import annotations

from pathlib import Path

import pytest

from freeze.build import build
from freeze.release import require_equal
from freeze.trial import try_hard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_two_builds_are_equal_to_the_bit(tmp_path: Path) -> None:
    """R15. In two places, one after the other."""
    first, second = (build(tmp_path / name, tmp_path / f"work-{name}") for name in ("one", "two"))
    require_equal(first, second)


def test_a_build_without_packs_runs_and_names_what_it_lacks(tmp_path: Path) -> None:
    folder = build(tmp_path / "without", tmp_path / "work", with_packs=False)
    assert list(folder.glob("_internal/lumbar_core/models/*/*")) == []
    lines: list[str] = []
    try_hard(folder, lines.append)
    assert lines[-1].startswith("grade the sample:")
