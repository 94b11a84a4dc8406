"""Weights kept in half precision: half the size of a pack, computed with in full precision all the same.

The program's runtime widens them once, while it loads the network. What rounding does to the figures is measured:
cross-validation scores the packs that are written here.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEWEST = 256  # smaller tensors stay as they are: nothing is gained by widening them


def rounded(network: nn.Module) -> nn.Module:
    """The network with batch norms folded into the convolutions before them, and every kernel rounded to half."""
    folded = _without_batch_norms(fx.symbolic_trace(network.eval()))
    with torch.no_grad():
        for parameter in folded.parameters():
            if parameter.dim() > 1:
                parameter.copy_(parameter.half().float())
    return folded


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


def halved(model: bytes) -> bytes:
    """The same ONNX network with each large kernel stored in half precision and widened by a Cast.

    A kernel that half precision does not hold exactly is left alone, so the answers stay the same to the bit.
    """
    network = onnx.load_from_string(model)
    graph = network.graph
    widened = []
    for stored in graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.dtype != np.float32 or values.size < FEWEST:
            continue
        half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = stored.name
        stored.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        widened.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*widened, *graph.node]  # in the order in which they compute
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(network)
    return bytes(network.SerializeToString())
