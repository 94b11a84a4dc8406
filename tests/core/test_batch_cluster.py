"""`batch --cluster`: many machines write the file that one process writes, whoever of them dies.

The scheduler, its workers and the program itself run as processes: tests open no sockets.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: it runs in .venv-train")

REPOSITORY = Path(__file__).resolve().parents[2]
DRIVER = [sys.executable, str(Path(__file__).with_name("cluster_driver.py"))]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
PATIENCE_S = 120


def wait_for(what: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, f"waited in vain for {words}"
        time.sleep(0.05)


class LocalCluster:
    """A scheduler and three workers without nannies: one that is killed stays dead."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": ENVIRONMENT}
        words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file)]
        self.scheduler = subprocess.Popen([*_dask("scheduler"), *words], cwd=folder, **quiet)
        wait_for(lambda: self.file.is_file() and bool(self.file.read_text().strip()), "the scheduler")
        words = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--scheduler-file", str(self.file)]
        words += ["--local-directory", str(folder)]
        self.workers = [subprocess.Popen([*_dask("worker"), *words], cwd=folder, **quiet) for _ in range(3)]

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def _dask(role: str) -> list[str]:
    """`dask scheduler` and `dask worker`, whatever the PATH."""
    return [sys.executable, "-c", f"from distributed.cli.dask_{role} import main; main()"]


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    started = LocalCluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.close()


def drive(root: Path, out: Path, address: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*DRIVER, str(root), str(out), address, *words], stderr=subprocess.PIPE, env=ENVIRONMENT)


def finish(process: subprocess.Popen[bytes], code: int = 0) -> str:
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, said.decode()
    return said.decode()


def lines(out: Path) -> dict[str, dict[str, Any]]:
    documents = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    paths = [document["input"]["path"] for document in documents]
    assert len(paths) == len(set(paths)), "an input has two lines"
    return dict(zip(paths, documents, strict=True))


def written(out: Path) -> int:
    file = out / "results.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in document.items() if key != "timing_ms"}
    return kept | {"program": {key: value for key, value in document["program"].items() if key != "started_at"}}


def test_a_killed_workers_tasks_are_done_by_the_others_and_a_killed_program_goes_on(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    root, out = tmp_path / "in", tmp_path / "out"
    root.mkdir()
    names = [*(f"nap{number:02d}.png" for number in range(24)), "damaged.png", "crash.png"]
    for name in names:
        (root / name).touch()

    program = drive(root, out, cluster.address)
    wait_for(lambda: written(out) >= 3, "the first results")
    cluster.workers[0].send_signal(signal.SIGKILL)
    wait_for(lambda: written(out) >= 9, "results of the others")
    program.send_signal(signal.SIGKILL)
    program.communicate()
    done = written(out)
    assert done < len(names)

    finish(drive(root, out, cluster.address))
    found = lines(out)
    assert set(found) == set(names)
    assert [name for name in names if not found[name]["findings"]] == ["damaged.png", "crash.png"]
    assert (out / "results.csv").read_text().count("\n") == 1 + 25 * 24
    assert all(found[name]["input"]["unreadable"] for name in ("damaged.png", "crash.png"))

    before = (out / "results.jsonl").read_bytes()
    words = finish(drive(root, tmp_path / "other", cluster.address, "--other-packs"), code=1)
    assert "other model packs" in words
    assert not any(each["findings"] for each in lines(tmp_path / "other").values()), "no grade of theirs was written"
    assert (out / "results.jsonl").read_bytes() == before


def test_where_no_cluster_answers_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").touch()
    words = finish(drive(tmp_path / "in", tmp_path / "out", "nowhere at all"), code=1)
    assert "No cluster with a worker answers" in words


@pytest.mark.slow
def test_three_workers_write_the_file_of_one_process_though_one_is_killed(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    """Through the real pipeline, on phantom studies."""
    root = tmp_path / "in"
    make = [sys.executable, "-m", "training", "phantom", "--studies", "6", "--fast", "--out", str(root)]
    subprocess.run(make, check=True, env=ENVIRONMENT, cwd=REPOSITORY, capture_output=True)
    images = root / "train_images"
    batch = [sys.executable, "-m", "lumbar_core", "batch", str(images), "--out"]
    one, many = tmp_path / "one", tmp_path / "many"
    subprocess.run([*batch, str(one), "--workers", "1"], check=True, env=ENVIRONMENT, capture_output=True)
    program = subprocess.Popen(
        [*batch, str(many), "--cluster", cluster.address], env=ENVIRONMENT, stderr=subprocess.PIPE
    )
    wait_for(lambda: written(many) >= 1, "the first study")
    cluster.workers[1].send_signal(signal.SIGKILL)
    finish(program)
    wanted, found = lines(one), lines(many)
    assert len(wanted) == 6
    assert {path: timeless(document) for path, document in found.items()} == {
        path: timeless(document) for path, document in wanted.items()
    }
    assert all(len(document["findings"]) == 25 for document in found.values())
