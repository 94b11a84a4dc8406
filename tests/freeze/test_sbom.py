"""The bill of materials covers everything inside, and is the same for the same folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freeze.licences import required
from freeze.sbom import bill

REPOSITORY = Path(__file__).resolve().parents[2]
REQUIREMENTS = REPOSITORY / "requirements.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program with one native library, one font and one pack."""
    pack = tmp_path / "_internal/lumbar_core/models/canal"
    pack.mkdir(parents=True)
    (pack / "contract.json").write_text(json.dumps({"name": "canal", "version": "1.0.0"}))
    (pack / "model.onnx").write_bytes(b"network")
    (tmp_path / "lumbar").write_bytes(b"\x7fELF")
    fonts = tmp_path / "_internal/lumbar_core/report/fonts"
    fonts.mkdir(parents=True)
    (fonts / "DejaVuSansCondensed.ttf").write_bytes(b"font")
    libraries = tmp_path / "_internal/numpy.libs"
    libraries.mkdir()
    (libraries / "libscipy_openblas64_-1.so").write_bytes(b"\x7fELF")
    return tmp_path


def test_packages_python_libraries_fonts_and_packs_are_in_it(folder: Path) -> None:
    components = {one["name"]: one for one in bill(folder, REQUIREMENTS)["components"]}
    assert set(required(REQUIREMENTS)) <= set(components)
    assert components["numpy"]["purl"].startswith("pkg:pypi/numpy@")
    assert components["OpenBLAS"]["licenses"][0]["expression"].startswith("BSD-3-Clause")
    assert components["OpenBLAS"]["components"][0]["hashes"][0]["alg"] == "SHA-256"
    assert components["canal"]["type"] == "machine-learning-model"
    assert components["DejaVuSansCondensed"]["licenses"][0]["license"]["id"] == "Bitstream-Vera"
    assert "CPython" in components


def test_it_is_the_same_each_time_and_names_everything_once(folder: Path) -> None:
    first = bill(folder, REQUIREMENTS)
    assert first == bill(folder, REQUIREMENTS)
    names = [one["bom-ref"] for one in first["components"]]
    assert len(names) == len(set(names))
    assert set(first["dependencies"][0]["dependsOn"]) == set(names)


def test_an_unknown_library_stops_it(folder: Path) -> None:
    (folder / "_internal" / "libreadline.so.8").write_bytes(b"\x7fELF")
    with pytest.raises(ValueError, match="libreadline"):
        bill(folder, REQUIREMENTS)
