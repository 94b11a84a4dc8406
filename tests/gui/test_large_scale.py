"""The smallest window at large scales: nothing that is needed lies under something else or is cut."""

from __future__ import annotations

import threading
import tkinter as tk
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.report.result import INTENDED_USE
from lumbar_gui.expectation import NOT_USED
from lumbar_gui.state import Page
from lumbar_gui.views.button_row import ButtonRow
from lumbar_gui.views.chosen_page import NOTHING
from lumbar_gui.views.grade_grid import SHORT
from lumbar_gui.views.main_window import BESIDE_HELP, SHORT_NOTICE, TITLE
from tests.gui.conftest import Driver, OpenWindow
from tests.gui.fakes import WRONG, FakeCore, a_study, broken_file
from tests.gui.test_window import texts

pytestmark = pytest.mark.gui
SMALLEST = "1024x700+0+0"


def small(open_window: OpenWindow, core: FakeCore, scale: int) -> Driver:
    driver = open_window(core.services(), scale=scale)
    driver.root.geometry(SMALLEST)
    driver.settle()
    return driver


def box(widget: tk.Misc) -> tuple[int, int, int, int]:
    """Left, top, right, bottom on the screen."""
    left, top = widget.winfo_rootx(), widget.winfo_rooty()
    return left, top, left + widget.winfo_width(), top + widget.winfo_height()


def inside(inner: tk.Misc, outer: tk.Misc) -> bool:
    a, b = box(inner), box(outer)
    return bool(inner.winfo_ismapped()) and a[0] >= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] <= b[3]


def whole(widget: tk.Misc) -> bool:
    """Nothing of the widget is cut."""
    return widget.winfo_width() >= widget.winfo_reqwidth() and widget.winfo_height() >= widget.winfo_reqheight()


@pytest.mark.parametrize("scale", [100, 150, 200])
@pytest.mark.parametrize("wrong", [False, True])
def test_the_ways_to_open_and_upload_stay_beside_a_message(
    open_window: OpenWindow, core: FakeCore, scale: int, wrong: bool
) -> None:
    driver = small(open_window, core, scale)
    start = driver.window.start
    if wrong:
        core.read_error = WRONG
        driver.controller.choose([Path("notes.txt")])
        driver.until(lambda: driver.state.problem)
        driver.settle()
    needed = (start.open_file, start.open_folder, start.open_sample, start.upload, start._reason)
    for widget in needed:
        assert inside(widget, start._zone)
        assert whole(widget)
        assert not wrong or box(widget)[3] <= box(start._banner)[1]
    assert not wrong or (inside(start._banner, start._zone) and whole(start._banner))


@pytest.mark.parametrize("scale", [150, 200])
def test_the_words_of_the_drop_zone_are_whole_within_its_frame(
    open_window: OpenWindow, core: FakeCore, scale: int
) -> None:
    start = small(open_window, core, scale).window.start
    for words in (start._title, start._accepted):
        assert inside(words, start._zone)
        assert whole(words)
    assert box(start._middle)[0] > box(start._zone)[0] + start.look.px(10)


def test_the_words_come_back_when_the_message_is_closed(open_window: OpenWindow, core: FakeCore) -> None:
    driver = small(open_window, core, 200)
    core.read_error = WRONG
    driver.controller.choose([Path("notes.txt")])
    driver.until(lambda: driver.state.problem)
    driver.settle()
    assert not driver.window.start._title.winfo_ismapped()
    driver.controller.dismiss_problem()
    driver.settle()
    assert driver.window.start._title.winfo_ismapped()


@pytest.mark.parametrize("scale", [100, 150, 200])
def test_a_list_of_examinations_is_whole_above_what_could_not_be_read(
    open_window: OpenWindow, core: FakeCore, scale: int
) -> None:
    driver = small(open_window, core, scale)
    named = replace(a_study().identity, patient_id="A-patient-s-number-of-some-length")
    core.study = (a_study(unreadable=(broken_file(),)), *(a_study(identity=named) for _ in range(8)))
    driver.controller.choose([Path("many")])
    driver.until(lambda: driver.state.worklist)
    driver.settle()
    start = driver.window.start
    cases = start._list
    assert cases is not None
    assert all(inside(widget, start._zone) for widget in (cases, start._banner))
    assert inside(cases._openers[0], cases._rows)
    assert whole(cases._openers[0])
    assert inside(cases._close, cases)
    assert box(cases)[3] <= box(start._banner)[1]
    words = (each for row in cases._rows.inside.winfo_children() for each in row.winfo_children())
    assert all(whole(each) for each in words)


@pytest.mark.parametrize("scale", [150, 200])
def test_the_picture_keeps_its_share_while_work_goes_on(open_window: OpenWindow, core: FakeCore, scale: int) -> None:
    driver = small(open_window, core, scale)
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    core.hold = threading.Event()
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.PROCESSING)
    driver.settle()
    page = driver.window.processing
    assert page._canvas.winfo_width() >= 0.35 * page._block.winfo_width()
    for mark, name, bar in page._rows.values():
        assert all(inside(part, page) and whole(part) for part in (mark, name, bar))
    core.hold.set()


@pytest.mark.parametrize("scale", [100, 150, 200])
def test_the_notice_is_always_whole(open_window: OpenWindow, core: FakeCore, scale: int) -> None:
    window = small(open_window, core, scale).window
    assert window._use["text"] == INTENDED_USE
    assert inside(window._use, window._status_line)
    assert whole(window._use)


def test_a_line_too_narrow_for_the_notice_says_it_in_short(open_window: OpenWindow, core: FakeCore) -> None:
    driver = open_window(core.services(), scale=200)
    driver.root.minsize(600, 400)
    driver.root.geometry("700x700+0+0")
    driver.settle()
    assert driver.window._use["text"] == SHORT_NOTICE
    assert inside(driver.window._use, driver.window._status_line)
    assert whole(driver.window._use)


def chosen(driver: Driver) -> None:
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.settle()


def graded(driver: Driver) -> None:
    chosen(driver)
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS)
    driver.settle()


@pytest.mark.parametrize("size", [SMALLEST, "1280x800+0+0"])
@pytest.mark.parametrize("scale", [100, 150, 200])
def test_what_flags_every_finding_is_read_whole(open_window: OpenWindow, core: FakeCore, scale: int, size: str) -> None:
    driver = small(open_window, core, scale)
    driver.root.geometry(size)
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.settle()
    assert whole(driver.window.chosen.surgery)
    assert " ".join(str(driver.window.chosen.surgery["text"]).split()) == "Previous lumbar surgery or implant"


@pytest.mark.parametrize("scale", [150, 200])
def test_every_cell_and_column_of_the_grid_keeps_a_word(open_window: OpenWindow, core: FakeCore, scale: int) -> None:
    driver = small(open_window, core, scale)
    graded(driver)
    grid = driver.window.results.grid_of_grades
    words = [grid.itemcget(item, "text") for item in grid.find_all() if grid.type(item) == "text"]
    counts = Counter(SHORT.get(word, word) for word in words)
    legend = 1
    assert counts["Sev."] == 4 + legend
    assert counts["Mod."] == 10 + legend
    assert counts["N/M"] == 10 + legend
    assert (counts["for."], counts["rec."], counts["canal"]) == (2, 2, 1)
    assert (counts["RIGHT"], counts["LEFT"]) == (1, 1)
    assert "no slice" in " ".join(words)
    for item in grid.find_all():
        left, _, right, _ = grid.bbox(item)
        assert left >= -2
        assert right <= grid.winfo_width() + 2


def test_the_program_s_name_stays_beside_the_results_buttons(open_window: OpenWindow, core: FakeCore) -> None:
    driver = small(open_window, core, 200)
    graded(driver)
    results = driver.window.results
    assert results._identity_box["text"] == "with identity"
    for widget in (results._identity_box, results.back, results.save, driver.window._title):
        assert inside(widget, driver.window._bar)
        assert whole(widget)


def test_every_button_of_the_finding_is_whole(open_window: OpenWindow, core: FakeCore) -> None:
    driver = small(open_window, core, 200)
    graded(driver)
    panel = driver.window.results.finding
    for button in (panel.agree, panel.change, panel.evidence, panel.behind):
        assert whole(button)
        assert box(panel)[0] <= box(button)[0] < box(button)[2] <= box(panel)[2]


@pytest.mark.parametrize("scale", [100, 150, 200])
def test_every_button_beside_the_help_is_whole(open_window: OpenWindow, core: FakeCore, scale: int) -> None:
    driver = small(open_window, core, scale)
    driver.window.open_sheet("help")
    driver.settle()
    sheet = driver.window.sheet
    assert sheet is not None
    row = next(each for each in sheet.foot.winfo_children() if isinstance(each, ButtonRow))
    assert len(row.winfo_children()) == len(BESIDE_HELP)
    for button in row.winfo_children():
        assert inside(button, row)
        assert box(button)[2] <= box(sheet.close)[0]


@pytest.mark.parametrize("scale", [100, 150, 200])
def test_the_program_s_name_is_whole_or_not_there(open_window: OpenWindow, core: FakeCore, scale: int) -> None:
    driver = small(open_window, core, scale)
    assert driver.window._title["text"] == TITLE
    assert whole(driver.window._title)
    chosen(driver)
    assert whole(driver.window._title)
    assert driver.window._title["text"] == (TITLE if scale < 200 else "")


@pytest.mark.parametrize("scale", [100, 200])
def test_nothing_to_grade_is_said_and_moves_no_button(open_window: OpenWindow, core: FakeCore, scale: int) -> None:
    driver = small(open_window, core, scale)
    chosen(driver)
    page = driver.window.chosen
    assert driver.state.study is not None
    for series in driver.state.study.series:
        driver.controller.change_role(series, NOT_USED)
    driver.settle()
    assert NOTHING in texts(page)
    assert "Upload" not in page.hint, "which is greyed"
    for button in (page.back, page.copy, page.upload):
        assert inside(button, driver.window._bar)
        assert whole(button)
