"""The words of `python -m training prepare`."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from lumbar_core.batch.progress import Pace, ProgressLine
from lumbar_core.cli import positive
from training.cells import LABELLED
from training.config import TrainConfig, load_config
from training.prepare.download import IMAGES
from training.prepare.gaps import gaps_in_words, write_gaps
from training.prepare.jpeg import to_jpeg
from training.prepare.run import GAPS, prepare

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def add_command(commands: Any) -> None:
    """Put `prepare` among the commands."""
    parser = commands.add_parser("prepare", help="RSNA's download, or a folder of sets → sets and crops to train on")
    parser.add_argument("download", type=Path, help=f"the unpacked download ({IMAGES}/, three tables), or sets")
    parser.add_argument("--out", type=Path, required=True, help="folder of the sets, for LUMBAR_DATA; or of the JPEGs")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the crops are kept for training")
    parser.add_argument("--configs", type=Path, default=CONFIGS, help="folder of the recipes that crops are cut for")
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1)
    parser.add_argument("--to-jpeg", action="store_true", help="only convert every .dcm to a .jpeg of the same name")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> dict[str, Any]:
    options.out.mkdir(parents=True, exist_ok=True)
    with closing(ProgressLine(sys.stderr)) as line:
        pace = Pace()

        def show(done: int, of: int) -> None:
            line.show("prepare", done, of, pace.words(done, of))

        if options.to_jpeg:
            root = options.download / IMAGES if (options.download / IMAGES).is_dir() else options.download
            gaps = to_jpeg(root, options.out, options.workers, show)
            write_gaps(options.out / GAPS, gaps)
            return {"gaps": gaps_in_words(gaps)}
        recipes = graders(options.configs)
        return prepare(options.download, options.out, recipes, options.runs / "cache", options.workers, show)


def graders(configs: Path) -> list[TrainConfig]:
    """The recipes of graders in a folder, one a set: the first by name. Raises ValueError where there is none.

    Neither those that only others start from, nor those of one set's pictures with another's grades.
    """
    found: dict[str, TrainConfig] = {}
    recipes = [load_config(path) for path in sorted(configs.glob("*.toml"))]
    beside = {recipe.stepping_stone for recipe in recipes}
    for recipe in recipes:
        if recipe.task == "grade" and not recipe.grades_of and recipe.name not in beside:
            found.setdefault(recipe.data, recipe)
    if not found:
        raise ValueError(f"{configs} holds no recipe of a grader")
    return [found[name] for name in LABELLED if name in found]
