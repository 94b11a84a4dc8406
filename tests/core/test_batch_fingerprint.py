"""The same files have the same fingerprint, wherever they lie; other ones have another."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lumbar_core.batch.fingerprint import fingerprint
from lumbar_core.reading import limits


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name, data in (("a.dcm", b"one"), ("b.dcm", b"two")):
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_times_do_not_matter_and_order_does_not(base: Path) -> None:
    before = fingerprint(["a.dcm", "b.dcm"], base)
    os.utime(base / "a.dcm", (0, 0))
    assert fingerprint(["b.dcm", "a.dcm"], base) == before


def exchange(base: Path) -> None:
    status = (base / "a.dcm").stat()
    (base / "a.dcm").write_bytes(b"six")
    os.utime(base / "a.dcm", ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def swap(base: Path) -> None:
    (base / "a.dcm").rename(base / "c.dcm")
    (base / "b.dcm").rename(base / "a.dcm")
    (base / "c.dcm").rename(base / "b.dcm")


def remove(base: Path) -> None:
    (base / "a.dcm").unlink()


@pytest.mark.parametrize("change", [exchange, swap, remove])
def test_other_files_have_another(base: Path, change: Callable[[Path], None]) -> None:
    before = fingerprint(["a.dcm", "b.dcm"], base)
    change(base)
    assert fingerprint(["a.dcm", "b.dcm"], base) != before


def test_an_archive_stands_for_its_members_which_are_told_apart(base: Path) -> None:
    one, two = (fingerprint(["a.dcm", f"a.dcm/{member}"], base) for member in ("1", "2"))
    assert one != two
    exchange(base)
    assert fingerprint(["a.dcm", "a.dcm/1"], base) != one


def test_what_is_never_read_counts_by_its_size_and_time(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 2)
    monkeypatch.setattr("pathlib.Path.open", lambda *_: pytest.fail("read"))
    os.utime(base / "a.dcm", (0, 1))
    before = fingerprint(["a.dcm"], base)
    os.utime(base / "a.dcm", (0, 2))
    assert fingerprint(["a.dcm"], base) != before


@pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes")
def test_a_pipe_is_not_waited_for(base: Path) -> None:
    os.mkfifo(base / "pipe.dcm")
    assert fingerprint(["pipe.dcm"], base)
