"""Training of a localiser: heat maps of one structure's points, canal or foramen, over a sagittal slice.

Maps 0–4 are the levels L1/L2 … L5/S1, map 5 is "the structure shows here, at some disc". An unmarked level is
unknown: its maps are masked out of the loss but where another level's mark proves that it is not there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lumbar_core.anatomy import LEVELS
from lumbar_core.localise import recesses
from training.augment import AffineRange, draw_affines, vary_brightness, warp, warp_points
from training.config import TrainConfig
from training.heatmap_net import HeatmapNet
from training.localise_axial_data import AxialData
from training.localise_data import LocaliseData
from training.loop import DEVICE, Step, fit, forward
from training.splits import FOLDS

MAPS = len(LEVELS) + 1
STRIDE = 4
SIGMA = 1.1  # of a mark on the map, in map cells (4.4 px of the input)
USUAL_DISTANCE = 0.11  # between discs, in parts of the picture's long side (median of rsna_canal)
BOUNDS = AffineRange(rotation_deg=14.0, scale=0.22, aspect=0.15, shift=0.10)
NEGATIVES_PER_BATCH = 0.3

Data = TypeVar("Data", LocaliseData, AxialData)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Augmented inputs (B, 1, S, S), marks (B, 5, 2), whether positive (B,), each picture's series mate (B,) or −1."""

    pictures: Tensor
    points: Tensor
    positive: Tensor
    mates: Tensor


def make_batches(data: LocaliseData, folds: set[int], config: TrainConfig, epoch: int) -> Iterator[Batch]:
    """One epoch: every marked picture once, with a series mate where there is one, and drawn negatives."""
    rng = np.random.default_rng((config.seed, epoch))
    torch_rng = torch.Generator(DEVICE).manual_seed(config.seed * 7919 + epoch)
    usable = np.isin(data.folds, sorted(folds))
    order = rng.permutation(np.flatnonzero(data.positive & usable))
    negatives = np.flatnonzero(~data.positive & usable)
    chance = data.weights[negatives] / data.weights[negatives].sum()
    drawn = round(config.batch * NEGATIVES_PER_BATCH)
    for start in range(0, len(order), config.batch - drawn):
        chosen = list(order[start : start + config.batch - drawn])
        mates = [-1] * len(chosen)
        for position in range(len(chosen)):
            if data.siblings[chosen[position]] and rng.random() < 0.5:
                mates[position] = len(chosen)
                chosen.append(int(rng.choice(data.siblings[chosen[position]])))
                mates.append(position)
        chosen += list(rng.choice(negatives, drawn, p=chance))
        mates += [-1] * drawn
        yield _augmented(data, np.array(chosen), torch.tensor(mates), torch_rng)


def _augmented(data: LocaliseData, chosen: NDArray[np.int64], mates: Tensor, rng: torch.Generator) -> Batch:
    pictures = torch.from_numpy(data.pictures[chosen]).to(DEVICE).float()[:, None]
    positive = torch.from_numpy(data.positive[chosen]).to(DEVICE)
    affines = draw_affines(len(chosen), BOUNDS, rng)
    # Mates share one frame, so that a mark on the one is a place on the other.
    own, mates = torch.arange(len(chosen), device=DEVICE), mates.to(DEVICE)
    affines = affines[torch.where(mates >= 0, torch.minimum(own, mates), own)]
    pictures = vary_brightness(warp(pictures, affines), 1.0, rng)
    turned = torch.from_numpy(data.turnable[chosen]).to(DEVICE)
    turned &= torch.rand(len(chosen), generator=rng, device=DEVICE) < 0.3
    pictures = torch.where(turned[:, None, None, None], (1.0 - pictures).clamp(min=0) * (pictures > 0.08), pictures)
    points = warp_points(torch.from_numpy(data.points[chosen]).to(DEVICE), affines, pictures.shape[-1])
    return Batch(pictures, points, positive, mates)


def targets(points: Tensor, positive: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Heat maps (B, 6, S/4, S/4) and the mask of what is known, from marks (B, 5, 2) on the input."""
    cells = side // STRIDE
    grid = torch.arange(cells, dtype=torch.float32, device=points.device)
    marks = _in_cells(points)
    heat, squared = heat_of(points, (side, side))
    distance = _disc_distance(marks, cells)[:, None, None, None]
    marked = ~torch.isnan(marks[:, :, 0])
    nearest = squared.nan_to_num(float("inf")).amin(dim=1, keepdim=True).sqrt()
    near_any = nearest < 0.55 * distance
    level_mask = torch.where(marked[:, :, None, None], torch.ones_like(heat), near_any.float().expand_as(heat))
    shown = torch.cat([heat, heat.amax(dim=1, keepdim=True)], dim=1)
    mask = torch.cat([level_mask, _known_anywhere(marks, nearest, distance, grid)], dim=1)
    known = positive[:, None, None, None]
    return torch.where(known, shown, 0.0), torch.where(known, mask, 1.0)


def heat_of(points: Tensor, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Maps (B, K, h, w) of marks (B, K, 2) on inputs of a shape, and the squared distance in cells, NaN if unmarked."""
    down, across = (torch.arange(side // STRIDE, dtype=torch.float32, device=points.device) for side in shape)
    marks = _in_cells(points)
    rows = down[None, None, :, None] - marks[:, :, 0, None, None]
    columns = across[None, None, None, :] - marks[:, :, 1, None, None]
    squared = rows**2 + columns**2
    return torch.exp(-squared / (2 * SIGMA**2)).nan_to_num(0.0), squared


def _in_cells(points: Tensor) -> Tensor:
    return (points + 0.5) / STRIDE - 0.5


def _disc_distance(marks: Tensor, cells: int) -> Tensor:
    """(B,) mean distance of neighbouring marks in map cells; the usual one where no two neighbours are marked."""
    gaps = (marks[:, 1:] - marks[:, :-1]).norm(dim=-1)
    known = ~torch.isnan(gaps)
    mean = gaps.nan_to_num(0.0).sum(1) / known.sum(1).clamp(min=1)
    return torch.where(known.any(1), mean, torch.full_like(mean, USUAL_DISTANCE * cells))


def _known_anywhere(marks: Tensor, nearest: Tensor, distance: Tensor, grid: Tensor) -> Tensor:
    """(B, 1, h, w) where "the structure shows at a disc" is known: around marks, and far from the spine.

    Beyond the first and last mark other discs may show; between them only an unmarked level's place is unknown.
    """
    rows, columns = marks[:, :, 0], marks[:, :, 1]
    first = rows.nan_to_num(float("inf")).amin(1)[:, None, None, None]
    last = rows.nan_to_num(float("-inf")).amax(1)[:, None, None, None]
    middle = columns.nanmean(1)[:, None, None, None]
    here = grid[None, None, :, None]
    between = (here > first - 0.4 * distance) & (here < last + 0.4 * distance)
    gap = torch.zeros_like(nearest, dtype=torch.bool)
    for level in range(1, marks.shape[1] - 1):
        inside = ~torch.isnan(rows[:, :level]).all(1) & ~torch.isnan(rows[:, level + 1 :]).all(1)
        gap |= (torch.isnan(rows[:, level]) & inside)[:, None, None, None]
    far = (grid[None, None, None, :] - middle).abs() > 3.5 * distance
    return ((between & ~gap) | (nearest < 0.55 * distance) | far).float()


def step(model: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """Weighted cross-entropy of the maps and of the picture, and the ranking of series mates."""
    maps, picture = forward(model, batch.pictures)
    picture = picture[:, 0]
    heat, mask = targets(batch.points, batch.positive, batch.pictures.shape[-1])
    # A level's map weighs the other levels' places like its own: naming a place is as hard as finding it.
    of_maps = map_loss(maps, heat, mask, heat[:, -1:])
    picture_loss = nn.functional.binary_cross_entropy_with_logits(picture, batch.positive.float())
    rank_loss = _rank(maps[:, -1], batch)
    loss = of_maps + 0.3 * picture_loss + 0.1 * rank_loss
    right = ((picture > 0) == batch.positive).float().mean()
    shown = {"maps": of_maps, "picture": picture_loss, "rank": rank_loss, "accuracy": right}
    return loss, {name: value.detach() for name, value in shown.items()}


def map_loss(maps: Tensor, heat: Tensor, mask: Tensor, anywhere: Tensor) -> Tensor:
    """Cross-entropy of map logits where something is known, 31-fold where a mark lies in any map (B, 1, h, w)."""
    raw = nn.functional.binary_cross_entropy_with_logits(maps, heat, reduction="none")
    return (raw * mask * (1 + 30 * anywhere)).sum() / mask.sum().clamp(min=1) * 10


def _rank(shown: Tensor, batch: Batch) -> Tensor:
    """Where a level is marked on one slice and not on its mate, it shows better on the first."""
    here = torch.nonzero(batch.mates >= 0)[:, 0]
    if len(here) == 0:
        return shown.sum() * 0
    mate = batch.mates[here]
    only = ~torch.isnan(batch.points[here, :, 0]) & torch.isnan(batch.points[mate, :, 0])
    pair, level = torch.nonzero(only, as_tuple=True)
    if len(pair) == 0:
        return shown.sum() * 0
    place = batch.points[here[pair], level]  # (n, 2) row, column on the input
    side = batch.pictures.shape[-1]
    xy = ((place.flip(-1) + 0.5) * (2 / side) - 1)[:, None, None]

    def at(which: Tensor) -> Tensor:
        return nn.functional.grid_sample(shown[which][:, None], xy, align_corners=False)[:, 0, 0, 0]

    return nn.functional.softplus(at(mate[pair]) - at(here[pair])).mean()


def build(config: TrainConfig) -> HeatmapNet:
    """A fresh localiser."""
    torch.manual_seed(config.seed)
    return HeatmapNet(len(recesses.MAPS) if config.is_axial else MAPS).to(memory_format=torch.channels_last)


@torch.inference_mode()
def predict(
    model: nn.Module, pictures: NDArray[Any], batch: int = 32
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Maps (N, K, h, w) and picture scores (N,), after the sigmoid."""
    model.eval()
    maps, scores = [], []
    for start in range(0, len(pictures), batch):
        inputs = torch.from_numpy(pictures[start : start + batch].astype(np.float32))[:, None]
        heat, picture = model(inputs)
        maps.append(torch.sigmoid(heat).numpy())
        scores.append(torch.sigmoid(picture[:, 0]).numpy())
    return np.concatenate(maps), np.concatenate(scores)


def train(config: TrainConfig, data: LocaliseData, left_out: set[int], out: Path, *, resume: bool) -> HeatmapNet:
    """Train on every fold but those left out."""
    return fit_localiser(config, data, make_batches, step, left_out, out, resume=resume)


def fit_localiser(
    config: TrainConfig,
    data: Data,
    make: Callable[[Data, set[int], TrainConfig, int], Iterable[Any]],
    step: Step,
    left_out: set[int],
    out: Path,
    *,
    resume: bool,
) -> HeatmapNet:
    """Train a localiser on every fold but those left out; make: one epoch's batches."""
    folds = set(FOLDS) - left_out
    model = build(config)
    usable = np.isin(data.folds, sorted(folds))
    share = config.batch - round(config.batch * NEGATIVES_PER_BATCH)
    steps = math.ceil(int((data.positive & usable).sum()) / share)
    seen = {study for study, used in zip(data.studies, usable, strict=True) if used}

    def batches(epoch: int) -> Iterable[Any]:
        return make(data, folds, config, epoch)

    fit(model, batches, steps, step, config, out, resume=resume, trained_on=seen)
    return model
