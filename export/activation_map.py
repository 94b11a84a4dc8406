"""A grader's class activation maps: what its last layer makes of each place of the last feature map.

The network averages the last feature map and classifies the mean. Classifying each place and averaging after gives the
same logits, so the map says exactly how each place takes part in them (Zhou et al., CVPR 2016). The last layer's own
numbers are used again: the file grows by two nodes, and a network that ships already is given the output without its
checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from export.parity import session_of
from lumbar_core.inference.contract import CAM

LARGEST_SHIFT = 1e-6  # of a logit, by the second output
LARGEST_GAP = 1e-5  # of the map's mean from the logit, for logits of one; larger ones are added less exactly


def with_map(model: bytes) -> bytes:
    """A grader's ONNX file with a second output, the maps (B, classes, rows, columns); all else stays to the byte.

    Raises ValueError for a network with another output already, or one that does not end in a mean and one layer.
    """
    network = onnx.load_from_string(model)
    graph = network.graph
    if len(graph.output) > 1:
        raise ValueError("no class activation map: the network has a second output already")
    made_by = {name: node for node in graph.node for name in node.output}
    last = made_by[graph.output[0].name]
    facts = _attributes(last)
    if last.op_type != "Gemm" or len(last.input) != 3 or not facts.get("transB") or facts.get("alpha", 1.0) != 1.0:
        raise ValueError("no class activation map: the network does not end in one layer")
    mean = made_by.get(last.input[0])
    if mean is None or mean.op_type != "ReduceMean" or _attributes(mean).get("axes") != [2, 3]:
        raise ValueError("no class activation map: the network's last layer does not see a mean over places")
    _, weight, bias = last.input
    graph.initializer.append(numpy_helper.from_array(np.array([2, 3], np.int64), f"{CAM}.axes"))
    graph.node.append(helper.make_node("Unsqueeze", [weight, f"{CAM}.axes"], [f"{CAM}.weight"]))
    graph.node.append(helper.make_node("Conv", [mean.input[0], f"{CAM}.weight", bias], [CAM]))
    batch, classes = graph.output[0].type.tensor_type.shape.dim
    shape = [batch.dim_param, classes.dim_value, "rows", "columns"]
    graph.output.append(helper.make_tensor_value_info(CAM, TensorProto.FLOAT, shape))
    onnx.checker.check_model(network)
    return bytes(network.SerializeToString())


def check_map(without: bytes, model: bytes, crops: NDArray[np.float32]) -> None:
    """Raises ValueError if the second output moves the logits of real crops, or its mean is not the logits."""
    before, (logits, maps) = _answers(without, crops)[0], _answers(model, crops)
    apart = np.abs(maps.mean(axis=(2, 3)) - logits) / np.maximum(np.abs(logits), 1.0)
    shift, gap = np.abs(logits - before).max(), apart.max()
    if not (shift <= LARGEST_SHIFT and gap <= LARGEST_GAP):
        raise ValueError(f"the class activation map moves the logits by {shift:.1e} or misses them by {gap:.1e}")


def _answers(model: bytes, crops: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    session = session_of(model)
    return list(session.run(None, {session.get_inputs()[0].name: crops}))


def _attributes(node: onnx.NodeProto) -> Mapping[str, Any]:
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}
