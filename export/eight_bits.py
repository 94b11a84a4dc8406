"""Kernels kept in eight bits: a quarter of a pack's size, computed with in full precision all the same.

The program's runtime widens them once, while it loads the network. What rounding does to the figures is measured:
cross-validation scores the packs that are written here.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEWEST = 2048  # smaller kernels, the last layer's among them, stay as they are: nothing is gained by rounding them
LARGEST = 127
SCALE_BITS = 16  # of a step's mantissa: with seven bits of a weight the product is exact in single precision


def rounded(network: nn.Module) -> nn.Module:
    """The network with batch norms folded into the convolutions before them, and each large kernel in 255 steps.

    Each output channel has steps of its own, as wide as its largest weight asks for.
    """
    folded = _without_batch_norms(fx.symbolic_trace(network.eval()))
    with torch.no_grad():
        for parameter in folded.parameters():
            if parameter.dim() > 1 and parameter.numel() >= FEWEST:
                steps, scale = _in_steps(parameter.numpy())
                parameter.copy_(torch.from_numpy(steps.astype(np.float32) * scale))
    return folded


def _in_steps(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A kernel (channels, …) as whole steps, and the step of each channel, (channels, 1, …)."""
    largest = np.abs(kernel).reshape(len(kernel), -1).max(axis=1).reshape(-1, *[1] * (kernel.ndim - 1))
    mantissa, exponent = np.frexp(np.where(largest > 0, largest, 1.0).astype(np.float64) / LARGEST)
    scale = np.ldexp(np.round(np.ldexp(mantissa, SCALE_BITS)), exponent - SCALE_BITS).astype(np.float32)
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
    return network


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
        steps, scale = _in_steps(values)
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
