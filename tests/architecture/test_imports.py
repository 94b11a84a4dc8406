"""Who may import whom: the contracts of pyproject.toml, and what importing the program loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
LOADED = "import importlib, json, sys; importlib.import_module({name!r}); print(json.dumps(sorted(sys.modules)))"


def loaded_by(name: str) -> set[str]:
    """Top-level modules in a fresh interpreter after importing `name`."""
    answer = subprocess.run(
        [sys.executable, "-c", LOADED.format(name=name)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return {module.partition(".")[0] for module in json.loads(answer.stdout)}


def test_every_import_contract_is_kept() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("name", ["lumbar_core", "lumbar_core.pipeline", "lumbar_core.cli"])
def test_the_core_loads_neither_torch_nor_tk(name: str) -> None:
    assert not loaded_by(name) & {"torch", "tkinter", "_tkinter", "scipy", "matplotlib", "sklearn"}


def test_the_window_loads_no_torch() -> None:
    assert not loaded_by("lumbar_gui.bootstrap") & {"torch", "scipy", "matplotlib", "sklearn"}
