"""The native libraries in the built folder, against the table of those that may be there (native.toml)."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

TABLE = Path(__file__).with_name("native.toml")

# ELF, PE, Mach-O for one and for several processors.
_MAGIC = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
# Free to ship with: the exception says that programs built with the library may have any licence.
_FREED = re.compile(r"GPL-[\d.]+-or-later WITH (GCC-exception-3\.1|Bootloader-exception)")
_GPL = re.compile(r"(?<!L)GPL")


@dataclass(frozen=True, slots=True)
class Library:
    """One row of the table. `version` is empty where the building system tells it."""

    name: str
    licence: str
    files: tuple[str, ...]
    origin: str
    version: str = ""

    @property
    def is_under_gpl(self) -> bool:
        """Whether its licence would reach the whole program."""
        return bool(_GPL.search(_FREED.sub("", self.licence)))


@dataclass(frozen=True, slots=True)
class Shipped:
    """One native file of the folder, with the row that allows it and the version that it has."""

    path: str
    library: Library
    version: str


def read_table(path: Path = TABLE) -> tuple[list[Library], dict[str, str]]:
    """The rows, and the wheels with the versions that were looked at."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [Library(**{**row, "files": tuple(row["files"])}) for row in table["library"]]
    return rows, table["wheels"]


def native_files(folder: Path) -> Iterator[str]:
    """Paths, below the folder, of all files that hold machine code; links are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4).startswith(_MAGIC):
                    yield path.relative_to(folder).as_posix()


def allowed_by(path: str, rows: list[Library]) -> Library | None:
    """The first row that names the file."""
    return next((row for row in rows if any(fnmatchcase(path, pattern) for pattern in row.files)), None)


def list_shipped(folder: Path) -> tuple[list[Shipped], list[str]]:
    """What the folder holds, and the files that no row allows."""
    rows, _ = read_table()
    found = [(path, allowed_by(path, rows)) for path in native_files(folder)]
    shipped = [Shipped(path, row, row.version or _version(path, row)) for path, row in found if row]
    return shipped, [path for path, row in found if row is None]


def system_packages(folder: Path) -> list[str]:
    """The Debian packages that the folder's system libraries were copied from; none on other systems."""
    shipped, _ = list_shipped(folder)
    names = {_package_of(one.path) for one in shipped if one.library.origin == "system"}
    return sorted(name for name in names if name)


def _version(path: str, row: Library) -> str:
    if row.origin == "python":
        return platform.python_version()
    if row.origin == "packer":
        return _version_of_packer()
    package = _package_of(path)
    return _asked("dpkg-query", "-W", "-f", "${Version}", package) if package else f"of {platform.platform(terse=True)}"


def _version_of_packer() -> str:
    try:
        return version("pyinstaller")
    except PackageNotFoundError:
        return ""


def _package_of(path: str) -> str:
    """The Debian package that installed a file of this name, or nothing."""
    if shutil.which("dpkg-query") is None:
        return ""
    owners = _asked("dpkg-query", "-S", f"*/{Path(path).name}")
    return owners.partition(":")[0]


def _asked(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else ""
