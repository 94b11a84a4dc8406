"""The words of `python -m training sweep`."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from lumbar_core.batch.progress import Pace, ProgressLine
from training.cells import data_folder
from training.config import SCHEDULES, load_config
from training.crop_store import read_store
from training.cross_validate import crop_store
from training.splits import FOLDS
from training.sweep.run import Plan, sweep
from training.sweep.space import Space, rates, studys_own
from training.sweep.trial import Proxy, fewer_studies
from training.workshop import Workshop


def add_command(commands: Any) -> None:
    """Put `sweep` among the commands."""
    own = studys_own()
    parser = commands.add_parser("sweep", help="a grader at every point of a grid of knobs, by many processes")
    parser.add_argument("--config", type=Path, required=True, help="the grader's recipe that the points change")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the crops lie")
    parser.add_argument(
        "--out", type=Path, required=True, help="table, plot, curves, and without --storage the database"
    )
    parser.add_argument("--storage", help="sqlite:///FILE or postgresql://…, shared by all processes of a sweep")
    parser.add_argument("--rates", type=int, default=len(own.learning_rates), help="how many from 1e-3 to 1e-7")
    parser.add_argument("--schedules", nargs="+", choices=SCHEDULES, default=own.schedules)
    parser.add_argument("--batches", type=int, nargs="+", default=own.batches)
    parser.add_argument("--epochs", type=int, nargs="+", default=own.epochs)
    parser.add_argument("--dropouts", type=float, nargs="+", default=own.dropouts)
    parser.add_argument("--studies", type=int, help="only so many of them (a quick look)")
    parser.add_argument("--fold", type=int, choices=FOLDS, default=FOLDS[0], help="what is measured on")
    parser.add_argument("--no-pruning", action="store_true", help="every trial to its end")
    parser.add_argument("--threads", type=int)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> dict[str, str]:
    base = load_config(options.config)
    if base.task != "grade":
        raise ValueError(f"{base.name} is no grader")
    if options.threads:
        torch.set_num_threads(options.threads)
    shop = Workshop(data_folder(), options.runs, options.config.parent)
    data = read_store(crop_store(base, shop), frozenset({options.fold}))
    proxy = Proxy(data if options.studies is None else fewer_studies(data, options.studies), options.fold)
    space = Space(
        rates(options.rates), tuple(options.schedules), tuple(options.batches), tuple(options.epochs),
        tuple(options.dropouts),
    )  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    storage = options.storage or f"sqlite:///{(options.out / 'sweep.db').absolute()}"
    with closing(ProgressLine(sys.stderr)) as line:
        pace = Pace()
        plan = Plan(base, space, options.out, storage, not options.no_pruning)
        table = sweep(plan, proxy, lambda done, of: line.show("sweep", done, of, pace.words(done, of)))
    return {"table": str(table)}
