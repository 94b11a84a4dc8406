"""One training in several processes, started by `torchrun`: plain DistributedDataParallel, gloo on processors.

Every process makes the same batch and takes its share of it, so that the averaged gradients are those of one process on
the whole batch (as far as batch norms do not measure: in training each process's own share is what they see). Only the
first writes files.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


def world() -> int:
    """How many processes train together; 1 without torchrun."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Whether this process writes files."""
    return rank() == 0


@contextmanager
def joined() -> Iterator[None]:
    """Join the processes that torchrun started, for as long as the block lasts; nothing without torchrun."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield
        return
    on_card = torch.cuda.is_available()
    if on_card:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if on_card else "gloo")
    if not is_first():
        logging.disable(logging.INFO)
    try:
        yield
    finally:
        dist.destroy_process_group()


def wrapped(model: nn.Module) -> nn.Module:
    """The model with its gradients averaged over the processes; itself where there is one, or nothing learns."""
    if world() == 1 or not any(weight.requires_grad for weight in model.parameters()):
        return model
    return DistributedDataParallel(model)


def share_of(batch: Any) -> Any:
    """This process's part of a batch: of each tensor (B, …) every `world()`-th entry.

    Raises ValueError for a batch that has no equal parts, and for a localiser's.
    """
    if world() == 1:
        return batch
    if type(batch) is not tuple:
        raise ValueError("localisers compare the pictures of a batch with each other: train them in one process")
    count = len(batch[0])
    if count % world():
        raise ValueError(f"a batch of {count} cannot be shared by {world()} processes: choose a multiple")
    return tuple(each[rank() :: world()] if isinstance(each, Tensor) else each for each in batch)


def mean_over(values: dict[str, float]) -> dict[str, float]:
    """The mean over the processes of what each measured on its share."""
    if world() == 1:
        return values
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    together = torch.tensor(list(values.values()), device=device)
    dist.all_reduce(together)
    return dict(zip(values, (together / world()).tolist(), strict=True))


def wait() -> None:
    """Until every process is here."""
    if world() > 1:
        dist.barrier()
