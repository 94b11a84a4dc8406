"""`python -m training COMMAND`, from the repository root, in .venv-train."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from lumbar_core.batch.progress import Pace, ProgressLine
from lumbar_core.errors import LumbarError
from lumbar_core.report.save import save
from training import cross_validate
from training.cells import data_folder
from training.config import load_config
from training.distributed import joined
from training.evaluate import evaluate
from training.evaluation.complete import EVERY
from training.evaluation.page import render_page
from training.evaluation.tables import render_csv
from training.leave import leave
from training.lone_axial import score_lone_axial
from training.lone_grades import score_lone_grades
from training.phantom.coverage import coverage
from training.phantom.rsna_layout import write_rsna_studies
from training.phantom_counts import KINDS, phantom_counts
from training.phantom_examples import phantom_examples
from training.phantom_ranks import phantom_ranks
from training.phantom_sheet import phantom_sheet
from training.photographs import score_photographs
from training.prepare import command as prepare
from training.queue import run_queue
from training.refusal import score_refusal
from training.runs import ALL, outer
from training.same_grade import same_grade
from training.score_crops import score_crops
from training.score_localiser import score_localiser
from training.second_view import refuse_unscorable_view, score_second_view
from training.signal_voids import signal_voids
from training.splits import FOLDS
from training.study_table import study_table
from training.sweep import command as sweep
from training.workshop import Workshop


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when done, 1 when something the user can mend stood in the way."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    options = _parser().parse_args(arguments)
    if getattr(options, "threads", None):
        torch.set_num_threads(options.threads)
    try:
        result = options.run(options)
    except (LumbarError, FileNotFoundError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if result is not None:
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    prepare.add_command(commands)
    sweep.add_command(commands)
    train = commands.add_parser("train", help="train one network of a recipe (all folds unless told otherwise)")
    _common(train)
    train.add_argument("--without", type=int, nargs="*", default=[], choices=FOLDS, help="folds to leave out")
    train.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    train.set_defaults(run=_train)
    cross = commands.add_parser("cross-validate", help="train what is missing of a recipe, then score every fold")
    _common(cross)
    cross.add_argument("--score-only", action="store_true", help="train nothing")
    cross.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    cross.set_defaults(run=_cross_validate)
    crops = commands.add_parser("score-crops", help="a quick look at a grader, at crops that no localiser missed")
    _common(crops)
    crops.set_defaults(run=lambda options: score_crops(load_config(options.config), _workshop(options)))
    lone = commands.add_parser("lone-axial", help="how well the canal is found on an axial picture without its study")
    lone.add_argument("--configs", type=Path, default=Path("training/configs"))
    lone.add_argument("--runs", type=Path, default=Path("runs"), help="with the networks of a cross-validation")
    lone.set_defaults(run=lambda options: score_lone_axial(Workshop(data_folder(), options.runs, options.configs)))
    alone = commands.add_parser(
        "lone-grades", help="what a grader says of an axial slice without its neighbours, or one"
    )
    _common(alone)
    alone.set_defaults(run=lambda options: score_lone_grades(load_config(options.config), _workshop(options)))
    queue = commands.add_parser("queue", help="run the commands of a file, side by side, resumable")
    queue.add_argument("file", type=Path)
    queue.add_argument("--lanes", type=int, default=os.cpu_count() or 1, help="how many at once")
    queue.add_argument("--runs", type=Path, default=Path("runs"))
    queue.set_defaults(run=_queue)
    score = commands.add_parser("evaluate", help="score a pack on a folder of labelled pictures, through the program")
    score.add_argument(
        "--pack", required=True, help=f"a grader's name, or “{EVERY}”: the competition's score needs them"
    )
    score.add_argument("--data", type=Path, required=True, help="a folder with cells.csv and images/")
    score.add_argument("--json", type=Path, help="everything, for programs")
    score.add_argument("--csv", type=Path, help="one row a figure")
    score.add_argument("--html", type=Path, help="one page with plots")
    score.add_argument("--runs", type=Path, default=Path("runs"), help="where answers are kept, to go on after a stop")
    score.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    score.set_defaults(run=_evaluate)
    refusal = commands.add_parser("refusal", help="share of structures assessed in pictures that do not show them")
    refusal.add_argument("--packs", type=Path, nargs="*", help="pack folders; the program's own without")
    refusal.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    refusal.set_defaults(run=lambda options: score_refusal(data_folder(), options.packs, options.workers))
    photographs = commands.add_parser(
        "photographs", help="whether photographs of a screen are refused, and exports not"
    )
    photographs.add_argument("--exported", type=int, default=1200, help="slices that are saved in every way")
    photographs.add_argument("--photographed", type=int, default=120, help="slices that are photographed")
    photographs.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    photographs.add_argument("--seed", type=int, default=1, help="which slices; the limits were chosen on those of 0")
    photographs.set_defaults(run=_photographs)
    study = commands.add_parser("study-table", help="a whole study beside its radiologists' tables")
    study.add_argument("folder", type=Path, help="DICOM folder with FOLDER_grades.csv and FOLDER_coordinates.csv")
    study.add_argument("--packs", type=Path, nargs="*", help="pack folders; the program's own without")
    study.set_defaults(run=lambda options: print(study_table(options.folder, options.packs)))
    same = commands.add_parser("same-grade", help="whether a DICOM slice and its small 8-bit picture are graded alike")
    same.add_argument("folder", type=Path, help="a DICOM study")
    same.add_argument("--packs", type=Path, nargs="*", help="pack folders; the program's own without")
    same.set_defaults(run=lambda options: same_grade(options.folder, options.packs))
    phantom = commands.add_parser("phantom", help="write generated studies in the layout of RSNA's data")
    phantom.add_argument("--studies", type=int, required=True, help="how many")
    phantom.add_argument("--out", type=Path, required=True)
    phantom.add_argument("--first-seed", type=int, default=0)
    phantom.add_argument("--fast", action="store_true", help="small pictures without a slice profile")
    phantom.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    phantom.set_defaults(run=_phantom)
    sheet = commands.add_parser("phantom-sheet", help="a contact sheet of phantoms")
    sheet.add_argument("--out", type=Path, required=True, help="an image file")
    sheet.add_argument("--seeds", type=int, nargs="+", default=list(range(6)))
    sheet.add_argument("--beside-real", action="store_true", help="beside RSNA's slices; never to be published")
    sheet.set_defaults(run=_phantom_sheet)
    ranks = commands.add_parser("phantom-ranks", help="how the program's grades follow the narrowing of phantoms")
    ranks.add_argument("--studies", type=int, required=True)
    ranks.add_argument("--packs", type=Path, nargs="*", help="pack folders; the program's own without")
    ranks.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    ranks.set_defaults(run=lambda options: phantom_ranks(options.studies, options.packs, options.workers))
    examples = commands.add_parser("phantom-examples", help="crops of phantoms at the three grades, for the window")
    examples.add_argument("--studies", type=int, required=True, help="how many to choose from")
    examples.add_argument("--out", type=Path, required=True)
    examples.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    examples.set_defaults(run=lambda options: phantom_examples(options.studies, options.out, options.workers))
    room = commands.add_parser("agreement-coverage", help="whether the intervals of agreement cover a known truth")
    room.add_argument("--studies", type=int, default=30, help="that each department reads")
    room.add_argument(
        "--departments", type=int, default=2000, help="a share is then right to half a point (default: 2000)"
    )
    room.add_argument("--workers", type=int, default=max(1, os.cpu_count() or 1))
    room.set_defaults(run=_agreement_coverage)
    counts = commands.add_parser("phantom-counts", help="whether levels and sides of phantoms are right")
    counts.add_argument("--studies", type=int, required=True, help="of each kind")
    counts.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="of spine")
    counts.add_argument("--packs", type=Path, nargs="*", help="pack folders; the program's own without")
    counts.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    counts.set_defaults(
        run=lambda options: phantom_counts(options.studies, options.kinds, options.packs, options.workers)
    )
    voids = commands.add_parser("signal-voids", help="how often signal that metal takes is flagged")
    voids.add_argument("--studies", type=int, required=True, help="phantoms of each metal")
    voids.add_argument("--packs", type=Path, nargs="*", help="pack folders; the program's own without")
    voids.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    voids.set_defaults(run=lambda options: signal_voids(options.studies, data_folder(), options.packs, options.workers))
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where checkpoints and caches lie")
    parser.add_argument("--threads", type=int)


def _workshop(options: argparse.Namespace) -> Workshop:
    return Workshop(data_folder(), options.runs, options.config.parent)


def _train(options: argparse.Namespace) -> None:
    config = load_config(options.config)
    with joined():
        cross_validate.train_one(config, frozenset(options.without), _workshop(options), resume=options.resume)


def _cross_validate(options: argparse.Namespace) -> dict[str, Any]:
    config, shop = load_config(options.config), _workshop(options)
    cross_validate.refuse_unscorable(config, shop)
    if config.grades_of:
        refuse_unscorable_view(config, shop)
    if not options.score_only:
        for left_out in (*outer(), ALL):
            cross_validate.train_one(config, left_out, shop, resume=True)
    result = _score(config.task, options, shop)
    (shop.runs / config.name / "metrics.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    return result


def _score(task: str, options: argparse.Namespace, shop: Workshop) -> dict[str, Any]:
    config = load_config(options.config)
    if task == "localise":
        return score_localiser(config, shop)
    if task == "recognise":
        return cross_validate.score_recogniser(config, shop)
    if config.grades_of:
        return score_second_view(config, shop, options.workers)
    return cross_validate.score_grader(config, shop, options.workers)


def _queue(options: argparse.Namespace) -> dict[str, int]:
    return {outcome.command: outcome.code for outcome in run_queue(options.file, options.lanes, options.runs)}


def _phantom(options: argparse.Namespace) -> None:
    seeds = range(options.first_seed, options.first_seed + options.studies)
    with closing(ProgressLine(sys.stderr)) as line:

        def show(done: int, of: int) -> None:
            line.show("write", done, of)

        write_rsna_studies(seeds, options.out, quick=options.fast, workers=options.workers, show=show)


def _phantom_sheet(options: argparse.Namespace) -> None:
    phantom_sheet(options.seeds, data_folder() if options.beside_real else None, options.out)


def _agreement_coverage(options: argparse.Namespace) -> dict[str, Any]:
    with closing(ProgressLine(sys.stderr)) as line:
        return coverage(
            options.studies, options.departments, options.workers, lambda done, of: line.show("read", done, of)
        )


def _photographs(options: argparse.Namespace) -> dict[str, Any]:
    return score_photographs(data_folder(), options.exported, options.photographed, options.seed, options.workers)


def _evaluate(options: argparse.Namespace) -> dict[str, Any]:
    targets = [target for target in (options.json, options.csv, options.html) if target is not None]
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)  # before an hour's work, not after it
    with closing(ProgressLine(sys.stderr)) as line:
        pace = Pace()

        def show(done: int, of: int) -> None:
            line.show("evaluate", done, of, pace.words(done, of))

        result = evaluate(options.pack, options.data, options.workers, options.runs, show)
    if options.json:
        save(options.json, json.dumps(result, indent=1, allow_nan=False).encode())
    if options.csv:
        save(options.csv, render_csv(result))
    if options.html:
        save(options.html, render_page(result, options.pack, f"of “{options.data.name}”"))
    return result


if __name__ == "__main__":
    leave(main())
