"""The Debian package: the folder below /usr/lib, a command, a menu entry, an icon."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from freeze.archive import QUICK
from freeze.build import EPOCH, ROOT, files_of
from freeze.icon import WINDOW_ICON
from freeze.native import native_files
from freeze.windows import NAME
from lumbar_core import __version__
from lumbar_core.report.result import INTENDED_USE

PACKAGE = "lumbar-mri"
_GLIBC = re.compile(rb"\bGLIBC_2\.(\d+)\b")
_ICON_SIDES = (48, 128, 256)

# The window asks the system for fonts, which it cannot bring along.
_CONTROL = """Package: {package}
Version: {version}
Architecture: {architecture}
Maintainer: The lumbar authors <nobody@invalid.invalid>
Installed-Size: {size}
Depends: libc6 (>= {glibc})
Recommends: fontconfig-config, fonts-dejavu-core
Section: science
Priority: optional
Description: {name}
 Grades how narrow the spinal canal, the neural foramina and the lateral recesses
 are in a lumbar MRI, from DICOM files or pictures, without any network.
 .
 {use}
 .
 The model packs inside are for research and education only, non-commercial:
 /usr/lib/{package}/licences/MODEL-PACKS.txt
"""

_DESKTOP = """[Desktop Entry]
Type=Application
Name=Lumbar MRI
Comment={name}
Exec=/usr/bin/lumbar %F
Icon={package}
Terminal=false
Categories=Science;MedicalSoftware;
MimeType=application/dicom;
"""


def write_package(folder: Path, target: Path) -> Path:
    """Make the .deb in `target`; returns its path."""
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    deb = target / f"{PACKAGE}_{__version__}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="lumbar-deb-") as temporary:
        tree = Path(temporary) / "tree"
        _fill(tree, folder, architecture)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{QUICK}", "--build", str(tree), str(deb)],
            env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    return deb


def oldest_glibc(folder: Path) -> str:
    """The version of the C library that the native files ask for."""
    asked = (_GLIBC.findall((folder / path).read_bytes()) for path in native_files(folder))
    return f"2.{max(int(minor) for found in asked for minor in found)}"


def _fill(tree: Path, folder: Path, architecture: str) -> None:
    program = tree / "usr" / "lib" / PACKAGE
    shutil.copytree(folder, program, symlinks=True, ignore=shutil.ignore_patterns(".stamp"))
    command = tree / "usr" / "bin" / "lumbar"
    command.parent.mkdir()
    command.symlink_to(f"../lib/{PACKAGE}/lumbar")
    _write(tree / "usr/share/applications" / f"{PACKAGE}.desktop", _DESKTOP.format(name=NAME, package=PACKAGE))
    for side in _ICON_SIDES:
        icon = tree / f"usr/share/icons/hicolor/{side}x{side}/apps/{PACKAGE}.png"
        icon.parent.mkdir(parents=True)
        with Image.open(WINDOW_ICON) as drawn:
            drawn.resize((side, side), Image.Resampling.LANCZOS).save(icon)
    _write(tree / "usr/share/doc" / PACKAGE / "copyright", (ROOT / "LICENSE").read_text(encoding="utf-8"))
    size = sum(path.stat().st_size for path in files_of(tree) if not path.is_symlink()) // 1024
    _write(
        tree / "DEBIAN" / "control",
        _CONTROL.format(
            package=PACKAGE,
            version=__version__,
            architecture=architecture,
            size=size,
            glibc=oldest_glibc(folder),
            name=NAME,
            use=INTENDED_USE,
        ),
    )
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
