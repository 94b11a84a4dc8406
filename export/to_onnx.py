"""A trained network to one ONNX file with a free batch size."""

from __future__ import annotations

import io
import warnings
from typing import cast

import torch
from torch import Tensor, nn

from training.config import TrainConfig


class Localiser(nn.Module):
    """The localiser with its sigmoids, so that the program reads probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        heat, score = self.network(picture)
        return torch.sigmoid(heat), torch.sigmoid(score)


def shipped_form(network: nn.Module, config: TrainConfig) -> nn.Module:
    """The network as the program runs it."""
    return (Localiser(network) if config.task == "localise" else network).eval()


def to_onnx(network: nn.Module, side: int, input_name: str, output_names: list[str]) -> bytes:
    """ONNX bytes, weights inside, batch size free."""
    example = torch.zeros(2, 1, side, side)
    batch = torch.export.Dim("batch", min=1, max=4096)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.onnx warns of its own internals
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=[input_name],
            output_names=output_names,
            dynamic_shapes=({0: batch},),
            opset_version=18,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    buffer = io.BytesIO()
    program.save(buffer, external_data=False)
    return cast(bytes, buffer.getvalue())
