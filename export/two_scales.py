"""A grader at two scales: one network sees its crop, another the surroundings too, and the mean of both answers.

Both are graders by themselves. The wider one's crop has the nearer one's in its middle, pixel for pixel, so that one
file takes the wide crop and cuts the near one out of it. Nothing of the nearer network changes: the history of a pack
that gets a second scale stores the wider network alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, compose, helper, numpy_helper
from torch import Tensor, nn

from export.parity import Answers, session_of

STRIDE = 32  # pixels of a crop to a place of our networks' last feature map
PLACE = 16  # pixels to a place of the joint map: a near crop may begin in the middle of one of the wider map's places
WIDE = "wide."


def joined(near: bytes, wide: bytes, near_side: int, wide_side: int) -> bytes:
    """One ONNX file of two graders with class activation maps; its input and outputs are named as theirs.

    near_side, wide_side: of their square crops, pixels of one size. The joint map (B, classes, n, n) has a place for
    each `PLACE` pixels of the wide crop; what neither map covers says nothing, and the mean is the logits again.
    Raises ValueError if the near crop does not lie on whole places in the middle of the wide one.
    """
    start, beyond = divmod(wide_side - near_side, 2)
    if start <= 0 or beyond or start % PLACE or wide_side % PLACE:
        raise ValueError(f"a crop of {near_side} pixels does not lie on places of one of {wide_side}")
    network, other = onnx.load_from_string(near), compose.add_prefix(onnx.load_from_string(wide), WIDE)
    graph = network.graph
    crop, (logits, cam) = graph.input[0].name, (output.name for output in graph.output)
    _rename(graph.node, {name: f"near.{name}" for name in (crop, logits, cam)})
    _rename(other.graph.node, {f"{WIDE}{crop}": crop})
    constants: dict[str, NDArray[np.generic]] = {
        "near.starts": np.array([start, start], np.int64),
        "near.ends": np.array([start + near_side] * 2, np.int64),
        "near.axes": np.array([2, 3], np.int64),
        "half": np.array(0.5, np.float32),
        "twice": np.array([1, 1, 2, 2], np.float32),
    }
    cut = helper.make_node("Slice", [crop, "near.starts", "near.ends", "near.axes"], ["near.crop"])
    joining = [
        helper.make_node("Add", [f"near.{logits}", f"{WIDE}{logits}"], ["both"]),
        helper.make_node("Mul", ["both", "half"], [logits]),
    ]
    for name, side, first in ((f"near.{cam}", near_side, start), (f"{WIDE}{cam}", wide_side, 0)):
        places = 2 * (side // STRIDE)
        before, all_places = first // PLACE, wide_side // PLACE
        after = all_places - before - places
        constants[f"{name}.room"] = np.array([0, 0, before, before, 0, 0, after, after], np.int64)
        constants[f"{name}.scaling"] = np.array(0.5 * (all_places / places) ** 2, np.float32)
        # Twice as many places of half the size, each as its whole; "asymmetric" and "floor" repeat them exactly.
        finer = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        joining += [
            helper.make_node("Resize", [name, "", "twice"], [f"{name}.finer"], **finer),
            helper.make_node("Pad", [f"{name}.finer", f"{name}.room"], [f"{name}.placed"]),
            helper.make_node("Mul", [f"{name}.placed", f"{name}.scaling"], [f"{name}.share"]),
        ]
    joining.append(helper.make_node("Add", [f"near.{cam}.share", f"{WIDE}{cam}.share"], [cam]))
    nodes = [cut, *graph.node, *other.graph.node, *joining]  # in the order in which they compute
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(other.graph.initializer)
    graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in constants.items())
    for side_of_crop in graph.input[0].type.tensor_type.shape.dim[2:]:
        side_of_crop.dim_value = wide_side
    onnx.checker.check_model(network)
    return bytes(network.SerializeToString())


def mean_of_scales(near: bytes, wide: nn.Module, near_side: int) -> Answers:
    """What `joined` is to answer to wide crops, by the nearer network as it ships and the wider one in torch."""
    session = session_of(near)
    crop, logits = session.get_inputs()[0].name, session.get_outputs()[0].name

    def answer(crops: Tensor) -> Tensor:
        start = (crops.shape[-1] - near_side) // 2
        middle = crops[:, :, start : start + near_side, start : start + near_side].contiguous()
        (nearer,) = session.run([logits], {crop: middle.numpy()})
        both: Tensor = (torch.from_numpy(nearer) + wide(crops)) / 2
        return both

    return answer


def _rename(nodes: Sequence[NodeProto], names: Mapping[str, str]) -> None:
    for node in nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
