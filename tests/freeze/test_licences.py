"""The licence file names every package that the program carries."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from freeze.licences import required, third_party

REPOSITORY = Path(__file__).resolve().parents[2]


def test_comments_and_blank_lines_are_not_packages(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# numpy==1\n\npydicom==3.0.2\n")
    assert required(file) == ["pydicom"]


def test_every_package_stands_in_the_table_with_its_version_and_text() -> None:
    text = third_party(REPOSITORY).lower()
    table = text.partition("=" * 100)[0]
    for name in required(REPOSITORY / "requirements.txt"):
        assert f"{name.lower()} {version(name)}: " in table
    assert "redistribution and use in source and binary forms" in text
    assert "python software foundation" in text
    assert "dejavu sans condensed 2.37" in table
    assert "dejavu changes are in public domain" in text
