"""What is kept of a fault: where and when, never what was looked at; and the log does not grow without end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lumbar_core import faults
from lumbar_core.faults import log_fault, log_faults_of_threads, recent_faults


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "faults.log"
    monkeypatch.setattr(faults, "log_file", lambda: path)
    return path


def fail(patient: str) -> None:
    raise ValueError(f"{patient} in /home/{patient}/scan.dcm")


def a_fault() -> BaseException:
    with pytest.raises(ValueError, match="Doe") as caught:
        fail("Doe")
    return caught.value


def test_the_log_says_where_and_neither_what_nor_any_folder_of_the_pc(log: Path) -> None:
    assert str(log) in log_fault(a_fault())
    text = log.read_text()
    assert "ValueError" in text
    assert "tests/core/test_faults.py" in text
    assert " fail" in text
    assert "Doe" not in text
    assert str(Path(__file__).parents[3]) not in text


def test_a_full_log_becomes_the_old_one(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LARGEST_LOG_BYTES", 500)
    for _ in range(40):
        log_fault(a_fault())
    assert {path.name for path in log.parent.iterdir()} == {"faults.log", "faults.old.log"}
    assert sum(path.stat().st_size for path in log.parent.iterdir()) < 2000


def test_the_latest_faults_are_told_by_time_and_kind() -> None:
    assert recent_faults() == ()
    for _ in range(3):
        log_fault(a_fault())
    told = recent_faults(2)
    assert len(told) == 2
    assert all(line.endswith("Z ValueError") for line in told)


def test_a_fault_on_a_thread_goes_to_the_log_and_not_to_the_terminal(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # put back after the test
    log_faults_of_threads()
    thread = threading.Thread(target=fail, args=("Doe",))
    thread.start()
    thread.join()
    assert "ValueError" in log.read_text()
    assert "Doe" not in capsys.readouterr().err
