"""Training of the localiser of axial slices: heat maps of the canal and of the recess on either side of the picture.

A recess that nobody marked is unknown and masked out of the loss, and so is the canal where one recess is unknown. A
tile upside down shows no recess: slices are turned by their geometry, and a wrong one should be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.augment import AffineRange, draw_affines, vary_brightness, warp, warp_points
from training.config import TrainConfig
from training.heatmap_net import HeatmapNet
from training.localise import NEGATIVES_PER_BATCH, fit_localiser, heat_of, map_loss
from training.localise_axial_data import AxialData, field
from training.loop import DEVICE, forward

BOUNDS = AffineRange(rotation_deg=10.0, scale=0.18, aspect=0.08, shift=0.09)
UPSIDE_DOWN = 0.4  # of what shows no recess
OTHER_SIDE = [0, 2, 1]  # the maps of a mirrored picture


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Augmented inputs (B, 1, rows, columns), marks on them (B, 3, 2), whether they show recesses (B,)."""

    pictures: Tensor
    points: Tensor
    positive: Tensor


def make_batches(data: AxialData, folds: set[int], config: TrainConfig, epoch: int) -> Iterator[Batch]:
    """One epoch: every tile once, and drawn pictures that show no recess."""
    rng = np.random.default_rng((config.seed, epoch))
    torch_rng = torch.Generator(DEVICE).manual_seed(config.seed * 7919 + epoch)
    usable = np.isin(data.folds, sorted(folds))
    tiles, others = np.flatnonzero(data.positive & usable), np.flatnonzero(~data.positive & usable)
    drawn = round(config.batch * NEGATIVES_PER_BATCH)
    upside_down = round(drawn * UPSIDE_DOWN)
    order = rng.permutation(tiles)
    for start in range(0, len(order), config.batch - drawn):
        shown = order[start : start + config.batch - drawn]
        chosen = np.concatenate([shown, rng.choice(tiles, upside_down), rng.choice(others, drawn - upside_down)])
        turned = np.zeros(len(chosen), bool)
        turned[len(shown) : len(shown) + upside_down] = True
        yield _augmented(data, chosen, turned, config, torch_rng)


def _augmented(
    data: AxialData, chosen: NDArray[np.int64], turned: NDArray[np.bool_], config: TrainConfig, rng: torch.Generator
) -> Batch:
    canvases = torch.from_numpy(data.canvases[chosen]).to(DEVICE).float()[:, None]
    side = canvases.shape[-1]
    points = torch.from_numpy(data.points[chosen]).to(DEVICE)
    mirrored = torch.rand(len(chosen), generator=rng, device=DEVICE) < 0.5
    canvases = torch.where(mirrored[:, None, None, None], canvases.flip(-1), canvases)
    across = torch.stack([points[..., 0], side - 1 - points[..., 1]], dim=-1)[:, OTHER_SIDE]
    points = torch.where(mirrored[:, None, None], across, points)
    upside_down = torch.from_numpy(turned).to(DEVICE)
    canvases = torch.where(upside_down[:, None, None, None], canvases.flip(-2), canvases)
    affines = draw_affines(len(chosen), BOUNDS, rng)
    rows, columns = field(side, config.side)
    pictures = vary_brightness(warp(canvases, affines)[:, :, rows, columns], 1.0, rng)
    seen = warp_points(points, affines, side) - torch.tensor([rows.start, columns.start], device=DEVICE)
    return Batch(pictures, seen, torch.from_numpy(data.positive[chosen]).to(DEVICE) & ~upside_down)


def targets(points: Tensor, positive: Tensor, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Heat maps (B, 3, h, w) and the mask of what is known, from marks (B, 3, 2) on inputs of this shape."""
    heat, _ = heat_of(points, shape)
    known = (~torch.isnan(points[:, :, 0]) | ~positive[:, None])[:, :, None, None]
    return torch.where(positive[:, None, None, None], heat, 0.0), known.float().expand_as(heat)


def step(model: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """Weighted cross-entropy of the maps and of the picture."""
    maps, picture = forward(model, batch.pictures)
    picture = picture[:, 0]
    rows, columns = batch.pictures.shape[-2:]
    heat, mask = targets(batch.points, batch.positive, (rows, columns))
    # A map weighs the other structures' places like its own: to tell left from right is as hard as to find either.
    of_maps = map_loss(maps, heat, mask, heat.amax(dim=1, keepdim=True))
    of_picture = nn.functional.binary_cross_entropy_with_logits(picture, batch.positive.float())
    right = ((picture > 0) == batch.positive).float().mean()
    shown = {"maps": of_maps, "picture": of_picture, "accuracy": right}
    return of_maps + 0.3 * of_picture, {name: value.detach() for name, value in shown.items()}


def train(config: TrainConfig, data: AxialData, left_out: set[int], out: Path, *, resume: bool) -> HeatmapNet:
    """Train on every fold but those left out."""
    return fit_localiser(config, data, make_batches, step, left_out, out, resume=resume)
