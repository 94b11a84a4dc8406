"""Temporary files are private, go away after use, and after a kill go away later."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lumbar_core import temporary
from lumbar_core.temporary import purge, temporary_folder


@pytest.fixture(autouse=True)
def base(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(temporary, "base_folder", lambda: tmp_path / "cache" / "temporary")
    return tmp_path / "cache" / "temporary"


def test_a_folder_is_private_and_goes_away(base: Path) -> None:
    with temporary_folder() as folder:
        (folder / "report.pdf").write_bytes(b"x")
        if os.name == "posix":
            assert base.stat().st_mode & 0o077 == 0
            assert folder.stat().st_mode & 0o077 == 0
    assert list(base.iterdir()) == []


def test_what_a_killed_program_left_goes_and_what_is_in_use_stays(base: Path) -> None:
    for name, age_s in (("old", 7200), ("young", 5)):
        (base / name).mkdir(parents=True)
        (base / name / "report.pdf").write_bytes(b"x")
        os.utime(base / name, (time.time() - age_s,) * 2)
    purge()
    assert [path.name for path in base.iterdir()] == ["young"]


def test_without_any_there_is_nothing_to_purge() -> None:
    purge()
