"""`python -m lumbar_gui [PATH…]`: the window, with these paths chosen."""

from __future__ import annotations

import sys
from pathlib import Path

import lumbar_core  # noqa: F401 - first of all: it switches telemetry off before anything can import onnxruntime

INSTEAD = "Without a window use: python -m lumbar_core grade PATH"


def main() -> None:
    """Open the window."""
    try:
        import tkinter as tk

        from lumbar_gui import bootstrap
    except ImportError as error:
        raise SystemExit(f"The window needs Tk, which this Python lacks ({error}). {INSTEAD}") from error
    try:
        bootstrap.run([Path(argument) for argument in sys.argv[1:]])
    except tk.TclError as error:
        if "display" not in str(error):
            raise
        raise SystemExit(f"There is no display to open a window on. {INSTEAD}") from error


if __name__ == "__main__":
    main()
