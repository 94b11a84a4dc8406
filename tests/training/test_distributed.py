"""Two processes that train together do what one does on the whole batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.training import two_processes
from training import distributed

Made = dict[str, dict[str, Tensor]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes wrote, gloo on the processor."""
    out = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run(
        [*command, two_processes.__file__, str(out)], check=True, env=environment, capture_output=True, timeout=240
    )
    return out


@pytest.fixture(scope="module")
def two(folder: Path) -> list[Made]:
    return [torch.load(folder / f"made_{rank}.pt", weights_only=True) for rank in (0, 1)]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same in this process alone."""
    out = tmp_path_factory.mktemp("one")
    threads = torch.get_num_threads()
    two_processes.main(out)
    torch.set_num_threads(threads)
    made: Made = torch.load(out / "made_0.pt", weights_only=True)
    return made


def close(given: dict[str, Tensor], wanted: dict[str, Tensor], within: float) -> None:
    assert given.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(
            given[name], value, rtol=0, atol=within, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_averaged_gradients_are_those_of_one_process_on_the_joined_batch(two: list[Made], one: Made) -> None:
    assert max(float(value.abs().max()) for value in one["gradients"].values()) > 0.01
    for made in two:
        close(made["gradients"], one["gradients"], 1e-5)


def test_a_training_by_two_ends_where_a_training_by_one_ends(two: list[Made], one: Made) -> None:
    before = two_processes.network().state_dict()
    apart, moved = 0.0, 0.0
    for name, wanted in one["unbroken"].items():
        moved += float((wanted - before[name]).square().sum())
        apart += float((two[0]["unbroken"][name] - wanted).square().sum())
    # Adam divides by the gradient's own size: where that is nearly nothing, rounding is all there is.
    assert apart < 1e-4 * moved
    close(two[1]["unbroken"], two[0]["unbroken"], 0.0)


def test_a_resumed_run_of_two_gives_the_weights_of_an_unbroken_one(two: list[Made]) -> None:
    close(two[0]["resumed"], two[0]["unbroken"], 0.0)
    close(two[1]["resumed"], two[0]["resumed"], 0.0)


def test_only_the_first_writes_and_the_loss_is_of_both(folder: Path, one: Made) -> None:
    history = json.loads((folder / "unbroken" / "history.json").read_text())
    assert [row["epoch"] for row in history] == [1, 2, 3]
    state = torch.load(folder / "unbroken" / "checkpoint.pt", weights_only=True)
    assert state["trained_on"] == ["s"]


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "world", lambda: 2)
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    crops, words = distributed.share_of((torch.arange(4), "the same for all"))
    assert crops.tolist() == [1, 3]
    assert words == "the same for all"
    with pytest.raises(ValueError, match="multiple"):
        distributed.share_of((torch.arange(5),))
