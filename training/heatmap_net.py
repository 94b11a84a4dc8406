"""The localiser's network: a small residual U-Net with a picture-level head, and how it looks once trained."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

DEEPEST_STRIDE = 32  # of the deepest stage


class ResidualBlock(nn.Module):
    """Two 3 × 3 convolutions around a shortcut."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class HeatmapNet(nn.Module):
    """A picture (B, 1, H, W) to heat maps (B, maps, H/4, W/4) and picture logits (B, 1), all before the sigmoid.

    H and W must be multiples of DEEPEST_STRIDE.
    """

    def __init__(
        self, maps: int, widths: tuple[int, ...] = (24, 48, 96, 160), blocks: tuple[int, ...] = (2, 2, 3, 3)
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        )  # (B, 16, H/2, W/2)
        stages, channels = [], 16
        # Depth where it is cheap and sees the whole picture: telling L4/L5 from L5/S1 is counting, not texture.
        for width, depth in zip(widths, blocks, strict=True):  # strides 4, 8, 16, 32
            layers = [ResidualBlock(channels, width, 2)]
            layers += [ResidualBlock(width, width) for _ in range(depth - 1)]
            stages.append(nn.Sequential(*layers))
            channels = width
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.ModuleList(nn.Conv2d(width, widths[0], 1) for width in widths)
        self.fuse = nn.ModuleList(ResidualBlock(widths[0], widths[0]) for _ in widths[:-1])
        self.maps = nn.Conv2d(widths[0], maps, 1)
        self.picture = nn.Linear(widths[-1], 1)
        # A rare foreground: start from "nothing here", or the first epochs are spent on unlearning.
        nn.init.constant_(self.maps.bias, -4.0)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(picture)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        top = self.lateral[-1](features[-1])
        for level in range(len(features) - 2, -1, -1):
            top = nn.functional.interpolate(top, scale_factor=2.0, mode="nearest")
            top = self.fuse[level](top + self.lateral[level](features[level]))
        pooled = features[-1].mean(dim=(2, 3))  # (B, C)
        return cast(Tensor, self.maps(top)), cast(Tensor, self.picture(pooled))


class TwoSizes(nn.Module):
    """A trained `HeatmapNet` that looks at a picture as it is and enlarged, and answers with the mean of both.

    Takes and gives what the network does: pictures (B, 1, H, W) to maps (B, maps, H/4, W/4) and logits (B, 1).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        maps, score = self.network(picture)
        # One stride more: an enlargement within what training varies, that keeps the sides multiples of the stride.
        larger = [side + DEEPEST_STRIDE for side in picture.shape[-2:]]
        more_maps, more_score = self.network(_resized(picture, larger))
        return (maps + _resized(more_maps, list(maps.shape[-2:]))) / 2, (score + more_score) / 2


def _resized(planes: Tensor, sides: list[int]) -> Tensor:
    return nn.functional.interpolate(planes, size=sides, mode="bilinear", align_corners=False)
