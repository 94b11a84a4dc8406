"""`self-test`: does everything work on this PC? One line each; run after installing, by hand and by the build."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumbar_core import __version__
from lumbar_core.errors import LumbarError
from lumbar_core.faults import log_fault
from lumbar_core.report.result import StudyResult
from lumbar_core.report.to_json import build_document
from lumbar_core.study import PixelReader, Study
from lumbar_core.temporary import temporary_folder

PACKAGE = Path(__file__).resolve().parent
PICTURES = PACKAGE / "self_test_data"
SAMPLE = PACKAGE / "sample"
RECORDED = SAMPLE / "expected.json"

ROWS, COLUMNS = 48, 64
# How far a lossy codec may stray from the test picture, in grey values of 0–255.
LOSSY_TOLERANCE = {
    "htj2k": 1,
    "jpeg_2000_lossy": 6,
    "jpeg_baseline": 6,
    "jpeg_extended": 6,
    "jpeg_ls_near_lossless": 2,
    "picture_jpeg": 6,
}
# Ready-made files for which there is no encoder here; they hold another picture.
RAMPS = {"htj2k", "htj2k_lossless", "htj2k_lossless_rpcl", "jpeg_lossless_predictor_4"}
# Another processor rounds otherwise; a grade may not change by it.
PROBABILITY_TOLERANCE, PLACE_TOLERANCE_PX = 0.01, 0.5

Check = tuple[str, Callable[[], str]]


class Failed(Exception):
    """A check that did not pass, with what was found."""


def run_self_test(say: Callable[[str], None]) -> bool:
    """Run every check, one line each; returns whether all passed."""
    from lumbar_core.reading.decoding import DecodeProcess

    say(f"lumbar {__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}")
    failures = 0
    with closing(DecodeProcess()) as reader:
        for name, check in _checks(reader):
            passed, words = _outcome(check)
            failures += not passed
            say(f"{'ok' if passed else 'FAILED':<7}{name}" + (f": {words}" if words else ""))
    say("All passed." if not failures else f"{failures} failed.")
    return not failures


def known_picture() -> NDArray[np.uint8]:
    """The picture that the files of `self_test_data` hold: a slope with a bright block, 48 × 64."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    picture: NDArray[np.uint8] = (rows + 2 * columns).astype(np.uint8)
    picture[12:30, 20:40] += 60
    return picture


def known_ramp() -> NDArray[np.uint16]:
    """The picture inside the files of RAMPS: a slope of twelve bits, 64 × 48."""
    rows, columns = np.mgrid[:64, :48]
    ramp: NDArray[np.uint16] = (300 + 20 * rows + 30 * columns + (rows * columns) % 7).astype(np.uint16)
    return ramp


def answer_of(result: StudyResult) -> list[dict[str, Any]]:
    """What is recorded of a result and compared: structure, grade, probabilities, place."""
    keys = ("condition", "side", "level", "assessed", "reason_code", "grade", "probabilities", "location")
    return [{key: finding[key] for key in keys} for finding in build_document(result)["findings"]]


def grade_sample() -> tuple[Study, StudyResult]:
    """The bundled sample through the whole pipeline, with its own decode process."""
    from lumbar_core.inference.packs import load_packs
    from lumbar_core.pipeline import analyse
    from lumbar_core.reading import read_study

    study = read_study([SAMPLE])
    return study, analyse(study, load_packs("cpu"))


def compare(found: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> None:
    """Raises Failed naming the first difference."""
    if len(found) != len(recorded):
        raise Failed(f"{len(found)} findings instead of {len(recorded)}")
    for one, other in zip(found, recorded, strict=True):
        name = " ".join(str(one[key]) for key in ("condition", "side", "level") if one[key])
        for key in ("condition", "side", "level", "assessed", "reason_code", "grade"):
            if one[key] != other[key]:
                raise Failed(f"{name}: {key} is {one[key]}, recorded was {other[key]}")
        if one["assessed"]:
            _compare_numbers(name, one, other)


def _checks(reader: PixelReader) -> Iterator[Check]:
    yield "no training code in this program", _check_torch_is_absent
    files = sorted(PICTURES.iterdir()) if PICTURES.is_dir() else []
    if not files:
        yield "decode", _no_files
    for file in files:
        yield f"decode {file.name}", partial(_check_decoding, file, reader)
    yield "refuse a text file named .dcm", _check_refusal
    yield "model packs", _check_packs
    sample = _Sample(reader)
    yield "grade the sample", sample.check
    yield "write a report", sample.check_report


def _outcome(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except Failed as failure:
        return False, str(failure)
    except LumbarError as error:
        return False, str(error)
    except Exception as error:  # noqa: BLE001 - the other checks still tell something
        return False, log_fault(error)


def _no_files() -> str:
    raise Failed("the files to decode are missing")


def _check_torch_is_absent() -> str:
    if "torch" in sys.modules:
        raise Failed("torch was loaded")
    return ""


def _check_decoding(file: Path, reader: PixelReader) -> str:
    from lumbar_core.reading import read_study

    study = read_study([file])
    (instance,) = (instance for series in study.series for instance in series.instances)
    pixels = reader.read(instance)
    wanted = known_ramp() if file.stem in RAMPS else known_picture()
    if pixels.shape != wanted.shape:
        raise Failed(f"{pixels.shape} instead of {wanted.shape} pixels")
    off = float(np.abs(pixels - wanted).max())
    if off > LOSSY_TOLERANCE.get(file.stem, 0):
        raise Failed(f"a pixel is off by {off:g}")
    return ""


def _check_refusal() -> str:
    from lumbar_core.errors import ReadingError
    from lumbar_core.reading import read_study

    with temporary_folder() as folder:
        file = folder / "text.dcm"
        file.write_text("This is not an image.\n", encoding="utf-8")
        try:
            read_study([file])
        except ReadingError:
            return ""
    raise Failed("it was read as an image")


def _check_packs() -> str:
    from lumbar_core.inference.packs import load_packs

    packs = load_packs("cpu")
    if packs.refused:
        raise Failed("; ".join(packs.refused))
    if not packs.all:
        raise Failed("there is none; add one with “packs install DIR”")
    packs.warm_up()
    return ", ".join(f"{pack.name} {pack.contract.version}" for pack in packs.all)


class _Sample:
    """The sample, graded once for two checks."""

    def __init__(self, reader: PixelReader) -> None:
        self._reader = reader
        self._graded: tuple[Study, StudyResult] | None = None

    def check(self) -> str:
        """Grade it and compare with the recorded answer."""
        self._graded = grade_sample()
        if not RECORDED.is_file():
            raise Failed("there is no recorded answer")
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
        compare(answer_of(self._graded[1]), recorded["findings"])
        return build_document(self._graded[1])["summary"]["headline"]  # type: ignore[no-any-return]

    def check_report(self) -> str:
        """Write the report as every kind of file, into a folder that goes away."""
        from lumbar_core.report.render import RENDERERS, render
        from lumbar_core.report.save import save

        if self._graded is None:
            raise Failed("the sample was not graded")
        study, result = self._graded
        with temporary_folder() as folder:
            for suffix in RENDERERS:
                target = folder / f"report{suffix}"
                save(target, render(suffix, result, study, self._reader))
                if target.stat().st_size == 0:
                    raise Failed(f"report{suffix} is empty")
            json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return ", ".join(suffix[1:].upper() for suffix in RENDERERS)


def _compare_numbers(name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    off = max(abs(p - other["probabilities"][grade]) for grade, p in one["probabilities"].items())
    if off > PROBABILITY_TOLERANCE:
        raise Failed(f"{name}: a probability is off by {off:.3f}")
    for axis in ("column", "row"):
        off_px = abs(one["location"][axis] - other["location"][axis])
        if off_px > PLACE_TOLERANCE_PX:
            raise Failed(f"{name}: {axis} is off by {off_px:.1f} pixels")
