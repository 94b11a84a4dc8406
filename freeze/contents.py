"""The Python modules inside the built program, and those that must not be there."""

from __future__ import annotations

import os
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from PyInstaller.archive.readers import CArchiveReader

from freeze.native import native_files

OWN = {"lumbar_core", "lumbar_gui"}
# Of training, of tests, under the GPL, or for connections that this program never makes.
UNWANTED = {
    "torch", "torchvision", "onnx", "onnxscript", "openvino", "scipy", "sklearn", "matplotlib", "pandas", "training",
    "export", "benchmarks", "tests", "pytest", "_pytest", "hypothesis", "mypy", "ruff", "importlinter", "psutil",
    "PyInstaller", "setuptools", "pip", "gdcm", "_gdcm", "libjpeg", "_libjpeg", "rle", "readline", "ssl", "_ssl",
    "_gdbm", "_curses",
}  # fmt: skip


def program_in(folder: Path) -> Path:
    """The executable of a built folder."""
    return folder / ("lumbar.exe" if os.name == "nt" else "lumbar")


def modules(folder: Path) -> set[str]:
    """Top-level modules: those inside the executable, extension modules, and folders of packages."""
    archive = CArchiveReader(str(program_in(folder)))
    (inside,) = (name for name in archive.toc if name.endswith(".pyz"))
    names = set(archive.open_embedded_archive(inside).toc)
    names |= {Path(path).name for path in native_files(folder) if not Path(path).name.startswith("lib")}
    names |= {path.name for path in (folder / "_internal").iterdir() if path.is_dir() and "-" not in path.name}
    return {name.partition(".")[0] for name in names}


def unwanted(folder: Path) -> set[str]:
    """What is inside and must not be."""
    return modules(folder) & UNWANTED


def foreign(folder: Path, pinned: list[str]) -> set[str]:
    """Installed packages inside that the requirements file does not pin: they would ship unnamed."""
    owners = packages_distributions()
    known = {name.lower() for name in pinned}
    others = {name for name in modules(folder) - OWN - set(sys.stdlib_module_names) if name in owners}
    return {name for name in others if not {owner.lower() for owner in owners[name]} & known}
