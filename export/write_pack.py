"""A checkpoint to a model pack: network, contract, card (DESIGN.md §3)."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from export.activation_map import check_map, with_map
from export.card import card
from export.inputs import network_input, parity_inputs
from export.parity import LARGEST_DP, Answers, max_difference
from export.to_onnx import shipped_form, to_onnx
from export.two_scales import joined, mean_of_scales
from lumbar_core.anatomy import LEVELS, SEVERITY_LABELS, Condition
from lumbar_core.inference.contract import CAM, NetworkInput
from lumbar_core.inference.packs import CARD, CONTRACT, MODEL, replace_pack
from lumbar_core.localise import recesses
from training import grade, localise, recognise
from training.calibration import read_calibration
from training.cells import LABELLED
from training.config import TrainConfig, stored_config
from training.evaluate import study_hash
from training.pictures import KINDS

TERMS = (
    "Trained on RSNA 2024 Lumbar Spine Degenerative Classification data (LumbarDISC): research and education, "
    "non-commercial. SPIDER (van der Graaf et al. 2024) and Mendeley k57fr854j2 (Sudirman et al.): CC BY 4.0."
)
BESIDE = "beside"  # in a contract's `training`: of the network that sees the crop's surroundings
_SHOWN = {  # what a localiser's last map shows, at any disc
    Condition.SPINAL_CANAL_STENOSIS: "canal",
    Condition.NEURAL_FORAMINAL_NARROWING: "foramen",
}


def write_pack(
    checkpoint: Path,
    out: Path,
    data: Path,
    version: str,
    measured: dict[str, Any],
    recipe: TrainConfig | None = None,
) -> dict[int, float]:
    """Write model.onnx, contract.json and MODEL_CARD.md; returns the parity by batch size.

    measured: the cross-validation's figures; its `pack_metrics` go into contract and card.
    recipe: gives thresholds and operating point, which are chosen after training; without it the checkpoint's own.
    A pack of the same recipe that lies there gives its salt: the history of packs need not keep all hashes anew.
    Raises ValueError if ONNX and torch differ by more than 1e-4 on real inputs, if the network is not trained to its
    end or not rounded as the recipe says, if the recipe is of another network, or if its operating point is not the
    measured one; nothing is written then.
    """
    state = torch.load(checkpoint, weights_only=True)
    config = _decided(stored_config(state["config"]), recipe)
    _refuse_unfinished(config, state)
    _refuse_other_point(config, measured)
    network = load_network(config, state)
    model = _onnx(network, config)
    inputs = parity_inputs(config, data)
    parity = _parity(config, network, model, inputs)
    calibration = _calibration(config, checkpoint.parent)
    salt = _salt(out, config)
    contract = _contract(config, state, model, parity, version, measured["pack_metrics"], calibration, salt)
    if config.task == "grade":
        model, contract = _mapped(model, contract, inputs)
    _replace(out, model, contract)
    return parity


def _refuse_unfinished(config: TrainConfig, state: dict[str, Any]) -> None:
    if state["epoch"] < state["epochs"]:
        raise ValueError(f"{config.name}: trained for {state['epoch']} of {state['epochs']} epochs; resume it first")
    if config.kernel_steps != state.get("kernel_steps", 0):
        raise ValueError(f"{config.name}: not rounded as the recipe says; `train --resume` does it")


def _refuse_other_point(config: TrainConfig, measured: dict[str, Any]) -> None:
    wanted = measured.get("operating_point", config.operating_point)
    if wanted != config.operating_point:
        raise ValueError(f"{config.name}: measured best at {wanted}, the recipe says {config.operating_point}")


def _onnx(network: torch.nn.Module, config: TrainConfig) -> bytes:
    wanted = network_input(config)
    shape = [side or 0 for side in wanted.shape[1:]]
    return to_onnx(network, shape, wanted.name, [name for name, _, _ in _outputs(config)])


def _parity(config: TrainConfig, network: Answers, model: bytes, inputs: NDArray[np.float32]) -> dict[int, float]:
    parity = max_difference(network, model, inputs, logits=config.task != "localise")
    if max(parity.values()) > LARGEST_DP:
        raise ValueError(f"{config.name}: ONNX differs from torch by {max(parity.values()):.2e} (limit {LARGEST_DP})")
    return parity


def add_second_scale(
    folder: Path, recipe: TrainConfig, checkpoint: Path, data: Path, version: str, measured: dict[str, Any]
) -> dict[int, float]:
    """Put beside a pack's network the one that sees its crop's surroundings too; returns the parity by batch size.

    checkpoint: of the recipe that this one names as `beside`, in the run folder next to that of the pack's network,
    whose calibration is that of both. measured: of both, as of `write_pack`. The pack's network stays to the byte.
    Raises ValueError as `write_pack`, and if the pack has two scales already; nothing is written then.
    """
    contract = _of_recipe(folder, recipe)
    state = torch.load(checkpoint, weights_only=True)
    config = stored_config(state["config"])
    if config.name != recipe.beside or BESIDE in contract["training"]:
        raise ValueError(f"{folder}: takes a network of {recipe.beside or 'no other recipe'} beside it, and one only")
    _refuse_unfinished(config, state)
    _refuse_other_point(recipe, measured)
    near, network = (folder / MODEL).read_bytes(), load_network(config, state)
    model = joined(near, with_map(_onnx(network, config)), recipe.side, config.side)
    inputs = parity_inputs(config, data)
    parity = _parity(config, mean_of_scales(near, network, recipe.side), model, inputs)
    check_map(model, model, inputs)
    run = checkpoint.resolve().parents[2] / recipe.name / checkpoint.parent.name
    salt, seen = contract["trained_on"]["salt"], set(contract["trained_on"]["hashes"])
    both = {
        "version": version,
        "inputs": [_input(network_input(config))],
        "calibration": _calibration(recipe, run),
        "operating_point": recipe.operating_point or None,
        "thresholds": recipe.thresholds,
        "metrics": measured["pack_metrics"],
        "parity": {"max_abs_dp": {str(size): value for size, value in parity.items()}, "inputs": config.data},
        "digest": hashlib.sha256(model).hexdigest(),
        "trained_on": {"salt": salt, "hashes": sorted(seen | _hashes(salt, state))},
        "training": contract["training"] | {BESIDE: {"name": config.name, **_training(config, state)}},
    }
    _replace(folder, model, contract | both)
    return parity


def decide_anew(
    folder: Path,
    recipe: TrainConfig,
    version: str,
    more: Sequence[dict[str, Any]] = (),
    corrections: Mapping[str, Any] | None = None,
) -> None:
    """Give a pack the recipe's thresholds, which are chosen after training; its network and figures stay.

    more: figures measured since, which join those that are there, or take the place of one of the same name.
    corrections: how a grader's word on slices without their neighbours is set right (`python -m training lone-grades`).
    Raises ValueError if the pack is of another recipe, or if its figures are of another operating point.
    """
    contract = _of_recipe(folder, recipe)
    if (contract["operating_point"] or "") != recipe.operating_point:
        raise ValueError(f"{folder}: its figures are of {contract['operating_point']}, not {recipe.operating_point}")
    model = (folder / MODEL).read_bytes()
    metrics = {metric["name"]: metric for metric in (*contract["metrics"], *more)}
    decided: dict[str, Any] = {"thresholds": recipe.thresholds, "version": version, "metrics": list(metrics.values())}
    if corrections is not None:
        decided["calibration"] = contract["calibration"] | corrections
    _replace(folder, model, contract | decided)


def add_map(folder: Path, recipe: TrainConfig, data: Path, version: str) -> None:
    """Give a grader's pack class activation maps (role `cam`); its weights, answers, thresholds and figures stay.

    Raises ValueError if the pack is of another recipe or has them already, or if the logits of real crops would move.
    """
    contract = _of_recipe(folder, recipe)
    if any(output["role"] == CAM for output in contract["outputs"]):
        raise ValueError(f"{folder}: the pack has class activation maps already")
    model, contract = _mapped((folder / MODEL).read_bytes(), contract, parity_inputs(recipe, data))
    _replace(folder, model, contract | {"version": version})


def _mapped(model: bytes, contract: dict[str, Any], crops: NDArray[np.float32]) -> tuple[bytes, dict[str, Any]]:
    """A grader and its contract with class activation maps, checked on crops."""
    mapped = with_map(model)
    check_map(model, mapped, crops)
    cam = {"name": CAM, "role": CAM, "classes": list(SEVERITY_LABELS)}
    outputs = [*contract["outputs"], cam]
    return mapped, contract | {"outputs": outputs, "digest": hashlib.sha256(mapped).hexdigest()}


def _of_recipe(folder: Path, recipe: TrainConfig) -> dict[str, Any]:
    contract: dict[str, Any] = json.loads((folder / CONTRACT).read_text(encoding="utf-8"))
    if contract["training"]["config_digest"] != recipe.digest:
        raise ValueError(f"{folder}: the pack is not of the recipe {recipe.name}")
    return contract


def _salt(out: Path, config: TrainConfig) -> str:
    """For the hashes of the studies seen: that of the pack that is written over, if it is of this recipe; else new."""
    try:
        return str(_of_recipe(out, config)["trained_on"]["salt"])
    except (OSError, ValueError, KeyError):
        return secrets.token_hex(8)


def _replace(folder: Path, model: bytes, contract: dict[str, Any]) -> None:
    words = json.dumps(contract, indent=1) + "\n"
    replace_pack(folder, {MODEL: model, CONTRACT: words.encode(), CARD: card(contract).encode()})


def _decided(trained: TrainConfig, recipe: TrainConfig | None) -> TrainConfig:
    """The knobs of the trained network with the recipe's decisions."""
    if recipe is None:
        return trained
    if recipe.digest != trained.digest:
        raise ValueError(f"{trained.name}: the checkpoint was not trained by this recipe")
    return recipe


def load_network(config: TrainConfig, state: dict[str, Any]) -> torch.nn.Module:
    """A checkpoint's network in the form that ships."""
    build = {"grade": grade.build, "localise": localise.build, "recognise": recognise.build}[config.task]
    network: torch.nn.Module = build(config)
    network.load_state_dict(state["model"], strict=True)
    return shipped_form(network.to(memory_format=torch.contiguous_format), config)


def _outputs(config: TrainConfig) -> list[tuple[str, str, list[str]]]:
    if config.task == "localise":
        maps = recesses.MAPS if config.is_axial else (*LEVELS, _SHOWN[LABELLED[config.data]])
        return [
            ("heatmaps", "heatmaps", list(maps)),
            ("lumbar", "visibility", ["lumbar"]),
        ]
    return [("logits", "logits", list(SEVERITY_LABELS) if config.task == "grade" else list(KINDS))]


def _calibration(config: TrainConfig, run: Path) -> dict[str, Any] | None:
    return read_calibration(run) if config.task == "grade" else None


def _contract(
    config: TrainConfig,
    state: dict[str, Any],
    model: bytes,
    parity: dict[int, float],
    version: str,
    metrics: list[dict[str, Any]],
    calibration: dict[str, Any] | None,
    salt: str,
) -> dict[str, Any]:
    return {
        "schema": "lumbar-pack/1",
        "name": config.name,
        "version": version,
        "task": config.task,
        "conditions": [config.graded] if config.task == "grade" else [],
        "inputs": [_input(network_input(config))],
        "outputs": [{"name": n, "role": role, "classes": classes} for n, role, classes in _outputs(config)],
        "calibration": calibration,
        "operating_point": config.operating_point or None,
        "thresholds": config.thresholds,
        "metrics": metrics,
        "parity": {"max_abs_dp": {str(size): value for size, value in parity.items()}, "inputs": config.data},
        "digest": hashlib.sha256(model).hexdigest(),
        "trained_on": {"salt": salt, "hashes": sorted(_hashes(salt, state))},
        "terms": TERMS,
        "training": _training(config, state),
    }


def _hashes(salt: str, state: dict[str, Any]) -> set[str]:
    return {study_hash(salt, study) for study in state["trained_on"]}


def _training(config: TrainConfig, state: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": config.data,
        **({"grades_of": config.grades_of} if config.grades_of else {}),
        "seed": config.seed,
        "config_digest": state["config_digest"],
        "code": state["code"],
        "epochs": state["epoch"],
    }


def _input(wanted: NetworkInput) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "role": wanted.role,
        "shape": list(wanted.shape),
        "dtype": "float32",
        "plane": wanted.orientation,
        "weighting": list(wanted.weighting),
        "working_grid": {
            "long_side": wanted.working_grid.long_side,
            "filter": "area",
            "square": wanted.working_grid.square,
        },
        "crop": asdict(wanted.crop) if wanted.crop is not None else None,
        "normalisation": {
            "of": wanted.normalisation.of,
            "percentiles": list(wanted.normalisation.percentiles),
        },
    }
