"""Training of a grader: crops cut by localisers that never saw the study, plain cross-entropy, one temperature."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lumbar_core.anatomy import USED_ON, Severity
from lumbar_core.findings import SliceLevels
from lumbar_core.grade.crops import CropPlace, crop_brightness, crop_places, cut_crops, local_disc_distance
from lumbar_core.inference.contract import AXIAL_SLICES, CropRule, NetworkInput, Normalisation, WorkingGrid
from lumbar_core.study import Pixels
from training.augment import AffineRange, draw_affines, hide_patches, mix, vary_brightness, warp
from training.cells import LABELLED, Cell, by_file
from training.config import NETWORKS, TrainConfig
from training.crop_store import BRIGHTEST, SURROUND, CropData, Place
from training.densenet import DenseNet, named
from training.distributed import is_first
from training.loop import DEVICE, fit, forward, is_finished
from training.pictures import load_picture
from training.rounding import round_kernels, settle_norms
from training.splits import FOLDS
from training.transfer import start_from, thaw

PERCENTILES = (1.0, 99.0)
BOUNDS = AffineRange(rotation_deg=10.0, scale=0.16, aspect=0.08, shift=0.035)
FAR_DISCS = 0.5  # a point farther than this from the mark is another structure: the mark is cut instead
MIXED_EPOCHS = 0.8  # of a training, where crops are mixed at all: at its end a network sees them as they are
SETTLED_ON = 2048  # crops that a rounded network's batch norms measure
TAUGHT = 0.5  # how much of what is learnt the teachers say, and not the radiologist


def network_input(config: TrainConfig, surround: float = 1.0) -> NetworkInput:
    """The crop as the shipped contract states it (surround 1), or with room around it for augmentation."""
    side = round(config.side * surround)
    plane, weighting = USED_ON[LABELLED[config.data]]
    return NetworkInput(
        name="crop",
        role="crop",
        shape=(None, 1, side, side),
        orientation=plane,
        weighting=weighting,
        working_grid=WorkingGrid(config.long_side, square=False),
        crop=CropRule(config.half_width * side / config.side, side),
        normalisation=Normalisation("spine", PERCENTILES),
    )


def cut_training_crops(
    cells: Sequence[Cell], located: dict[str, SliceLevels], images: Path, config: TrainConfig
) -> tuple[NDArray[np.float32], list[Place]]:
    """Crops (N, 1, S, S) with room around them, in `crop_order`, and where they were cut."""
    wanted = network_input(config, SURROUND)
    crops = [cut_crops(*slice_, wanted) for slice_ in _slices(cells, located, images)]
    return np.concatenate(crops), training_places(cells, located, images, config)


def training_places(
    cells: Sequence[Cell], located: dict[str, SliceLevels], images: Path, config: TrainConfig
) -> list[Place]:
    """Where `cut_training_crops` cuts, in the same order."""
    wanted = network_input(config, SURROUND)
    half_width = config.half_width * (wanted.shape[-1] or 0) / config.side
    ordered = []
    for pixels, places, spine in _slices(cells, located, images):
        low, high = crop_brightness(pixels, spine, wanted)
        ordered += [Place(p.row, p.column, half_width * p.disc_distance_px, low, high) for p in places]
    return ordered


def _slices(
    cells: Sequence[Cell], located: dict[str, SliceLevels], images: Path
) -> Iterator[tuple[Pixels, list[CropPlace], list[CropPlace]]]:
    """Each picture of these cells in `crop_order`, where to cut them, and the spine that sets the brightness."""
    for file, group in by_file(cells).items():
        places = [training_place(cell, located[file]) for cell in group]
        yield load_picture(images / file), places, list(crop_places(located[file]).values()) or places


def crop_order(cells: Iterable[Cell]) -> list[Cell]:
    """The cells in the order in which their crops are cut: by picture."""
    return [cell for group in by_file(cells).values() for cell in group]


def training_place(cell: Cell, levels: SliceLevels) -> CropPlace:
    """The located point of the cell's level if it is this structure, else the mark, at the chain's scale."""
    distance = local_disc_distance(levels, cell.level)
    point = levels.points.get(cell.level)
    if point is not None and math.hypot(point.row - cell.row, point.column - cell.column) < FAR_DISCS * distance:
        return CropPlace(point.row, point.column, distance)
    return CropPlace(cell.row, cell.column, levels.disc_distance_px)


def make_batches(
    data: CropData, usable: NDArray[np.int64], targets: Tensor, config: TrainConfig, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of (crops (B, slices, side, side), targets (B, 3)) on the device that trains.

    targets: (N, 3) of all of the data, the share of each grade that is to be learnt.
    """
    rng = np.random.default_rng((config.seed, epoch))
    generator = torch.Generator(DEVICE).manual_seed(config.seed * 7919 + epoch)
    order = rng.permutation(usable)
    mixing = config.mix if epoch < MIXED_EPOCHS * config.epochs else 0.0
    for start in range(0, len(order) - config.batch + 1, config.batch):
        chosen = order[start : start + config.batch]
        crops = seen_through(data, chosen, config.side, draw_affines(len(chosen), BOUNDS, generator))
        crops = _either_way_up(crops, generator) if crops.shape[1] > 1 else crops
        crops = _either_way_round(crops, generator) if config.is_axial and not config.has_sides else crops
        crops = hide_patches(vary_brightness(crops, 1.0, generator), generator)
        wanted = targets[torch.from_numpy(chosen).to(targets.device)]
        yield mix(crops, wanted, mixing, generator) if mixing else (crops, wanted)


def seen_through(data: CropData, chosen: NDArray[np.int64], side: int, affines: Tensor) -> Tensor:
    """Crops (B, slices, side, side), from their views, each moved and turned by its (B, 2, 3) map."""
    crops = torch.from_numpy(data.crops[chosen]).to(DEVICE).float() * (BRIGHTEST / 255)
    right, down, size, low, high = torch.from_numpy(data.views[chosen]).to(DEVICE).unbind(1)
    # The map leads from the small crop to the view with room around it, and from there to the kept crop.
    linear = affines[:, :, :2] * (side / crops.shape[-1])
    inside = torch.cat([linear, affines[:, :, 2:]], dim=2) * size[:, None, None]
    inside[:, :, 2] += torch.stack([right, down], dim=1)
    seen = warp(crops, inside, side)
    black, span = low[:, None, None, None], (high - low)[:, None, None, None]
    return ((seen - black) / span).clamp(0, BRIGHTEST)


def as_shown(data: CropData, chosen: NDArray[np.int64], side: int) -> Tensor:
    """Crops (B, slices, side, side) from their views, as the program would show them."""
    straight = torch.eye(2, 3, device=DEVICE).expand(len(chosen), 2, 3)
    return seen_through(data, chosen, side, straight)


def _either_way_up(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the stacks (B, slices, H, W) from foot to head: hospitals number their slices either way."""
    turned = torch.rand(len(crops), 1, 1, 1, generator=generator, device=crops.device) < 0.5
    return torch.where(turned, crops.flip(1), crops)


def _either_way_round(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the crops (B, slices, H, W) mirrored: left and right say nothing of what lies in the middle."""
    turned = torch.rand(len(crops), 1, 1, 1, generator=generator, device=crops.device) < 0.5
    return torch.where(turned, crops.flip(-1), crops)


def step(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Plain cross-entropy with shares of the grades."""
    crops, wanted = batch
    (logits,) = forward(model, crops)
    loss = nn.functional.cross_entropy(logits, wanted)
    return loss, {"accuracy": (logits.argmax(1) == wanted.argmax(1)).float().mean()}


def build(config: TrainConfig) -> DenseNet:
    """A fresh grader."""
    torch.manual_seed(config.seed)
    slices = AXIAL_SLICES if config.is_axial else 1
    network = named(config.network or NETWORKS[0], len(Severity), config.dropout, slices)
    return network.to(memory_format=torch.channels_last)


def train(
    config: TrainConfig,
    data: CropData,
    left_out: set[int],
    out: Path,
    *,
    resume: bool,
    stone: Path | None = None,
) -> DenseNet:
    """Train on every fold but those left out; a finished network asks no teachers again when resuming.

    stone: the checkpoint of the recipe that this one starts from, where it does.
    """
    folds = set(FOLDS) - left_out
    targets = one_hot(data)
    if config.teacher_epochs and not (resume and is_finished(out, config.epochs)):
        targets = taught(config, data, folds, out, resume)
    model = fit_grader(config, data, folds, targets, out, resume, stone=stone)
    _round(model, config, data, folds, targets, out)
    return model


def taught(config: TrainConfig, data: CropData, folds: set[int], out: Path, resume: bool) -> Tensor:
    """(N, 3) as `one_hot`, but of these folds half of it as teachers say who never saw the crop's fold.

    The teachers see the same three folds' crops as the pupil, less one; those of one fold answer with their mean.
    """
    network = config.teacher_network or config.network
    alike = replace(config, epochs=config.teacher_epochs, teacher_epochs=0, kernel_steps=0, rounded_epochs=0)
    targets = one_hot(data)
    for fold in sorted(folds):
        pupils = np.flatnonzero(data.folds == fold)
        answers = []
        for side in config.teacher_sides or [config.side]:
            recipe = replace(alike, network=network, side=side)
            place = out / f"teacher_without_{fold}" / (str(side) if config.teacher_sides else "")
            teacher = fit_grader(recipe, data, folds - {fold}, targets, place, resume)
            logits = torch.from_numpy(predict(teacher, data, pupils, side)).float()
            answers.append(torch.softmax(logits, dim=1))
        marks = torch.from_numpy(pupils).to(DEVICE)
        targets[marks] = (1 - TAUGHT) * targets[marks] + TAUGHT * torch.stack(answers).mean(dim=0).to(DEVICE)
    return targets


def one_hot(data: CropData) -> Tensor:
    """(N, 3) what the radiologists said, on the device that trains."""
    return torch.eye(len(Severity), device=DEVICE)[torch.from_numpy(data.grades).to(DEVICE)]


def _round(model: nn.Module, config: TrainConfig, data: CropData, folds: set[int], targets: Tensor, out: Path) -> None:
    """Round a trained network and its checkpoint, which keeps the weights as they were trained for other steps."""
    path = out / "checkpoint.pt"
    state = torch.load(path, weights_only=True, map_location="cpu")
    if state.get("kernel_steps", 0) == config.kernel_steps:
        return
    trained = state.get("trained", state["model"])
    model.load_state_dict(trained, strict=True)
    if config.kernel_steps:
        _settle(model, config, data, folds, targets)
    if not is_first():
        return
    torch.save(
        state | {"model": model.state_dict(), "trained": trained, "kernel_steps": config.kernel_steps},
        path.with_suffix(".tmp"),
    )
    path.with_suffix(".tmp").replace(path)


def _settle(model: nn.Module, config: TrainConfig, data: CropData, folds: set[int], targets: Tensor) -> None:
    """Round a network's kernels, and let its batch norms measure crops of its training folds."""
    round_kernels(model, config.kernel_steps)
    usable = np.flatnonzero(np.isin(data.folds, sorted(folds)))
    drawn = np.random.default_rng(config.seed).permutation(usable)[:SETTLED_ON]
    model.to(DEVICE)
    # Moved and turned as in training, whose last epochs mix no crops: else the norms would measure other pictures.
    settle_norms(model, (crops for crops, _ in make_batches(data, drawn, targets, config, config.epochs)))
    model.cpu()


def fit_grader(
    config: TrainConfig,
    data: CropData,
    folds: set[int],
    targets: Tensor,
    out: Path,
    resume: bool,
    watch: Callable[[nn.Module, int], dict[str, float]] = lambda model, epoch: {},
    stone: Path | None = None,
) -> DenseNet:
    """Train one network on these folds; targets: (N, 3) as for `make_batches`; watch: as of `loop.fit`.

    stone: as of `train`. A finished network asks for what it started from no more.
    """
    usable = np.flatnonzero(np.isin(data.folds, sorted(folds)))
    model = build(config)
    seen = {data.studies[index] for index in usable}
    if not (resume and is_finished(out, config.epochs)):
        seen |= start_from(model, config, stone)

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        return make_batches(data, usable, targets, config, epoch)

    steps = len(usable) // config.batch
    if not steps:
        raise ValueError(f"{config.name}: {len(usable)} crops are less than one batch of {config.batch}")
    thawing = partial(thaw, config=config)
    fit(model, batches, steps, step, config, out, resume=resume, trained_on=seen, thaw=thawing, watch=watch)
    return model


@torch.inference_mode()
def predict(
    model: nn.Module, data: CropData, chosen: NDArray[np.int64], side: int, batch: int = 256
) -> NDArray[np.float64]:
    """Logits (N, 3) of the chosen crops as the program would show them."""
    model.to(DEVICE).eval()
    parts = [chosen[start : start + batch] for start in range(0, len(chosen), batch)]
    logits = [model(as_shown(data, part, side)).cpu().numpy() for part in parts]
    model.cpu()
    return np.concatenate(logits).astype(np.float64)


def fit_temperature(logits: NDArray[np.float64], grades: NDArray[np.int64]) -> float:
    """The temperature with the least log loss, by golden search of its logarithm between 1/4 and 4."""
    low, high = math.log(0.25), math.log(4.0)
    golden = (math.sqrt(5) - 1) / 2

    def loss(log_temperature: float) -> float:
        scaled = logits / math.exp(log_temperature)
        shifted = scaled - scaled.max(axis=1, keepdims=True)
        chosen = shifted[np.arange(len(grades)), grades] - np.log(np.exp(shifted).sum(axis=1))
        return -float(chosen.mean())

    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
