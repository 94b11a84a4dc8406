"""The licences of what the frozen program carries, read from the packages installed for the build."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from freeze.native import list_shipped, system_packages

WORDS = ("licen", "copying", "notice", "copyright")
RULE = "=" * 100
# Of the fonts in lumbar_core/report/fonts: DejaVu, cut down to the scripts that a report can show.
REPORT_FONTS_VERSION, REPORT_FONTS_TERMS = "2.37", "Bitstream-Vera"


def required(requirements: Path) -> list[str]:
    """Names of the packages that a requirements file pins."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.split("==")[0] for line in lines if "==" in line and not line.startswith("#")]


def write_licences(root: Path, folder: Path) -> None:
    """Put all terms beside the program in `folder`: ours, the model packs', those of everything inside."""
    target = folder / "licences"
    target.mkdir(exist_ok=True)
    (target / "THIRD-PARTY.txt").write_text(third_party(root), encoding="utf-8")
    (target / "NATIVE.txt").write_text(native_libraries(folder), encoding="utf-8")
    shutil.copyfile(root / "LICENSE", target / "LICENSE.txt")
    shutil.copyfile(root / "lumbar_core" / "models" / "LICENSE", target / "MODEL-PACKS.txt")


def native_libraries(folder: Path) -> str:
    """One text: every native file with its licence and version, then the terms of those from the building system."""
    shipped, unknown = list_shipped(folder)
    table = [f"{one.path}: {one.library.name} {one.version}, {one.library.licence}" for one in shipped]
    table += [f"{path}: not in the table of native libraries" for path in unknown]
    texts = [
        f"{RULE}\n{package}\n{RULE}\n\n{file.read_text(encoding='utf-8', errors='replace').strip()}"
        for package in system_packages(folder)
        if (file := Path("/usr/share/doc") / package / "copyright").is_file()
    ]
    return "This program holds the following native code.\n\n" + "\n".join(table) + "\n\n" + "\n\n".join(texts) + "\n"


def third_party(root: Path) -> str:
    """One text: name, version and licence of every package and of the fonts, then the licence texts in full."""
    packages = [_installed(name) for name in required(root / "requirements.txt")]
    table = [f"{one.metadata['Name']} {one.version}: {terms_of(one)}" for one in packages]
    table.append(f"Python {sys.version.split()[0]}, with Tcl/Tk: PSF licence; Tcl/Tk licence (BSD-like)")
    fonts = f"DejaVu Sans Condensed {REPORT_FONTS_VERSION}, fewer letters"
    table.append(f"{fonts}: {REPORT_FONTS_TERMS}, with glyphs of the Arev fonts under the same terms")
    table.append("PyInstaller's start program: GPL-2.0 with an exception that allows any licence for what it packs")
    texts = [
        f"{RULE}\n{one.metadata['Name']} {one.version}\n{RULE}\n\n{text}" for one in packages for text in _texts(one)
    ]
    terms = (root / "lumbar_core" / "report" / "fonts" / "LICENSE").read_text(encoding="utf-8")
    texts.append(f"{RULE}\n{fonts}\n{RULE}\n\n{terms.strip()}")
    texts.append(f"{RULE}\nPython {sys.version.split()[0]}\n{RULE}\n\n{_python_licence()}")
    return "This program carries the following software.\n\n" + "\n".join(table) + "\n\n" + "\n\n".join(texts) + "\n"


def _installed(name: str) -> Distribution:
    """The package, or in the edition for graphics cards the one that takes its place."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return distribution(f"{name}-gpu")


def terms_of(one: Distribution) -> str:
    """Its licence in a word or two, as the package names it."""
    expression = str((one.metadata.get_all("License-Expression") or one.metadata.get_all("License") or [""])[0])
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
