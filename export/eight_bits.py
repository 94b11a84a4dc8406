"""Kernels kept in eight bits: a quarter of a pack's size, computed with in full precision all the same.

The program's runtime widens them once, while it loads the network. What rounding does to the figures is measured:
cross-validation scores the packs that are written here.
"""

from __future__ import annotations

import copy

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.rounding import FEWEST, large_kernels, short

LARGEST = 127
NORM_BITS = 7  # of the mantissas of the batch norms that are left


def rounded(network: nn.Module) -> nn.Module:
    """The network with batch norms folded into the convolutions before them, and each large kernel in whole steps.

    Each output channel has steps of its own. A channel that is in steps already keeps them; another gets 255, as wide
    as its largest weight asks for.
    """
    network = copy.deepcopy(network).eval()  # tracing shares its parts, which are changed below
    steps = {name: _whole_steps(kernel.detach().numpy()) for name, kernel in large_kernels(network).items()}
    folded = _without_batch_norms(fx.symbolic_trace(network))
    with torch.no_grad():
        for name, parameter in large_kernels(folded).items():
            whole, scale = _in_steps(parameter.numpy(), np.abs(steps[name]).max(axis=_within_channel(parameter)))
            parameter.copy_(torch.from_numpy(whole.astype(np.float32) * scale))
    return folded


def _within_channel(kernel: torch.Tensor | NDArray[np.float32]) -> tuple[int, ...]:
    return tuple(range(1, kernel.ndim))


def _whole_steps(kernel: NDArray[np.float32]) -> NDArray[np.int8]:
    """A kernel (channels, …) as whole steps: the fewest that hold a channel exactly, else 255."""
    largest = np.full(len(kernel), LARGEST)
    for fewer in range(LARGEST - 1, 0, -1):
        steps, scale = _in_steps(kernel, np.full(len(kernel), fewer))
        exact = (steps.astype(np.float32) * scale == kernel).all(axis=_within_channel(kernel))
        largest[exact] = fewer
    return _in_steps(kernel, largest)[0]


def _in_steps(kernel: NDArray[np.float32], largest: NDArray[np.int64]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A kernel (channels, …) as whole steps, and the step of each channel, (channels, 1, …).

    largest: (channels,) which step the largest weight of a channel is.
    """
    reach = np.abs(kernel).max(axis=_within_channel(kernel)).astype(np.float64)
    usable = (reach > 0) & (largest > 0)
    scale = short(np.where(usable, reach, 1.0) / np.maximum(largest, 1)).astype(np.float32)
    scale = scale.reshape(-1, *[1] * (kernel.ndim - 1))
    return np.clip(np.round(kernel / scale), -LARGEST, LARGEST).astype(np.int8), scale


def _without_batch_norms(network: fx.GraphModule) -> fx.GraphModule:
    """Each convolution that feeds a batch norm alone does its work too; the others keep theirs."""
    modules = dict(network.named_modules())
    for node in list(network.graph.nodes):
        before = node.args[0] if node.op == "call_module" else None
        if not isinstance(before, fx.Node) or before.op != "call_module" or len(before.users) > 1:
            continue
        convolution, norm = modules[str(before.target)], modules[str(node.target)]
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            network.set_submodule(str(before.target), fuse_conv_bn_eval(convolution, norm))
            node.replace_all_uses_with(before)
            network.graph.erase_node(node)
    network.delete_all_unused_submodules()
    network.recompile()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            _as_scale_and_shift(module)
    return network


@torch.no_grad()
def _as_scale_and_shift(norm: nn.BatchNorm2d) -> None:
    """Two short numbers a channel do what four long ones did."""
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("a batch norm without statistics is no part of a trained network")
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shift = norm.bias - norm.running_mean * scale
    norm.weight.copy_(torch.from_numpy(short(scale.double().numpy(), NORM_BITS)))
    norm.bias.copy_(torch.from_numpy(short(shift.double().numpy(), NORM_BITS)))
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0 - norm.eps)


def compacted(model: bytes) -> bytes:
    """The same ONNX network with each large kernel stored in eight bits, widened by a Cast and a Mul.

    A kernel that eight bits do not hold exactly is left alone, so the answers stay the same to the bit.
    """
    network = onnx.load_from_string(model)
    graph = network.graph
    widening = []
    steps_of_channels = []
    for stored in graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < FEWEST:
            continue
        steps = _whole_steps(values)
        _, scale = _in_steps(values, np.abs(steps).max(axis=_within_channel(values)))
        if not np.array_equal(steps.astype(np.float32) * scale, values):
            continue
        name = stored.name
        stored.CopyFrom(numpy_helper.from_array(steps, f"{name}.steps"))
        steps_of_channels.append(numpy_helper.from_array(scale, f"{name}.scale"))
        widening.append(helper.make_node("Cast", [f"{name}.steps"], [f"{name}.wide"], to=TensorProto.FLOAT))
        widening.append(helper.make_node("Mul", [f"{name}.wide", f"{name}.scale"], [name]))
    graph.initializer.extend(steps_of_channels)
    nodes = [*widening, *graph.node]  # in the order in which they compute
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(network)
    return bytes(network.SerializeToString())
