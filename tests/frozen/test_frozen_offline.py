"""The built program sends nothing either: from its start to the report, with a fresh home and no environment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.frozen.test_frozen_program import PROGRAM
from tests.offline.watched import INTERNET, Job, graded, watched

pytestmark = [
    pytest.mark.frozen,
    pytest.mark.skipif(not PROGRAM.exists(), reason="the program is not built: run `make build`"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Start, grade, three reports, end."""
    return watched(tmp_path_factory.mktemp("frozen"), lambda out: [str(PROGRAM), *graded(out)], {})


def test_the_watched_job_was_done_by_the_built_program(job: Job) -> None:
    assert job.code == 0, job.said
    assert {path.name for path in job.out.iterdir()} == {"r.json", "r.csv", "r.pdf"}
    assert str(Path("_internal/onnxruntime")) in job.trace


def test_it_opens_no_internet_socket_and_looks_up_no_name(job: Job) -> None:
    assert INTERNET.findall(job.trace) == []
    assert job.looked_up() == []


def test_it_writes_into_the_folder_asked_for_and_its_own_only(job: Job) -> None:
    assert job.astray() == set()
