"""Transfer learning: every weight arrives or is named, and only what the recipe lets learn moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.training.made_up import a_config, save_checkpoint
from training import loop
from training.config import IMAGENET
from training.densenet import DenseNet, named
from training.grade import build
from training.transfer import OLD_NAMES, adapted, start_from, thaw

SMALL = a_config("grade")


def of_colours(form: str = "small", classes: int = 1000) -> dict[str, Tensor]:
    """Weights as torchvision has them: three colours, a thousand classes."""
    torch.manual_seed(9)
    state = named(form, classes, 0.0, 3).state_dict()
    return {name: torch.randn_like(value) if value.is_floating_point() else value for name, value in state.items()}


@pytest.mark.parametrize(
    ("form", "weights"), [("densenet121", 7_978_856), ("densenet169", 14_149_480), ("densenet201", 20_013_928)]
)
def test_the_published_forms_have_the_published_number_of_weights(form: str, weights: int) -> None:
    model = named(form, 1000, 0.0, 3)
    assert sum(weight.numel() for weight in model.parameters()) == weights


def test_a_recipe_chooses_the_network() -> None:
    assert build(SMALL).classifier.in_features == named("small", 3, 0.0, 1).classifier.in_features
    assert sum(weight.numel() for weight in build(replace(SMALL, network="slim")).parameters()) < 450_000
    assert build(replace(SMALL, network="densenet121")).classifier.in_features == 1024
    with pytest.raises(ValueError, match="network must be one of"):
        replace(SMALL, network="resnet50")
    with pytest.raises(ValueError, match="of graders"):
        a_config("localise", network="densenet121")


def test_torchvisions_weights_arrive_and_a_grey_picture_is_answered_as_in_three_colours(tmp_path: Path) -> None:
    state = of_colours("densenet121")
    torch.save(state, tmp_path / "weights.pth")
    config = replace(SMALL, network="densenet121", pretrained=str(tmp_path / "weights.pth"))
    model = build(config)
    classifier = model.classifier.weight.clone()
    assert start_from(model, config) == frozenset()
    arrived = model.state_dict()
    for name, value in state.items():
        if not name.startswith("classifier") and name != "features.conv0.weight":
            assert torch.equal(arrived[name], value), name
    assert torch.equal(model.classifier.weight, classifier), "there are three grades, and not a thousand things"
    grey = torch.rand(1, 1, 20, 20)
    colours = nn.functional.conv2d(grey.expand(1, 3, 20, 20), state["features.conv0.weight"])
    torch.testing.assert_close(model.features.conv0.weight.shape, torch.Size([64, 1, 7, 7]))
    torch.testing.assert_close(nn.functional.conv2d(grey, model.features.conv0.weight), colours, rtol=1e-4, atol=1e-4)


def test_the_names_of_torchvisions_files_are_understood(tmp_path: Path) -> None:
    new = of_colours()
    old = {
        name.replace("norm1.", "norm.1.")
        .replace("conv2.", "conv.2.")
        .replace("norm2.", "norm.2.")
        .replace("conv1.", "conv.1."): value
        for name, value in new.items()
        if not name.endswith("num_batches_tracked")
    }
    assert any("denselayer1.norm.1.weight" in name for name in old)
    assert OLD_NAMES.sub(r"\1\2", "features.denseblock1.denselayer2.conv.1.weight") in new
    torch.save(old, tmp_path / "old.pth")
    config = replace(SMALL, pretrained=str(tmp_path / "old.pth"))
    model = build(config)
    start_from(model, config)
    name = "features.denseblock2.denselayer3.conv2.weight"
    assert torch.equal(model.state_dict()[name], new[name])


def test_slices_of_an_axial_crop_share_a_grey_kernel_and_keep_their_own() -> None:
    grey, slices = torch.rand(8, 1, 7, 7), torch.rand(8, 3, 7, 7)
    torch.testing.assert_close(adapted(grey, 3, of_slices=True).sum(dim=1, keepdim=True), grey)
    assert adapted(slices, 3, of_slices=True) is slices
    assert not torch.equal(adapted(slices, 3, of_slices=False), slices), "colours are no slices"
    assert adapted(grey, 1, of_slices=False) is grey


def test_a_checkpoint_of_ours_brings_the_studies_it_saw(tmp_path: Path) -> None:
    """They are in no fold that the network is scored on."""
    path = save_checkpoint(tmp_path, SMALL, build(replace(SMALL, seed=8)), ["41", "42"])
    config = replace(SMALL, pretrained=str(path))
    model = build(config)
    assert start_from(model, config) == {"41", "42"}
    name = "features.denseblock1.denselayer1.conv1.weight"
    assert torch.equal(model.state_dict()[name], build(replace(SMALL, seed=8)).state_dict()[name])


def test_a_recipe_or_a_file_is_started_from() -> None:
    assert replace(SMALL, pretrained="recess_slim").stepping_stone == "recess_slim"
    for other in ("", IMAGENET, "weights.pth", "folder/weights"):
        assert replace(SMALL, pretrained=other).stepping_stone == ""
    with pytest.raises(ValueError, match="teachers"):
        replace(SMALL, pretrained="recess_slim", teacher_epochs=2)


def test_the_network_of_a_recipe_brings_its_studies_too(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, SMALL, build(replace(SMALL, seed=8)), ["41"])
    config = replace(SMALL, pretrained="recess_slim")
    assert start_from(build(config), config, path) == {"41"}
    with pytest.raises(FileNotFoundError, match="recess_slim"):
        start_from(build(config), config)


def test_weights_that_do_not_fit_are_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    torch.save(of_colours("densenet121"), tmp_path / "weights.pth")
    config = replace(SMALL, pretrained=str(tmp_path / "weights.pth"))
    model = build(config)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match="does not fit the network small"):
        start_from(model, config)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pth"):
        start_from(model, replace(SMALL, pretrained="nowhere.pth"))


def test_without_torchvision_imagenet_weights_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torchvision.models", None)
    config = replace(SMALL, network="densenet121", pretrained=IMAGENET)
    with pytest.raises(ValueError, match="torchvision"):
        start_from(build(config), config)


def learning(model: nn.Module) -> set[str]:
    return {name.split(".")[1] if "." in name and name.startswith("features") else name.split(".")[0]
            for name, weight in model.named_parameters() if weight.requires_grad}  # fmt: skip


def test_blocks_begin_to_learn_from_the_end() -> None:
    model = DenseNet(3, growth=4, blocks=(2, 2), first=8)
    config = replace(SMALL, frozen_epochs=2, unfreeze_epochs=3)
    head, last = {"classifier"}, {"classifier", "denseblock2", "norm5"}
    middle = last | {"denseblock1", "transition1"}
    wanted = [head, head, last, last, last, middle, middle, middle, middle | {"conv0", "norm0"}]
    for epoch, parts in enumerate(wanted):
        model.train()
        thaw(model, config, epoch)
        assert learning(model) == parts, epoch
        for name, module in model.features.named_children():
            awake = parts | ({"relu0", "pool0"} if "conv0" in parts else set())
            assert module.training == (name in awake), (epoch, name)


@pytest.mark.parametrize(("knobs", "at_start"), [({}, 5), ({"frozen_epochs": 1}, 1)])
def test_without_a_schedule_all_learns_and_without_steps_all_at_once(knobs: dict[str, int], at_start: int) -> None:
    model = DenseNet(3, growth=4, blocks=(2, 2), first=8)
    everything = learning(model)
    thaw(model, replace(SMALL, **knobs), 0)  # type: ignore[arg-type]
    assert (learning(model) == everything) == (at_start > 1)
    model.train()
    thaw(model, replace(SMALL, **knobs), 1)  # type: ignore[arg-type]
    assert learning(model) == everything


class PowerCut(Exception):
    """In the middle of a training."""


def test_frozen_parts_do_not_move_and_a_resumed_run_ends_as_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 0.0)
    config = replace(SMALL, epochs=3, frozen_epochs=1, unfreeze_epochs=1, schedule="constant")

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(epoch)
        for _ in range(2):
            yield torch.randn(4, 1, 32, 32, generator=generator), torch.randint(0, 3, (4,), generator=generator)

    def step(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        return nn.functional.cross_entropy(model(batch[0]), batch[1]), {}

    def train(out: Path, epochs: int, stop_at: int = 9, *, resume: bool = False) -> dict[str, Tensor]:
        torch.manual_seed(1)
        model = DenseNet(3, growth=4, blocks=(2, 2), first=8)

        def source(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
            if epoch == stop_at:
                raise PowerCut
            return batches(epoch)

        loop.fit(model, source, 2, step, replace(config, epochs=epochs), out, resume=resume, trained_on=(),
                 thaw=lambda model, epoch: thaw(model, config, epoch))  # fmt: skip
        assert all(weight.requires_grad for weight in model.parameters())
        return {name: value.clone() for name, value in model.state_dict().items()}

    torch.manual_seed(1)
    fresh = DenseNet(3, growth=4, blocks=(2, 2), first=8).state_dict()
    first = train(tmp_path / "one", 1)
    moved = {name.split(".")[0] for name in fresh if not torch.equal(first[name], fresh[name])}
    assert moved == {"classifier"}, "batch norms of frozen parts stand still too"
    unbroken = train(tmp_path / "unbroken", 3)
    with pytest.raises(PowerCut):
        train(tmp_path / "broken", 3, stop_at=2)
    resumed = train(tmp_path / "broken", 3, resume=True)
    assert all(torch.equal(resumed[name], value) for name, value in unbroken.items())
    assert torch.equal(unbroken["features.conv0.weight"], fresh["features.conv0.weight"]), "its turn never came"
