"""A recipe is checked once, and every knob of training is part of its digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.training.made_up import a_config
from training.config import DECIDED_AFTERWARDS, load_config, stored_config
from training.config import LATER as ADDED

LATER = (*ADDED, *DECIDED_AFTERWARDS)  # not part of a digest where they say nothing
CONFIGS = sorted((Path(__file__).resolve().parents[2] / "training" / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_recipe_in_the_repository_is_valid_and_named_like_its_file(path: Path) -> None:
    config = load_config(path)
    assert config.name == path.stem
    assert not config.stepping_stone or (path.parent / f"{config.stepping_stone}.toml").is_file()
    assert not config.localiser or (path.parent / f"{config.localiser}.toml").is_file()


def test_an_unknown_knob_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(CONFIGS[0].read_text(encoding="utf-8") + '\n[optimiser]\nname = "adam"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="optimiser"):
        load_config(path)


@pytest.mark.parametrize(
    ("knob", "value"), [("task", "guess"), ("side", 0), ("epochs", 0), ("batch", -1), ("learning_rate", 0.0)]
)
def test_a_value_that_cannot_be_is_refused(knob: str, value: object) -> None:
    with pytest.raises(ValueError, match=knob):
        replace(a_config("grade"), **{knob: value})  # type: ignore[arg-type]


def test_the_digest_changes_with_every_knob_of_training_and_not_with_what_is_decided_afterwards() -> None:
    config = a_config("grade")
    changes = {"seed": 4, "dropout": 0.2, "localiser": "other"}
    changes |= {"mix": 0.5, "teacher_epochs": 3, "network": "densenet121", "pretrained": "weights.pth"}
    changes |= {"crops_of": "canal", "teacher_network": "small", "teacher_sides": [40]}
    changes |= {"frozen_epochs": 1, "unfreeze_epochs": 2, "schedule": "constant"}
    digests = {replace(config, **{knob: value}).digest for knob, value in changes.items()}  # type: ignore[arg-type]
    assert len(digests | {config.digest}) == len(changes) + 1
    assert replace(config, thresholds={"check_p_severe": 0.2}, operating_point="sensitive").digest == config.digest
    assert replace(config, beside="canal_wide").digest == config.digest


def test_steps_that_kernels_learn_with_are_part_of_the_digest() -> None:
    config = a_config("grade", kernel_steps=2, rounded_epochs=1)
    assert replace(config, kernel_steps=3).digest != config.digest
    assert replace(config, rounded_epochs=0).digest == a_config("grade").digest
    with pytest.raises(ValueError, match="rounded_epochs"):
        replace(config, kernel_steps=0)


def test_a_knob_that_came_later_leaves_the_digests_of_older_recipes_as_they_were() -> None:
    knobs = {name: value for name, value in asdict(a_config("grade")).items() if name not in LATER}
    knobs["inner_epochs"] = 0  # which is gone
    digest = hashlib.sha256(json.dumps(knobs, sort_keys=True).encode()).hexdigest()
    assert a_config("grade").digest == digest


def test_a_checkpoint_may_name_knobs_that_are_gone() -> None:
    knobs = asdict(a_config("grade")) | {"start_from": "", "inner_epochs": 0}
    assert stored_config(knobs) == a_config("grade")


def test_a_recipe_knows_whether_its_network_sees_axial_slices() -> None:
    assert [path.stem for path in CONFIGS if load_config(path).is_axial] == [
        "canal_axial",
        "localise_axial",
        "recess_slim",
        "subarticular",
    ]
