"""Kernels in eight bits: a quarter of the size, the same answers as the rounded network, close to the trained one."""

from __future__ import annotations

import copy

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from export.eight_bits import rounded
from export.parity import max_difference
from export.to_onnx import to_onnx
from tests.export.test_parity import INPUTS
from training.densenet import DenseNet
from training.heatmap_net import HeatmapNet
from training.rounding import FEWEST, round_kernels


@pytest.fixture(scope="module")
def grader() -> DenseNet:
    torch.manual_seed(0)
    network = DenseNet(3, growth=8, blocks=(2, 2))
    with torch.no_grad():
        for _ in range(3):  # batch norms with something to fold
            network.train()(torch.from_numpy(INPUTS) * 2 + 0.3)
    return network.eval()


def test_a_rounded_network_is_the_trained_one_within_what_eight_bits_hold(grader: DenseNet) -> None:
    inputs = torch.from_numpy(INPUTS)
    with torch.inference_mode():
        before, after = grader(inputs), rounded(grader)(inputs)
    assert not torch.equal(before, after)
    torch.testing.assert_close(after, before, atol=5e-3, rtol=5e-3)


def test_every_kernel_is_stored_in_eight_bits_and_none_of_its_values_changes(grader: DenseNet) -> None:
    network = rounded(grader)
    model = to_onnx(network, (1, 40, 40), "crop", ["logits"])
    assert max(max_difference(network, model, INPUTS, logits=True).values()) < 1e-5
    stored = [numpy_helper.to_array(each) for each in onnx.load_from_string(model).graph.initializer]
    large = [values for values in stored if values.ndim > 1 and values.size >= FEWEST]
    assert large
    assert {values.dtype for values in large} == {np.dtype(np.int8)}


def test_a_kernel_in_few_steps_keeps_them_through_the_folding_of_its_norm(grader: DenseNet) -> None:
    network = copy.deepcopy(grader)
    round_kernels(network, 3)
    inputs = torch.from_numpy(INPUTS)
    with torch.inference_mode():
        torch.testing.assert_close(rounded(network)(inputs), network(inputs), atol=2e-2, rtol=2e-2)
    model = to_onnx(rounded(network), (1, 40, 40), "crop", ["logits"])
    stored = [numpy_helper.to_array(each) for each in onnx.load_from_string(model).graph.initializer]
    kernels = [values for values in stored if values.dtype == np.int8]
    assert kernels
    assert all(np.abs(values).max() <= 3 for values in kernels)


def test_norms_that_stay_hold_two_short_numbers_a_channel(grader: DenseNet) -> None:
    norms = [module for module in rounded(grader).modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms
    for norm in norms:
        assert norm.running_mean is not None
        assert not norm.running_mean.any()
        for values in (norm.weight, norm.bias):
            assert not (values.detach().numpy().view(np.uint32) & 0xFFFF).any()


def test_a_network_that_was_not_rounded_keeps_its_weights(grader: DenseNet) -> None:
    model = to_onnx(grader, (1, 40, 40), "crop", ["logits"])
    assert max(max_difference(grader, model, INPUTS, logits=True).values()) < 1e-5


def test_the_localiser_can_be_rounded_too() -> None:
    torch.manual_seed(0)
    network = HeatmapNet(6, widths=(8, 8, 8, 8), blocks=(1, 1, 1, 1)).eval()
    pictures = torch.rand(2, 1, 64, 64)
    with torch.inference_mode():
        for before, after in zip(network(pictures), rounded(network)(pictures), strict=True):
            torch.testing.assert_close(after, before, atol=1e-2, rtol=1e-2)
