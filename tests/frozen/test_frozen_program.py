"""The built program in dist/lumbar, started as a user's PC would: no Python, no torch, nobody's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from freeze.contents import foreign, unwanted
from freeze.licences import required
from freeze.native import list_shipped
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DecodeProcess, DirectReader
from lumbar_core.reading.dicom.syntaxes import SYNTAXES, Support
from tests.core.reading.one_of_each import one_of_each

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "dist" / "lumbar"
PROGRAM = FOLDER / ("lumbar.exe" if os.name == "nt" else "lumbar")
SAMPLE = REPOSITORY / "lumbar_core" / "sample"
DECODED = one_of_each()

pytestmark = [
    pytest.mark.frozen,
    pytest.mark.skipif(not PROGRAM.exists(), reason="the program is not built: run `make build`"),
]


def run(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The frozen program in an empty environment but for a home."""
    return subprocess.run(
        [str(PROGRAM), *words],
        env={"HOME": str(home), **variables},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def what_was_found(path: Path) -> Any:
    """The part of a result file that must not depend on how the program was started."""
    result = json.loads(path.read_text(encoding="utf-8"))
    return {key: result[key] for key in ("packs", "numbering", "findings", "summary")}


def test_the_frozen_program_passes_its_own_test_in_an_empty_environment(tmp_path: Path) -> None:
    answer = run(tmp_path, "--self-test")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_settings_of_another_python_do_not_steer_it(tmp_path: Path) -> None:
    hostile = {"PYTHONHOME": "/nonexistent", "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": "/nonexistent"}
    (tmp_path / "numpy.py").write_text("raise SystemExit('a foreign numpy was loaded')")
    answer = run(tmp_path, "--version", **hostile)
    assert (answer.returncode, answer.stdout[:7]) == (0, "lumbar ")


def test_it_grades_the_sample_as_the_source_does(tmp_path: Path) -> None:
    frozen, source = tmp_path / "frozen.json", tmp_path / "source.json"
    first = run(tmp_path, "grade", str(SAMPLE), "--json", str(frozen))
    second = subprocess.run(
        [sys.executable, "-m", "lumbar_core", "grade", str(SAMPLE), "--json", str(source)],
        cwd=REPOSITORY,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert first.returncode == second.returncode, first.stderr + second.stderr
    assert what_was_found(frozen) == what_was_found(source)


def test_its_decode_process_is_itself_without_a_window(tmp_path: Path) -> None:
    assert run(tmp_path, "--decode-worker").returncode == 0


def test_it_leaves_nothing_outside_its_own_folders(tmp_path: Path) -> None:
    run(tmp_path, "--self-test")
    strays = [path for path in tmp_path.rglob("*") if path.is_file() and "lumbar-mri" not in path.parts]
    assert strays == []


def test_it_carries_neither_training_code_nor_test_tools_nor_the_gpl() -> None:
    assert unwanted(FOLDER) == set()


def test_every_package_inside_is_pinned() -> None:
    assert foreign(FOLDER, required(REPOSITORY / "requirements.txt")) == set()


def test_every_native_library_inside_is_allowed_and_has_a_version() -> None:
    shipped, unknown = list_shipped(FOLDER)
    assert unknown == []
    assert [one.path for one in shipped if not one.version] == []
    assert [one.path for one in shipped if one.library.is_under_gpl] == []


@pytest.mark.parametrize("name", sorted(DECODED))
def test_it_decodes_every_syntax_as_the_source_does(name: str, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(DECODED[name])
    (image,) = read_study([path]).series[0].instances
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(PROGRAM))  # the decode process is then the frozen program's
    with closing(DecodeProcess()) as frozen, closing(DirectReader()) as source:
        np.testing.assert_array_equal(frozen.read(image), source.read(image))


def test_no_syntax_is_left_out() -> None:
    assert set(DECODED) == {syntax.uid for syntax in SYNTAXES if syntax.support is Support.TESTED}


def test_its_folder_stays_within_the_budget() -> None:
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink())
    assert size <= 220_000_000


def test_the_licences_travel_with_it() -> None:
    third_party = (FOLDER / "licences" / "THIRD-PARTY.txt").read_text(encoding="utf-8")
    assert {"LICENSE.txt", "MODEL-PACKS.txt", "NATIVE.txt"} <= {path.name for path in (FOLDER / "licences").iterdir()}
    for name in ("numpy", "onnxruntime", "pydicom", "pillow", "reportlab", "tkinterdnd2"):
        assert name in third_party.lower()
