"""The suite's own rules: what CI does with a window test that was skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SKIPPED_TEST = """
import pytest

@pytest.mark.gui
def test_the_window_opens():
    pytest.skip({reason!r})
"""


def outcome(folder: Path, reason: str, ci: str) -> str:
    """What pytest says, under our conftest, of one window test that skips itself."""
    test = folder / "test_window.py"
    test.write_text(SKIPPED_TEST.format(reason=reason))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "pyproject.toml", str(test)]
    answer = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False
    )
    return answer.stdout


@pytest.mark.parametrize(
    ("reason", "ci", "expected"),
    [
        ("no display", "true", "1 failed"),
        ("no display", "", "1 skipped"),
        ("real data absent", "true", "1 skipped"),
    ],
)
def test_a_skipped_window_test_fails_only_in_ci(tmp_path: Path, reason: str, ci: str, expected: str) -> None:
    assert expected in outcome(tmp_path, reason, ci)


def test_skips_for_want_of_real_data_are_counted_and_printed(tmp_path: Path) -> None:
    assert "real-data tests skipped: 1" in outcome(tmp_path, "real data absent", "")
