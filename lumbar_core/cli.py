"""The command line: `grade`, `batch`, `deidentify`, `agreement`, `self-test`, `packs` (DESIGN.md §5).

Exit codes: 0 done, 1 fault, 2 wrong usage or wrong input, 3 read but nothing could be assessed.
Results go to stdout; progress, notes and errors to stderr. What is heavy is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.errors import LumbarError, ModelError, ReadingError, Refused, SavingError, SeveralStudies
from lumbar_core.faults import log_fault, log_faults_of_threads

if TYPE_CHECKING:
    from lumbar_core.batch.progress import ProgressLine
    from lumbar_core.inference.packs import PackSet
    from lumbar_core.report.form import ReportForm
    from lumbar_core.report.result import StudyResult
    from lumbar_core.study import PixelReader, Study

DONE, FAULT, WRONG_INPUT, NOTHING_ASSESSED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    log_faults_of_threads()
    if words[:1] == ["--decode-worker"]:
        return _decode_worker()
    if words[:1] == ["--batch-worker"]:
        return _batch_worker(words[1:])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What another program or a file gets is the same on every system; Windows has no letter for many a name. An
            # old console, or a file name that is not text, is no fault.
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    if words[:1] == ["--self-test"]:
        words[0] = "self-test"
    try:
        return _run(_parser().parse_args(words))
    except SystemExit as stop:  # argparse has said what is wrong
        return stop.code if isinstance(stop.code, int) else WRONG_INPUT
    except BaseException as error:  # noqa: BLE001 - the last door: one sentence for the user, the rest for the log
        return _explain(error)


def _explain(error: BaseException) -> int:
    """One sentence on what stopped the command; returns the exit code."""
    if isinstance(error, BrokenPipeError):  # the reader of our output has gone; Python must not flush to it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    if isinstance(error, KeyboardInterrupt):
        _say("Stopped.")
        return FAULT
    if isinstance(error, LumbarError):
        _say(str(error))
        return WRONG_INPUT if isinstance(error, ReadingError) else FAULT
    _say(log_fault(error))
    return FAULT


def _run(options: argparse.Namespace) -> int:
    if options.command == "grade":
        return _grade(options)
    if options.command == "batch":
        return _batch(options)
    if options.command == "deidentify":
        return _deidentify(options)
    if options.command == "agreement":
        from lumbar_core.agreement.commands import run

        run(options)
        return DONE
    if options.command == "self-test":
        from lumbar_core.self_test import run_self_test

        return DONE if run_self_test(print) else FAULT
    return _packs(options)


def _parser() -> argparse.ArgumentParser:
    from lumbar_core import __version__
    from lumbar_core.agreement.commands import add_commands as add_agreement
    from lumbar_core.report.result import INTENDED_USE

    parser = argparse.ArgumentParser(
        prog="lumbar_core", description="Grades narrowing in lumbar-spine MRI.", epilog=INTENDED_USE
    )
    parser.add_argument("--version", action="version", version=f"lumbar {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    grade = commands.add_parser("grade", help="grade one examination or picture", epilog=INTENDED_USE)
    grade.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, a folder, a ZIP or a DICOMDIR")
    for kind in ("json", "csv", "pdf"):
        grade.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"write the result as {kind.upper()}")
    grade.add_argument(
        "--earlier",
        type=Path,
        metavar="FILE",
        help="an earlier result (.json) of the same patient, to be compared with",
    )
    grade.add_argument(
        "--dicom", type=Path, metavar="FOLDER", help="write it as DICOM objects for an archive, marked unreviewed"
    )
    grade.add_argument("--identity", action="store_true", help="write the patient's and the study's identifiers too")
    _add_form(grade)
    _add_device(grade)

    batch = commands.add_parser("batch", help="grade everything below a folder", epilog=INTENDED_USE)
    batch.add_argument("input", type=Path, metavar="IN", help="folder with pictures or examinations")
    batch.add_argument("--out", type=Path, required=True, help="folder for results.jsonl and results.csv")
    where = batch.add_mutually_exclusive_group()
    where.add_argument("--workers", type=positive, default=None, metavar="N", help="processes (default: one a core)")
    where.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers grade, from source only")
    batch.add_argument("--as", dest="kind", choices=("pictures", "studies"), default="studies")
    _add_device(batch)

    copy = commands.add_parser(
        "deidentify", help="copy an examination without its patient's identity (DICOM PS3.15 Annex E, basic profile)"
    )
    copy.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, a folder, a ZIP or a DICOMDIR")
    copy.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="gets a new folder with the copy")
    copy.add_argument(
        "--key-file",
        type=Path,
        metavar="F",
        help="32 random bytes or more, so that later copies fit (default: a new key)",
    )
    copy.add_argument(
        "--retain",
        nargs="+",
        choices=("dates", "patient", "descriptors"),
        default=[],
        help="keep more: dates, moved by a number of days; sex, age, size and weight; technical words of descriptions",
    )
    room = commands.add_parser("agreement", help="plan readings and measure how far readers agree", epilog=INTENDED_USE)
    add_agreement(room)

    commands.add_parser("self-test", help="check that everything works on this PC")

    packs = commands.add_parser("packs", help="list, verify, install or remove model packs")
    actions = packs.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="the packs in use (default)")
    actions.add_parser("verify", help="check every pack's files")
    actions.add_parser("install", help="add a pack").add_argument("folder", type=Path, metavar="DIR")
    actions.add_parser("remove", help="remove an installed pack").add_argument("name", metavar="NAME")
    return parser


def _add_form(parser: argparse.ArgumentParser) -> None:
    from lumbar_core.report.form import PAPERS
    from lumbar_core.report.language import ENGLISH, LANGUAGES

    form = parser.add_argument_group("how the report looks (the language is also the terminal's)")
    form.add_argument("--language", choices=tuple(LANGUAGES), default=ENGLISH)
    form.add_argument("--paper", choices=tuple(PAPERS), default="a4")
    form.add_argument("--header-file", type=Path, metavar="FILE", help="a text, of which the first lines head the PDF")
    form.add_argument("--remark", default="", metavar="TEXT", help="a remark on this result, in the PDF alone")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the networks run")


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _grade(options: argparse.Namespace) -> int:
    from lumbar_core.batch.progress import ProgressLine
    from lumbar_core.inference.packs import load_packs
    from lumbar_core.pipeline import analyse
    from lumbar_core.reading.decoding import DecodeProcess
    from lumbar_core.report.comparison import compare, read_earlier
    from lumbar_core.report.to_text import render_text

    if options.dicom is not None:
        _check_folder(options.dicom)
    targets = [path for path in (options.json, options.csv, options.pdf) if path is not None]
    _check_targets(targets)
    form = _form(options)
    earlier = read_earlier(_bytes_of(options.earlier)) if options.earlier is not None else None
    with closing(ProgressLine(sys.stderr)) as line, closing(DecodeProcess()) as pixels:
        study, read_ms = _read(options.paths, line, "Grade them one by one, or all with “batch”.")
        packs = load_packs(options.device)
        _explain_packs(packs)
        result = analyse(
            study,
            packs,
            lambda progress: line.show(progress.step.value, progress.done, progress.of, progress.detail),
            pixels=pixels,
            read_ms=read_ms,
        )
        line.close()
        _explain_provider(options.device, result.program.provider)
        refused = None
        if earlier is not None:
            try:
                result = replace(result, compared=compare(earlier, result))
            except Refused as error:  # the result itself is none the worse
                refused = error
        print(render_text(result, form.language), end="", flush=True)
        _save(options, result, study, pixels, form)
        if refused is not None:
            raise refused
    return DONE if result.assessed else NOTHING_ASSESSED


def _batch(options: argparse.Namespace) -> int:
    from lumbar_core.batch import run_batch
    from lumbar_core.inference.packs import load_packs

    _explain_packs(load_packs("cpu"))
    elsewhere = {} if options.cluster is None else {"cluster": options.cluster}
    run_batch(options.input, options.out, options.workers, options.kind, options.device, say=_say, **elsewhere)
    return DONE


def _deidentify(options: argparse.Namespace) -> int:
    from lumbar_core.batch.progress import ProgressLine
    from lumbar_core.dicom_out.deidentify import Option, deidentify, read_key

    _check_folder(options.out)
    key = read_key(options.key_file) if options.key_file is not None else None
    retained = frozenset(map(Option, options.retain))
    with closing(ProgressLine(sys.stderr)) as line:
        study, _ = _read(options.paths, line, "Copy them one by one.")
        made = deidentify(study, options.out, key, retained, lambda done, of: line.show("copy", done, of))
    for left in made.left_out:
        _say(f"Left out {left.path}: {left.finding} {left.remedy}")
    for note in made.notes:
        _say(note)
    print(f"{made.files} files without identity in {made.folder}", flush=True)
    return DONE


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReadingError(f"The file “{path}” cannot be read: {error.strerror}.", "Choose another.") from error


def _form(options: argparse.Namespace) -> ReportForm:
    """How the report is to look. Raises ReadingError for a header file that is no text, or letters of no font."""
    from lumbar_core.report.form import ReportForm

    header = ""
    if options.header_file is not None:
        try:
            header = _bytes_of(options.header_file).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ReadingError(f"The file “{options.header_file}” is no text in UTF-8.", "Save it as UTF-8.") from error
    form = ReportForm(options.language, options.paper, header, options.remark)
    with _as_wrong_usage(SavingError):
        form.check()
    return form


@contextmanager
def _as_wrong_usage(kind: type[LumbarError]) -> Iterator[None]:
    """An error of this kind comes of what was asked for, before any work, and exits as such."""
    try:
        yield
    except kind as error:
        raise ReadingError(error.finding, error.remedy) from error


def _check_targets(targets: Sequence[Path]) -> None:
    """Say before the work, not after it, that a file has nowhere to go."""
    from lumbar_core.report.save import check_target

    for target in targets:
        with _as_wrong_usage(SavingError):
            check_target(target.absolute())


def _check_folder(folder: Path) -> None:
    from lumbar_core.report.save import try_folder

    if not folder.is_dir():
        raise ReadingError(f"The folder “{folder}” is not there.", "Make it first, or choose another.")
    try:
        try_folder(folder)
    except OSError as error:
        raise ReadingError(f"No file can be made in “{folder}”: {error.strerror}.", "Choose another folder.") from error


def _read(paths: Sequence[Path], line: ProgressLine, remedy: str) -> tuple[Study, float]:
    from lumbar_core.reading import read_study

    started = time.perf_counter()
    try:
        study = read_study(paths, lambda done, of: line.show("read", done, of))
    except SeveralStudies as error:
        raise SeveralStudies(error.finding, remedy) from error
    return study, 1000 * (time.perf_counter() - started)


def _save(
    options: argparse.Namespace, result: StudyResult, study: Study, pixels: PixelReader, form: ReportForm
) -> None:
    from lumbar_core.report.render import render
    from lumbar_core.report.save import save

    for suffix, target in ((".json", options.json), (".csv", options.csv), (".pdf", options.pdf)):
        if target is not None:
            save(target, render(suffix, result, study, pixels, options.identity, form))
            _say(f"Saved {target}")
    if options.dicom is not None:
        from lumbar_core.dicom_out import write_objects

        written = write_objects(options.dicom, result, study, pixels, options.identity, form)
        _say(f"Saved {len(written)} DICOM objects, marked unreviewed, in {options.dicom}")


def _explain_packs(packs: PackSet) -> None:
    for sentence in packs.refused:
        _say(f"Model pack left out. {sentence}")
    if not packs.all:
        _say("There is no model pack, so nothing can be graded. Add one with “packs install DIR”.")


def _explain_provider(device: str, provider: str) -> None:
    if device == "cuda" and "CUDA" not in provider:
        _say(f"CUDA is not available here; {provider} was used.")


def _packs(options: argparse.Namespace) -> int:
    from lumbar_core.inference.packs import install_pack, load_packs, remove_pack, verify_pack

    if options.action == "install":
        with _as_wrong_usage(ModelError):
            words = verify_pack(options.folder).in_words()
            print("\n  ".join([f"{options.folder} holds a pack:", *words]), flush=True)
            contract = install_pack(options.folder)
        print(f"Installed {contract.name} {contract.version}.")
        return DONE
    if options.action == "remove":
        with _as_wrong_usage(ModelError):
            remove_pack(options.name)
        print(f"Removed {options.name}.")
        return DONE
    packs = load_packs("cpu")
    if options.action == "verify":
        packs.warm_up()
    for pack in packs.all:
        verified = "  verified" if options.action == "verify" else ""
        print(f"{pack.name}  {pack.contract.version}  {pack.contract.task}  {pack.contract.digest[:12]}{verified}")
        if pack.is_users:
            print("\n".join(f"  {line}" for line in ("installed by you", *pack.contract.in_words())))
    for sentence in packs.refused:
        print(f"refused: {sentence}")
    if not packs.all:
        print("There is no model pack. Add one with “packs install DIR”.")
    return FAULT if packs.refused else DONE


def _decode_worker() -> int:
    """The decode process (lumbar_core.reading.decoding); answers over its pipes until they close."""
    from lumbar_core.reading.decode_worker import main as decode

    return decode()


def _batch_worker(words: Sequence[str]) -> int:
    """A process of `batch`; takes inputs and gives result lines over its pipes until they close."""
    from lumbar_core.batch.worker import serve

    return serve(words)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
