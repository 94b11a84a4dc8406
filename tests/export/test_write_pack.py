"""From checkpoint to pack: the contract fits the network, says what it saw, and is refused where ONNX differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import export.__main__ as command
from export import write_pack as writing
from export.inputs import parity_inputs
from export.parity import BATCH_SIZES
from export.write_pack import add_map, add_second_scale, decide_anew, write_pack
from lumbar_core.anatomy import SEVERITY_LABELS
from lumbar_core.errors import ModelError
from lumbar_core.inference.contract import Correction, parse_contract
from lumbar_core.inference.packs import CONTRACT, load_pack_folders, seal, verify_pack
from tests.training.made_up import a_config, five_cells, save_checkpoint, tiny_network, write_cells, write_pictures
from training import grade, localise, recognise
from training.densenet import DenseNet
from training.evaluate import has_seen

TASKS = ("recognise", "localise", "grade")
STUDIES = ("101", "102")
NOTHING: dict[str, Any] = {"pack_metrics": []}
METRIC = {"name": "acc", "value": 0.9, "ci95": [0.88, 0.92], "cells": 40, "protocol": "made up"}


@pytest.fixture(scope="module", autouse=True)
def tiny_networks() -> object:
    with pytest.MonkeyPatch.context() as patch:
        for module in (recognise, localise, grade):
            patch.setattr(module, "build", tiny_network)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    cells = [cell for study in range(8) for cell in five_cells(f"{study}_1_1.png")]
    write_cells(folder / "rsna_canal", cells)
    write_pictures(folder / "rsna_canal", cells)
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("runs")
    return lambda task: save_checkpoint(root / task, a_config(task), tiny_network(a_config(task)), STUDIES)


@pytest.fixture(scope="module")
def packs(data: Path, checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packs")
    for task in TASKS:
        write_pack(checkpoint(task), folder / a_config(task).name, data, "1.2.3", {"pack_metrics": [METRIC]})
    return {task: folder / a_config(task).name for task in TASKS}


@pytest.mark.parametrize("task", TASKS)
def test_the_contract_is_one_that_the_program_takes_and_the_network_fits_it(packs: dict[str, Path], task: str) -> None:
    (pack,) = load_pack_folders([packs[task]]).all
    wanted = pack.contract.inputs[0]
    inputs = np.zeros((3, *wanted.shape[1:]), np.float32)
    answers = pack.model.run({wanted.name: inputs})
    for output in pack.contract.outputs:
        assert answers[output.name].shape[:2] == (3, len(output.classes))


@pytest.mark.parametrize("task", TASKS)
def test_digest_version_parity_and_training_are_written(packs: dict[str, Path], task: str) -> None:
    contract = parse_contract((packs[task] / CONTRACT).read_bytes())
    raw = json.loads((packs[task] / CONTRACT).read_text(encoding="utf-8"))
    assert contract.digest == hashlib.sha256((packs[task] / "model.onnx").read_bytes()).hexdigest()
    assert (contract.name, contract.version, contract.task) == (a_config(task).name, "1.2.3", task)
    assert set(raw["parity"]["max_abs_dp"]) == {str(size) for size in BATCH_SIZES}
    assert contract.parity <= 1e-4
    assert contract.training["config_digest"] == a_config(task).digest
    assert contract.training["code"] == "abc1234"
    assert contract.metrics[0].ci95 == (0.88, 0.92)


def test_a_graders_contract_cuts_the_crops_that_it_was_trained_on(packs: dict[str, Path]) -> None:
    contract = parse_contract((packs["grade"] / CONTRACT).read_bytes())
    assert contract.inputs == (grade.network_input(a_config("grade")),)
    assert [str(condition) for condition in contract.conditions] == ["spinal_canal_stenosis"]
    assert contract.calibration is not None
    assert contract.calibration.for_views(3) == 1.5
    assert contract.operating_point == "argmax"


def test_a_grader_gives_class_activation_maps_and_no_other_network_does(packs: dict[str, Path]) -> None:
    given = {task: parse_contract((packs[task] / CONTRACT).read_bytes()).cam for task in TASKS}
    assert (given["recognise"], given["localise"]) == (None, None)
    assert given["grade"] is not None
    assert given["grade"].classes == SEVERITY_LABELS


def test_a_pack_of_before_is_given_them_and_nothing_else_changes(
    data: Path, checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, recipe = tmp_path / "canal", a_config("grade")
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_mapped", lambda model, contract, _: (model, contract))
        write_pack(checkpoint("grade"), folder, data, "1.0.0", {"pack_metrics": [METRIC]}, recipe)
    before = json.loads((folder / CONTRACT).read_text(encoding="utf-8"))
    crops = parity_inputs(recipe, data)
    (older,) = load_pack_folders([folder]).all
    logits = older.model.run({"crop": crops})["logits"]
    with pytest.raises(ValueError, match="not of the recipe"):
        add_map(folder, replace(recipe, seed=99), data, "1.0.1")
    add_map(folder, recipe, data, "1.0.1")
    after = json.loads((folder / CONTRACT).read_text(encoding="utf-8"))
    assert {key for key in after if after[key] != before[key]} == {"version", "outputs", "digest"}
    (pack,) = load_pack_folders([folder]).all
    given = pack.model.run({"crop": crops})
    np.testing.assert_array_equal(given["logits"], logits)
    np.testing.assert_allclose(given["cam"].mean(axis=(2, 3)), logits, atol=1e-5)
    assert "1.0.1" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="already"):
        add_map(folder, recipe, data, "1.0.2")


def test_a_pack_gets_a_network_of_a_second_scale_beside_its_own(data: Path, tmp_path: Path) -> None:
    near = a_config("grade", side=80, beside="wide")
    wide = a_config("grade", side=112, half_width=near.half_width * 1.4, name="wide", crops_of=near.name, seed=4)
    runs, folder = tmp_path / "runs", tmp_path / "canal"
    at = {each.name: runs / each.name / "all" for each in (near, wide)}
    checkpoints = [
        save_checkpoint(at[each.name], each, DenseNet(3, growth=8, blocks=(2, 2, 2, 2)), seen)
        for each, seen in ((near, STUDIES), (wide, ("102", "103")))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "build", lambda config: DenseNet(3, growth=8, blocks=(2, 2, 2, 2)))
        write_pack(checkpoints[0], folder, data, "1.0.0", NOTHING, near)
        (before,) = load_pack_folders([folder]).all
        crops = parity_inputs(wide, data)
        nearer = before.model.run({"crop": np.ascontiguousarray(crops[:, :, 16:96, 16:96])})["logits"]
        (at[near.name] / "calibration.json").write_text(
            json.dumps({"temperature": [2.0], "fitted_on": "both", "ece": None})
        )
        with pytest.raises(ValueError, match="no other recipe"):
            add_second_scale(folder, replace(near, beside=""), checkpoints[1], data, "2.0.0", NOTHING)
        parity = add_second_scale(folder, near, checkpoints[1], data, "2.0.0", {"pack_metrics": [METRIC]})
        with pytest.raises(ValueError, match="one only"):
            add_second_scale(folder, near, checkpoints[1], data, "2.0.1", NOTHING)
    (pack,) = load_pack_folders([folder]).all
    assert max(parity.values()) <= 1e-4
    assert pack.contract.inputs == (grade.network_input(wide),)
    assert pack.contract.calibration is not None
    assert pack.contract.calibration.for_views(1) == 2.0
    assert [metric.name for metric in pack.contract.metrics] == ["acc"]
    raw = json.loads((folder / CONTRACT).read_text(encoding="utf-8"))
    assert raw["training"]["config_digest"] == near.digest
    assert (raw["training"]["beside"]["name"], raw["training"]["beside"]["config_digest"]) == ("wide", wide.digest)
    assert all(has_seen(pack.contract, study) for study in ("101", "102", "103"))
    assert np.abs(pack.model.run({"crop": crops})["logits"] - nearer).max() > 1e-3, "both are heard"


def test_a_pack_written_over_one_of_its_recipe_keeps_the_salt(
    data: Path, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    def salt(version: str) -> str:
        write_pack(checkpoint("grade"), tmp_path / "canal", data, version, NOTHING)
        return parse_contract((tmp_path / "canal" / CONTRACT).read_bytes()).trained_on_salt

    first = salt("1.0.0")
    assert salt("1.0.1") == first
    path = tmp_path / "canal" / CONTRACT
    path.write_text(path.read_text(encoding="utf-8").replace(a_config("grade").digest, "0" * 64), encoding="utf-8")
    assert salt("1.0.2") != first, "of another recipe"


def test_studies_seen_are_told_by_salted_hashes_only(packs: dict[str, Path]) -> None:
    salts = set()
    for folder in packs.values():
        contract = parse_contract((folder / CONTRACT).read_bytes())
        assert all(has_seen(contract, study) for study in STUDIES)
        assert not has_seen(contract, "103")
        assert not any(study in contract.trained_on for study in STUDIES)
        salts.add(contract.trained_on_salt)
    assert len(salts) == len(packs)


def test_the_card_says_what_it_is_for_what_was_measured_and_the_terms(packs: dict[str, Path]) -> None:
    card = (packs["grade"] / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "not a medical device" in card
    assert "| acc | 0.9 | 0.880 – 0.920 | 40 | made up |" in card
    assert "non-commercial" in card


def test_nothing_is_written_where_onnx_differs_from_torch(
    data: Path, checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "max_difference", lambda *_, **__: {1: 1e-6, 8: 2e-4})
    with pytest.raises(ValueError, match="differs from torch by 2"):
        write_pack(checkpoint("grade"), tmp_path / "canal", data, "1.0.0", NOTHING)
    assert not (tmp_path / "canal").exists()


def test_thresholds_are_the_recipes_and_a_recipe_of_another_network_is_refused(
    data: Path, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    recipe = replace(a_config("grade"), thresholds={"check_p_severe": 0.31, "borderline_gap": 0.1})
    write_pack(checkpoint("grade"), tmp_path / "canal", data, "1.0.0", NOTHING, recipe)
    assert parse_contract((tmp_path / "canal" / CONTRACT).read_bytes()).thresholds["check_p_severe"] == 0.31
    with pytest.raises(ValueError, match="not trained by this recipe"):
        write_pack(checkpoint("grade"), tmp_path / "other", data, "1.0.0", NOTHING, replace(recipe, seed=99))
    assert not (tmp_path / "other").exists()


def test_a_pack_is_decided_anew_without_its_checkpoint(
    data: Path, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    folder, recipe = tmp_path / "canal", a_config("grade")
    write_pack(checkpoint("grade"), folder, data, "1.0.0", {"pack_metrics": [METRIC]}, recipe)
    before = parse_contract((folder / CONTRACT).read_bytes())
    decide_anew(folder, replace(recipe, thresholds=recipe.thresholds | {"check_p_severe": 0.31}), "1.0.1")
    after = verify_pack(folder)
    assert after.thresholds["check_p_severe"] == 0.31
    assert (after.version, after.digest, after.metrics) == ("1.0.1", before.digest, before.metrics)
    assert "1.0.1" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    same, another = METRIC | {"value": 0.5}, METRIC | {"name": "measured since"}
    decide_anew(folder, replace(recipe, thresholds=dict(after.thresholds)), "1.0.1", [same, another])
    told = {metric.name: metric.value for metric in verify_pack(folder).metrics}
    assert told == {METRIC["name"]: 0.5, "measured since": METRIC["value"]}
    corrections = {"alone": {"scale": 1.3, "bias": [-2.0, 0.5, 1.5]}, "edge": {"scale": 1.0, "bias": [-0.5, 0.1, 0.4]}}
    decide_anew(folder, replace(recipe, thresholds=dict(after.thresholds)), "1.0.1", corrections=corrections)
    after = verify_pack(folder)
    assert after.calibration is not None
    assert after.calibration.temperature == (before.calibration.temperature if before.calibration else None)
    assert after.calibration.alone == Correction(1.3, (-2.0, 0.5, 1.5))
    assert after.calibration.edge == Correction(1.0, (-0.5, 0.1, 0.4))
    with pytest.raises(ValueError, match="not of the recipe"):
        decide_anew(folder, replace(recipe, seed=99), "1.0.2")
    with pytest.raises(ValueError, match="its figures are of argmax"):
        decide_anew(folder, replace(recipe, operating_point="sensitive"), "1.0.2")
    assert verify_pack(folder) == after


def test_what_was_measured_of_several_packs_gives_each_its_own(
    data: Path, checkpoint: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, recipe = tmp_path / "canal", tmp_path / "canal.toml"
    share = METRIC | {"name": "assessed", "value": 0.99}
    write_pack(checkpoint("grade"), folder, data, "1.0.0", {"pack_metrics": [share, METRIC]})
    knobs = {name: value for name, value in asdict(a_config("grade")).items() if name != "thresholds" and value}
    lines = [f"{name} = {json.dumps(value)}" for name, value in knobs.items()]
    limits = [f"{name} = {value}" for name, value in a_config("grade").thresholds.items()]
    recipe.write_text("\n".join([*lines, "[thresholds]", *limits]), encoding="utf-8")
    measured = tmp_path / "refusal.json"
    command_line = [str(folder), "--config", str(recipe), "--version", "1.0.1", "--metrics", str(measured)]

    def of(name: str) -> dict[str, list[dict[str, object]]]:
        return {name: [METRIC | {"name": "assessed, not there", "value": 0.01}]}

    measured.write_text(json.dumps({"pack_metrics": of("foraminal")}), encoding="utf-8")
    assert command.main(command_line) == 1
    assert "of foraminal, none of canal" in capsys.readouterr().err
    measured.write_text(json.dumps({"pack_metrics": of("foraminal") | of("canal")}), encoding="utf-8")
    assert command.main(command_line) == 0
    assert [metric.name for metric in verify_pack(folder).metrics] == ["assessed", "acc", "assessed, not there"]
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.index("| assessed |") < card.index("| assessed, not there |") < card.index("| acc |")


def test_a_network_that_is_not_trained_to_its_end_is_refused(data: Path, tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "run", a_config("grade"), tiny_network(a_config("grade")))
    state = torch.load(path, weights_only=True)
    torch.save({**state, "epoch": state["epochs"] - 1}, path)
    with pytest.raises(ValueError, match="resume it"):
        write_pack(path, tmp_path / "out", data, "1.0.0", NOTHING)
    assert not (tmp_path / "out").exists()


def test_an_operating_point_that_was_not_measured_best_is_refused(
    data: Path, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    measured = {**NOTHING, "operating_point": "sensitive"}
    with pytest.raises(ValueError, match="measured best at sensitive, the recipe says argmax"):
        write_pack(checkpoint("grade"), tmp_path / "out", data, "1.0.0", measured)


def test_an_altered_network_is_refused(data: Path, checkpoint: Callable[[str], Path], tmp_path: Path) -> None:
    write_pack(checkpoint("grade"), tmp_path / "canal", data, "1.0.0", NOTHING)
    with (tmp_path / "canal" / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError):
        verify_pack(tmp_path / "canal")


@pytest.mark.parametrize("task", TASKS)
def test_parity_is_measured_on_inputs_as_the_program_makes_them(data: Path, task: str) -> None:
    inputs = parity_inputs(a_config(task), data)
    side = a_config(task).side
    assert inputs.shape == (40 if task == "grade" else 8, 1, side, side)
    assert inputs.dtype == np.float32
    assert inputs.std() > 0.05


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path) -> Path:
    """A folder in the place of lumbar_core/models."""
    folder = (tmp_path / "models").resolve()
    folder.mkdir()
    monkeypatch.setattr(command, "bundled_folder", lambda: folder)
    monkeypatch.setattr(command, "data_folder", lambda: data)
    return folder


def test_a_shipped_pack_is_sealed(models: Path, checkpoint: Callable[[str], Path]) -> None:
    for task in ("grade", "recognise"):
        assert command.main([str(checkpoint(task)), "--out", str(models / a_config(task).name)]) == 0
    names: dict[str, dict[str, str]] = {}
    exec((models / "digests.py").read_text(encoding="utf-8"), names)
    assert names["DIGESTS"] == {name: seal(models / name) for name in ("canal", "recognise")}
    assert verify_pack(models / "canal", names["DIGESTS"]).name == "canal"


def test_a_pack_elsewhere_is_not_sealed(models: Path, checkpoint: Callable[[str], Path], tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.json"
    metrics.write_text(json.dumps({"pack_metrics": [METRIC]}), encoding="utf-8")
    out = tmp_path / "elsewhere" / "canal"
    assert command.main([str(checkpoint("grade")), "--out", str(out), "--metrics", str(metrics)]) == 0
    assert not (models / "digests.py").exists()
    assert parse_contract((out / CONTRACT).read_bytes()).metrics[0].name == "acc"


def test_a_failed_parity_ends_the_command_with_1_and_a_sentence(
    models: Path,
    checkpoint: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(writing, "max_difference", lambda *_, **__: {1: float("inf")})
    assert command.main([str(checkpoint("grade")), "--out", str(models / "canal")]) == 1
    assert "differs from torch" in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_a_checkpoint_of_another_shape_is_refused(data: Path, tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "run", a_config("grade"), torch.nn.Linear(2, 2))
    with pytest.raises(RuntimeError, match=r"conv\.weight"):
        write_pack(path, tmp_path / "out", data, "1.0.0", NOTHING)
