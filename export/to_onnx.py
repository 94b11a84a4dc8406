"""A trained network to one ONNX file with a free batch size."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from export.eight_bits import compacted, rounded
from training.config import TrainConfig
from training.heatmap_net import TwoSizes


class Localiser(nn.Module):
    """The localiser with its sigmoids, so that the program reads probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        heat, score = self.network(picture)
        return torch.sigmoid(heat), torch.sigmoid(score)


def shipped_form(network: nn.Module, config: TrainConfig) -> nn.Module:
    """The network as the program runs it, with its weights as they will be stored; whole pictures it sees twice."""
    network = rounded(network)
    if config.task == "localise":
        network = Localiser(network if config.is_axial else TwoSizes(network))
    return network.eval()


def to_onnx(network: nn.Module, shape: Sequence[int], input_name: str, output_names: list[str]) -> bytes:
    """ONNX bytes as they ship: weights inside, in eight bits where that loses nothing; else as `plain_onnx`."""
    return compacted(plain_onnx(network, shape, input_name, output_names))


def plain_onnx(network: nn.Module, shape: Sequence[int], input_name: str, output_names: list[str]) -> bytes:
    """ONNX bytes with all weights in single precision, batch size free.

    shape: of one input, (channels, rows, columns).

    By tracing: for networks without branches it gives the same graph as the newer exporter, in a hundredth of
    the time, and needs no further package.
    """
    buffer = io.BytesIO()
    free = {name: {0: "batch"} for name in (input_name, *output_names)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces that tracing is the older way
        torch.onnx.export(
            network,
            (torch.zeros(2, *shape),),
            buffer,
            dynamo=False,
            input_names=[input_name],
            output_names=output_names,
            dynamic_axes=free,
            opset_version=17,
        )
    return buffer.getvalue()
