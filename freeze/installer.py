"""The installer for Windows, where Inno Setup is there to make it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from freeze.build import ROOT
from lumbar_core import __version__

SCRIPT = ROOT / "freeze" / "installer.iss"


def find_compiler() -> str | None:
    """Inno Setup's compiler, on the path or where its own installer puts it."""
    usual = Path(os.environ.get("PROGRAMFILES(X86)", "")) / "Inno Setup 6" / "ISCC.exe"
    return shutil.which("iscc") or (str(usual) if usual.is_file() else None)


def write_installer(compiler: str, folder: Path, target: Path) -> None:
    """Make the setup program in `target`."""
    defines = {"Version": __version__, "Folder": str(folder.resolve()), "Target": str(target.resolve())}
    words = [f"/D{name}={value}" for name, value in defines.items()]
    subprocess.run([compiler, "/Qp", *words, str(SCRIPT)], check=True)
