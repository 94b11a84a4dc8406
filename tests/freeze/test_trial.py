"""The trial finds what programs do wrong; here with programs of three lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freeze.trial import TrialFailed, try_hard

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")

GOOD = """#!/bin/sh
[ "$1" = grade ] && printf '{"summary": {"headline": "Moderate"}}' > "$4"
echo done
"""


def a_program(folder: Path, script: str) -> Path:
    pack = folder / "_internal/lumbar_core/models/canal"
    pack.mkdir(parents=True)
    (pack / "contract.json").touch()
    (folder / "lumbar").write_text(script)
    (folder / "lumbar").chmod(0o755)
    return folder


def trial(tmp_path: Path, script: str) -> list[str]:
    lines: list[str] = []
    try_hard(a_program(tmp_path, script), lines.append)
    return lines


def test_a_program_that_works_passes(tmp_path: Path) -> None:
    assert trial(tmp_path, GOOD)[1:] == ["--self-test: done", "grade the sample: Moderate"]


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("#!/bin/sh\necho broken; exit 3\n", "exit code 3"),
        (GOOD.replace("Moderate", ""), "no headline"),
        (GOOD + '\ntouch "$HOME/stray"\n', "outside its own folders"),
        (GOOD + '\n[ -z "$USER$LANG$DISPLAY" ] && exit 9\n', "exit code 9"),
    ],
)
def test_each_fault_is_named(script: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match=fault):
        trial(tmp_path, script)


def test_its_own_folder_is_protected_or_its_change_is_found(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match=r"changed its own folder|exit code"):
        trial(tmp_path, GOOD.replace("echo done", 'echo x > "$(dirname "$0")/new" || exit 7; echo done'))


def test_without_packs_only_what_needs_them_may_fail(tmp_path: Path) -> None:
    lacking = """#!/bin/sh
if [ "$1" = grade ]; then printf '{"summary": {"headline": "Nothing"}}' > "$4"; echo graded; exit 3; fi
echo "FAILED model packs: there is none"
echo "FAILED grade the sample: x"
exit 1
"""
    folder = a_program(tmp_path, lacking)
    (folder / "_internal/lumbar_core/models/canal/contract.json").unlink()
    lines: list[str] = []
    try_hard(folder, lines.append)
    assert lines[-1] == "grade the sample: Nothing"
    (folder / "lumbar").write_text(lacking.replace("exit 1", 'echo "FAILED decode rle.dcm"; exit 1'))
    with pytest.raises(TrialFailed, match="More fails"):
        try_hard(folder, lines.append)
