"""MODEL_CARD.md: a contract in words, for people (DESIGN.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lumbar_core.inference.contract import SHARE

_SCORED_ON = {  # what a grader was scored on, by its input's plane
    "sagittal": "Localisation is automatic; the slice is the one that the radiologist marked.",
    "axial": "A piece of the slice that the radiologist marked was handed in; the recesses were located in it.",
}
_SCORED_FUSED = (
    "A piece of an axial slice of the level was handed in; the canal was located in it. Unless a figure says otherwise,"
    "\nit is of what this network says fused with what the sagittal pack says, and so are the thresholds."
)


def _scored_on(contract: dict[str, Any]) -> str:
    return _SCORED_FUSED if SHARE in contract["thresholds"] else _SCORED_ON[contract["inputs"][0]["plane"]]


def card(contract: dict[str, Any]) -> str:
    """The card of a pack with this contract."""
    lines = [
        f"# Model pack `{contract['name']}` {contract['version']}",
        "",
        "Research and quality work; not a medical device; findings need a doctor's reading.",
        "",
        f"Task: {contract['task']}. Conditions: {', '.join(contract['conditions']) or 'none'}.",
        f"Terms: {contract['terms']}",
        "",
        "## Measured",
        "",
        "Every figure was printed by `python -m training cross-validate`, unless another command is named beside it,",
        "and put here by `python -m export`. They are of the recipe: each study was scored by networks that never saw",
        "it; the network in this pack was trained on all four folds.",
        *([_scored_on(contract)] if contract["task"] == "grade" else []),
        "",
        "| figure | value | 95 % interval | cells | how |",
        "| --- | --- | --- | --- | --- |",
    ]
    for metric in _side_by_side(contract["metrics"]):
        interval = "{:.3f} – {:.3f}".format(*metric["ci95"]) if metric["ci95"] else ""
        lines.append(
            f"| {metric['name']} | {metric['value']:.4g} | {interval} | {metric['cells']} | {metric['protocol']} |"
        )
    worst = max(contract["parity"]["max_abs_dp"].values())
    lines += [
        "",
        f"ONNX against torch on real inputs: largest |Δp| {worst:.1e}.",
        f"Trained on {len(contract['trained_on']['hashes'])} studies and patients.",
        f"Code {contract['training']['code']}.",
        "",
    ]
    return "\n".join(lines)


def _side_by_side(metrics: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures as they are, but for “assessed, not there”, measured later, which belongs below “assessed”."""
    heads = [metric["name"].split(", ")[0] for metric in metrics]
    return sorted(metrics, key=lambda metric: heads.index(metric["name"].split(", ")[0]))
