"""Where a recipe's data, checkpoints and packs lie, and its networks as the program runs them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.inference.packs import bundled_folder
from training.config import TrainConfig, load_config
from training.runs import run_folder


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where data, runs and caches lie, and the folder of the configs that name each other."""

    data: Path
    runs: Path
    configs: Path

    @property
    def cache(self) -> Path:
        """Preprocessed pictures; safe to delete."""
        return self.runs / "cache"

    def checkpoint(self, name: str, left_out: frozenset[int]) -> Path:
        """A network's checkpoint."""
        return run_folder(self.runs, name, left_out) / "checkpoint.pt"


def fold_pack(name: str, left_out: frozenset[int], shop: Workshop) -> Path:
    """The folder of a fold's pack; `python -m export` writes it from the checkpoint, in a process of its own.

    (Training does not import export: the layers go the other way.)
    """
    folder = shop.runs / "packs" / run_folder(shop.runs, name, left_out).name / name
    config = shop.configs / f"{name}.toml"
    export = [sys.executable, "-m", "export"]
    decided = ["--config", str(config), "--version", "fold"]
    _run([*export, str(shop.checkpoint(name, left_out)), *decided, "--out", str(folder)])
    if beside := load_config(config).beside:
        _run([*export, str(folder), *decided, "--beside", str(shop.checkpoint(beside, left_out))])
    return folder


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def locating_packs(config: TrainConfig, left_out: frozenset[int], shop: Workshop) -> list[Path]:
    """The packs that the program needs beside a grader's own.

    A network that was never trained here is the program's own: whoever trains a grader on other studies than it was
    trained on needs no other. (Scoring refuses studies that one of the packs has seen.)
    """
    shipped = shipped_packs(config, shop)
    return [
        bundled_folder() / name if bundled_folder() / name in shipped else fold_pack(name, left_out, shop)
        for name in _locating(config)
    ]


def shipped_packs(config: TrainConfig, shop: Workshop) -> list[Path]:
    """Those of them that are the program's own."""
    return [bundled_folder() / name for name in _locating(config) if not (shop.runs / name).exists()]


def _locating(config: TrainConfig) -> list[str]:
    # A tile is no whole picture that could be recognised.
    return [*([] if config.is_axial else ["recognise"]), config.localiser]
