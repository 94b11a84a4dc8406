"""Jobs: what comes back, and that nothing else does."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from lumbar_core import faults
from lumbar_core.errors import Cancelled, Damaged
from lumbar_gui.worker import Done, Failed, Job, Reported, Stopped


def ended(work: object) -> list[object]:
    outbox: SimpleQueue[object] = SimpleQueue()
    job = Job("test", work, outbox)  # type: ignore[arg-type]
    job.start()
    assert job.wait(5)
    messages = []
    while not outbox.empty():
        messages.append(outbox.get())
    return messages


def test_reports_come_before_the_value() -> None:
    def work(job: Job) -> int:
        job.report("half")
        return 7

    first, last = ended(work)
    assert isinstance(first, Reported)
    assert first.value == "half"
    assert isinstance(last, Done)
    assert last.value == 7


def test_an_error_of_ours_comes_back_as_it_is() -> None:
    def work(job: Job) -> None:
        raise Damaged("The file ends early.", "Copy it again.")

    (message,) = ended(work)
    assert isinstance(message, Failed)
    assert message.error.finding == "The file ends early."


def test_a_fault_becomes_a_sentence_and_its_text_is_not_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "log_file", lambda: tmp_path / "faults.log")
    name = "^".join(["Doe", "Jane"])

    def work(job: Job) -> None:
        raise KeyError(name)

    (message,) = ended(work)
    assert isinstance(message, Failed)
    assert "inside the program" in message.error.finding
    assert "KeyError" in message.details
    assert "Doe" not in message.details + (tmp_path / "faults.log").read_text()


def test_a_cancelled_job_says_stopped_even_if_it_finished() -> None:
    outbox: SimpleQueue[object] = SimpleQueue()
    go = threading.Event()
    job = Job("test", lambda _job: go.wait(5), outbox).start()
    job.cancel()
    go.set()
    assert job.wait(5)
    assert isinstance(outbox.get(), Stopped)


def test_work_that_raises_cancelled_is_stopped_not_failed() -> None:
    def work(job: Job) -> None:
        raise Cancelled

    (message,) = ended(work)
    assert isinstance(message, Stopped)
