"""Write requirements-release.txt: what the release is built from, by version and by the hashes of its wheels.

    for PLATFORM: python -m pip download --no-deps --only-binary :all: --python-version 3.11 --platform PLATFORM \\
        --dest WHEELS -r requirements.txt pyinstaller==… pyinstaller-hooks-contrib==… altgraph setuptools
    (Windows also: pefile pywin32-ctypes msvc-runtime; macOS also: macholib)
    python -m freeze.lock WHEELS > requirements-release.txt
"""

from __future__ import annotations

import hashlib
import sys
from collections import defaultdict
from pathlib import Path

# What PyInstaller needs on one system only; and the C++ runtime without which ONNX Runtime crashes on a Windows whose
# own is older (docs/WINDOWS.md).
ONLY_ON = {"pefile": "win32", "pywin32-ctypes": "win32", "msvc-runtime": "win32", "macholib": "darwin"}
HEAD = """\
# What a release is built from, in an environment of its own: the program's packages and the packer, nothing else.
# Written by `python -m freeze.lock`; installed with `pip install --require-hashes -r requirements-release.txt`.
# Wheels for Python 3.11 on Windows (x64), macOS (arm64) and Linux (x86-64).
"""


def lock(wheels: list[Path]) -> str:
    """The requirements file for these wheels."""
    hashes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for wheel in wheels:
        name, version, *_ = wheel.name.split("-")
        hashes[name.replace("_", "-").lower(), version].add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    return HEAD + "".join(_entry(name, version, found) for (name, version), found in sorted(hashes.items()))


def _entry(name: str, version: str, hashes: set[str]) -> str:
    marker = f' ; sys_platform == "{ONLY_ON[name]}"' if name in ONLY_ON else ""
    return " \\\n".join([f"{name}=={version}{marker}", *(f"    --hash=sha256:{one}" for one in sorted(hashes))]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(lock(sorted(Path(sys.argv[1]).rglob("*.whl"))))
