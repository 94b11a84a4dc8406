"""`python -m lumbar_gui [PATH…]`: the window, with these paths chosen."""

from __future__ import annotations

import sys
from pathlib import Path

import lumbar_core  # noqa: F401 - first of all: it switches telemetry off before anything can import onnxruntime


def main() -> None:
    """Open the window."""
    from lumbar_gui.bootstrap import run

    run([Path(argument) for argument in sys.argv[1:]])


if __name__ == "__main__":
    main()
