"""Batched augmentation: one affine per picture, then brightness; points travel with the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class AffineRange:
    """Largest deviations drawn uniformly: degrees, relative scale and aspect, shift in parts of the side."""

    rotation_deg: float
    scale: float
    aspect: float
    shift: float


def draw_affines(count: int, bounds: AffineRange, generator: torch.Generator) -> Tensor:
    """(count, 2, 3) maps from augmented to original normalised (x, y) coordinates, as `grid_sample` wants them."""

    def uniform(limit: float) -> Tensor:
        return (torch.rand(count, generator=generator, device=generator.device) * 2 - 1) * limit

    angle = torch.deg2rad(uniform(bounds.rotation_deg))
    scale, aspect = torch.exp(uniform(bounds.scale)), torch.exp(uniform(bounds.aspect) / 2)
    across, along = scale * aspect, scale / aspect
    cos, sin = torch.cos(angle), torch.sin(angle)
    top = torch.stack([cos * across, -sin * along, uniform(2 * bounds.shift)], dim=1)
    bottom = torch.stack([sin * across, cos * along, uniform(2 * bounds.shift)], dim=1)
    return torch.stack([top, bottom], dim=1)


def warp(pictures: Tensor, affines: Tensor, side: int | None = None) -> Tensor:
    """Pictures (B, C, H, W) seen through (B, 2, 3) maps, as squares of a side where one is given; outside is black."""
    shape = list(pictures.shape) if side is None else [*pictures.shape[:2], side, side]
    grid = torch.nn.functional.affine_grid(affines, shape, align_corners=False)
    return torch.nn.functional.grid_sample(pictures, grid, mode="bilinear", align_corners=False)


def warp_points(points: Tensor, affines: Tensor, side: int) -> Tensor:
    """Where (row, column) points (B, K, 2) of the original lie after `warp`; NaN stays NaN."""
    normalised = (points.flip(-1) + 0.5) * (2 / side) - 1  # (x, y)
    offset = normalised - affines[:, None, :, 2]
    inverse = torch.linalg.inv(affines[:, :, :2])
    moved = torch.einsum("bij,bkj->bki", inverse, offset)
    return ((moved + 1) * (side / 2) - 0.5).flip(-1)


def vary_brightness(pictures: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Gain, gamma, slow bias field, blur and noise, each drawn per picture; strength 1 is mild."""
    count, _, height, width = pictures.shape

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=pictures.device) * 2 - 1

    gain = torch.exp(uniform(count, 1, 1, 1) * 0.2 * strength)
    gamma = torch.exp(uniform(count, 1, 1, 1) * 0.3 * strength)
    bias = torch.nn.functional.interpolate(
        uniform(count, 1, 3, 3) * 0.3 * strength, size=(height, width), mode="bicubic", align_corners=True
    )
    varied = pictures.clamp(min=0).pow(gamma) * gain * torch.exp(bias)
    soft = torch.nn.functional.avg_pool2d(varied, 3, 1, 1)
    draws = torch.rand(3, count, 1, 1, 1, generator=generator, device=pictures.device)
    varied = varied + draws[0] * (draws[1] < 0.3 * strength) * (soft - varied)
    noise = torch.randn(pictures.shape, generator=generator, device=pictures.device)
    level = draws[2] * 0.04 * strength
    return (varied + noise * level).clamp(0, 1.5)


def hide_patches(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """A grey rectangle over a part of every second picture (B, C, H, W), so that no one spot decides.

    Cutout (DeVries and Taylor 2017), sides an eighth to three eighths of the picture's.
    """
    count, _, height, width = pictures.shape
    draws = torch.rand(6, count, 1, 1, 1, generator=generator, device=pictures.device)

    def within(length: int, size: Tensor, start: Tensor) -> Tensor:
        covered = (0.125 + 0.25 * size) * length
        first = start * (length - covered)
        place = torch.arange(length, device=pictures.device)
        return (place >= first) & (place < first + covered)

    rows = within(height, draws[0], draws[1]).transpose(-1, -2)
    hidden = rows & within(width, draws[2], draws[3]) & (draws[4] < 0.5)
    return torch.where(hidden, 0.5 * draws[5], pictures)


def mix(pictures: Tensor, targets: Tensor, share: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A share of the pictures (B, C, H, W) mixed with another of the batch, and their targets (B, classes) likewise.

    Half of these are blended (mixup, Zhang et al. 2018), half get a rectangle of the other (CutMix, Yun et al. 2019).
    """
    count, _, height, width = pictures.shape
    device = pictures.device
    other = torch.randperm(count, generator=generator, device=device)
    draws = torch.rand(5, count, 1, 1, 1, generator=generator, device=device)
    kept = draws[0]  # Beta(1, 1)
    reach = (1 - kept).sqrt() / 2
    down = (torch.arange(height, device=device)[:, None] + 0.5) / height
    across = (torch.arange(width, device=device)[None, :] + 0.5) / width
    inside = ((down - draws[1]).abs() < reach) & ((across - draws[2]).abs() < reach)
    weight = torch.where(draws[3] < 0.5, kept, 1.0 - inside.float())
    weight = torch.where(draws[4] < share, weight, 1.0).expand(count, 1, height, width)
    mean = weight.mean(dim=(1, 2, 3))[:, None]
    mixed = weight * pictures + (1 - weight) * pictures[other]
    return mixed, mean * targets + (1 - mean) * targets[other]


def coil_falloff(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Three pictures in ten (B, C, H, W) darken away from a surface coil behind (right) or below; the coil side stays.

    Next to a spine coil fat takes the whole range of greys and leaves the vertebrae in the dark.
    """
    count, _, height, width = pictures.shape
    from_right = torch.linspace(1, 0, width, device=pictures.device)[None, None, None, :].expand(1, 1, height, width)
    from_below = torch.linspace(1, 0, height, device=pictures.device)[None, None, :, None].expand(1, 1, height, width)
    draws = torch.rand(3, count, 1, 1, 1, generator=generator, device=pictures.device)
    distance = torch.where(draws[0] < 0.7, from_right, from_below)
    steepness = (draws[1] < 0.3) * draws[2] * 3.0
    return pictures * torch.exp(-steepness * distance)
