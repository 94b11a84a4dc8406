"""DenseNet (Huang et al., CVPR 2017) with torchvision's key names, for grey pictures.

The small form has 1.8 million parameters, the slim one 0.44 million; the published ones come out of the same class.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import cast

import torch
from torch import Tensor, nn

FORMS: dict[str, tuple[int, tuple[int, ...], int]] = {  # growth, layers of each block, channels of the stem
    "small": (16, (6, 12, 24, 16), 32),
    "slim": (16, (4, 6, 8, 6), 32),
    "densenet121": (32, (6, 12, 24, 16), 64),
    "densenet169": (32, (6, 12, 32, 32), 64),
    "densenet201": (32, (6, 12, 48, 32), 64),
}


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, growth: int, bottleneck: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, bottleneck * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(bottleneck * growth)
        self.conv2 = nn.Conv2d(bottleneck * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(torch.relu(self.norm1(x)))
        return cast(Tensor, self.conv2(torch.relu(self.norm2(x))))


class _DenseBlock(nn.Module):
    def __init__(self, layers: int, channels: int, growth: int, bottleneck: int) -> None:
        super().__init__()
        for index in range(layers):
            self.add_module(f"denselayer{index + 1}", _DenseLayer(channels + index * growth, growth, bottleneck))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


def _transition(channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(),
            conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
            pool=nn.AvgPool2d(2, 2),
        )
    )


class DenseNet(nn.Module):
    """Grey pictures (B, inputs, H, W) to logits (B, classes).

    pool: the published stem halves twice (stride 2, then pooling); small crops keep more by halving once.
    """

    def __init__(
        self,
        classes: int,
        growth: int = 16,
        blocks: tuple[int, ...] = (6, 12, 24, 16),
        first: int = 32,
        bottleneck: int = 4,
        dropout: float = 0.0,
        pool: bool = True,
        inputs: int = 1,
    ) -> None:
        super().__init__()
        stem: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(inputs, first, 7, 2, 3, bias=False), norm0=nn.BatchNorm2d(first), relu0=nn.ReLU()
        )
        if pool:
            stem["pool0"] = nn.MaxPool2d(3, 2, 1)
        self.features = nn.Sequential(stem)
        channels = first
        for index, layers in enumerate(blocks):
            self.features.add_module(f"denseblock{index + 1}", _DenseBlock(layers, channels, growth, bottleneck))
            channels += layers * growth
            if index < len(blocks) - 1:
                self.features.add_module(f"transition{index + 1}", _transition(channels))
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, picture: Tensor) -> Tensor:
        pooled = torch.relu(self.features(picture)).mean(dim=(2, 3))  # (B, C)
        return cast(Tensor, self.classifier(self.dropout(pooled)))


def named(form: str, classes: int, dropout: float, inputs: int) -> DenseNet:
    """A fresh network of one of the `FORMS`."""
    growth, blocks, first = FORMS[form]
    return DenseNet(classes, growth, blocks, first, dropout=dropout, inputs=inputs)
