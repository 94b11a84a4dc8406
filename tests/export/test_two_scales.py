"""Two graders in one file: the mean of what each says, and of each place what both say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from export.activation_map import check_map, with_map
from export.eight_bits import rounded
from export.parity import session_of
from export.to_onnx import to_onnx
from export.two_scales import PLACE, joined, mean_of_scales
from lumbar_core.grade.crops import CropPlace, cut_crops
from lumbar_core.inference.network_file import check_network
from training import grade
from training.config import load_config
from training.densenet import DenseNet

NEAR, WIDE = 80, 112
START = (WIDE - NEAR) // 2
CROPS = np.random.default_rng(0).random((5, 1, WIDE, WIDE), dtype=np.float32)
MIDDLE = CROPS[:, :, START : START + NEAR, START : START + NEAR].copy()
CONFIGS = Path(__file__).resolve().parents[2] / "training" / "configs"


def a_network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return rounded(DenseNet(3, growth=8, blocks=(2, 2, 2, 2)).eval())


def a_grader(seed: int, side: int) -> bytes:
    return with_map(to_onnx(a_network(seed), (1, side, side), "crop", ["logits"]))


def answers(model: bytes, crops: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    logits, cam = session_of(model).run(None, {"crop": crops})
    return logits, cam


@pytest.fixture(scope="module")
def near() -> bytes:
    return a_grader(1, NEAR)


@pytest.fixture(scope="module")
def wide() -> bytes:
    return a_grader(2, WIDE)


def test_it_answers_with_the_mean_of_both(near: bytes, wide: bytes) -> None:
    both = joined(near, wide, NEAR, WIDE)
    check_network(both)
    for size in (1, 3, 5):
        logits, _ = answers(both, CROPS[:size])
        alone = answers(near, MIDDLE[:size])[0], answers(wide, CROPS[:size])[0]
        np.testing.assert_allclose(logits, (alone[0] + alone[1]) / 2, atol=1e-6)
        wanted = mean_of_scales(near, a_network(2), NEAR)(torch.from_numpy(CROPS[:size]))
        np.testing.assert_allclose(logits, wanted.detach().numpy(), atol=1e-5)
    assert np.abs(alone[0] - alone[1]).max() > 1e-2, "the two differ"


def test_a_place_of_its_map_is_what_both_say_of_that_part_of_the_crop(near: bytes, wide: bytes) -> None:
    both = joined(near, wide, NEAR, WIDE)
    check_map(both, both, CROPS)
    _, cam = answers(both, CROPS)
    (_, of_near), (_, of_wide) = answers(near, MIDDLE), answers(wide, CROPS)
    assert (cam.shape[2:], of_near.shape[2:], of_wide.shape[2:]) == ((7, 7), (2, 2), (3, 3))
    wanted = np.zeros_like(cam)
    for maps, first in ((of_near, START // PLACE), (of_wide, 0)):
        size = 2 * maps.shape[-1]
        finer = maps.repeat(2, axis=2).repeat(2, axis=3)
        wanted[:, :, first : first + size, first : first + size] += 0.5 * finer * (7 * 7) / size**2
    np.testing.assert_allclose(cam, wanted, atol=1e-5)


def test_the_nearer_network_is_stored_as_it_was(near: bytes, wide: bytes) -> None:
    """Else a pack's history would keep its weights once more."""
    before = onnx.load_from_string(near).graph.initializer
    after = onnx.load_from_string(joined(near, wide, NEAR, WIDE)).graph.initializer
    assert [each.SerializeToString() for each in after[: len(before)]] == [each.SerializeToString() for each in before]


@pytest.mark.parametrize(("inner", "outer"), [(80, 80), (112, 80), (80, 96), (80, 113), (80, 120)])
def test_crops_that_do_not_fit_into_each_other_are_refused(near: bytes, wide: bytes, inner: int, outer: int) -> None:
    with pytest.raises(ValueError, match="does not lie"):
        joined(near, wide, inner, outer)


def test_the_wide_crop_of_the_foramina_has_the_nearer_one_in_its_middle() -> None:
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 4096, (512, 448)).astype(np.uint16)
    places = [CropPlace(200.3, 180.7, 60.0), CropPlace(262.1, 171.2, 60.0)]
    recipe = load_config(CONFIGS / "foraminal.toml")
    beside = load_config(CONFIGS / f"{recipe.beside}.toml")
    nearer, wider = (cut_crops(picture, places, places, grade.network_input(each)) for each in (recipe, beside))
    assert (nearer.shape[-1], wider.shape[-1]) == (NEAR, WIDE)
    np.testing.assert_allclose(wider[:, :, START : START + NEAR, START : START + NEAR], nearer, atol=1e-4)
