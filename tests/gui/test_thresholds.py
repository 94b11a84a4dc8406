"""Thresholds in the settings: kept, mended where damaged, and acting on the open case at once.

The made-up packs flag from 15 % on, and every Normal/Mild of the made-up result leaves Severe 2 %.
"""

from __future__ import annotations

import json
import threading
import tkinter as tk
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tkinter import ttk

import pytest

from lumbar_core.anatomy import Level
from lumbar_core.choices import BORDERLINE_GAP, CHECK_P_SEVERE, Choices
from lumbar_core.report.result import Finding, StudyResult
from lumbar_gui.settings import BORDERLINE_BELOW, CHECK_ABOVE, Settings, read_settings, save_settings
from lumbar_gui.state import Page
from tests.factories import CANAL, NORMAL
from tests.gui.conftest import Driver
from tests.gui.fakes import FakeCore, a_study
from tests.gui.plans import some_studies, write_plan
from tests.gui.test_controller import Desk, a_list, statuses
from tests.gui.test_placing import place, placed
from tests.gui.test_window import graded, texts

SEVERE_2 = "graded Normal/Mild, yet Severe has 2 %"
L5_S1 = (CANAL, None, None, Level.L5_S1)  # Normal/Mild


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(FakeCore(), tmp_path / "settings.json")
    yield desk
    desk.controller.shut_down()


def choose(desk: Desk | Driver, **changes: int | str) -> None:
    desk.controller.set_settings(replace(desk.state.settings, **changes))  # type: ignore[arg-type]


def shown(desk: Desk | Driver) -> StudyResult:
    assert desk.state.result is not None
    return desk.state.result


def finding(desk: Desk | Driver) -> Finding:
    return next(each for each in shown(desk).findings if each.key == L5_S1)


# Kept


def test_thresholds_survive_the_trip_to_disk(tmp_path: Path) -> None:
    wanted = Settings(check_above=5, borderline_below=30)
    save_settings(tmp_path / "settings.json", wanted)
    assert read_settings(tmp_path / "settings.json") == wanted
    assert wanted.choices == Choices(check_p_severe=0.05, borderline_gap=0.3)


@pytest.mark.parametrize("kept", [100, 99.5, -1, 0.0, True, None, "5", "", [], {}, [5], 1e400, 4])
def test_a_damaged_threshold_is_the_packs_own(tmp_path: Path, kept: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"check_above": kept, "borderline_below": kept, "theme": "light"}))
    assert read_settings(path) == Settings(theme="light")
    assert read_settings(path).choices == Choices()


def test_what_is_offered_reaches_from_the_least_to_the_most_that_is_allowed() -> None:
    for offered, bounds in ((CHECK_ABOVE, CHECK_P_SEVERE), (BORDERLINE_BELOW, BORDERLINE_GAP)):
        assert (offered[0], offered[1] / 100, offered[-1] / 100) == (0, *bounds)


# Acting


def test_a_lower_threshold_flags_the_open_case_at_once_and_grades_nothing_again(desk: Desk) -> None:
    desk.grade()
    before, asked = shown(desk), len(desk.core.options)
    assert finding(desk).check_reasons == ()
    choose(desk, check_above=1)
    mild = [each for each in shown(desk).findings if each.grade is NORMAL]
    assert mild
    assert all(SEVERE_2 in each.check_reasons for each in mild)
    assert shown(desk).chosen == Choices(check_p_severe=0.01)
    choose(desk, check_above=0)
    assert shown(desk) == before
    assert len(desk.core.options) == asked


def test_the_gap_makes_close_grades_of_the_open_case_borderline(desk: Desk) -> None:
    near = replace(finding_of(desk.core.result), probabilities=(0.55, 0.40, 0.05))
    desk.core.result = with_finding(desk.core.result, near)
    desk.grade()
    assert not finding(desk).borderline
    choose(desk, borderline_below=20)
    assert finding(desk).borderline
    assert not finding(desk).check


def finding_of(result: StudyResult) -> Finding:
    return next(each for each in result.findings if each.key == L5_S1)


def with_finding(result: StudyResult, finding: Finding) -> StudyResult:
    return result.with_findings(tuple(finding if each.key == finding.key else each for each in result.findings))


def test_thresholds_reach_the_pipeline(desk: Desk) -> None:
    desk.choose()
    choose(desk, check_above=3, borderline_below=10)
    desk.controller.upload()
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert desk.core.options[-1].choices == Choices(check_p_severe=0.03, borderline_gap=0.1)


def test_the_readers_marks_stay_and_undo_leads_to_what_is_flagged_as_now(desk: Desk) -> None:
    desk.grade()
    desk.controller.browser.select(L5_S1)
    desk.controller.mark("m")
    mark = finding(desk).reader
    choose(desk, check_above=1)
    assert finding(desk).reader == mark
    assert desk.state.edited
    desk.controller.marking.undo()
    assert finding(desk).reader is None
    assert finding(desk).check_reasons == (SEVERE_2,)
    assert shown(desk).chosen.check_p_severe == 0.01


def test_what_was_saved_is_no_longer_what_is_shown(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.saving.save(tmp_path / "one.json", identity=False)
    desk.until(lambda: desk.state.saved)
    choose(desk, check_above=1)
    assert desk.state.saved is None
    assert not desk.state.edited


def test_thresholds_changed_while_a_case_is_graded_hold_for_it(desk: Desk) -> None:
    desk.choose()
    desk.core.hold = threading.Event()
    desk.controller.upload()
    choose(desk, check_above=1)
    desk.core.hold.set()
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert finding(desk).check_reasons == (SEVERE_2,)


def test_thresholds_changed_while_a_mark_is_graded_elsewhere_hold_for_it(desk: Desk) -> None:
    desk.grade()
    desk.controller.browser.select(L5_S1)
    desk.core.hold = threading.Event()
    place(desk, 6, 0)
    choose(desk, check_above=1, borderline_below=20)
    desk.core.hold.set()
    desk.until(lambda: placed(desk))
    own = finding(desk).own
    assert own is not None
    assert own.check_reasons == (SEVERE_2,)
    choose(desk, check_above=0)
    own = finding(desk).own
    assert own is not None
    assert own.check_reasons == ()


def test_a_mark_is_graded_elsewhere_by_the_thresholds_of_now_and_the_grades_of_the_rest(desk: Desk) -> None:
    desk.grade()
    choose(desk, check_above=1, operating_point="sensitive")
    desk.controller.browser.select(L5_S1)
    place(desk, 6, 0)
    desk.until(lambda: placed(desk))
    assert desk.core.options[-1].choices == Choices(check_p_severe=0.01)


def test_what_was_graded_ahead_is_flagged_by_the_thresholds_of_when_it_is_opened(desk: Desk) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: statuses(desk) == ["opened", "graded"])
    asked = len(desk.core.options)
    choose(desk, check_above=1)
    assert statuses(desk) == ["opened", "graded"], "nothing is graded anew for that"
    desk.controller.next_case()
    assert finding(desk).check_reasons == (SEVERE_2,)
    assert len(desk.core.options) == asked


def test_marks_come_back_after_a_crash_flagged_as_now(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.browser.select(L5_S1)
    place(desk, 6, 0)
    desk.until(lambda: placed(desk))
    after_crash = Desk(FakeCore(), tmp_path / "settings.json")
    choose(after_crash, check_above=1)
    after_crash.grade()
    own = finding(after_crash).own
    assert own is not None
    assert own.check_reasons == (SEVERE_2,)
    after_crash.controller.shut_down()


def test_in_a_reading_plan_the_packs_own_hold_for_every_reader(desk: Desk, tmp_path: Path) -> None:
    desk.core.study = some_studies()
    choose(desk, check_above=1, operating_point="sensitive")
    path, _ = write_plan(tmp_path)
    desk.controller.room.enter(path, "R1", [tmp_path])
    desk.until(lambda: desk.state.room is not None)
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    before = shown(desk)
    choose(desk, check_above=2)
    assert shown(desk) is before
    desk.until(lambda: "graded" in statuses(desk))
    assert {options.choices for options in desk.core.options} == {Choices()}


# In the window


def radios(widget: tk.Misc) -> list[ttk.Radiobutton]:
    own = [widget] if isinstance(widget, ttk.Radiobutton) else []
    return own + [found for child in widget.winfo_children() for found in radios(child)]


def press(driver: Driver, words: str, number: int = 0) -> None:
    """Press the number-th choice that says these words, in the open sheet."""
    assert driver.window.sheet is not None
    [each for each in radios(driver.window.sheet) if str(each["text"]) == words][number].invoke()
    driver.settle()


def flags_in(driver: Driver) -> int:
    """How many flags the grid shows on quiet cells, and one in its legend."""
    grid, look = driver.window.results.grid_of_grades, driver.window.look
    flag = str(look.picture(f"flag-{look.palette.accent}", lambda: pytest.fail("there is none")))
    return sum(grid.type(item) == "image" and grid.itemcget(item, "image") == flag for item in grid.find_all())


@pytest.mark.gui
def test_a_click_in_the_settings_flags_the_open_case_and_the_grid_shows_it(driver: Driver) -> None:
    graded(driver)
    driver.controller.browser.select(L5_S1)
    driver.settle()
    results = driver.window.results
    flags = len(shown(driver).to_check)
    assert "⚑ Check: " not in texts(results.finding)
    drawn = flags_in(driver)
    driver.window.open_sheet("settings")
    assert texts(driver.window.sheet).count("as each pack says (recommended): ") == 2
    press(driver, "1 %")
    driver.press("Escape")
    driver.settle()
    assert driver.state.settings.check_above == 1
    assert len(shown(driver).to_check) > flags
    assert f"⚑ Check: {SEVERE_2}" in texts(results.finding)
    assert flags_in(driver) - drawn == len(shown(driver).to_check) - flags
    assert f"{len(shown(driver).to_check)} to check" in texts(results)
    driver.window.open_sheet("settings")
    press(driver, "as each pack says (recommended): 15 %")  # as the made-up packs do
    assert driver.state.settings.check_above == 0
    assert len(shown(driver).to_check) == flags


@pytest.mark.gui
def test_the_settings_say_where_the_thresholds_stand(driver: Driver) -> None:
    choose(driver, check_above=2, borderline_below=30)
    driver.window.open_sheet("settings")
    driver.settle()
    assert driver.window.sheet is not None
    chosen = [each for each in radios(driver.window.sheet) if each.instate(["selected"])]
    assert [str(each["text"]) for each in chosen if "%" in str(each["text"])][-2:] == ["2 %", "30 %"]
