"""What each of two processes does for test_distributed.py; started by torchrun, or alone for comparison.

python two_processes.py OUT: writes the gradients of one batch and the weights of two trainings, one of them broken off
and resumed, below OUT.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.training.made_up import a_config
from training import distributed, loop
from training.densenet import DenseNet
from training.transfer import thaw

BATCH = 8
CONFIG = replace(a_config("grade"), epochs=3, batch=BATCH, learning_rate=1e-3, frozen_epochs=1, unfreeze_epochs=1)


class PowerCut(Exception):
    """In the middle of a training."""


def network() -> DenseNet:
    """A small one of the graders' kind."""
    torch.manual_seed(5)
    return DenseNet(3, growth=4, blocks=(2, 2), first=8)


def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Three, the same for every process."""
    generator = torch.Generator().manual_seed(epoch)
    for _ in range(3):
        crops = torch.randn(BATCH, 1, 32, 32, generator=generator)
        yield crops, torch.randint(0, 3, (BATCH,), generator=generator)


def step(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """In single precision, so that sums over half a batch and over all of it can be compared."""
    crops, grades = batch
    logits = model(crops)
    return nn.functional.cross_entropy(logits, grades), {"accuracy": (logits.argmax(1) == grades).float().mean()}


def norms_at_rest(model: nn.Module, epoch: int) -> None:
    """The recipe's freezing, and every batch norm in evaluation mode: it measures no batch."""
    thaw(model, CONFIG, epoch)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def gradients() -> dict[str, Tensor]:
    """Of one batch, averaged over the processes."""
    model = network().eval()
    shared = distributed.wrapped(model)  # has to live until the gradients are there
    loss, _ = step(shared, distributed.share_of(next(batches(0))))
    loss.backward()
    return {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}


def trained(out: Path, *, broken: bool) -> dict[str, Tensor]:
    """The weights of a training; broken: off in its second epoch, and resumed."""

    def power_cut(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        if epoch == 1:
            raise PowerCut
        return batches(epoch)

    def train(source: object, *, resume: bool) -> nn.Module:
        model = network()
        loop.fit(model, source, 3, step, CONFIG, out, resume=resume, trained_on={"s"}, thaw=norms_at_rest)  # type: ignore[arg-type]
        return model

    if broken:
        try:
            train(power_cut, resume=False)
        except PowerCut:
            distributed.wait()
    return train(batches, resume=broken).state_dict()


def main(out: Path) -> None:
    loop.SAVE_EVERY_S = 0.0
    torch.set_num_threads(1)
    with distributed.joined():
        made = {
            "gradients": gradients(),
            "unbroken": trained(out / "unbroken", broken=False),
            "resumed": trained(out / "resumed", broken=True),
        }
        torch.save(made, out / f"made_{distributed.rank()}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
