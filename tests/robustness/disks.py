"""R9: the disk is full, read-only, gone or busy: the cause is named, nothing old is lost, a retry works."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from lumbar_core.errors import LumbarError, ReadingError, SavingError
from lumbar_core.reading import read_studies, read_study
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.report.leftovers import PREFIX
from lumbar_core.report.save import save
from tests.core.reading.dicom_files import SAGITTAL, an_image, to_bytes, write_series
from tests.robustness import saving_calls, small_disk
from tests.robustness.gate import Check, Gate, Outcome, told
from tests.robustness.seeds import pack

CODES = ("ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT", "EINTR")
Case = Callable[[Path], str]  # an empty folder → what went wrong, "" where nothing did


def run(count: int, folder: Path) -> Outcome:
    """Every case once; `count`: how many errors each system call of a save is refused with."""
    faults, done, undone = [], 0, []
    for case in CASES:
        here = folder / case.__name__
        here.mkdir()
        said = case(here)
        done += 1
        faults += [f"{case.__name__}: {said}"] if said else []
    small = small_disk.fill_one(folder / "disk")
    undone += [small_disk.NO_MOUNT] if small is None else []
    done += small is not None
    faults += [f"small disk: {line}" for line in small or ()]
    refused = saving_calls.refuse_each(folder, CODES[:count])
    undone += [refused.undone] if refused.undone else []
    checks = (Check("cases gone wrong", len(faults), 0), *refused.checks)
    return Outcome(f"{done} cases, {refused.done}", checks, told([*faults, *refused.faults]), ", ".join(undone))


def files_vanish_before_they_are_decoded(folder: Path) -> str:
    """The stick is pulled after the study was opened."""
    paths = write_series(folder / "study", SAGITTAL, [(x, -100, 100) for x in (0, 4, 8)])
    study = read_study([folder / "study"])
    shutil.rmtree(folder / "study")
    return _all_typed(study.series[0].instances, len(paths))


def an_archive_vanishes(folder: Path) -> str:
    path = folder / "study.zip"
    path.write_bytes(pack({f"{n}.dcm": to_bytes(an_image(SOPInstanceUID=f"1.2.{n}")) for n in range(3)}))
    instances = [image for one in read_study([path]).series for image in one.instances]
    path.unlink()
    return _all_typed(instances, 1)


def files_are_cut_after_they_were_read(folder: Path) -> str:
    for path in write_series(folder / "study", SAGITTAL, [(x, -100, 100) for x in (0, 4, 8)]):
        cut = path
    study = read_study([folder / "study"])
    os.truncate(cut, 700)
    with closing(DecodeProcess()) as pixels:
        answers = [outcome_of(lambda image=image: pixels.read(image)) for image in study.series[0].instances]
    return "" if answers == ["", "", "Damaged"] else f"{answers}"


def files_vanish_while_the_folder_is_read(folder: Path) -> str:
    """What is there is read, what has gone is listed."""
    paths = write_series(folder, SAGITTAL, [(4.0 * n, -100, 100) for n in range(6)])

    def pull(done: int, _: int) -> None:
        if done == 3:
            for path in paths[3:]:
                path.unlink()

    (study,) = read_studies([folder], pull)
    return "" if (study.files_read, len(study.unreadable)) == (3, 3) else f"{study.files_read} read"


def the_folder_has_gone(folder: Path) -> str:
    return _refused(folder / "gone" / "report.json", "the folder is not there")


def a_folder_of_that_name_is_there(folder: Path) -> str:
    (folder / "report.json").mkdir()
    return _refused(folder / "report.json", "report.json")


def another_program_holds_the_report_for_good(folder: Path) -> str:
    """As Windows says it; elsewhere an open file can be replaced."""
    return _busy(folder, times=99)


def another_program_holds_the_report_for_a_moment(folder: Path) -> str:
    return _busy(folder, times=2)


def a_reader_keeps_what_it_has_open(folder: Path) -> str:
    path = folder / "report.json"
    path.write_bytes(b"old")
    with path.open("rb") as file:
        save(path, b"new")
        return "" if (file.read(), path.read_bytes()) == (b"old", b"new") or os.name == "nt" else "mixed"


def the_log_cannot_be_written(folder: Path) -> str:
    """A fault is still said."""
    from lumbar_core import faults

    original = faults.log_file
    (folder / "file").write_text("no folder")
    faults.log_file = lambda: folder / "file" / "faults.log"
    try:
        return "" if "could not be written" in faults.log_fault(ValueError()) else "it is not said"
    finally:
        faults.log_file = original


CASES: tuple[Case, ...] = (
    files_vanish_before_they_are_decoded,
    an_archive_vanishes,
    files_are_cut_after_they_were_read,
    files_vanish_while_the_folder_is_read,
    the_folder_has_gone,
    a_folder_of_that_name_is_there,
    another_program_holds_the_report_for_good,
    another_program_holds_the_report_for_a_moment,
    a_reader_keeps_what_it_has_open,
    the_log_cannot_be_written,
)


def outcome_of(work: Callable[[], object]) -> str:
    try:
        work()
    except LumbarError as error:
        return type(error).__name__
    return ""


def _all_typed(instances: object, least: int) -> str:
    with closing(DecodeProcess()) as pixels:
        answers = [outcome_of(lambda image=image: pixels.read(image)) for image in instances]  # type: ignore[attr-defined]
    return "" if len(answers) >= least and set(answers) == {ReadingError.__name__} else f"{answers}"


def _refused(path: Path, words: str) -> str:
    before = sorted(path.parent.rglob("*")) if path.parent.exists() else []
    try:
        save(path, b"new")
    except SavingError as error:
        after = sorted(path.parent.rglob("*")) if path.parent.exists() else []
        return "" if words in str(error) and after == before else f"{error}; {after}"
    return "it was saved"


def _busy(folder: Path, times: int) -> str:
    path, original, calls = folder / "report.json", Path.replace, []
    path.write_bytes(b"old")

    def hold(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) <= times:
            error = OSError(errno.EACCES, "in use")
            error.winerror = 32  # type: ignore[attr-defined]
            raise error
        return original(self, target)

    Path.replace = hold  # type: ignore[method-assign, assignment]
    try:
        said = outcome_of(lambda: save(path, b"new"))
    finally:
        Path.replace = original  # type: ignore[method-assign]
    wanted = ("SavingError", b"old") if times > 5 else ("", b"new")
    strays = list(folder.glob(f"{PREFIX}*"))
    return "" if (said, path.read_bytes()) == wanted and not strays else f"{said}, {strays}"


GATE = Gate("R9", "disks that fail", 1, len(CODES), run)
