"""What is kept of a fault of the program itself: where it happened, never what was being looked at."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path

import platformdirs


def log_file() -> Path:
    """Where faults are written: the program's own log folder."""
    return Path(platformdirs.user_log_dir("lumbar-mri", appauthor=False)) / "faults.log"


def log_fault(error: BaseException) -> str:
    """Add the fault to the log; returns a sentence for the user that says where details are.

    Neither the error's text nor any value is written: they may hold a patient's name.
    """
    kind, log = type(error).__name__, log_file()
    places = "".join(traceback.format_tb(error.__traceback__))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {kind}\n{places}\n")
    except OSError:
        return f"The program met a fault ({kind}); its log could not be written."
    return f"The program met a fault ({kind}). Details are in {log}"
