"""The frozen program's entry: a command of the command line, or else the window with the paths given.

From source the same two doors are `python -m lumbar_core` and `python -m lumbar_gui`.
"""

from __future__ import annotations

import sys

# `--decode-worker` and `--batch-worker` are the program itself, started again by itself.
COMMANDS = {
    "grade",
    "batch",
    "deidentify",
    "agreement",
    "self-test",
    "packs",
    "--self-test",
    "--decode-worker",
    "--batch-worker",
    "--version",
    "--help",
    "-h",
}


def main() -> int:
    """Run what the first word asks for; returns the exit code."""
    if sys.argv[1:2] and sys.argv[1] in COMMANDS:
        from lumbar_core import cli

        return cli.main(sys.argv[1:])
    from lumbar_gui.__main__ import main as open_window

    open_window()
    return 0


if __name__ == "__main__":
    sys.exit(main())
