"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

import pytest

from lumbar_core.errors import SavingError
from lumbar_core.report import save as save_module
from lumbar_core.report.leftovers import claim
from lumbar_core.report.save import save, save_by, suggested_name, unused
from tests.factories import a_result

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    return path


def refuse(monkeypatch, function, *, code=None, winerror=None, times=99):
    """Let an os-level step fail; returns the list of its calls."""
    calls = []
    real = getattr(*function)

    def failing(*arguments, **keywords):
        calls.append(arguments)
        if len(calls) > times:
            return real(*arguments, **keywords)
        error = OSError(code or errno.EACCES, "refused")
        error.winerror = winerror
        raise error

    monkeypatch.setattr(*function, failing)
    return calls


def test_new_bytes_replace_old_ones_and_nothing_else_is_left(target):
    save(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the disk can only be read"),
        (errno.EACCES, "writing there is not allowed"),
        (errno.EIO, "the system refused"),
    ],
)
@pytest.mark.parametrize("step", [(os, "fsync"), (Path, "replace")])
def test_a_refusal_names_the_cause_and_a_remedy_and_leaves_the_old_file(target, monkeypatch, step, code, said):
    refuse(monkeypatch, step, code=code)
    with pytest.raises(SavingError) as caught:
        save(target, b"new")
    assert said in caught.value.finding
    assert "report.json" in caught.value.finding
    assert "save again" in caught.value.remedy
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


@posix
def test_a_folder_that_cannot_be_made_to_last_is_no_failure(target, monkeypatch):
    calls = []
    real = os.fsync

    def refuse_the_folder(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.EINVAL, "not here")
        real(handle)

    monkeypatch.setattr(os, "fsync", refuse_the_folder)
    save(target, b"new")
    assert len(calls) == 2
    assert target.read_bytes() == b"new"


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(SavingError, match="the folder is not there"):
        save(tmp_path / "no" / "report.json", b"new")


def test_a_folder_of_that_name_is_said(tmp_path):
    (tmp_path / "report.json").mkdir()
    with pytest.raises(SavingError, match=r"report\.json"):
        save(tmp_path / "report.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_a_file_that_windows_holds_for_a_moment_is_tried_again(target, monkeypatch, winerror):
    monkeypatch.setattr(save_module, "_RETRY_WAITS_S", (0.0, 0.0))
    calls = refuse(monkeypatch, (Path, "replace"), winerror=winerror, times=2)
    save(target, b"new")
    assert len(calls) == 3
    assert target.read_bytes() == b"new"


def test_a_file_that_stays_open_elsewhere_ends_with_a_message(target, monkeypatch):
    monkeypatch.setattr(save_module, "_RETRY_WAITS_S", (0.0, 0.0))
    calls = refuse(monkeypatch, (Path, "replace"), winerror=32)
    with pytest.raises(SavingError, match="another program has it open"):
        save(target, b"new")
    assert len(calls) == 3
    assert target.read_bytes() == b"old"


def test_other_refusals_are_not_tried_again(target, monkeypatch):
    calls = refuse(monkeypatch, (Path, "replace"), code=errno.ENOSPC)
    with pytest.raises(SavingError):
        save(target, b"new")
    assert len(calls) == 1


@posix
def test_a_saved_file_has_the_mode_of_the_old_one_or_of_a_new_file(target):
    target.chmod(0o640)
    save(target, b"new")
    fresh = target.with_name("fresh.json")
    plain = target.with_name("plain.json")
    save(fresh, b"new")
    plain.write_bytes(b"")
    assert target.stat().st_mode & 0o777 == 0o640
    assert fresh.stat().st_mode == plain.stat().st_mode


def test_a_text_written_piece_by_piece_replaces_the_old_one_only_at_its_end(target):
    with save_by(target) as file:
        file.write("é\n")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == "é\n".encode()


def test_a_text_that_is_broken_off_leaves_the_old_one(target):
    def break_off():
        with save_by(target) as file:
            file.write("half")
            raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        break_off()
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def leftover(folder, age_s):
    path = folder / ".lumbar-killed.part"
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_what_a_killed_save_left_is_removed_by_the_next_one(target):
    old = leftover(target.parent, age_s=120)
    save(target, b"new")
    assert not old.exists()


def test_what_another_program_may_be_writing_is_left_alone(target):
    young = leftover(target.parent, age_s=5)
    save(target, b"new")
    assert young.exists()


@posix
def test_what_another_program_holds_is_left_alone_however_long_it_takes(target):
    slow = leftover(target.parent, age_s=9999)
    with slow.open("rb") as held:
        claim(held)
        save(target, b"new")
        assert slow.exists()
    save(target, b"newer")
    assert not slow.exists()


def test_the_suggested_name_tells_results_apart_and_nothing_of_the_patient():
    name = suggested_name(a_result(), ".pdf")
    assert name == "lumbar-2026-01-02-01234567.pdf"


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    path = tmp_path / "lumbar.pdf"
    assert unused(path) == path
    path.touch()
    assert unused(path).name == "lumbar-2.pdf"
    unused(path).touch()
    assert unused(path).name == "lumbar-3.pdf"
