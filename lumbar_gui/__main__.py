"""`python -m lumbar_gui [PATH…] [--plan FILE --reader CODE | --together FILE]`: the window, with these paths chosen."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import lumbar_core  # noqa: F401 - first of all: it switches telemetry off before anything can import onnxruntime

INSTEAD = "Without a window use: python -m lumbar_core grade PATH"


def main() -> None:
    """Open the window."""
    paths, reading = parse(sys.argv[1:])
    try:
        import tkinter as tk

        from lumbar_gui import bootstrap
    except ImportError as error:
        raise SystemExit(f"The window needs Tk, which this Python lacks ({error}). {INSTEAD}") from error
    try:
        bootstrap.run(paths, reading)
    except tk.TclError as error:
        if "display" not in str(error):
            raise
        raise SystemExit(f"There is no display to open a window on. {INSTEAD}") from error


def parse(words: Sequence[str]) -> tuple[list[Path], tuple[Path, str | Path] | None]:
    """The paths, and the plan with its reader or report where both are named. Raises SystemExit for wrong usage."""
    parser = argparse.ArgumentParser(prog="lumbar_gui", description="Opens the window.", allow_abbrev=False)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files, a folder, a ZIP or a DICOMDIR")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="read the studies below PATH by this plan")
    parser.add_argument("--reader", metavar="CODE", help="as this reader")
    parser.add_argument("--together", type=Path, metavar="FILE", help="look at what an agreement.json finds disputed")
    options, others = parser.parse_known_args(words)
    options.paths += map(Path, others)  # what a desktop adds, or a file that begins with a dash
    by = [each for each in (options.reader, options.together) if each is not None]
    if len(by) != (options.plan is not None) or (options.plan is not None and not options.paths):
        parser.error("reading by a plan needs PATH, --plan and either --reader or --together")
    return options.paths, (options.plan, by[0]) if options.plan is not None else None


if __name__ == "__main__":
    main()
