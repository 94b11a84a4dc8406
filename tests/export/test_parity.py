"""ONNX and torch give the same answers in every batch size, and a difference is found where there is one."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray

from export.eight_bits import rounded
from export.parity import BATCH_SIZES, LARGEST_DP, max_difference
from export.to_onnx import shipped_form, to_onnx
from tests.training.made_up import FixedLevels, TinyGrader, a_config
from training.heatmap_net import TwoSizes

INPUTS: NDArray[np.float32] = np.random.default_rng(0).uniform(0, 1, (17, 1, 40, 40)).astype(np.float32)


@pytest.fixture(scope="module")
def grader() -> TinyGrader:
    torch.manual_seed(0)
    return TinyGrader().eval()


@pytest.fixture(scope="module")
def model(grader: TinyGrader) -> bytes:
    return to_onnx(grader, (1, 40, 40), "crop", ["logits"])


def test_the_network_has_named_ends_and_a_free_batch(model: bytes) -> None:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    (given,), (answer,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape[1:], answer.name) == ("crop", [1, 40, 40], "logits")
    assert isinstance(given.shape[0], str)
    for size in (1, 3, 17):
        assert session.run(None, {"crop": INPUTS[:size]})[0].shape == (size, 3)


def test_a_faithful_export_agrees_in_every_batch_size(grader: TinyGrader, model: bytes) -> None:
    differences = max_difference(grader, model, INPUTS, logits=True)
    assert set(differences) == set(BATCH_SIZES)
    assert max(differences.values()) < LARGEST_DP


def test_another_network_is_told_apart(grader: TinyGrader, model: bytes) -> None:
    torch.manual_seed(1)
    other = TinyGrader().eval()
    assert min(max_difference(other, model, INPUTS, logits=True).values()) > LARGEST_DP


def test_the_difference_is_one_of_probabilities() -> None:
    torch.manual_seed(0)
    network = TinyGrader().eval()
    model = to_onnx(network, (1, 40, 40), "crop", ["logits"])
    with torch.no_grad():
        network.classifier.bias += 5.0  # the same for every grade: the probabilities stay
    assert max(max_difference(network, model, INPUTS, logits=True).values()) < LARGEST_DP
    assert max(max_difference(network, model, INPUTS, logits=False).values()) > 1.0


def test_an_answer_that_is_no_number_is_no_agreement(grader: TinyGrader, model: bytes) -> None:
    broken = TinyGrader().eval()
    with torch.no_grad():
        broken.classifier.bias.fill_(float("nan"))
    assert max(max_difference(broken, model, INPUTS, logits=True).values()) == float("inf")


def test_too_few_inputs_for_a_batch_are_said(grader: TinyGrader, model: bytes) -> None:
    with pytest.raises(ValueError, match="at least 8"):
        max_difference(grader, model, INPUTS[:7], logits=True)


def test_the_shipped_localiser_answers_with_probabilities() -> None:
    config = a_config("localise")
    network = FixedLevels(config.side)
    shipped = shipped_form(network, config)
    pictures = torch.rand(2, 1, config.side, config.side)
    with torch.inference_mode():
        heat, score = TwoSizes(rounded(network))(pictures)
        given = shipped(pictures)
    torch.testing.assert_close(given[0], torch.sigmoid(heat))
    torch.testing.assert_close(given[1], torch.sigmoid(score))
    assert not shipped.training
