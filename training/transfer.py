"""Transfer learning: weights of torchvision or of one of our checkpoints to start from, and what learns when."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.config import IMAGENET, NETWORKS, TrainConfig
from training.densenet import DenseNet

STEM = "features.conv0.weight"
CLASSIFIER = ("classifier.weight", "classifier.bias")
# torchvision's published files still say "norm.1" where its networks say "norm1".
OLD_NAMES = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..+)$")


def start_from(model: nn.Module, config: TrainConfig, stone: Path | None = None) -> frozenset[str]:
    """Give a fresh network the recipe's `pretrained` weights but for the classifier; returns the studies they saw.

    stone: the checkpoint of the recipe that `pretrained` names, where it names one.
    The first convolution is adapted: colours become one grey channel, and grey is shared among an axial crop's slices.
    Raises ValueError naming the weights that do not fit: a half-loaded network grades with confidence.
    """
    if not config.pretrained:
        return frozenset()
    state, saw = _weights(config, stone)
    weights = {name: value for name, value in state.items() if name not in CLASSIFIER}
    if STEM in weights:
        weights[STEM] = adapted(weights[STEM], model.state_dict()[STEM].shape[1], of_slices=bool(saw))
    wanted = {name: value for name, value in model.state_dict().items() if name not in CLASSIFIER}
    _refuse_misfits(weights, wanted, config)
    model.load_state_dict(weights, strict=False)
    return saw


def adapted(stem: Tensor, inputs: int, *, of_slices: bool) -> Tensor:
    """A first convolution (C, channels, h, w) for other channels: a grey picture in all of them is answered alike.

    of_slices: whether its channels are slices, and not colours: then as many are taken as they are.
    """
    if stem.shape[1] == inputs and (of_slices or inputs == 1):
        return stem
    return stem.sum(dim=1, keepdim=True).expand(-1, inputs, -1, -1) / inputs


def thaw(model: nn.Module, config: TrainConfig, epoch: int) -> None:
    """Let learn what the recipe lets learn in this epoch (from 0); the rest is frozen, its batch norms too.

    First the classifier alone, for `frozen_epochs`; then one part more from the end every `unfreeze_epochs`, or all.
    """
    if not isinstance(model, DenseNet):
        return
    parts = _parts(model)
    learning = len(parts)
    if epoch < config.frozen_epochs:
        learning = 1
    elif config.frozen_epochs and config.unfreeze_epochs:
        learning = min(len(parts), 2 + (epoch - config.frozen_epochs) // config.unfreeze_epochs)
    for index, part in enumerate(parts):
        for module in part:
            module.requires_grad_(index < learning)
            if index >= learning:
                module.eval()


def _parts(model: DenseNet) -> list[list[nn.Module]]:
    """From the classifier back to the stem; each dense block with the transition behind it."""
    parts: list[list[nn.Module]] = [[]]
    for name, module in model.features.named_children():
        if name.startswith("denseblock"):
            parts.append([])
        parts[-1].append(module)
    parts[-1].append(model.features[-1])
    return [[model.classifier, model.dropout], *reversed(parts)]


def _weights(config: TrainConfig, stone: Path | None) -> tuple[dict[str, Tensor], frozenset[str]]:
    """Weights under today's names, and the studies that they were trained on."""
    if config.pretrained == IMAGENET:
        return _from_torchvision(config.network), frozenset()
    path = stone or Path(config.pretrained)
    if not path.is_file():
        raise FileNotFoundError(f"{path}, which {config.name} starts from, is not there")
    stored: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    if "config_digest" in stored:
        return stored["model"], frozenset(stored["trained_on"])
    return {OLD_NAMES.sub(r"\1\2", name): value for name, value in stored.items()}, frozenset()


def _from_torchvision(network: str) -> dict[str, Tensor]:
    try:
        from torchvision.models import get_model
    except ImportError as error:
        raise ValueError(
            "ImageNet weights come with torchvision, which is not installed: install it, or name a file in `pretrained`"
        ) from error
    state: dict[str, Tensor] = get_model(network, weights="IMAGENET1K_V1").state_dict()
    return state


def _refuse_misfits(weights: dict[str, Tensor], wanted: dict[str, Tensor], config: TrainConfig) -> None:
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}  # older files have none
    missing = sorted(set(wanted) - set(weights) - counters)
    surplus = sorted(set(weights) - set(wanted))
    other = sorted(name for name in set(weights) & set(wanted) if weights[name].shape != wanted[name].shape)
    if missing or surplus or other:
        first = (missing or surplus or other)[0]
        raise ValueError(
            f"{config.pretrained} does not fit the network {config.network or NETWORKS[0]}: {len(missing)} weights are "
            f"missing, {len(surplus)} are not its own, {len(other)} have another shape ({first})"
        )
