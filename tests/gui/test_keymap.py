"""Which key is which request, and a request given another key: in the pure table and in the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_gui.keymap import FIXED, REQUESTS, can_be_chosen, chosen_of, has_alt, keys_of, shown, with_key
from lumbar_gui.settings import Settings, read_settings, save_settings
from lumbar_gui.state import Page
from lumbar_gui.views.keys_sheet import WAITING, KeysSheet
from tests.gui.conftest import Driver, OpenWindow
from tests.gui.fakes import FakeCore
from tests.gui.test_large_scale import graded


def test_every_request_has_a_key_of_its_own_that_may_be_chosen() -> None:
    keys = keys_of({})
    assert len(set(keys.values())) == len(REQUESTS) == len(keys)
    assert all(map(can_be_chosen, keys.values()))


def test_a_key_that_is_taken_is_exchanged() -> None:
    keys = with_key(keys_of({}), "moderate", "n")
    assert (keys["moderate"], keys["normal_mild"]) == ("n", "m")
    assert sorted(keys.values()) == sorted(keys_of({}).values())
    assert keys_of(chosen_of(keys)) == keys
    assert chosen_of(keys_of({})) == {}


@pytest.mark.parametrize("key", [*sorted(FIXED), "Shift_L", "Control_R", "Alt_L", "ISO_Level3_Shift", ""])
def test_keys_that_mean_something_everywhere_cannot_be_chosen(key: str) -> None:
    assert not can_be_chosen(key)
    assert keys_of({"moderate": key}) == keys_of({})


def test_numlock_of_windows_is_not_taken_for_alt() -> None:
    numlock, alt = 0x8, 0x20000  # of X11 the first is Alt
    assert [has_alt(state, windows=True) for state in (0, numlock, 0x4, alt)] == [False, False, False, True]
    assert [has_alt(state, windows=False) for state in (0, 0x4, numlock)] == [False, False, True]


@pytest.mark.gui
def test_with_control_or_alt_an_arrow_in_the_grid_is_the_window_s(driver: Driver) -> None:
    graded(driver)
    window, state = driver.window, driver.state
    chosen, nudged = state.selected, list[tuple[int, int]]()
    window.keys._with_control["Left"] = lambda: nudged.append((0, -1))
    window.results.grid_of_grades.focus_force()
    driver.press("Control-Left")
    assert nudged == [(0, -1)]
    assert state.selected == chosen
    driver.press("Mod1-Left")
    assert state.page is Page.START


@pytest.mark.gui
def test_alt_and_left_leads_back_from_the_remark_too(driver: Driver) -> None:
    graded(driver)
    driver.window.results.remark.field.focus_force()
    driver.press("Mod1-Left")
    assert driver.state.page is Page.START


def test_what_is_unknown_in_the_settings_is_left_out() -> None:
    assert keys_of({"fly": "q"}) == keys_of({})


def test_keys_presets_and_processor_are_kept_and_broken_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    kept = Settings(keys={"moderate": "g"}, presets={"7": (0.1, 0.5)}, device="cpu")
    save_settings(path, kept)
    assert read_settings(path) == kept
    path.write_text('{"keys": 3, "presets": {"7": [1], "8": [0, 1]}, "device": "tpu"}', encoding="utf-8")
    assert read_settings(path) == Settings()
    path.write_text('{"presets": {"1": [0, 1], "7": [0, -1], "8": [0, 2]}}', encoding="utf-8")
    assert read_settings(path).presets == {"8": (0.0, 2.0)}


def test_keys_are_shown_as_they_stand_on_the_keyboard() -> None:
    assert [shown(key) for key in ("Return", "period", "n", "bracketleft", "F5")] == ["Enter", ".", "N", "[", "F5"]


@pytest.mark.gui
def test_a_request_answers_to_its_new_key_and_the_buttons_say_so(driver: Driver) -> None:
    graded(driver)
    driver.window.open_sheet("keys")
    sheet = driver.window.sheet
    assert isinstance(sheet, KeysSheet)
    sheet.buttons["severe"].invoke()
    driver.until(lambda: driver.root.focus_get() is sheet.buttons["severe"])
    assert str(sheet.buttons["severe"]["text"]) == WAITING
    driver.press("Escape")
    assert driver.window.sheet is sheet, "Esc leaves the key as it was"
    sheet.buttons["severe"].invoke()
    driver.until(lambda: driver.root.focus_get() is sheet.buttons["severe"])
    driver.press("g")
    assert driver.state.settings.keys == {"severe": "g"}
    assert str(sheet.buttons["severe"]["text"]) == "G"
    driver.window.close_sheet()
    driver.settle()
    driver.press("s")
    assert driver.state.finding is not None
    assert driver.state.finding.reader is None
    driver.press("g")
    assert driver.state.finding.reader is not None
    assert "G" in str(driver.window.results.finding.change["text"])
    driver.window.open_sheet("keys")
    assert isinstance(driver.window.sheet, KeysSheet)
    driver.window.sheet.defaults.invoke()
    assert driver.state.settings.keys == {}


@pytest.mark.gui
def test_brightness_is_kept_under_a_number_and_comes_back(driver: Driver) -> None:
    graded(driver)
    pane = driver.window.results.pictures.active
    driver.until(lambda: pane.canvas.scene is not None and pane.canvas.scene.pixels is not None)
    driver.press("Key-3")
    driver.settle()
    assert pane.canvas.scene is not None
    narrow = pane.canvas.scene.window
    driver.press("Control-Key-7")
    assert driver.state.settings.presets["7"][1] == pytest.approx(0.6)
    driver.press("Key-1")
    driver.settle()
    assert pane.canvas.scene.window != narrow
    driver.press("Key-7")
    driver.settle()
    assert pane.canvas.scene.window.width == pytest.approx(narrow.width)


@pytest.mark.gui
def test_the_processor_is_chosen_before_the_packs_are_loaded(open_window: OpenWindow, core: FakeCore) -> None:
    asked: list[str] = []
    services = core.services()

    def load(device: str) -> object:
        asked.append(device)
        return services.load_packs(device)

    open_window(replace(services, load_packs=load), device="cpu")  # type: ignore[arg-type]
    assert asked == ["cpu"]
