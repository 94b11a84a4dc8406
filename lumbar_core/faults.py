"""What is kept of a fault of the program itself: where it happened, never what was being looked at."""

from __future__ import annotations

import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path, PurePath

import platformdirs

LARGEST_LOG_BYTES = 200_000
_PACKAGE_ROOT = Path(__file__).resolve().parents[1]
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


def log_file() -> Path:
    """Where faults are written: the program's own log folder."""
    return Path(platformdirs.user_log_dir("lumbar-mri", appauthor=False)) / "faults.log"


def log_fault(error: BaseException) -> str:
    """Add the fault to the log; returns a sentence for the user that says where details are.

    Neither the error's text nor any value is written: they may hold a patient's name. When the log is full it
    becomes the old one, and that one goes.
    """
    kind, log = type(error).__name__, log_file()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".old.log"))
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):{_STAMP}} {kind}\n{places_of(error)}\n")
    except OSError:
        return f"The program met a fault ({kind}); its log could not be written."
    return f"The program met a fault ({kind}). Details are in {log}"


def places_of(error: BaseException) -> str:
    """The lines of our code and of libraries through which the fault came; no folder of this PC, no value."""
    frames = traceback.extract_tb(error.__traceback__)
    return "".join(f"  {_short(frame.filename)}:{frame.lineno} {frame.name}\n" for frame in frames)


def recent_faults(most: int = 5) -> tuple[str, ...]:
    """Time and kind of the latest faults, for a bug report."""
    try:
        lines = log_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(line for line in lines if line and not line.startswith(" "))[-most:]


def log_faults_of_threads() -> None:
    """A fault on a thread goes to the log, not, with its text, to the terminal."""

    def log(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            log_fault(arguments.exc_value)

    threading.excepthook = log


def _short(name: str) -> str:
    path = PurePath(name)
    if path.is_relative_to(_PACKAGE_ROOT) and "site-packages" not in path.parts:
        return path.relative_to(_PACKAGE_ROOT).as_posix()
    parts = path.parts
    return "/".join(parts[parts.index("site-packages") + 1 :]) if "site-packages" in parts else path.name
