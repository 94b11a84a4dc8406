"""`python -m training.phantom --out FOLDER --seed N`: write one generated study.

The bundled sample is made by `python -m training.phantom --out lumbar_core/sample --seed 1`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lumbar_core.anatomy import LEVELS, Level
from training.phantom.spine import build_spine
from training.phantom.writing import write_study


def _narrowing(text: str) -> tuple[Level, float]:
    name, _, share = text.partition("=")
    if name not in LEVELS or not 0 <= float(share or "nan") <= 0.8:
        raise argparse.ArgumentTypeError(f"{text!r} is not LEVEL=SHARE with a share of 0 to 0.8, such as L4/L5=0.6")
    return Level(name), float(share)


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.phantom", description="Write a generated lumbar study as DICOM.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; the truth goes to OUT.truth.json")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--narrow", type=_narrowing, action="append", help="LEVEL=SHARE lost, repeatable")
    parser.add_argument("--healthy", action="store_true", help="no narrowing anywhere")
    options = parser.parse_args()
    chosen = {} if options.healthy else dict(options.narrow) if options.narrow else None
    truth = write_study(build_spine(options.seed, chosen), options.out)
    for level in truth["levels"]:
        print(f"{level['level']}  {level['sac_depth_mm']:5.1f} mm  {level['grade']}")


if __name__ == "__main__":
    main()
