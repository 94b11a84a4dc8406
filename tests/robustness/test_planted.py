"""A gate that cannot fail is no gate: each is given a program with a fault planted in it, and must tell."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pydicom
import pytest

from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import PixelReader
from tests.core.reading.dicom_files import write
from tests.robustness import bombs, escapes, fuzz, nesting
from tests.robustness.gate import Outcome
from tests.robustness.reader import RAW, forbid_printing, look_at


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


def swell(_: Path, __: PixelReader) -> str:
    bytes(bytearray(os.urandom(1 << 20) * 400))
    time.sleep(2.1)
    return f"{RAW}MemoryError"


def test_r3_tells_a_bomb_that_went_off(tmp_path: Path) -> None:
    assert broken(bombs.run(1, tmp_path, swell)) == {"not refused in words", "slowest", "largest growth"}


def dawdle(path: Path, pixels: PixelReader) -> str:
    time.sleep(1.1)
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


def escape(path: Path) -> list[str]:
    next(folder / escapes.SECRET for folder in path.parents if (folder / escapes.SECRET).is_file()).read_bytes()
    (path.parent / "left behind").write_text("offence")
    return []


def test_r5_tells_what_is_opened_outside_and_what_is_made(tmp_path: Path) -> None:
    outcome = escapes.run(1, tmp_path, escape)
    assert broken(outcome) == {"files opened outside", "inputs changed, made or lost"}
