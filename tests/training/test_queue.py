"""A queue of trainings: in order of its groups, taken up again where it stopped, ended by a failure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from training.queue import Outcome, read_queue, run_queue

# In the place of `python -m training`: writes down how it was called, and fails where it is told to.
PROGRAM = """
import os, sys
with open(sys.argv[1], "a") as calls:
    calls.write(" ".join(sys.argv[2:]) + " OMP=" + os.environ["OMP_NUM_THREADS"] + chr(10))
sys.exit(3 if "fail" in sys.argv and not os.path.exists(sys.argv[1] + ".mended") else 0)
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    (tmp_path / "program.py").write_text(PROGRAM)
    return [sys.executable, str(tmp_path / "program.py"), str(tmp_path / "calls")]


def a_queue(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "queue.txt"
    file.write_text(text)
    return file


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_comments_are_left_out_and_dashes_part_groups(tmp_path: Path) -> None:
    file = a_queue(tmp_path, "# networks\ntrain --config a  # one\n\ntrain --config b\n---\ntrain --config c\n---\n")
    assert read_queue(file) == [["train --config a", "train --config b"], ["train --config c"]]


def test_a_group_waits_for_the_one_before_and_trainings_resume_with_their_share_of_the_cores(
    tmp_path: Path, program: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    file = a_queue(tmp_path, "train a\ntrain b\n---\nscore c\n")
    assert all(outcome.code == 0 for outcome in run_queue(file, 2, tmp_path / "runs", program))
    runs = f"--runs {tmp_path / 'runs'}"
    assert sorted(calls(tmp_path)[:2]) == [f"train {name} {runs} --resume --threads 2 OMP=2" for name in "ab"]
    assert calls(tmp_path)[2:] == [f"score c {runs} OMP=2"]


def test_after_a_failure_the_queue_ends_and_goes_on_there_the_next_time(tmp_path: Path, program: list[str]) -> None:
    file = a_queue(tmp_path, "train a\ntrain fail\n---\nscore c\n")
    outcomes = run_queue(file, 2, tmp_path / "runs", program)
    assert sorted(outcomes, key=lambda each: each.command) == [Outcome("train a", 0), Outcome("train fail", 3)]
    (tmp_path / "calls.mended").touch()
    outcomes = run_queue(file, 2, tmp_path / "runs", program)
    assert outcomes == [Outcome("train fail", 0), Outcome("score c", 0)]
    assert run_queue(file, 2, tmp_path / "runs", program) == []
