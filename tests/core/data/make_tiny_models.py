"""Write the tiny networks of the tests; run in .venv-train: `python tests/core/data/make_tiny_models.py`.

tiny_mean.onnx:  logits (n, 3) = the mean of each crop (n, 1, 4, 4) times (-1, 0, 2).
tiny_count.onnx: counts in a loop up to the sum of its input (1, 1, 1, 1); a large sum runs until it is stopped.
"""

from __future__ import annotations

from pathlib import Path

from onnx import TensorProto, checker, helper

FOLDER = Path(__file__).resolve().parent


def mean_times_weights() -> bytes:
    """One crop in, three logits out that can be worked out by hand."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [1, 3], [-1.0, 0.0, 2.0])
    column = helper.make_tensor("column", TensorProto.INT64, [2], [-1, 1])
    nodes = [
        helper.make_node("GlobalAveragePool", ["crop"], ["average"]),
        helper.make_node("Reshape", ["average", "column"], ["mean"]),
        helper.make_node("Mul", ["mean", "weights"], ["logits"]),
    ]
    crop = helper.make_tensor_value_info("crop", TensorProto.FLOAT, ["n", 1, 4, 4])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])
    return serialised(helper.make_graph(nodes, "tiny_mean", [crop], [logits], [weights, column]))


def count_to_sum() -> bytes:
    """A loop whose length is the input's value."""
    scalar = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_on"], ["still"]),
            helper.make_node("Add", ["so_far", "one"], ["next"]),
        ],
        "step",
        [
            scalar("turn", TensorProto.INT64, []),
            scalar("go_on", TensorProto.BOOL, []),
            scalar("so_far", TensorProto.FLOAT, []),
        ],
        [scalar("still", TensorProto.BOOL, []), scalar("next", TensorProto.FLOAT, [])],
        [helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])],
    )
    nodes = [
        helper.make_node("ReduceSum", ["crop"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["turns"], to=TensorProto.INT64),
        helper.make_node("Loop", ["turns", "", "zero"], ["logits"], body=body),
    ]
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])
    crop = scalar("crop", TensorProto.FLOAT, [1, 1, 1, 1])
    return serialised(helper.make_graph(nodes, "tiny_count", [crop], [scalar("logits", TensorProto.FLOAT, [])], [zero]))


def serialised(graph: object) -> bytes:
    """The graph as a checked file, the same bytes each time."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="lumbar-mri tests")
    model.ir_version = 8
    checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


if __name__ == "__main__":
    (FOLDER / "tiny_mean.onnx").write_bytes(mean_times_weights())
    (FOLDER / "tiny_count.onnx").write_bytes(count_to_sum())
