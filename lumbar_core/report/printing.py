"""Hand a finished PDF to the platform's own way to a printer; what lies on the disk for it is private and goes away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from lumbar_core.errors import PrintingError
from lumbar_core.temporary import left_folder, temporary_folder

TITLE = "Lumbar MRI report"  # what a queue shows to everybody: nothing of the patient
_NAME = "report.pdf"
_PATIENCE_S = 60.0
_SAVE_INSTEAD = "Save the result as PDF, and print that."
# To a queue (CUPS, then the older BSD way), and to what shows a PDF where there is no queue.
_QUEUES = {"lp": ("lp", "-t", TITLE, "--"), "lpr": ("lpr", "-T", TITLE)}
_VIEWERS = ("open",) if sys.platform == "darwin" else ("xdg-open",)


class Handed(StrEnum):
    """To whom the pages were given."""

    PRINTER = "printer"
    VIEWER = "viewer"


def print_pdf(pdf: bytes) -> Handed:
    """Print, or open where it can be printed from. Raises PrintingError with what the system says."""
    if sys.platform == "win32":
        return _print_on_windows(pdf)
    for name, command in _QUEUES.items():
        if shutil.which(name) is not None:
            with temporary_folder() as folder:
                _run((*command, str(_written(folder, pdf))))  # the queue has its own copy when the command ends
            return Handed.PRINTER
    viewer = next((name for name in _VIEWERS if shutil.which(name) is not None), None)
    if viewer is None:
        raise PrintingError("This computer has no print command (lp or lpr).", _SAVE_INSTEAD)
    _run((viewer, str(_written(left_folder(), pdf))))
    return Handed.VIEWER


def _written(folder: Path, pdf: bytes) -> Path:
    path = folder / _NAME
    try:
        path.write_bytes(pdf)
    except OSError as error:
        raise PrintingError(
            f"The pages could not be written for the printer: {error.strerror}.", _SAVE_INSTEAD
        ) from error
    return path


def _run(command: tuple[str, ...]) -> None:
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, check=False,
            stdin=subprocess.DEVNULL, env=_own_environment(os.environ),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PrintingError(f"The command “{command[0]}” did not print.", _SAVE_INSTEAD) from error
    if ended.returncode != 0:
        said = next(iter((ended.stderr or ended.stdout).strip().splitlines()), "it gives no reason")
        raise PrintingError(f"Nothing was printed: {said.strip('. ')}.", f"Check the printer. {_SAVE_INSTEAD}")


def _own_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The system's libraries for the system's programs: a frozen program starts with its own in front."""
    kept = {name: value for name, value in ours.items() if name != "LD_LIBRARY_PATH"}
    before = ours.get("LD_LIBRARY_PATH_ORIG")
    if getattr(sys, "frozen", False):
        return kept | ({"LD_LIBRARY_PATH": before} if before else {})
    return dict(ours)


def _print_on_windows(pdf: bytes) -> Handed:
    """By the program that Windows keeps for PDF; it reads the file after this call, so that it is left a while."""
    path = _written(left_folder(), pdf)
    for verb, handed in (("print", Handed.PRINTER), ("open", Handed.VIEWER)):
        try:
            os.startfile(path, verb)  # type: ignore[attr-defined, unused-ignore] # Windows only
        except OSError:
            continue
        return handed
    raise PrintingError("Windows has no program that prints or shows a PDF.", _SAVE_INSTEAD)
