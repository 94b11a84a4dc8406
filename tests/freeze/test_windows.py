"""What Windows shows of the executable can be read back; only a build on Windows puts it in."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from freeze.windows import MANIFEST, numbers, version_text
from lumbar_core import __version__
from lumbar_core.report.result import INTENDED_USE


@pytest.mark.parametrize(
    ("version", "four"), [("0.1.0", (0, 1, 0, 0)), ("1.2.3rc4", (1, 2, 3, 0)), ("1.2.3.4.5", (1, 2, 3, 4))]
)
def test_a_version_becomes_four_numbers(version: str, four: tuple[int, ...]) -> None:
    assert numbers(version) == four


def test_the_version_resource_says_name_version_and_intended_use() -> None:
    kinds = [
        "VSVersionInfo",
        "FixedFileInfo",
        "StringFileInfo",
        "StringTable",
        "StringStruct",
        "VarFileInfo",
        "VarStruct",
    ]
    strings: dict[str, str] = {}
    makers = {kind: lambda *values, **named: SimpleNamespace(values=values, **named) for kind in kinds}
    makers["StringStruct"] = strings.__setitem__
    eval(version_text(), makers)  # as PyInstaller does
    assert strings["ProductVersion"] == __version__
    assert strings["Comments"] == INTENDED_USE


def test_the_manifest_asks_for_sharp_text_and_no_administrator() -> None:
    ElementTree.fromstring(MANIFEST)
    assert ">true</dpiAware>" in MANIFEST
    assert 'level="asInvoker"' in MANIFEST
