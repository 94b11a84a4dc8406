"""The graders' network: the published one's names, shapes and number of weights, for one grey channel."""

from __future__ import annotations

import pytest
import torch

from training.densenet import DenseNet


@pytest.fixture(scope="module")
def published() -> DenseNet:
    """DenseNet-121 as published, with one channel in."""
    return DenseNet(1000, growth=32, blocks=(6, 12, 24, 16), first=64)


def count(model: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


def test_densenet_121_has_the_published_number_of_weights(published: DenseNet) -> None:
    of_two_colour_channels = 2 * 64 * 7 * 7
    assert count(published) == 7_978_856 - of_two_colour_channels


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("features.conv0.weight", (64, 1, 7, 7)),
        ("features.norm0.running_mean", (64,)),
        ("features.denseblock1.denselayer1.norm1.weight", (64,)),
        ("features.denseblock1.denselayer1.conv1.weight", (128, 64, 1, 1)),
        ("features.denseblock1.denselayer6.norm2.bias", (128,)),
        ("features.denseblock1.denselayer6.conv2.weight", (32, 128, 3, 3)),
        ("features.transition1.norm.weight", (256,)),
        ("features.transition1.conv.weight", (128, 256, 1, 1)),
        ("features.denseblock2.denselayer12.conv1.weight", (128, 480, 1, 1)),
        ("features.transition3.conv.weight", (512, 1024, 1, 1)),
        ("features.denseblock4.denselayer16.conv1.weight", (128, 992, 1, 1)),
        ("features.norm5.weight", (1024,)),
        ("classifier.weight", (1000, 1024)),
        ("classifier.bias", (1000,)),
    ],
)
def test_keys_and_shapes_are_those_of_torchvision(published: DenseNet, key: str, shape: tuple[int, ...]) -> None:
    assert tuple(published.state_dict()[key].shape) == shape


def test_there_are_as_many_keys_as_in_torchvisions_densenet_121(published: DenseNet) -> None:
    layers, transitions, ends = 6 + 12 + 24 + 16, 3, 2  # normalisations have five keys, convolutions one
    assert len(published.state_dict()) == layers * 12 + transitions * 6 + ends * 5 + 1 + 2


def test_the_small_form_has_under_two_million_weights() -> None:
    model = DenseNet(3)
    assert 1_000_000 < count(model) < 2_000_000
    assert model.classifier.in_features == 512


@pytest.mark.parametrize("pool", [True, False])
def test_any_size_of_picture_gives_one_row_of_logits_each(pool: bool) -> None:
    model = DenseNet(3, growth=4, blocks=(2, 2), first=8, pool=pool).eval()
    with torch.inference_mode():
        assert model(torch.rand(2, 1, 48, 40)).shape == (2, 3)
        stem = model.features[: 4 if pool else 3](torch.rand(1, 1, 64, 64))
    assert stem.shape[-1] == (16 if pool else 32)


def test_the_answer_for_one_picture_does_not_depend_on_its_batch() -> None:
    torch.manual_seed(0)
    model = DenseNet(3, growth=4, blocks=(2, 2), first=8, dropout=0.5).eval()
    pictures = torch.rand(5, 1, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(model(pictures)[3:4], model(pictures[3:4]), atol=1e-5, rtol=1e-4)


def test_every_weight_takes_part() -> None:
    model = DenseNet(3, growth=4, blocks=(2, 2), first=8)
    model(torch.rand(4, 1, 48, 48)).square().sum().backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()] == []
