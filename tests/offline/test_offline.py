"""Nothing leaves the PC: a whole job is watched from outside, system call by system call.

pytest-socket sees only Python's own sockets; the inference runtime sends from native threads, so only the kernel
can tell. The job gets no help: no switch against telemetry in its environment, a home folder that is empty.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lumbar_core

ROOT = Path(lumbar_core.__file__).resolve().parents[1]
SAMPLE = ROOT / "lumbar_core" / "sample"
WATCHED = "socket,connect,bind,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2"
INTERNET = re.compile(r"AF_INET6?\b")
WRITES = re.compile(
    r'(?:open|openat|creat)\((?:AT_FDCWD, )?"([^"]+)", [^)]*O_(?:WRONLY|RDWR|CREAT)[^)]*\)\s+=\s+\d'
    r'|(?:mkdir|mkdirat|creat|rename|renameat|renameat2)\([^"]*"([^"]+)".*\)\s+=\s+0'
)
# A program's own folders on Linux (XDG): settings and key, log, cache.
OWN_FOLDERS = (".local", ".local/share", ".local/state", ".config", ".cache")

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """One whole job under strace: its exit code, its trace, the folders it had."""
    return _watched(tmp_path_factory.mktemp("grade"), lambda out: [
        "grade", str(SAMPLE), "--json", str(out / "r.json"), "--csv", str(out / "r.csv"), "--pdf", str(out / "r.pdf"),
    ])  # fmt: skip


@pytest.fixture(scope="module")
def batch_job(tmp_path_factory):
    """The same for a batch with two workers."""
    return _watched(
        tmp_path_factory.mktemp("batch"), lambda out: ["batch", str(SAMPLE), "--out", str(out), "--workers", "2"]
    )


class Job:
    """What a watched job did."""

    def __init__(self, code: int, said: str, trace: str, home: Path, out: Path) -> None:
        self.code, self.said, self.trace, self.home, self.out = code, said, trace, home, out

    def written(self) -> set[str]:
        """Every path opened for writing, made or renamed."""
        found = {match.group(1) or match.group(2) for match in WRITES.finditer(self.trace)}
        return {path for path in found if not path.startswith("/dev/")}


def _watched(folder: Path, words) -> Job:
    home, out = folder / "home", folder / "out"
    home.mkdir()
    out.mkdir()
    trace = folder / "trace"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    command = ["strace", "-f", "-qq", "-s", "4096", "-e", f"trace={WATCHED}", "-o", str(trace)]
    done = subprocess.run(
        [*command, sys.executable, "-m", "lumbar_core", *words(out)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Job(done.returncode, done.stderr, trace.read_text(errors="replace"), home, out)


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
    trace = request.getfixturevalue(which).trace
    assert INTERNET.findall(trace) == []
    assert "AF_NETLINK" not in trace


@pytest.mark.parametrize("which", ["job", "batch_job"])
def test_no_name_is_looked_up(which, request):
    trace = request.getfixturevalue(which).trace
    asked = [line for line in trace.splitlines() if "resolv.conf" in line or "/etc/hosts" in line]
    assert asked == []


@pytest.mark.parametrize("which", ["job", "batch_job"])
def test_nothing_is_written_outside_the_folder_asked_for_and_the_programs_own(which, request):
    job = request.getfixturevalue(which)
    own = {str(job.home / folder) for folder in OWN_FOLDERS}
    stray = {
        path
        for path in job.written()
        if path not in own
        and "/lumbar-mri" not in path
        and not ("__pycache__" in path and Path(path).is_relative_to(ROOT))
        and not Path(path).is_relative_to(job.out)
    }
    assert stray == set()


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
    job = Job(0, "", trace.read_text(), tmp_path, tmp_path)
    assert INTERNET.search(job.trace)
    assert str(home) in job.written()
