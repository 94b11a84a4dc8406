"""A network with eight-bit arithmetic: one that the program takes, smaller, and near to the one it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from export import int8
from export.eight_bits import rounded
from export.int8 import milliseconds, quantised
from export.to_onnx import plain_onnx
from lumbar_core.inference.network_file import check_network
from tests.export.test_parity import INPUTS
from training.densenet import DenseNet

CONFIGS = Path(__file__).resolve().parents[2] / "training" / "configs"


@pytest.fixture(scope="module")
def plain() -> bytes:
    torch.manual_seed(0)
    network = rounded(DenseNet(3, growth=8, blocks=(2, 2)).eval())
    return plain_onnx(network, (1, 40, 40), "crop", ["logits"])


def answers(model: bytes) -> np.ndarray:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"crop": INPUTS})[0])


def test_a_quantised_network_multiplies_in_eight_bits_and_answers_nearly_the_same(plain: bytes) -> None:
    model = quantised(plain, "crop", INPUTS)
    check_network(model)
    kinds = [node.op_type for node in onnx.load_from_string(model).graph.node]
    convolutions = kinds.count("Conv")
    assert convolutions > 0
    assert kinds.count("QuantizeLinear") >= convolutions, "what each multiplies is in eight bits"
    assert len(model) < len(plain)
    before, after = answers(plain), answers(model)
    assert not np.array_equal(before, after)
    assert np.abs(after - before).max() < 0.1 * np.abs(before).max()


def test_times_are_taken_of_each_network(plain: bytes) -> None:
    taken = milliseconds({"one": plain, "other": plain}, "crop", INPUTS, threads=1)
    assert set(taken) == {"one", "other"}
    assert all(time > 0 for time in taken.values())


def test_a_pack_of_two_networks_is_not_compared_with_one_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["int8", "--config", str(CONFIGS / "foraminal.toml")])
    with pytest.raises(SystemExit):
        int8.main()
    assert "foraminal: its pack holds two networks" in capsys.readouterr().err
