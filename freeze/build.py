"""Run PyInstaller so that the same source gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EPOCH = 1767225600  # 2026-01-01: the one time that stands in everything built
WITH_PACKS = "LUMBAR_WITH_PACKS"  # build.spec reads it


def build(target: Path, work: Path, with_packs: bool = True) -> Path:
    """Build the program, with the model packs of this repository or without any; returns `target`/lumbar."""
    words = ["--noconfirm", "--log-level", "ERROR", "--distpath", str(target), "--workpath", str(work)]
    # Order of sets, times inside archives; nobody's settings of Python.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": str(EPOCH), WITH_PACKS: str(int(with_packs))}
    command = [sys.executable, "-m", "PyInstaller", *words, "build.spec"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return target / "lumbar"


def digests(folder: Path) -> dict[str, str]:
    """What the folder holds: SHA-256 of each file by its path, and where links lead."""
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files_of(folder)}


def files_of(folder: Path) -> list[Path]:
    """All files and links, in one order everywhere; not the mark that `make` leaves."""
    return sorted(path for path in folder.rglob("*") if (path.is_symlink() or path.is_file()) and path.name != ".stamp")


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest()
