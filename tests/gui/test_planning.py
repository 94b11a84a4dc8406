"""A reading plan made in the window: typed, checked, saved; nothing that was typed is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.agreement.plan import Reveal, read_plan
from lumbar_core.agreement.planning import PlanWishes
from lumbar_core.errors import Refused
from lumbar_gui.plan_form import PlanForm
from lumbar_gui.views.plan_sheet import PlanSheet
from tests.gui import fakes
from tests.gui.conftest import Driver, OpenWindow
from tests.gui.fakes import FakeCore

FORM = PlanForm(folder=Path("studies"))


def test_what_is_typed_is_what_is_wished() -> None:
    typed = replace(FORM, readers=" R1, R2  R3 ", repeat="20 %", washout="14", seed="7", with_help=True)
    wanted = PlanWishes(("R1", "R2", "R3"), 7, 0.2, 14, True, Reveal.AT_END)
    assert replace(typed, reveal="at_end").wishes() == wanted


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"folder": None}, "No folder is chosen"),
        ({"readers": " "}, "Nobody is to read"),
        ({"readers": "R1 R1"}, "cannot be the readers' codes"),
        ({"readers": "R1 Müller"}, "Müller"),
        ({"repeat": "120"}, "read twice cannot be “120”"),
        ({"repeat": "-1"}, "read twice"),
        ({"washout": "a month"}, "days between two readings cannot be “a month”"),
        ({"seed": ""}, "seed"),
    ],
)
def test_what_cannot_be_meant_is_said_with_what_to_write(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(Refused, match=said) as caught:
        replace(FORM, **wrong).wishes()  # type: ignore[arg-type]
    assert caught.value.remedy


def opened(driver: Driver) -> PlanSheet:
    driver.window.start.make_plan()
    driver.settle()
    assert isinstance(driver.window.sheet, PlanSheet)
    return driver.window.sheet


def choose(driver: Driver, monkeypatch: pytest.MonkeyPatch, folder: Path | None, out: Path | None) -> None:
    monkeypatch.setattr(driver.application.prompts, "open_folder", lambda: folder)
    monkeypatch.setattr(driver.application.prompts, "plan_path", lambda: out)


def test_a_plan_is_made_by_keyboard(driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(driver, monkeypatch, tmp_path, tmp_path / "plan.json")
    sheet = opened(driver)
    driver.press("space")  # the folder's button has the focus
    assert tmp_path.name in sheet._where["text"]
    driver.press("Tab")
    assert driver.root.focus_get() is sheet.entries["readers"]
    driver.press("End")
    for key in ("space", "R", "Key-3"):
        driver.press(key)
    for widget in (*list(sheet.entries.values())[1:], sheet.with_help, *sheet.reveals):
        driver.press("Tab")
        assert driver.root.focus_get() is widget
    driver.press("space")  # after each study
    sheet.close.focus_set()
    driver.press("Return")
    driver.until(lambda: driver.state.told)
    plan = read_plan((tmp_path / "plan.json").read_bytes())
    assert list(plan.queues) == ["R1", "R2", "R3"]
    assert driver.state.told == "The plan is saved as plan.json: 1 study, 3 readers, 3 readings in all"
    assert driver.state.plan_form.reveal == "after_study"
    assert driver.window.sheet is None
    driver.controller.choose([Path("study")])
    assert driver.state.told == ""  # what was told is old once something is opened


def test_what_the_keyboard_comes_to_is_in_sight(open_window: OpenWindow, core: FakeCore) -> None:
    driver = open_window(core.services(), scale=200)
    sheet = opened(driver)
    for _ in range(7):
        driver.press("Tab")
        widget, place = driver.root.focus_get(), sheet.inside.master
        top = widget.winfo_rooty() - place.winfo_rooty()  # type: ignore[union-attr]
        assert top >= 0
        assert top + widget.winfo_height() <= place.winfo_height()  # type: ignore[union-attr]
    assert widget is sheet.reveals[1]


def test_a_wrong_field_is_said_in_the_sheet_and_nothing_is_asked(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(driver, monkeypatch, tmp_path, None)
    sheet = opened(driver)
    sheet.close.invoke()
    assert "No folder is chosen" in sheet.said["text"]
    sheet.folder.invoke()
    sheet.fields["washout"].set("a month")
    sheet.close.invoke()
    assert "a month" in sheet.said["text"]
    sheet.fields["washout"].set("10")
    sheet.close.invoke()  # the user changes their mind about where to
    assert sheet.said["text"] == ""
    assert driver.window.sheet is sheet
    sheet.cancel.invoke()
    assert driver.window.sheet is None
    assert opened(driver).fields["washout"].get() == "10"


def test_what_goes_wrong_is_told_and_the_form_is_still_there(
    driver: Driver, core: FakeCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(driver, monkeypatch, tmp_path, tmp_path / "plan.json")
    sheet = opened(driver)
    sheet.folder.invoke()
    sheet.fields["readers"].set("A B")
    core.read_error = fakes.WRONG
    sheet.close.invoke()
    driver.until(lambda: driver.state.problem)
    assert not (tmp_path / "plan.json").exists()
    assert opened(driver).fields["readers"].get() == "A B"


def test_esc_stops_looking_for_studies(
    driver: Driver, core: FakeCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(driver, monkeypatch, tmp_path, tmp_path / "plan.json")
    core.hold_copy = threading.Event()
    sheet = opened(driver)
    sheet.folder.invoke()
    sheet.close.invoke()
    driver.until(lambda: driver.state.busy.startswith("Reading 1 of 2"))
    driver.press("Escape")
    assert driver.state.busy == ""
    driver.settle()
    core.hold_copy.set()
    assert not (tmp_path / "plan.json").exists()
    assert driver.state.told == ""
