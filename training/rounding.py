"""A trained network with few steps for its weights, so that a pack is small and its history may hold many.

Each output channel of a large kernel gets steps of its own, as wide as keeps its weights closest (least squares). What
rounding shifts the batch norms measure again, on crops that the network was trained on (Nagel et al. 2019, section 4.2,
correct the same shift without pictures). A network may also learn with its kernels rounded, so that nothing shifts.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FEWEST = 2048  # smaller kernels, the last layer's among them, stay as they are: nothing is gained by rounding them
SCALE_BITS = 16  # of a step's mantissa: with seven bits of a weight the product is exact in single precision
WIDTHS = np.arange(0.5, 1.2, 0.05)  # tried for the outermost step, in parts of the channel's largest weight


def round_kernels(model: nn.Module, largest: int) -> None:
    """Round each large kernel of a network in place, to whole steps from −largest to largest."""
    with torch.no_grad():
        for parameter in large_kernels(model).values():
            kernel = parameter.numpy()
            scale = closest_scale(kernel, largest)
            parameter.copy_(torch.from_numpy(np.clip(np.round(kernel / scale), -largest, largest) * scale))


class RoundedWhileSeen:
    """A context in which large kernels are rounded; what learns by the gradients of a batch seen in it is not.

    The steps are chosen when this is made. BinaryConnect (Courbariaux et al., NeurIPS 2015), with more steps.
    """

    def __init__(self, model: nn.Module, largest: int) -> None:
        self._largest = largest
        self._kernels = list(large_kernels(model).values())
        scales = [closest_scale(kernel.detach().cpu().numpy(), largest) for kernel in self._kernels]
        self._scales = [torch.from_numpy(s).to(k.device) for s, k in zip(scales, self._kernels, strict=True)]
        self._exact: list[Tensor] = []

    @torch.no_grad()
    def __enter__(self) -> None:
        self._exact = [kernel.detach().clone() for kernel in self._kernels]
        for kernel, scale in zip(self._kernels, self._scales, strict=True):
            kernel.copy_((kernel / scale).round_().clamp_(-self._largest, self._largest).mul_(scale))

    @torch.no_grad()
    def __exit__(self, *broken: object) -> None:
        for kernel, exact in zip(self._kernels, self._exact, strict=True):
            kernel.copy_(exact)


def large_kernels(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that are rounded, by name."""
    return {name: p for name, p in model.named_parameters() if p.dim() > 1 and p.numel() >= FEWEST}


def closest_scale(kernel: NDArray[np.float32], largest: int) -> NDArray[np.float32]:
    """The step of each channel, (channels, 1, …), that leaves the least squares of differences."""
    rows = kernel.reshape(len(kernel), -1).astype(np.float64)
    reach = np.abs(rows).max(axis=1, keepdims=True)
    scales = [short(np.where(reach > 0, reach, 1.0) * width / largest) for width in WIDTHS]
    errors = [((np.clip(np.round(rows / s), -largest, largest) * s - rows) ** 2).sum(axis=1) for s in scales]
    best = np.array(scales)[np.argmin(errors, axis=0), np.arange(len(rows))]
    return best.astype(np.float32).reshape(-1, *[1] * (kernel.ndim - 1))


def short(values: NDArray[np.float64], bits: int = SCALE_BITS) -> NDArray[np.float64]:
    """Numbers with a mantissa of so many bits."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits)


@torch.no_grad()
def settle_norms(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Give each batch norm the mean and variance that it sees in these batches."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
        norm.train()
    for batch in batches:
        model(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()
