"""What was opened before: remembered only where asked for, named without its patient, forgotten at one click."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_gui.recent import MOST, Recent
from lumbar_gui.settings import Settings
from lumbar_gui.state import Page
from tests.gui.conftest import Driver
from tests.gui.fakes import FakeCore, a_study
from tests.gui.test_controller import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(FakeCore(), tmp_path / "settings.json")
    yield desk
    desk.controller.shut_down()


def test_nothing_is_kept_unless_asked_for(desk: Desk, tmp_path: Path) -> None:
    desk.choose()
    assert desk.state.recent == ()
    assert not (tmp_path / "recent.json").exists()


def test_what_was_opened_is_named_without_its_patient_and_opens_again(desk: Desk, tmp_path: Path) -> None:
    desk.controller.set_settings(Settings(recent=True))
    desk.controller.choose([tmp_path / "CANARY^NAME"])
    desk.until(lambda: desk.state.page is Page.CHOSEN)
    (entry,) = desk.state.recent
    assert "CANARY" not in entry.words + entry.opened
    assert entry.words.startswith("Study of 3 series")
    asked = []
    desk.controller.choose = asked.append  # type: ignore[method-assign, assignment]
    desk.controller.open_recent(0)
    assert asked == [[tmp_path / "CANARY^NAME"]]


def test_several_examinations_are_one_entry(desk: Desk) -> None:
    desk.controller.set_settings(Settings(recent=True))
    desk.core.study = (a_study(), a_study())
    desk.controller.choose([Path("archive")])
    desk.until(lambda: desk.state.worklist is not None)
    assert [entry.words for entry in desk.state.recent] == ["2 examinations"]
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert len(desk.state.recent) == 1


@pytest.mark.parametrize("how", ["one click", "the setting"])
def test_all_is_forgotten(desk: Desk, tmp_path: Path, how: str) -> None:
    desk.controller.set_settings(Settings(recent=True))
    desk.choose()
    assert (tmp_path / "recent.json").exists()
    if how == "one click":
        desk.controller.forget_recent()
    else:
        desk.controller.set_settings(Settings(recent=False))
    assert desk.state.recent == ()
    assert not (tmp_path / "recent.json").exists()


def test_the_latest_is_first_once_only_and_old_ones_drop_out(tmp_path: Path) -> None:
    recent = Recent(tmp_path)
    for number in range(MOST + 2):
        recent.add([Path(f"/{number}")], "One picture", f"at {number}")
    kept = recent.add([Path("/5")], "One picture", "again")
    assert kept == Recent(tmp_path).read()
    assert [each.paths[0] for each in kept[:2]] == ["/5", f"/{MOST + 1}"]
    assert len(kept) == MOST
    assert len({each.paths for each in kept}) == MOST


NO_PATHS = '[{"paths": null, "words": "x", "opened": "y"}]'


@pytest.mark.parametrize(
    "text", ["", "{", "[3]", '[{"paths": 1}]', '{"a": 1}', '[{"paths": ["x"], "words": "y"}]', NO_PATHS]
)
def test_a_broken_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "recent.json").write_text(text, encoding="utf-8")
    assert Recent(tmp_path).read() == ()


@pytest.mark.gui
def test_the_first_page_offers_what_is_remembered_and_says_that_it_is(driver: Driver) -> None:
    start = driver.window.start
    assert not start.recent.winfo_ismapped()
    driver.controller.set_settings(replace(driver.state.settings, recent=True))
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.controller.back()
    driver.settle()
    assert start.recent.winfo_ismapped()
    assert "as you asked" in str(start._privacy["text"])
    driver.controller.forget_recent()
    driver.settle()
    assert not start.recent.winfo_ismapped()
