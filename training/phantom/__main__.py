"""`python -m training.phantom --out FOLDER --seed N`: write one generated study.

The bundled sample is made by `python -m training.phantom --out lumbar_core/sample --seed 117`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from lumbar_core.anatomy import LEVELS, Level
from training.phantom.disease import Disease, healthy, narrowed
from training.phantom.encoding import ENCODABLE
from training.phantom.implant import screws_at
from training.phantom.spine import build_spine
from training.phantom.study import write_study

SYNTAXES = {uid.keyword: uid for uid in ENCODABLE}


def _narrow(text: str) -> tuple[Level, float]:
    name, _, amount = text.partition("=")
    if name not in LEVELS or not 0 <= float(amount or "nan") <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not LEVEL=AMOUNT with an amount of 0 to 1, such as L4/L5=0.8")
    return Level(name), float(amount)


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.phantom", description="Write a generated lumbar study as DICOM.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; the truth goes to OUT.truth.json")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--narrow", type=_narrow, action="append", help="LEVEL=AMOUNT of the canal, repeatable")
    parser.add_argument("--healthy", action="store_true", help="no narrowing anywhere")
    parser.add_argument("--screws", type=Level, choices=LEVELS, metavar="LEVEL", help="a level held by titanium screws")
    parser.add_argument("--enhanced", action="store_true", help="one multi-frame file a series")
    parser.add_argument(
        "--syntax", choices=SYNTAXES, default="JPEGLSLossless", help="transfer syntax, by pydicom's keyword"
    )
    options = parser.parse_args()
    spine, syntax = build_spine(options.seed, _diseases(options)), SYNTAXES[options.syntax]
    implant = screws_at(spine, options.screws) if options.screws else None
    truth = write_study(spine, options.out, syntax=syntax, enhanced=options.enhanced, implant=implant)
    for each in truth["structures"]:
        print(f"{each['level']}  {each['side'] or '':5}  {each['condition']:26}  {each['grade']}")


def _diseases(options: argparse.Namespace) -> Mapping[Level, Disease] | None:
    """None lets the seed decide."""
    if options.healthy:
        return healthy(options.seed)
    return narrowed(options.seed, dict(options.narrow)) if options.narrow else None


if __name__ == "__main__":
    main()
