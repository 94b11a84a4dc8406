"""The table of native libraries: whole, free of the GPL, and made for the wheels that are pinned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from freeze.native import Library, allowed_by, native_files, read_table

REPOSITORY = Path(__file__).resolve().parents[2]
ROWS, WHEELS = read_table()


def pins() -> dict[str, str]:
    text = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)==([\w.]+)$", text, re.MULTILINE))


def test_every_row_is_whole() -> None:
    for row in ROWS:
        assert row.name
        assert row.licence
        assert row.files
        assert row.origin in {"packer", "python", "system"} or row.version, row.name


def test_wheels_were_looked_at_in_the_version_that_is_pinned() -> None:
    named = {row.origin.removeprefix("wheel ") for row in ROWS if row.origin.startswith("wheel ")}
    assert named == set(WHEELS)
    assert {name: pins()[name] for name in WHEELS} == WHEELS


def test_no_row_is_under_the_gpl() -> None:
    assert [row.name for row in ROWS if row.is_under_gpl] == []


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "MIT AND GPL-2.0-only", "GPL-2.0-or-later WITH other"])
def test_the_gpl_is_recognised(licence: str) -> None:
    assert Library("x", licence, ("x",), "system").is_under_gpl


@pytest.mark.parametrize(
    "name", ["libreadline.so.8", "libssl.so.3", "libgdcmMSFF.so.3.2", "libsocketxx.so.1.2", "_gdcm/_gdcmswig.so"]
)
def test_what_may_not_ship_is_in_no_row(name: str) -> None:
    assert allowed_by(f"_internal/{name}", ROWS) is None


def test_native_files_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "program").write_bytes(b"\x7fELF and more")
    (tmp_path / "library.so").write_text("a linker script is no machine code")
    (tmp_path / "link").symlink_to(tmp_path / "inside" / "program")
    assert list(native_files(tmp_path)) == ["inside/program"]
