"""Training of a grader: crops cut by localisers that never saw the study, plain cross-entropy, one temperature."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lumbar_core.anatomy import USED_ON
from lumbar_core.findings import SliceLevels
from lumbar_core.grade.crops import CropPlace, crop_places, cut_crops, local_disc_distance
from lumbar_core.inference.contract import AXIAL_SLICES, CropRule, NetworkInput, Normalisation, WorkingGrid
from training.augment import AffineRange, draw_affines, hide_patches, vary_brightness, warp
from training.cells import LABELLED, Cell, by_file
from training.config import TrainConfig
from training.densenet import DenseNet
from training.loop import fit, forward
from training.pictures import load_picture
from training.splits import FOLDS

PERCENTILES = (1.0, 99.0)
SURROUND = 1.4  # training crops are this much larger, so that augmentation can move and turn them
BOUNDS = AffineRange(rotation_deg=10.0, scale=0.16, aspect=0.08, shift=0.035)
FAR_DISCS = 0.5  # a point farther than this from the mark is another structure: the mark is cut instead
BLOCKS = (6, 12, 24, 16)


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


@dataclass(frozen=True, slots=True, eq=False)
class CropData:
    """Crops with room around them, with the cells they show.

    crops: float16, (N, S, S) of sagittal slices, (N, slices, S, S) of axial ones with their neighbours.
    """

    crops: NDArray[np.float16]
    cells: list[Cell]


def cut_training_crops(
    cells: Sequence[Cell], located: dict[str, SliceLevels], images: Path, config: TrainConfig
) -> CropData:
    """One crop per graded cell, at its located point; at its mark where the point is another structure."""
    wanted = network_input(config, SURROUND)
    crops: list[NDArray[np.float32]] = []
    ordered: list[Cell] = []
    for file, group in by_file(cell for cell in cells if cell.grade is not None).items():
        levels = located[file]
        places = [training_place(cell, levels) for cell in group]
        spine = list(crop_places(levels).values()) or places
        crops += list(cut_crops(load_picture(images / file), places, spine, wanted)[:, 0])
        ordered += group
    return CropData(np.stack(crops).astype(np.float16), ordered)


def crop_order(cells: Sequence[Cell]) -> list[Cell]:
    """The graded cells in the order in which their crops are cut: by picture."""
    groups = by_file(cell for cell in cells if cell.grade is not None)
    return [cell for group in groups.values() for cell in group]


def training_place(cell: Cell, levels: SliceLevels) -> CropPlace:
    """The located point of the cell's level if it is this structure, else the mark, at the chain's scale."""
    distance = local_disc_distance(levels, cell.level)
    point = levels.points.get(cell.level)
    if point is not None and math.hypot(point.row - cell.row, point.column - cell.column) < FAR_DISCS * distance:
        return CropPlace(point.row, point.column, distance)
    return CropPlace(cell.row, cell.column, levels.disc_distance_px)


def make_batches(
    data: CropData, usable: NDArray[np.int64], config: TrainConfig, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of (crops (B, slices, side, side), grades (B,))."""
    rng = np.random.default_rng((config.seed, epoch))
    torch_rng = torch.Generator().manual_seed(config.seed * 7919 + epoch)
    order = rng.permutation(usable)
    grades = np.array([int(cell.grade or 0) for cell in data.cells])
    for start in range(0, len(order) - config.batch + 1, config.batch):
        chosen = order[start : start + config.batch]
        crops = torch.from_numpy(_with_slices(data.crops[chosen]).astype(np.float32))
        crops = _either_way_up(crops, torch_rng) if crops.shape[1] > 1 else crops
        crops = warp(crops, draw_affines(len(chosen), BOUNDS, torch_rng))
        edge = (crops.shape[-1] - config.side) // 2
        crops = crops[:, :, edge : edge + config.side, edge : edge + config.side]
        yield hide_patches(vary_brightness(crops, 1.0, torch_rng), torch_rng), torch.from_numpy(grades[chosen])


def _with_slices(crops: NDArray[np.float16]) -> NDArray[np.float16]:
    return crops if crops.ndim == 4 else crops[:, None]


def _either_way_up(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the stacks (B, slices, H, W) from foot to head: hospitals number their slices either way."""
    turned = torch.rand(len(crops), 1, 1, 1, generator=generator) < 0.5
    return torch.where(turned, crops.flip(1), crops)


def step(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, float]]:
    """Plain cross-entropy."""
    crops, grades = batch
    (logits,) = forward(model, crops)
    loss = nn.functional.cross_entropy(logits, grades)
    return loss, {"accuracy": float((logits.argmax(1) == grades).float().mean())}


def build(config: TrainConfig) -> DenseNet:
    """A fresh grader."""
    torch.manual_seed(config.seed)
    slices = AXIAL_SLICES if config.is_axial else 1
    network = DenseNet(3, blocks=BLOCKS, dropout=config.dropout, inputs=slices)
    return network.to(memory_format=torch.channels_last)


def start(model: nn.Module, checkpoint: Path) -> set[str]:
    """Give a fresh grader the weights of another, or of an earlier pass; returns the studies that these have seen.

    A first layer for one slice becomes one for several that answers the same to equal slices.
    """
    state = torch.load(checkpoint, weights_only=True)
    first = "features.conv0.weight"
    slices = model.state_dict()[first].shape[1]
    weights = state["model"]
    if weights[first].shape[1] != slices:
        weights[first] = weights[first].mean(dim=1, keepdim=True).repeat(1, slices, 1, 1) / slices
    model.load_state_dict(weights, strict=True)
    return set(state["trained_on"])


def train(
    config: TrainConfig,
    data: CropData,
    left_out: set[int],
    out: Path,
    *,
    epochs: int,
    resume: bool,
    start_from: Path | None = None,
) -> DenseNet:
    """Train on every fold but those left out; start_from: a checkpoint without them too."""
    folds = set(FOLDS) - left_out
    usable = np.array([i for i, c in enumerate(data.cells) if c.fold in folds])
    model = build(config)
    seen = {cell.study_id for cell in data.cells if cell.fold in folds}
    if start_from is not None:
        seen |= start(model, start_from)

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        return make_batches(data, usable, config, epoch)

    fit(
        model, batches, len(usable) // config.batch, step, config, out,
        epochs=epochs, resume=resume, trained_on=seen,
    )  # fmt: skip
    return model


@torch.inference_mode()
def predict(model: nn.Module, crops: NDArray[np.float32], batch: int = 64) -> NDArray[np.float64]:
    """Logits (N, 3) of crops (N, slices, side, side)."""
    model.eval()
    parts = [model(torch.from_numpy(crops[i : i + batch])).numpy() for i in range(0, len(crops), batch)]
    return np.concatenate(parts).astype(np.float64)


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


def central(crops: NDArray[np.float16], side: int) -> NDArray[np.float32]:
    """The middle (N, slices, side, side) of training crops, as the program would see them."""
    edge = (crops.shape[-1] - side) // 2
    return _with_slices(crops)[:, :, edge : edge + side, edge : edge + side].astype(np.float32)
