"""The frozen program, made and given out: `python -m freeze build TARGET`, `compare`, `check`, `release FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from freeze.build import ROOT, build
from freeze.release import NotFit, check, release, require_equal
from freeze.trial import TrialFailed


def main() -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m freeze", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build")
    make.add_argument("target", type=Path, help="the folder to make lumbar in")
    make.add_argument("--without-packs", action="store_true", help="for those who may not have the packs")
    commands.add_parser("check").add_argument("folder", type=Path)
    commands.add_parser("release").add_argument("folder", type=Path)
    compare = commands.add_parser("compare")
    compare.add_argument("folder", type=Path)
    compare.add_argument("other", type=Path)
    words = parser.parse_args()
    try:
        if words.command == "build":
            build(words.target.resolve(), ROOT / "build", with_packs=not words.without_packs)
        elif words.command == "compare":
            require_equal(words.folder, words.other)
        elif words.command == "check":
            check(words.folder)
        else:
            release(words.folder, words.folder.parent / "release", print)
    except (NotFit, TrialFailed) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
