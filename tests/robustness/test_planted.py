"""A gate that cannot fail is no gate: each is given a program with a fault planted in it, and must tell."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from lumbar_core.inference.packs import Pack, verify_pack
from lumbar_core.reading import read_chosen, read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import StudyResult
from lumbar_core.report.save import save
from lumbar_core.study import Instance, PixelReader, Study
from tests.core.reading.dicom_files import write
from tests.robustness import (
    big_folder,
    bombs,
    cycles,
    determinism,
    escapes,
    frozen_fuzz,
    fuzz,
    kills,
    nesting,
    privacy,
    saving,
    swaps,
    tampering,
)
from tests.robustness.gate import Outcome
from tests.robustness.reader import RAW, forbid_printing, look_at

pytestmark = pytest.mark.robustness

ENDED_LINE = '{"input": {"path": "%s", "unreadable": [{"finding": "it was ended"}]}, "findings": []}'
SHAKEN = (0.5, 0.3, 0.2)
MIRROR = np.array([-1.0, 1.0, 1.0])


def broken(outcome: Outcome) -> set[str]:
    """The checks that do not hold."""
    return {check.what for check in outcome.checks if not check.holds}


def die(number: int, _: Any) -> str:
    if number == 2:
        os._exit(139)
    return "decoded"


def hang(number: int, _: Any) -> str:
    if number == 2:
        time.sleep(60)
    return "decoded"


def raise_raw(number: int, _: Any) -> str:
    return f"{RAW}ValueError" if number == 2 else "decoded"


def test_r1_tells_a_death_and_goes_on(tmp_path: Path) -> None:
    outcome = fuzz.run(5, tmp_path, die)
    assert broken(outcome) == {"deaths"}
    assert "decoded 4" in outcome.done
    assert "mutant 2: " in outcome.faults[0]


def test_r1_tells_a_hang(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(fuzz, "PATIENCE_S", 2.0)
    assert broken(fuzz.run(4, tmp_path, hang)) == {"hangs over 10 s"}


def test_r1_tells_an_error_without_words(tmp_path: Path) -> None:
    assert broken(fuzz.run(4, tmp_path, raise_raw)) == {"raw errors"}


def spin(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def swell(_: Path, __: PixelReader) -> str:
    bytes(bytearray(os.urandom(1 << 20) * 400))
    spin(2.1)
    return f"{RAW}MemoryError"


def test_r3_tells_a_bomb_that_went_off(tmp_path: Path) -> None:
    assert broken(bombs.run(1, tmp_path, swell)) == {"not refused in words", "slowest", "largest growth"}


def dawdle(path: Path, pixels: PixelReader) -> str:
    spin(1.1)
    return look_at(path, pixels)


def test_r4_tells_a_file_that_takes_long(tmp_path: Path) -> None:
    assert broken(nesting.run(1, tmp_path, dawdle)) == {"slowest"}


def test_a_data_set_that_is_printed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path)
    for name in ("__str__", "__repr__"):
        monkeypatch.setattr(pydicom.Dataset, name, getattr(pydicom.Dataset, name))  # put back after the test
    forbid_printing()
    monkeypatch.setattr("tests.robustness.reader.read_studies", lambda paths: str(pydicom.dcmread(paths[0])))
    assert look_at(path, DirectReader()) == f"{RAW}Printed"


class Blank(kills.Pistol):
    """A decode process that, once killed, stays dead."""

    def open(self) -> Any:
        if self._opened:
            raise RuntimeError("not again")
        reader = super().open()
        reader.start = lambda: None  # type: ignore[method-assign]
        return reader


def test_r2_tells_a_process_that_does_not_come_back(tmp_path: Path) -> None:
    assert "kills not survived" in broken(kills.run(2, tmp_path, Blank()))


def write_in_place(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        for start in range(0, len(data), 100):
            file.write(data[start : start + 100])
            file.flush()


def write_aside(path: Path, data: bytes) -> None:
    Path(f"{path.parent}/.lumbar-{len(data)}").write_bytes(data)
    save(path, data)


def test_r8_tells_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving.saving_calls, "kill_at_each", lambda _: Outcome("", ()))
    assert "half files" in broken(saving.run(30, tmp_path, write_in_place))


def test_r8_tells_a_stray_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving.saving_calls, "kill_at_each", lambda _: Outcome("", ()))
    assert "stray temporary files after the next save" in broken(saving.run(3, tmp_path, write_aside))


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("attack", ["kill", "refuse"])
def test_r8_and_r9_tell_a_save_that_writes_in_place(
    attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place = "path = Path(sys.argv[1]); path.with_name('.lumbar-x').touch(); path.write_bytes(b'new ' * 50_000)"
    monkeypatch.setattr(saving.saving_calls, "SAVE", f"import sys\nfrom pathlib import Path\n{in_place}")
    calls = saving.saving_calls
    outcome = calls.kill_at_each(tmp_path) if attack == "kill" else calls.refuse_each(tmp_path, ("ENOSPC",))
    assert not outcome.passed


def trust(folder: Path, _: dict[str, str]) -> object:
    return Pack(folder, verify_pack(folder, None)).model  # nobody asks for the pin


def test_r12_tells_a_program_that_trusts_a_contract(tmp_path: Path) -> None:
    assert "taken" in broken(tampering.run(60, tmp_path, trust))


def leak(study: Path, place: Path, identity: bool, fault: bool) -> str:
    """Names in the log, in a report's metadata and on the terminal; a private element where identity is asked for."""
    for folder in ("home", "tmp", "out"):
        (place / folder).mkdir(parents=True)
    name = str(pydicom.dcmread(next(study.glob("*.dcm"))).PatientName)
    (place / "home" / "faults.log").write_text(f"{name} {study}")
    (place / "out" / "r.pdf").write_bytes(f"/Author ({name})".encode())
    (place / "out" / "r.csv").write_text("Qprivate" if identity else "")
    (place / "out" / "r.json").write_text('{"input": {}, "study": "Qprivate"}')
    return f"{name} faults.log"


def test_r7_tells_names_wherever_they_are(tmp_path: Path) -> None:
    outcome = privacy.run(1, tmp_path, leak)
    assert len(broken(outcome)) == 2
    told = " ".join(outcome.faults)
    for place in ("faults.log: Q00canary", "faults.log: Qfolder00", "terminal: Q00canary"):
        assert place in told
    assert outcome.checks[1].measured >= 6


def test_r11_tells_probabilities_that_differ(tmp_path: Path) -> None:
    grade = determinism.grader()

    def waver(study: Study, threads: int, number: int) -> StudyResult:
        result = grade(study, threads, number)
        if threads != 4:
            return result
        shaken = [f if f.probabilities is None else replace(f, probabilities=SHAKEN) for f in result.findings]
        return replace(result, findings=tuple(shaken))

    assert "largest difference of a probability" in broken(determinism.run(1, tmp_path, waver))


@pytest.mark.gui
@pytest.mark.parametrize(("fault", "what"), [("keep", "traces of the case before"), ("handles", "handles grown")])
def test_r10_tells_what_is_kept(fault: str, what: str, tmp_path: Path) -> None:
    outcome = cycles.run(3, tmp_path, fault)
    if outcome.undone:
        pytest.skip(outcome.undone)
    assert what in broken(outcome)


def never_stop(paths: list[Path], _count: Any, _cancelled: Any, show: Any) -> tuple[Study, ...]:
    return read_chosen(paths, lambda done, of: None, lambda: False, show)


def never_show(paths: list[Path], count: Any, cancelled: Any, _: Any) -> tuple[Study, ...]:
    return read_chosen(paths, count, cancelled, lambda images: None)


@pytest.mark.parametrize(("fault", "what"), [(never_stop, "slowest Cancel"), (never_show, "first series")])
def test_a_reading_that_cannot_be_stopped_or_shows_nothing_is_told(fault: Any, what: str, tmp_path: Path) -> None:
    assert broken(big_folder.run(30, tmp_path, fault)) == {what}


def read_mirrored(paths: list[Path]) -> Study:
    """Every plane's left and right exchanged, and every series in the order of its files' names."""

    def mirrored(image: Instance) -> Instance:
        plane = image.plane
        return image if plane is None else replace(image, plane=replace(plane, origin_mm=plane.origin_mm * MIRROR))

    study = read_study(paths)
    by_name = [
        replace(one, instances=tuple(map(mirrored, sorted(one.instances, key=lambda image: image.source.path.name))))
        for one in study.series
    ]
    return study.with_series(tuple(by_name))


def test_r14_tells_a_program_that_mirrors_and_shuffles(tmp_path: Path) -> None:
    assert {"sides swapped", "series out of order"} <= broken(swaps.run(6, tmp_path, read_mirrored))


def escape(path: Path) -> list[str]:
    next(folder / escapes.SECRET for folder in path.parents if (folder / escapes.SECRET).is_file()).read_bytes()
    (path.parent / "left behind").write_text("offence")
    return []


def test_r5_tells_what_is_opened_outside_and_what_is_made(tmp_path: Path) -> None:
    outcome = escapes.run(1, tmp_path, escape)
    assert broken(outcome) == {"files opened outside", "inputs changed, made or lost"}


@pytest.mark.skipif(os.name == "nt", reason="the planted program is a shell script")
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 139", {"runs that failed", "files without a line"}),
        ("echo Traceback >&2", {"raw errors", "files without a line"}),
        (
            f'mkdir -p "$4"; for file in "$2"/*; do printf \'{ENDED_LINE}\\n\' "$file"; done > "$4/results.jsonl"',
            {"files that ended a process"},
        ),
    ],
)
def test_a_frozen_program_that_dies_or_loses_files_is_told(script: str, told: set[str], tmp_path: Path) -> None:
    program = tmp_path / "lumbar"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    assert broken(frozen_fuzz.run(3, tmp_path, program)) == told
    assert frozen_fuzz.run(3, tmp_path, tmp_path / "none").undone
