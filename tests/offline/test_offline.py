"""Nothing leaves the PC: a whole job is watched from outside, system call by system call.

pytest-socket sees only Python's own sockets; the inference runtime sends from native threads, so only the kernel
can tell. The job gets no help: no switch against telemetry in its environment, a home folder that is empty.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.offline.watched import INTERNET, SAMPLE, WATCHED, Job, graded, path_alone, watched

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

COMMAND = [sys.executable, "-m", "lumbar_core"]


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """One whole job under strace: its exit code, its trace, the folders it had."""
    return watched(tmp_path_factory.mktemp("grade"), lambda out: [*COMMAND, *graded(out)], path_alone())


@pytest.fixture(scope="module")
def batch_job(tmp_path_factory):
    """The same for a batch with two workers."""
    return watched(
        tmp_path_factory.mktemp("batch"),
        lambda out: [*COMMAND, "batch", str(SAMPLE), "--out", str(out), "--workers", "2"],
        path_alone(),
    )


def test_the_job_was_done(job, batch_job):
    assert job.code in (0, 3), job.said
    assert {path.name for path in job.out.iterdir()} == {"r.json", "r.csv", "r.pdf"}
    assert batch_job.code == 0, batch_job.said
    assert {path.name for path in batch_job.out.iterdir()} == {"results.jsonl", "results.csv"}


def test_the_watch_covers_the_inference_runtime_and_every_process(job, batch_job):
    assert "onnxruntime" in job.trace
    processes = {line.split()[0] for line in batch_job.trace.splitlines()}
    assert len(processes) > 1


@pytest.mark.parametrize("which", ["job", "batch_job"])
def test_no_internet_socket_is_ever_opened(which, request):
    assert INTERNET.findall(request.getfixturevalue(which).trace) == []


@pytest.mark.parametrize("which", ["job", "batch_job"])
def test_no_name_is_looked_up(which, request):
    assert request.getfixturevalue(which).looked_up() == []


@pytest.mark.parametrize("which", ["job", "batch_job"])
def test_nothing_is_written_outside_the_folder_asked_for_and_the_programs_own(which, request):
    assert request.getfixturevalue(which).astray() == set()


def test_the_watch_would_see_a_socket_a_lookup_and_a_stray_file(tmp_path):
    home, trace = tmp_path / "stray", tmp_path / "trace"
    offence = (
        "import socket; socket.socket(socket.AF_INET).close(); "
        f"open({str(home)!r}, 'w').close(); import os; os.rename({str(home)!r}, {str(home) + '2'!r})"
    )
    subprocess.run(
        ["strace", "-f", "-qq", "-e", f"trace={WATCHED}", "-o", str(trace), sys.executable, "-c", offence],
        check=True,
    )
    job = Job(0, "", trace.read_text(), tmp_path, tmp_path / "out")
    assert INTERNET.search(job.trace)
    assert str(home) in job.astray()
