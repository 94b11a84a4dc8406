"""From the built folder to what is given out: checked, tried, archived, listed."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from freeze.archive import write_checksums, write_tar, write_zip
from freeze.build import ROOT, digests, files_of
from freeze.contents import foreign, unwanted
from freeze.debian import write_package
from freeze.installer import find_compiler, write_installer
from freeze.licences import required
from freeze.native import list_shipped
from freeze.sbom import bill
from freeze.trial import try_hard
from lumbar_core import __version__

REQUIREMENTS = ROOT / "requirements.txt"
MEGABYTE = 1_000_000
FOLDER_MB, ARCHIVE_MB = 220, 100  # DESIGN: the budgets of a release


class NotFit(Exception):
    """Why this build must not be given out."""


def check(folder: Path) -> None:
    """Raise NotFit where the folder holds what it must not, or too much."""
    shipped, unknown = list_shipped(folder)
    faults = [f"{path} is in no row of freeze/native.toml" for path in unknown]
    faults += [f"{one.path} is under the GPL" for one in shipped if one.library.is_under_gpl]
    faults += [f"{name} is inside" for name in sorted(unwanted(folder))]
    faults += [f"{name} is inside and pinned nowhere" for name in sorted(foreign(folder, required(REQUIREMENTS)))]
    size = folder_megabytes(folder)
    faults += [f"{size:.0f} MB are more than {FOLDER_MB}"] if size > FOLDER_MB else []
    if faults:
        raise NotFit("\n".join(faults))


def require_equal(folder: Path, other: Path) -> None:
    """Raise NotFit naming the files that two builds do not share."""
    one, two = digests(folder), digests(other)
    differing = sorted(path for path in one.keys() | two.keys() if one.get(path) != two.get(path))
    if differing:
        raise NotFit("Two builds differ in:\n" + "\n".join(differing))


def release(folder: Path, target: Path, say: Callable[[str], None]) -> None:
    """Check and try the program, then write everything that is given out into `target`."""
    check(folder)
    try_hard(folder, say)
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    name = f"lumbar-{__version__}-{platform.system().lower()}-{platform.machine().lower()}"
    archive = target / (f"{name}.zip" if platform.system() == "Windows" else f"{name}.tar.xz")
    (write_zip if archive.suffix == ".zip" else write_tar)(folder, archive)
    if archive.stat().st_size > ARCHIVE_MB * MEGABYTE:
        raise NotFit(f"The archive is larger than {ARCHIVE_MB} MB.")
    if shutil.which("dpkg-deb"):
        write_package(folder, target)
    compiler = find_compiler()
    if compiler:
        write_installer(compiler, folder, target)
    text = json.dumps(bill(folder, REQUIREMENTS), indent=1, ensure_ascii=False)
    (target / f"{name}.cdx.json").write_text(text + "\n", encoding="utf-8")
    write_checksums(list(target.iterdir()), target / "SHA256SUMS")
    say(f"folder: {folder_megabytes(folder):.1f} MB")
    for file in sorted(target.iterdir()):
        say(f"{file.name}: {file.stat().st_size / MEGABYTE:.2f} MB")


def folder_megabytes(folder: Path) -> float:
    """Sum of its files; a link takes no room."""
    return sum(path.stat().st_size for path in files_of(folder) if not path.is_symlink()) / MEGABYTE
