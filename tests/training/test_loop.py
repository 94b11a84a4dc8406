"""The training loop: broken off and resumed it ends where an unbroken run ends, and it leaves its course behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from tests.training.made_up import a_config
from training import loop, rounding
from training.config import TrainConfig
from training.loop import code_version, fit, is_finished

STEPS = 3
CONFIG = a_config("grade", epochs=4, learning_rate=0.05)


class Broken(Exception):
    """The power cut."""


@pytest.fixture(autouse=True, scope="module")
def every_epoch() -> Iterator[None]:
    """Checkpoints after each epoch, however short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "SAVE_EVERY_S", 0.0)
        yield


def model() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))


def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    rng = torch.Generator().manual_seed(epoch)
    for _ in range(STEPS):
        values = torch.randn(8, 4, generator=rng)
        yield values, (values[:, 0] > 0).long() + (values[:, 1] > 1).long()


def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    logits = network(batch[0])
    right = (logits.argmax(1) == batch[1]).float().mean()
    return nn.functional.cross_entropy(logits, batch[1]), {"accuracy": right}


def train(out: Path, *, resume: bool = False, config: TrainConfig = CONFIG, source: Any = batches) -> nn.Module:
    network = model()
    fit(network, source, STEPS, step, config, out, resume=resume, trained_on={"s2", "s1"})
    return network


def broken_at(epoch_wanted: int) -> Any:
    def source(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        if epoch == epoch_wanted:
            raise Broken
        return batches(epoch)

    return source


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    out = tmp_path_factory.mktemp("runs") / "canal" / "all"
    return out, train(out)


def test_a_resumed_run_gives_the_weights_of_an_unbroken_one(unbroken: tuple[Path, nn.Module], tmp_path: Path) -> None:
    with pytest.raises(Broken):
        train(tmp_path, source=broken_at(2))
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["epoch"] == 2
    resumed = train(tmp_path, resume=True)
    for name, wanted in unbroken[1].state_dict().items():
        assert torch.equal(resumed.state_dict()[name], wanted), name
    kept, wanted_history = (
        [{key: value for key, value in row.items() if key != "seconds"} for row in json.loads(path.read_text())]
        for path in (tmp_path / "history.json", unbroken[0] / "history.json")
    )
    assert kept == wanted_history


def test_short_epochs_do_not_each_wait_for_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 3600.0)
    with pytest.raises(Broken):
        train(tmp_path, source=broken_at(3))
    assert not (tmp_path / "checkpoint.pt").exists()
    train(tmp_path)
    assert is_finished(tmp_path, 4)


def test_without_resume_a_run_starts_afresh(unbroken: tuple[Path, nn.Module], tmp_path: Path) -> None:
    with pytest.raises(Broken):
        train(tmp_path, source=broken_at(2))
    train(tmp_path)
    assert [row["epoch"] for row in json.loads((tmp_path / "history.json").read_text())] == [1, 2, 3, 4]


def test_a_run_broken_within_an_epoch_keeps_the_checkpoint_before_it(tmp_path: Path) -> None:
    def source(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        for number, batch in enumerate(batches(epoch)):
            if (epoch, number) == (1, 1):
                raise Broken
            yield batch

    with pytest.raises(Broken):
        train(tmp_path, source=source)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["epoch"] == 1
    assert not is_finished(tmp_path, 4)


def test_a_finished_run_is_loaded_and_nothing_more_is_done(unbroken: tuple[Path, nn.Module]) -> None:
    out, wanted = unbroken
    before = (out / "checkpoint.pt").read_bytes()
    again = train(out, resume=True, source=broken_at(0))
    assert (out / "checkpoint.pt").read_bytes() == before
    assert all(torch.equal(again.state_dict()[name], value) for name, value in wanted.state_dict().items())
    assert is_finished(out, 4)
    assert not again.training


def test_going_on_with_another_recipe_is_refused(unbroken: tuple[Path, nn.Module]) -> None:
    with pytest.raises(ValueError, match="another recipe"):
        train(unbroken[0], resume=True, config=a_config("grade", epochs=4, learning_rate=0.01))


def test_the_checkpoint_says_what_the_network_is_and_what_it_saw(unbroken: tuple[Path, nn.Module]) -> None:
    state = torch.load(unbroken[0] / "checkpoint.pt", weights_only=True)
    assert (state["epoch"], state["epochs"]) == (4, 4)
    assert state["trained_on"] == ["s1", "s2"]
    assert TrainConfig(**state["config"]) == CONFIG
    assert state["config_digest"] == CONFIG.digest
    assert state["code"] == code_version()
    assert {"model", "optimiser", "schedule"} <= set(state)
    assert [row["epoch"] for row in state["history"]] == [1, 2, 3, 4]
    assert not list(unbroken[0].glob("*.tmp"))


def test_the_course_is_written_as_numbers_and_as_curves(unbroken: tuple[Path, nn.Module]) -> None:
    history = json.loads((unbroken[0] / "history.json").read_text())
    assert all(set(row) == {"epoch", "seconds", "loss", "accuracy"} for row in history)
    assert history[-1]["loss"] < history[0]["loss"]
    with Image.open(unbroken[0] / "curves.png") as curves:
        assert curves.size[0] > curves.size[1], "loss and accuracy side by side"


def test_another_seed_gives_other_weights(unbroken: tuple[Path, nn.Module], tmp_path: Path) -> None:
    other = train(tmp_path, config=a_config("grade", epochs=4, learning_rate=0.05, seed=4))
    names = [name for name, _ in other.named_parameters()]
    assert not all(torch.equal(other.state_dict()[name], unbroken[1].state_dict()[name]) for name in names)


def test_a_folder_without_a_checkpoint_is_not_finished(tmp_path: Path) -> None:
    assert not is_finished(tmp_path, 1)


def test_kernels_learn_rounded_in_the_last_epochs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounding, "FEWEST", 1)
    config = replace(CONFIG, rounded_epochs=2, kernel_steps=1)
    values: list[int] = []

    def watched(network: nn.Sequential, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        values.append(max(len(torch.unique(unit)) for unit in network[0].weight))
        return step(network, batch)

    network = model()
    fit(network, batches, STEPS, watched, config, tmp_path, resume=False, trained_on={"s1"})
    assert values[: 2 * STEPS] == [4] * 2 * STEPS
    assert max(values[2 * STEPS :]) <= 3
    assert len(values) == 4 * STEPS
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["model"]["0.weight"]
    assert all(len(torch.unique(unit)) == 4 for unit in kept), "what learns is not rounded"
