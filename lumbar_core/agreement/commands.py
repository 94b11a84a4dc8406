"""The command line of the agreement room: `agreement plan`, `agreement program`, `agreement report`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.errors import ReadingError
from lumbar_core.report.save import save

if TYPE_CHECKING:
    from lumbar_core.study import Study


def add_commands(parser: argparse.ArgumentParser) -> None:
    """The three commands and their options."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    plan = commands.add_parser("plan", help="who reads which studies, in which order")
    plan.add_argument("folder", type=Path, metavar="FOLDER", help="the examinations")
    plan.add_argument("--readers", nargs="+", required=True, metavar="CODE", help="codes like R1 R2, no names")
    plan.add_argument("--out", type=Path, required=True, metavar="FILE", help="plan.json")
    plan.add_argument("--seed", type=int, default=1, help="of the shuffled orders (default: 1)")
    plan.add_argument("--repeat", type=float, default=0.0, metavar="SHARE", help="share read twice (default: 0)")
    plan.add_argument("--washout", type=int, default=28, metavar="DAYS", help="before a study is read again (28)")
    plan.add_argument("--with-help", action="store_true", help="each study also with the program's grades, crossed")
    plan.add_argument(
        "--reveal", choices=("after_study", "at_end"), default="at_end", help="when the program's grades are shown"
    )

    program = commands.add_parser("program", help="the program's own readings of a plan's studies")
    program.add_argument("folder", type=Path, metavar="FOLDER", help="the examinations")
    program.add_argument("--plan", type=Path, required=True, metavar="FILE")
    program.add_argument("--out", type=Path, required=True, metavar="FILE", help="program.jsonl")
    program.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the networks run")

    report = commands.add_parser("report", help="how far readers agree: figures, PDF and HTML")
    report.add_argument("files", nargs="+", type=Path, metavar="READINGS", help="files of readings (.jsonl)")
    report.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the report goes")


def run(options: argparse.Namespace) -> None:
    """Do what one of them asks. Raises LumbarError."""
    {"plan": _plan, "program": _program, "report": _report}[options.action](options)


def _plan(options: argparse.Namespace) -> None:
    from lumbar_core.agreement.plan import Reveal
    from lumbar_core.agreement.planning import PlanWishes, plan_folder, plan_words
    from lumbar_core.batch.progress import ProgressLine

    wishes = PlanWishes(
        readers=tuple(options.readers),
        seed=options.seed,
        repeat=options.repeat,
        washout_days=options.washout,
        with_help=options.with_help,
        reveal=Reveal(options.reveal),
    )
    with closing(ProgressLine(sys.stderr)) as line:
        plan = plan_folder(options.folder, options.out, wishes, lambda done, of: line.show("read", done, of))
    _say(f"Saved {options.out}: {plan_words(plan)}.")


def _program(options: argparse.Namespace) -> None:
    from lumbar_core.agreement.plan import read_plan
    from lumbar_core.agreement.readings import bytes_of, program_judgements, to_lines
    from lumbar_core.inference.packs import load_packs
    from lumbar_core.pipeline import analyse
    from lumbar_core.reading.decoding import DecodeProcess

    plan = read_plan(bytes_of(options.plan))
    named = [(plan.label(study), study) for study in _studies(options.folder)]
    wanted = sorted((label, study) for label, study in named if label is not None)
    missing = sorted(set(plan.studies) - {label for label, _ in wanted})
    if missing:
        raise ReadingError(
            f"{len(missing)} of the plan's studies are not there: {', '.join(missing)}.", "Choose a folder with all."
        )
    packs, found = load_packs(options.device), []
    with closing(DecodeProcess()) as pixels:
        for number, (label, study) in enumerate(wanted, start=1):
            _say(f"{label}, {number} of {len(wanted)}")
            found += program_judgements(label, analyse(study, packs, pixels=pixels))
    save(options.out, to_lines(found))
    _say(f"Saved {options.out}")


def _report(options: argparse.Namespace) -> None:
    from lumbar_core.agreement.report import report_files

    for path in report_files(options.files, options.out):
        _say(f"Saved {path}")


def _studies(folder: Path) -> Sequence[Study]:
    from lumbar_core.batch.progress import ProgressLine
    from lumbar_core.reading import read_studies

    with closing(ProgressLine(sys.stderr)) as line:
        return read_studies([folder], lambda done, of: line.show("read", done, of))


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
