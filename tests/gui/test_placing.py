"""A finding's mark put elsewhere: by the mouse, by keys, taken back, kept through a crash and another counting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.analysis.lone_axial import ALONE
from lumbar_core.anatomy import Level, Severity, Side
from lumbar_core.choices import Choices
from lumbar_core.errors import LocalisationError
from lumbar_core.report.result import Finding, PackUsed, ReaderMark
from lumbar_core.report.wording import changed_sentences
from lumbar_core.study import Pixels
from lumbar_gui.bootstrap import real_services
from lumbar_gui.places import find_instance
from lumbar_gui.state import Leaving, Page, Slot
from lumbar_gui.views.image_canvas import ImageCanvas
from tests.factories import CANAL, RECESS
from tests.gui.conftest import Driver, OpenWindow
from tests.gui.fakes import FakeCore, a_placed_result, seen_on_axial_too
from tests.gui.sample import decoded, spot
from tests.gui.test_controller import Desk
from tests.gui.test_large_scale import graded

CHOSEN = (CANAL, None, None, Level.L4_L5)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(FakeCore(), tmp_path / "settings.json")
    desk.grade()
    desk.controller.browser.select(CHOSEN)
    yield desk
    desk.controller.shut_down()


def chosen(desk: Desk) -> Finding:
    finding = desk.state.finding
    assert finding is not None
    return finding


def place(desk: Desk, down: float, right: float) -> None:
    at = desk.controller.browser.carriable()
    assert at is not None
    desk.controller.browser.carry((at[0] + down, at[1] + right))
    desk.controller.placing.let_go()


def placed(desk: Desk) -> bool:
    return chosen(desk).own is not None and not desk.state.busy


def test_it_is_graded_where_it_was_put_and_the_program_s_own_answer_is_kept(desk: Desk) -> None:
    before = chosen(desk)
    assert before.location is not None
    place(desk, 6, -4)
    desk.until(lambda: placed(desk))
    after = chosen(desk)
    assert after.location is not None
    assert (after.location.row, after.location.column) == (before.location.row + 6, before.location.column - 4)
    assert after.grade is Severity.MODERATE
    assert after.own == before
    assert after.location.file == before.location.file
    (asked,) = desk.core.placed
    assert asked.image is desk.active
    assert asked.canal_mm == pytest.approx(before.location.patient_mm)
    assert desk.state.edited
    assert desk.state.panes is not None
    assert desk.state.panes.carried is None
    assert any("placed by the reader" in words for words in changed_sentences(desk.state.result))  # type: ignore[arg-type]


def test_ctrl_and_an_arrow_move_it_that_way_on_the_screen_in_a_turned_picture_too(desk: Desk) -> None:
    before = chosen(desk).location
    desk.controller.browser.turn()  # a quarter, clockwise: up is where the picture's left was
    desk.controller.placing.nudge(-1, 0)
    desk.until(lambda: placed(desk))
    after = chosen(desk).location
    assert before is not None
    assert after is not None
    assert (after.row, after.column) == (before.row, before.column - 1)


def test_it_can_be_taken_back_and_done_again(desk: Desk) -> None:
    before = chosen(desk)
    place(desk, 6, 0)
    desk.until(lambda: placed(desk))
    after = chosen(desk)
    desk.controller.marking.undo()
    assert chosen(desk) == before
    assert not desk.state.edited
    desk.controller.marking.redo()
    assert chosen(desk) == after


def test_keys_move_it_pixel_by_pixel_also_while_it_is_being_graded(desk: Desk) -> None:
    before = chosen(desk).location
    assert before is not None
    desk.core.hold = threading.Event()
    for _ in range(3):
        desk.controller.placing.nudge(1, 0)
    desk.core.hold.set()
    desk.until(lambda: placed(desk))
    after = chosen(desk).location
    assert after is not None
    assert after.row == pytest.approx(before.row + 3)


def test_taken_up_again_while_it_is_being_graded_it_stays_in_the_hand(desk: Desk) -> None:
    before = chosen(desk).location
    assert before is not None
    desk.core.hold = threading.Event()
    place(desk, 6, 0)
    desk.controller.browser.carry((before.row + 9, before.column))
    desk.core.hold.set()
    desk.until(lambda: placed(desk))
    assert desk.state.panes is not None
    assert desk.state.panes.carried == (before.row + 9, before.column)
    desk.controller.placing.let_go()
    desk.until(lambda: placed(desk))
    after = chosen(desk).location
    assert after is not None
    assert after.row == pytest.approx(before.row + 9)


def test_nothing_is_placed_while_something_else_is_done(desk: Desk, tmp_path: Path) -> None:
    desk.core.hold_copy = threading.Event()
    desk.controller.outgoing.copy(tmp_path)
    place(desk, 6, 0)
    assert desk.core.placed == []
    assert desk.state.panes is not None
    assert desk.state.panes.carried is None
    assert not desk.controller.outgoing.can_copy(), "one at a time"


def test_esc_leaves_it_where_it_was(desk: Desk) -> None:
    before = chosen(desk)
    desk.core.hold = threading.Event()
    place(desk, 6, 0)
    desk.controller.cancel()
    desk.core.hold.set()
    assert chosen(desk) == before
    assert desk.state.busy == ""
    assert desk.state.panes is not None
    assert desk.state.panes.carried is None


@pytest.mark.parametrize("discarded", [False, True])
def test_who_leaves_while_it_is_graded_is_asked(desk: Desk, discarded: bool) -> None:
    desk.core.hold = threading.Event()
    place(desk, 6, 0)
    desk.controller.back()
    assert (desk.state.page, desk.state.leaving) == (Page.RESULTS, Leaving.BACK)
    if discarded:
        desk.controller.discard()
        assert desk.state.page is Page.START
    else:
        desk.controller.stay()
    desk.core.hold.set()
    if not discarded:
        desk.until(lambda: placed(desk))


def test_where_it_cannot_be_graded_the_reader_is_told_and_it_stays(desk: Desk) -> None:
    before = chosen(desk)
    desk.core.analyse_error = LocalisationError("This place does not lie on the patient's left.", "Put it back.")
    place(desk, 6, 0)
    desk.until(lambda: desk.state.problem is not None)
    assert desk.state.problem is not None
    assert desk.state.problem.title == "Cannot be graded there"
    assert chosen(desk) == before


def test_on_a_slice_that_it_was_not_graded_on_there_is_nothing_to_move(desk: Desk) -> None:
    desk.controller.browser.to_slice(0)
    assert desk.controller.browser.carriable() is None
    desk.controller.placing.nudge(1, 0)
    assert desk.core.placed == []


@pytest.fixture
def seen_twice(tmp_path: Path) -> Iterator[Desk]:
    """The chosen canal was seen on an axial slice too, and two networks graded it, each by a rule of its own."""
    result = a_placed_result()
    packs = (*result.packs, PackUsed("canal_axial", "1.0.0", "ef" * 32, "ordinal_median", (CANAL,), 0.9))
    findings = tuple(seen_on_axial_too(each) if each.key == CHOSEN else each for each in result.findings)
    desk = Desk(FakeCore(result=replace(result, findings=findings, packs=packs)), tmp_path / "settings.json")
    desk.grade()
    desk.controller.browser.select(CHOSEN)
    yield desk
    desk.controller.shut_down()


def test_the_axial_pane_shows_the_slice_that_a_canal_was_seen_on_where_its_mark_cannot_be_moved(
    seen_twice: Desk,
) -> None:
    browser, axial = seen_twice.controller.browser, chosen(seen_twice).evidence[-1]
    assert seen_twice.state.study is not None
    found = find_instance(seen_twice.state.study, axial)
    assert found is not None
    assert seen_twice.indices()[Slot.AXIAL] == found[1]
    assert browser.carriable() is not None
    browser.activate(Slot.AXIAL)
    assert browser.carriable() is None
    seen_twice.controller.placing.nudge(1, 0)
    assert seen_twice.core.placed == []


def test_by_two_networks_it_is_graded_again_as_each_of_them_says(seen_twice: Desk) -> None:
    place(seen_twice, 6, 0)
    seen_twice.until(lambda: placed(seen_twice))
    assert seen_twice.core.options[-1].choices == Choices()


def test_it_stays_on_its_slice_when_keys_go_to_another_pane(desk: Desk) -> None:
    desk.core.hold = threading.Event()
    desk.controller.placing.nudge(1, 0)
    desk.controller.browser.step_pane(1)
    assert desk.state.panes is not None
    assert desk.state.panes.carried is None
    desk.controller.placing.nudge(1, 0)
    desk.core.hold.set()
    desk.until(lambda: placed(desk))
    (asked,) = desk.core.placed
    assert asked.image is not desk.active


def test_it_is_graded_as_the_rest_was_whatever_the_settings_say_since(desk: Desk) -> None:
    desk.controller.set_settings(replace(desk.state.settings, operating_point="sensitive"))
    place(desk, 6, 0)
    desk.until(lambda: placed(desk))
    assert desk.core.options[-1].choices == Choices()


def test_another_finding_is_chosen_with_its_mark_where_it_is(desk: Desk) -> None:
    desk.controller.browser.carry((1.0, 1.0))
    desk.controller.browser.select((CANAL, None, None, Level.L3_L4))
    assert desk.state.panes is not None
    assert desk.state.panes.carried is None


def test_what_the_reader_said_of_it_meanwhile_is_not_lost_but_agreement_is(desk: Desk) -> None:
    for key, status in (("x", "cannot_judge"), ("s", None)):  # the program says Severe
        desk.controller.mark(key)
        place(desk, 1, 0)
        desk.until(lambda: placed(desk) and chosen(desk).grade is Severity.MODERATE)
        mark = chosen(desk).reader
        assert (mark.status if mark is not None else None) == status
        desk.controller.marking.undo()
        desk.controller.marking.undo()


def test_it_goes_with_its_structure_to_another_counting(desk: Desk) -> None:
    place(desk, 6, 0)
    desk.until(lambda: placed(desk))
    moved = chosen(desk)
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    result = desk.state.result
    assert result is not None
    (there,) = (finding for finding in result.findings if finding.own is not None)
    assert (there.level, there.location, there.grade) == (Level.L3_L4, moved.location, moved.grade)


def test_it_stays_behind_where_another_counting_grades_the_structure_on_other_slices(desk: Desk) -> None:
    desk.controller.browser.next_evidence()
    place(desk, 6, 0)
    desk.until(lambda: placed(desk))
    desk.controller.mark("x")
    graded = desk.core.result
    desk.core.result = graded.with_findings(
        tuple(replace(each, evidence=each.evidence[:1]) for each in graded.findings)
    )
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    result = desk.state.result
    assert result is not None
    (there,) = (finding for finding in result.findings if finding.touched)
    assert (there.level, there.own, there.grade) == (Level.L3_L4, None, Severity.SEVERE)
    assert there.reader == ReaderMark("cannot_judge", None, Severity.SEVERE)
    desk.controller.marking.undo()
    assert placed(desk)


def test_it_survives_a_crash(desk: Desk, tmp_path: Path) -> None:
    place(desk, 6, 0)
    desk.until(lambda: placed(desk))
    after_crash = Desk(FakeCore(), tmp_path / "settings.json")
    after_crash.grade()
    after_crash.controller.browser.select(CHOSEN)
    assert chosen(after_crash) == chosen(desk)
    after_crash.controller.looking.behind()
    after_crash.until(lambda: after_crash.state.evidence is not None)
    after_crash.controller.shut_down()


@pytest.mark.gui
def test_control_and_the_mouse_take_the_chosen_mark_along(driver: Driver) -> None:
    graded(driver)
    driver.controller.browser.select(CHOSEN)
    canvas = driver.window.results.pictures.pane(Slot.SAGITTAL_T2).canvas
    driver.until(lambda: canvas.scene is not None and canvas.scene.pixels is not None)
    driver.settle()
    assert canvas.scene is not None
    (bracket,) = (each for each in canvas.scene.brackets if each.chosen)
    x, y = (round(at) for at in canvas.scene.viewport.to_screen(bracket.row, bracket.column, canvas.extent))
    window = canvas.scene.window
    canvas.event_generate("<Control-ButtonPress-1>", x=x, y=y)
    canvas.event_generate("<B1-Motion>", x=x + 20, y=y + 30, state=0x104)
    driver.settle()
    (carried,) = (each for each in canvas.scene.brackets if each.chosen)
    assert carried.row > bracket.row
    canvas.event_generate("<ButtonRelease-1>", x=x + 20, y=y + 30, state=0x104)
    driver.until(lambda: driver.state.finding is not None and driver.state.finding.own is not None)
    driver.settle()
    (there,) = (each for each in canvas.scene.brackets if each.chosen)
    assert (there.row, there.column) == pytest.approx((carried.row, carried.column), abs=0.1)
    assert canvas.scene.window == window


@pytest.mark.gui
@pytest.mark.parametrize("key", ["Escape", "Control-Escape"])
def test_esc_in_the_middle_of_a_drag_puts_the_mark_back(driver: Driver, key: str) -> None:
    graded(driver)
    canvas = driver.window.results.pictures.pane(Slot.SAGITTAL_T2).canvas
    driver.until(lambda: canvas.scene is not None and canvas.scene.pixels is not None)
    driver.settle()
    assert canvas.scene is not None
    (bracket,) = (each for each in canvas.scene.brackets if each.chosen)
    x, y = (round(at) for at in canvas.scene.viewport.to_screen(bracket.row, bracket.column, canvas.extent))
    canvas.event_generate("<Control-ButtonPress-1>", x=x, y=y)
    canvas.event_generate("<B1-Motion>", x=x + 20, y=y + 30, state=0x104)
    driver.settle()
    driver.press(key)
    canvas.event_generate("<B1-Motion>", x=x + 40, y=y + 60, state=0x104)
    canvas.event_generate("<ButtonRelease-1>", x=x + 40, y=y + 60, state=0x104)
    driver.settle()
    (there,) = (each for each in canvas.scene.brackets if each.chosen)
    assert (there.row, there.column) == (bracket.row, bracket.column)
    assert driver.state.finding is not None
    assert driver.state.finding.own is None
    assert not driver.state.busy
    assert driver.state.page is Page.RESULTS


@pytest.mark.gui
def test_control_and_the_mouse_beside_the_mark_change_the_window_as_ever(driver: Driver) -> None:
    graded(driver)
    canvas = driver.window.results.pictures.pane(Slot.SAGITTAL_T2).canvas
    driver.until(lambda: canvas.scene is not None and canvas.scene.pixels is not None)
    driver.settle()
    assert canvas.scene is not None
    window = canvas.scene.window
    canvas.event_generate("<Control-ButtonPress-1>", x=5, y=5)
    canvas.event_generate("<B1-Motion>", x=60, y=60, state=0x104)
    canvas.event_generate("<ButtonRelease-1>", x=60, y=60, state=0x104)
    driver.settle()
    assert canvas.scene.window != window
    assert driver.state.finding is not None
    assert driver.state.finding.own is None


@pytest.mark.gui
@pytest.mark.parametrize("ending", [".dcm", ".png"])
def test_the_canals_mark_on_a_lone_axial_slice_is_taken_along_too(
    open_window: OpenWindow, tmp_path: Path, ending: str
) -> None:
    driver, slice_ = open_window(real_services()), spot(RECESS, Level.L4_L5, Side.LEFT).instance
    path = slice_.source.path if ending == ".dcm" else a_png_of(decoded(slice_.digest), tmp_path / "slice.png")
    driver.controller.choose([path])
    driver.until(lambda: driver.state.page is Page.CHOSEN, seconds=60)
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS, seconds=60)
    driver.controller.browser.select((CANAL, None, None, Level.UNKNOWN))
    canvas = driver.window.results.pictures.pane(Slot.AXIAL).canvas
    driver.until(lambda: canvas.scene is not None and canvas.scene.pixels is not None)
    driver.settle()
    before = driver.state.finding
    x, y = on_screen(canvas)
    canvas.event_generate("<Control-ButtonPress-1>", x=x, y=y)
    canvas.event_generate("<B1-Motion>", x=x + 8, y=y + 20, state=0x104)
    driver.settle()
    carried = on_screen(canvas)
    canvas.event_generate("<ButtonRelease-1>", x=x + 8, y=y + 20, state=0x104)
    driver.until(lambda: driver.state.finding is not None and driver.state.finding.own is not None, seconds=60)
    driver.settle()
    after = driver.state.finding
    assert before is not None
    assert after is not None
    assert on_screen(canvas) == carried != (x, y)
    assert after.own == before
    assert after.probabilities != before.probabilities
    assert after.check
    assert ALONE in after.check_reasons
    driver.controller.marking.undo()
    assert driver.state.finding == before
    driver.controller.marking.redo()
    assert driver.state.finding == after


def a_png_of(pixels: Pixels, path: Path) -> Path:
    low, high = np.percentile(pixels, (0.5, 99.5))
    Image.fromarray((255 * ((pixels - low) / (high - low)).clip(0, 1)).astype(np.uint8)).save(path)
    return path


def on_screen(canvas: ImageCanvas) -> tuple[int, int]:
    """(x, y) of the chosen finding's mark, in whole pixels of the canvas."""
    assert canvas.scene is not None
    (bracket,) = (each for each in canvas.scene.brackets if each.chosen)
    x, y = canvas.scene.viewport.to_screen(bracket.row, bracket.column, canvas.extent)
    return round(x), round(y)
