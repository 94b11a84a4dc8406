"""A grader's second output says of each place what the last layer makes of it, and changes nothing else."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn

from export.activation_map import check_map, with_map
from export.eight_bits import rounded
from export.to_onnx import to_onnx
from lumbar_core.inference.network_file import check_network
from lumbar_core.inference.packs import MODEL, bundled_folder
from tests.export.test_parity import INPUTS
from tests.training.made_up import TinyGrader
from training.densenet import DenseNet

# Channels and side of each one's crops, and how many places its map is wide.
GRADERS = {"canal": (1, 80, 2), "foraminal": (1, 112, 7), "subarticular": (3, 80, 2)}


@pytest.fixture(scope="module")
def model() -> bytes:
    torch.manual_seed(0)
    return to_onnx(rounded(DenseNet(3, growth=8, blocks=(2, 2)).eval()), (1, 40, 40), "crop", ["logits"])


def answers(model: bytes, crops: np.ndarray) -> list[np.ndarray]:
    return list(ort.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"crop": crops}))


def test_the_mean_over_its_places_is_the_logits_and_they_stay(model: bytes) -> None:
    mapped = with_map(model)
    check_network(mapped)
    for size in (1, 3, 17):
        (before,), (logits, maps) = answers(model, INPUTS[:size]), answers(mapped, INPUTS[:size])
        assert maps.shape == (size, 3, 5, 5)
        np.testing.assert_array_equal(logits, before)
        np.testing.assert_allclose(maps.mean(axis=(2, 3)), logits, atol=1e-5)
        assert maps.std(axis=(2, 3)).min() > 1e-3, "the places differ"


def test_a_place_is_what_the_last_layer_says_of_it() -> None:
    torch.manual_seed(0)
    network = TinyGrader().eval()
    _, maps = answers(with_map(to_onnx(network, (1, 40, 40), "crop", ["logits"])), INPUTS[:2])
    with torch.inference_mode():
        features = torch.relu(network.conv(torch.from_numpy(INPUTS[:2])))
        wanted = network.classifier(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    np.testing.assert_allclose(maps, wanted.numpy(), atol=1e-5)


def test_all_that_was_in_the_file_stays_as_and_where_it_was(model: bytes) -> None:
    """Else a pack's history would keep its weights once more."""
    before, after = (onnx.load_from_string(each).graph for each in (model, with_map(model)))
    for was, are in ((before.initializer, after.initializer), (before.node, after.node), (before.output, after.output)):
        assert [each.SerializeToString() for each in are][: len(was)] == [each.SerializeToString() for each in was]


def test_a_last_layer_that_is_kept_in_eight_bits_is_used_again() -> None:
    torch.manual_seed(0)
    wide = nn.Sequential(nn.Conv2d(1, 700, 5, 2), nn.ReLU(), _Mean(), nn.Linear(700, 3)).eval()
    model = to_onnx(rounded(wide), (1, 40, 40), "crop", ["logits"])
    assert any(each.name.endswith("3.weight.steps") for each in onnx.load_from_string(model).graph.initializer)
    check_map(model, with_map(model), INPUTS)


class _Mean(nn.Module):
    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features.mean(dim=(2, 3))


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (nn.Sequential(nn.Conv2d(1, 3, 5, 2), _Mean()), "does not end in one layer"),
        (nn.Sequential(nn.Flatten(), nn.Linear(1600, 3)), "does not see a mean over places"),
    ],
)
def test_a_network_that_has_no_such_map_is_refused(network: nn.Module, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        with_map(to_onnx(network.eval(), (1, 40, 40), "crop", ["logits"]))


def test_a_network_that_has_it_is_refused(model: bytes) -> None:
    with pytest.raises(ValueError, match="already"):
        with_map(with_map(model))


def test_a_map_of_another_network_is_told_apart(model: bytes) -> None:
    torch.manual_seed(1)
    other = to_onnx(rounded(DenseNet(3, growth=8, blocks=(2, 2)).eval()), (1, 40, 40), "crop", ["logits"])
    with pytest.raises(ValueError, match="moves the logits"):
        check_map(model, with_map(other), INPUTS)


@pytest.mark.parametrize("name", GRADERS)
def test_the_shipped_graders_have_it(name: str) -> None:
    channels, side, wide = GRADERS[name]
    crops = np.random.default_rng(0).uniform(0, 1, (5, channels, side, side)).astype(np.float32)
    logits, maps = answers((bundled_folder() / name / MODEL).read_bytes(), crops)
    assert maps.shape == (5, 3, wide, wide)
    np.testing.assert_allclose(maps.mean(axis=(2, 3)), logits, atol=1e-5)
