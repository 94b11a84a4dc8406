"""A rounded network has few values a channel, and batch norms that fit what it now computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from training.rounding import FEWEST, RoundedWhileSeen, closest_scale, large_kernels, round_kernels, settle_norms, short


def some_network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 16, 3), nn.BatchNorm2d(16)
    )


@pytest.mark.parametrize("largest", [1, 3, 127])
def test_each_channel_of_a_large_kernel_has_whole_steps(largest: int) -> None:
    network = some_network()
    small = network[0].weight.detach().clone()
    round_kernels(network, largest)
    assert list(large_kernels(network)) == ["3.weight"]
    assert torch.equal(network[0].weight, small), f"kernels of fewer than {FEWEST} weights stay"
    for channel in network[3].weight.detach().numpy():
        values = np.unique(np.abs(channel[channel != 0]))
        np.testing.assert_allclose(values / values.min(), np.round(values / values.min()), atol=1e-5 * largest)
        assert len(np.unique(channel)) <= 2 * largest + 1


def test_no_other_width_of_the_steps_lies_closer() -> None:
    kernel = np.random.default_rng(0).normal(0, 1, (4, 500)).astype(np.float32)
    scale = closest_scale(kernel, 3)

    def error(factor: float) -> float:
        steps = scale * factor
        return float(((np.clip(np.round(kernel / steps), -3, 3) * steps - kernel) ** 2).mean())

    assert error(1.0) < min(error(0.7), error(1.4))
    assert error(1.0) < 0.1


def test_a_channel_of_noughts_stays_so() -> None:
    network = some_network()
    with torch.no_grad():
        network[3].weight[2] = 0
    round_kernels(network, 3)
    assert not network[3].weight[2].any()
    assert torch.isfinite(network[3].weight).all()


def test_short_numbers_are_close_and_end_in_noughts() -> None:
    values = np.random.default_rng(0).normal(0, 5, 100)
    np.testing.assert_allclose(short(values, 8), values, rtol=2**-8)
    bits = short(values, 8).astype(np.float32).view(np.uint32)
    assert not (bits & 0xFFFF).any()


def test_settled_norms_have_the_mean_and_variance_of_what_they_see() -> None:
    network = some_network()
    batches = [torch.randn(64, 1, 12, 12) * 3 + 1 for _ in range(4)]
    settle_norms(network, batches)
    seen = network[0](torch.cat(batches))
    torch.testing.assert_close(network[1].running_mean, seen.mean(dim=(0, 2, 3)), atol=1e-2, rtol=1e-2)
    torch.testing.assert_close(network[1].running_var, seen.var(dim=(0, 2, 3)), atol=1e-2, rtol=2e-2)
    assert not any(module.training for module in network.modules())
    assert network[1].momentum == 0.1


def test_a_batch_is_seen_by_rounded_kernels_and_moves_those_that_learn() -> None:
    network = some_network()
    exact = network[3].weight.detach().clone()
    copy = some_network()
    round_kernels(copy, 3)
    with RoundedWhileSeen(network, 3):
        torch.testing.assert_close(network[3].weight, copy[3].weight)
        network(torch.randn(4, 1, 12, 12)).square().mean().backward()
    assert torch.equal(network[3].weight, exact)
    assert network[3].weight.grad is not None
    assert network[3].weight.grad.any()


def test_an_error_while_a_batch_is_seen_leaves_the_kernels_as_they_were() -> None:
    network = some_network()
    exact = network[3].weight.detach().clone()
    with pytest.raises(RuntimeError), RoundedWhileSeen(network, 3):
        raise RuntimeError
    assert torch.equal(network[3].weight, exact)
