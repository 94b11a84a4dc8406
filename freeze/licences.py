"""The licences of what the frozen program carries, read from the packages installed for the build."""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

WORDS = ("licen", "copying", "notice", "copyright")
RULE = "=" * 100


def required(requirements: Path) -> list[str]:
    """Names of the packages that a requirements file pins."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.split("==")[0] for line in lines if "==" in line and not line.startswith("#")]


def third_party(requirements: Path) -> str:
    """One text: name, version and licence of every package, then the licence texts in full."""
    packages = [distribution(name) for name in required(requirements)]
    table = [f"{one.metadata['Name']} {one.version}: {_terms(one)}" for one in packages]
    table.append(f"Python {sys.version.split()[0]}, with Tcl/Tk: PSF licence; Tcl/Tk licence (BSD-like)")
    table.append("PyInstaller's start program: GPL-2.0 with an exception that allows any licence for what it packs")
    texts = [
        f"{RULE}\n{one.metadata['Name']} {one.version}\n{RULE}\n\n{text}" for one in packages for text in _texts(one)
    ]
    texts.append(f"{RULE}\nPython {sys.version.split()[0]}\n{RULE}\n\n{_python_licence()}")
    return "This program carries the following software.\n\n" + "\n".join(table) + "\n\n" + "\n\n".join(texts) + "\n"


def _terms(one: Distribution) -> str:
    expression = one.metadata.get("License-Expression") or one.metadata.get("License") or ""
    if expression and "\n" not in expression:
        return expression
    classifiers = one.metadata.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License")]
    return ", ".join(named) or "see its text below"


def _texts(one: Distribution) -> list[str]:
    files = [file for file in one.files or [] if any(word in file.name.lower() for word in WORDS)]
    paths = [Path(str(file.locate())) for file in files if file.suffix in {"", ".txt", ".md", ".rst"}]
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in paths if path.is_file()]


def _python_licence() -> str:
    for path in (Path(sys.base_prefix) / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE"):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    inside = sorted(Path(sys.base_prefix, "lib").glob("python3.*/LICENSE.txt"))
    return inside[0].read_text(encoding="utf-8") if inside else "See https://docs.python.org/3/license.html"
