"""The way to the printer: what the command is given, what is told, and that nothing is left lying about."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lumbar_core import temporary
from lumbar_core.errors import PrintingError
from lumbar_core.report import printing
from lumbar_core.report.printing import Handed, print_pdf

PDF = b"%PDF-1.4 pages"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands here are shell scripts")


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what the test puts there; and a private folder of the test's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return folder


def a_command(folder: Path, name: str, last: str = "exit 0") -> Path:
    """A command that writes down its arguments and a copy of the last one's file."""
    seen = folder.parent / name
    seen.mkdir()
    script = folder / name
    script.write_text(
        f'#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word" >> {seen}/words; file="$word"; done\n'
        f'/bin/cat "$file" > {seen}/pages\n/bin/ls -ld "${{file%/*}}" > {seen}/folder\n{last}\n'
    )
    script.chmod(0o755)
    return seen


def left() -> list[Path]:
    base = temporary.base_folder()
    return [path for path in base.rglob("*") if path.is_file()] if base.is_dir() else []


def test_the_queue_gets_the_pages_and_nothing_stays(commands: Path) -> None:
    seen = a_command(commands, "lp")
    a_command(commands, "lpr")
    assert print_pdf(PDF) is Handed.PRINTER
    assert (seen / "pages").read_bytes() == PDF
    assert (seen / "folder").read_text().startswith("drwx------"), "nobody else may look into it"
    *words, file = (seen / "words").read_text().splitlines()
    assert words == ["-t", "Lumbar MRI report", "--"]
    assert Path(file).name == "report.pdf"
    assert left() == []


def test_an_older_queue_will_do(commands: Path) -> None:
    seen = a_command(commands, "lpr")
    assert print_pdf(PDF) is Handed.PRINTER
    assert (seen / "pages").read_bytes() == PDF


def test_what_the_queue_refuses_is_told_in_its_words(commands: Path) -> None:
    a_command(commands, "lp", "echo 'lp: Error - no default destination available.' >&2; exit 1")
    with pytest.raises(PrintingError, match="no default destination") as refused:
        print_pdf(PDF)
    assert "Save the result as PDF" in refused.value.remedy
    assert left() == []


def test_a_queue_that_never_answers_is_given_up(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_command(commands, "lp", "exec /bin/sleep 30")
    monkeypatch.setattr(printing, "_PATIENCE_S", 0.3)
    with pytest.raises(PrintingError, match="did not print"):
        print_pdf(PDF)
    assert left() == []


def test_without_a_queue_the_pages_are_shown_and_go_away_later(commands: Path) -> None:
    seen = a_command(commands, printing._VIEWERS[0])
    assert print_pdf(PDF) is Handed.VIEWER
    assert (seen / "pages").read_bytes() == PDF
    (file,) = left()
    assert file.stat().st_uid == os.getuid()
    os.utime(file.parent, (0, 0))
    temporary.purge()
    assert left() == []


def test_without_any_of_them_the_way_out_is_told(commands: Path) -> None:
    with pytest.raises(PrintingError, match="no print command"):
        print_pdf(PDF)
    assert left() == []


def test_a_frozen_program_gives_the_system_its_own_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/usr/local/lib", "HOME": "/home"}
    assert printing._own_environment(ours) == ours
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert printing._own_environment(ours)["LD_LIBRARY_PATH"] == "/usr/local/lib"
    assert "LD_LIBRARY_PATH" not in printing._own_environment({"LD_LIBRARY_PATH": "/bundle"})
