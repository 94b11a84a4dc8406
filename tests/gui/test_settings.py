"""Preferences: kept, and never a stumbling block."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from lumbar_gui.settings import Settings, read_settings, save_settings


def test_settings_survive_the_trip_to_disk(tmp_path: Path) -> None:
    settings = Settings(theme="light", scale=150, operating_point="sensitive", notice_seen="1")
    save_settings(tmp_path / "deep" / "settings.json", settings)
    assert read_settings(tmp_path / "deep" / "settings.json") == settings


@pytest.mark.parametrize("text", ["", "[]", "{", '{"theme": "pink", "scale": 33, "other": 1}', "\x00\xff"])
def test_broken_or_foreign_settings_give_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text, encoding="latin-1")
    assert read_settings(tmp_path / "settings.json") == Settings()


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
@pytest.mark.parametrize("kept", [None, -1, 1.5, [], ["en"], {"7": [0, 10**400]}, {"8": [float("nan"), 1]}], ids=str)
def test_a_preference_of_another_kind_gives_its_default(tmp_path: Path, name: str, kept: object) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({name: kept}), encoding="ascii")
    if name != "keys" or not isinstance(kept, dict):  # which keys there are keymap.py says
        assert read_settings(tmp_path / "settings.json") == Settings()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    save_settings(tmp_path / "file" / "settings.json", Settings())
    assert read_settings(tmp_path / "file" / "settings.json") == Settings()
