"""The training loop that all tasks share: AdamW, bfloat16 where it helps, resumable, in one process or several."""

from __future__ import annotations

import json
import logging
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib
import torch
from torch import Tensor, nn

from training import distributed
from training.config import TrainConfig
from training.rounding import RoundedWhileSeen

matplotlib.use("Agg")
log = logging.getLogger(__name__)

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# One batch's loss and what the curves show beside it ({"accuracy": …}).
Step = Callable[[nn.Module, Any], tuple[Tensor, dict[str, Tensor]]]


class EndEarly(Exception):
    """Raised by `watch` to end a training; carries what was measured, so that the course holds it."""

    def __init__(self, measured: dict[str, float]) -> None:
        super().__init__("ended early")
        self.measured = measured


RANK_APART = 1_000_003  # between the seeds of two processes that train together: they drop other units
SAVE_EVERY_S = 20.0  # a checkpoint takes longer than an epoch of a small set on a graphics card


def fit(
    model: nn.Module,
    batches: Callable[[int], Iterable[Any]],
    steps_per_epoch: int,
    step: Step,
    config: TrainConfig,
    out: Path,
    *,
    resume: bool,
    trained_on: Iterable[str],
    thaw: Callable[..., None] = lambda model, epoch: None,
    watch: Callable[[nn.Module, int], dict[str, float]] = lambda model, epoch: {},
) -> None:
    """Train in place; out/checkpoint.pt holds everything, out/curves.png and history.json its course.

    They are written after the last epoch, and after any other that ends `SAVE_EVERY_S` or more after the last writing.

    batches(epoch) yields that epoch's batches and must depend on the epoch alone, so that a resumed run sees what an
    unbroken one would have. thaw(model, epoch=…) freezes what does not learn in an epoch. watch(model, epoch) adds what
    it measures after an epoch to the course; it may move the model to another device, and may raise EndEarly. A
    finished checkpoint is loaded and nothing more is done. Raises ValueError if the checkpoint to go on from is of
    another recipe.
    """
    epochs = config.epochs
    out.mkdir(parents=True, exist_ok=True)
    model.to(DEVICE)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=DEVICE.type == "cuda"
    )
    schedule = _schedule(optimiser, config, max(2, epochs * steps_per_epoch))
    first, history = 0, []
    path = out / "checkpoint.pt"
    if resume and path.exists():
        state = torch.load(path, weights_only=True, map_location="cpu")
        if state["config_digest"] != config.digest:
            raise ValueError(f"{path} is of another recipe than {config.name}: move it away, or train without --resume")
        model.load_state_dict(state["model"], strict=True)
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        first, history = state["epoch"], state["history"]
    seen = sorted(trained_on)
    written = time.monotonic()
    for epoch in range(first, epochs):
        torch.manual_seed(config.seed * 1000 + epoch + RANK_APART * distributed.rank())
        started = time.monotonic()
        model.train()
        thaw(model, epoch=epoch)
        row = _one_epoch(model, batches(epoch), step, optimiser, schedule, _rounding(model, config, epoch))
        try:
            row |= watch(model, epoch)
        except EndEarly as end:
            history.append({"epoch": epoch + 1, "seconds": round(time.monotonic() - started, 1), **row, **end.measured})
            _draw_curves(history, out)
            raise
        model.to(DEVICE)
        history.append({"epoch": epoch + 1, "seconds": round(time.monotonic() - started, 1), **row})
        left = (epochs - epoch - 1) * history[-1]["seconds"]
        log.info("%s %s epoch %d/%d %s, %.0f s left", config.name, out.name, epoch + 1, epochs, _words(row), left)
        if not distributed.is_first() or (epoch + 1 < epochs and time.monotonic() - written < SAVE_EVERY_S):
            continue
        state = {
            "model": {name: value.cpu() for name, value in model.state_dict().items()},
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "epoch": epoch + 1,
            "epochs": epochs,
            "history": history,
            "config": asdict(config),
            "config_digest": config.digest,
            "code": code_version(),
            "trained_on": seen,
        }
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)
        _draw_curves(history, out)
        written = time.monotonic()
    distributed.wait()
    if distributed.world() > 1:  # each process's batch norms saw its own shares: the first's are everybody's
        model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu")["model"], strict=True)
    model.requires_grad_(True).cpu().eval()


def _schedule(
    optimiser: torch.optim.Optimizer, config: TrainConfig, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if config.schedule == "constant":
        return torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0)
    return torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=steps, pct_start=0.2)


def _rounding(model: nn.Module, config: TrainConfig, epoch: int) -> AbstractContextManager[None]:
    """What the large kernels are while batches of this epoch are seen; rounded ones get new steps every epoch."""
    if epoch < config.epochs - config.rounded_epochs:
        return nullcontext()
    return RoundedWhileSeen(model, config.kernel_steps)


def forward(model: nn.Module, pictures: Tensor) -> tuple[Tensor, ...]:
    """The network's outputs for pictures, computed in bfloat16 where it is worth it, on the model's device.

    What comes back is in single precision and where the pictures were: there losses are computed.
    """
    device = next(model.parameters(), pictures).device
    with torch.autocast(device.type, torch.bfloat16):
        outputs = model(pictures.to(device, memory_format=torch.channels_last))
    return tuple(each.float().to(pictures.device) for each in (outputs if isinstance(outputs, tuple) else (outputs,)))


def _one_epoch(
    model: nn.Module,
    batches: Iterable[Any],
    step: Step,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    rounding: AbstractContextManager[None],
) -> dict[str, float]:
    shared = distributed.wrapped(model)
    rows: list[dict[str, Tensor]] = []
    for batch in batches:
        optimiser.zero_grad(set_to_none=True)
        with rounding:
            loss, shown = step(shared, distributed.share_of(batch))
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        rows.append({"loss": loss.detach(), **shown})  # read only at the end: a graphics card is not waited for
    return distributed.mean_over({key: float(torch.stack([row[key] for row in rows]).mean()) for key in rows[0]})


def is_finished(out: Path, epochs: int) -> bool:
    """Whether a run's checkpoint has all its epochs."""
    path = out / "checkpoint.pt"
    return path.exists() and torch.load(path, weights_only=True)["epoch"] >= epochs


def code_version() -> str:
    """The commit of the training code, with "+" where files differ from it."""
    folder = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()


def _words(row: dict[str, float]) -> str:
    return " ".join(f"{key} {value:.4f}" for key, value in row.items())


def _draw_curves(history: list[dict[str, float]], out: Path) -> None:
    from matplotlib import pyplot as plt

    (out / "history.json").write_text(json.dumps(history, indent=1), encoding="utf-8")
    names = [key for key in history[0] if key not in ("epoch", "seconds")]
    figure, axes = plt.subplots(1, len(names), figsize=(4 * len(names), 3), squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        axis.plot([row["epoch"] for row in history], [row[name] for row in history], marker=".")
        axis.set(xlabel="epoch", title=name)
    figure.tight_layout()
    figure.savefig(out / "curves.png", dpi=80)
    plt.close(figure)
