"""The pictures side by side, as real widgets."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lumbar_core.anatomy import Level, Side, Weighting
from lumbar_core.study import Instance
from lumbar_gui.rendering import Viewport
from lumbar_gui.state import Slot
from lumbar_gui.views.image_canvas import ImageCanvas
from lumbar_gui.views.picture_menu import picture_menu
from tests.factories import CANAL, FORAMEN
from tests.gui.conftest import Driver, OpenWindow
from tests.gui.fakes import FakeCore, a_lone_t1_result, a_picture_study, a_study
from tests.gui.test_large_scale import box, graded, small

pytestmark = pytest.mark.gui

T2, AXIAL, T1 = Slot


def canvas(driver: Driver, slot: Slot) -> ImageCanvas:
    return driver.window.results.pictures.pane(slot).canvas


@pytest.fixture
def results(driver: Driver) -> Driver:
    """The results page with every pane's picture decoded."""
    graded(driver)
    driver.until(lambda: all(scene.pixels is not None for slot in Slot if (scene := canvas(driver, slot).scene)))
    driver.settle()
    return driver


@contextmanager
def counted_draws(driver: Driver) -> Iterator[list[Slot]]:
    """The panes that are drawn meanwhile, in order."""
    drawn: list[Slot] = []
    with pytest.MonkeyPatch.context() as patch:
        plain = ImageCanvas.draw

        def draw(drawing: ImageCanvas) -> None:
            drawn.extend(slot for slot in Slot if canvas(driver, slot) is drawing)
            plain(drawing)

        patch.setattr(ImageCanvas, "draw", draw)
        yield drawn


def test_a_study_s_three_series_stand_side_by_side(results: Driver) -> None:
    t2, axial, t1 = (box(canvas(results, slot)) for slot in Slot)
    assert t2[2] <= axial[0] == t1[0], "the large one on the left, the small ones under each other"
    assert axial[3] <= t1[1]
    assert axial[2] == t1[2]
    assert (t2[1], t2[3]) == (axial[1], t1[3]), "from top to bottom"
    assert t2[2] - t2[0] > axial[2] - axial[0]
    assert abs((axial[3] - axial[1]) - (t1[3] - t1[1])) <= 2


def test_two_series_share_the_room_and_one_has_it_all(open_window: OpenWindow, core: FakeCore) -> None:
    core.study = a_study(series=a_study().series[:2])
    driver = open_window(core.services())
    graded(driver)
    t2, t1 = box(canvas(driver, T2)), box(canvas(driver, T1))
    assert abs((t2[2] - t2[0]) - (t1[2] - t1[0])) <= 2
    assert (t2[1], t2[3]) == (t1[1], t1[3])
    assert not canvas(driver, AXIAL).winfo_ismapped()
    driver.controller.back()
    core.study, core.result = a_picture_study(Weighting.T1), a_lone_t1_result()
    graded(driver)
    area = driver.window.results.pictures
    assert area.visible == (T1,)
    assert box(area.active.canvas) == box(area)


def test_extra_width_goes_to_the_pictures(results: Driver) -> None:
    column = results.window.results._column
    before = column.winfo_width()
    results.root.geometry("1700x800")
    results.settle()
    assert column.winfo_width() == before
    assert canvas(results, T2).winfo_width() > 600


def test_a_click_and_tab_choose_the_pane_that_keys_act_on(results: Driver) -> None:
    canvas(results, AXIAL).event_generate("<ButtonPress-1>", x=5, y=200)
    canvas(results, AXIAL).event_generate("<ButtonRelease-1>", x=5, y=200)
    results.settle()
    assert results.state.panes.active is AXIAL  # type: ignore[union-attr]
    assert results.root.focus_get() is canvas(results, AXIAL)
    before = results.state.panes
    results.press("Down")
    assert results.state.panes.shown[AXIAL].index == before.shown[AXIAL].index + 1  # type: ignore[union-attr]
    results.press("Tab")
    results.until(lambda: results.root.focus_get() is canvas(results, T1))
    results.settle()
    assert results.state.panes.active is T1  # type: ignore[union-attr]
    results.press("Left")
    results.settle()
    assert results.root.focus_get() is canvas(results, AXIAL), "the focus goes with the active pane"


def test_the_wheel_scrolls_the_pane_under_the_pointer(results: Driver) -> None:
    before = results.state.panes
    canvas(results, T1).event_generate("<Button-5>", x=50, y=50)
    results.settle()
    after = results.state.panes
    assert after.active is T1  # type: ignore[union-attr]
    assert after.shown[AXIAL] == before.shown[AXIAL]  # type: ignore[union-attr]
    assert after.current.index == before.shown[T1].index + 1  # type: ignore[union-attr]
    assert results.root.focus_get() is not canvas(results, T1), "the grid keeps the focus"


def test_only_the_active_pane_has_an_edge(results: Driver) -> None:
    def edged() -> list[Slot]:
        return [slot for slot in Slot if str(canvas(results, slot)["highlightbackground"]) != "#000000"]

    assert edged() == [T2]
    results.controller.browser.select((FORAMEN, Side.LEFT, None, Level.L2_L3))
    results.settle()
    assert edged() == [T1]


def test_only_panes_that_changed_are_drawn(results: Driver) -> None:
    canvas(results, T2).event_generate("<ButtonPress-2>", x=50, y=50)
    results.settle()
    with counted_draws(results) as drawn:
        for step in range(5):
            canvas(results, T2).event_generate("<B2-Motion>", x=60 + 5 * step, y=50)
            results.root.update()
        results.controller.hide_identity()
        results.state.change(pictures=results.state.pictures + 1)
        results.settle()
    assert set(drawn) == {T2}


def test_a_double_click_gives_one_picture_all_the_room_and_back(results: Driver) -> None:
    long_after = 0
    for visible in ((AXIAL,), tuple(Slot)):
        long_after += 5000
        for _ in range(2):
            canvas(results, AXIAL).event_generate("<ButtonPress-1>", x=5, y=100, time=long_after)
            canvas(results, AXIAL).event_generate("<ButtonRelease-1>", x=5, y=100, time=long_after)
        results.settle()
        assert results.window.results.pictures.visible == visible


def test_h_takes_the_lines_off(results: Driver) -> None:
    assert canvas(results, AXIAL).find_withtag("line")
    results.press("h")
    results.settle()
    assert not canvas(results, AXIAL).find_withtag("line")
    assert canvas(results, AXIAL).find_withtag("bracket")


def test_o_hides_the_marks_of_all_panes(results: Driver) -> None:
    assert canvas(results, T2).find_withtag("name")
    assert canvas(results, T1).find_withtag("name")
    results.press("KeyPress-o")
    results.settle()
    assert not [slot for slot in Slot if canvas(results, slot).find_withtag("name")]
    results.press("KeyRelease-o")
    results.until(lambda: canvas(results, T1).find_withtag("name"))


@pytest.mark.parametrize("step", [-1, 1])
def test_level_names_do_not_lie_on_the_words_in_the_corners(results: Driver, step: int) -> None:
    here = canvas(results, T2)
    assert here.scene is not None
    first, meetings = here.scene.viewport, 0
    for moved in range(0, here.winfo_height(), 5):
        results.controller.browser.look(replace(first, row=first.row + step * moved / first.zoom))
        results.root.update()
        words = [here.bbox(item) for item in here.find_withtag("words")]
        for name in (here.bbox(item) for item in here.find_withtag("name")):
            on_it = [w for w in words if name[0] < w[2] and w[0] < name[2] and name[1] < w[3] and w[1] < name[3]]
            assert not on_it
            meetings += name[1] < 60 or name[3] > here.winfo_height() - 60
    assert meetings


def test_each_series_keeps_its_zoom_when_another_is_looked_at(results: Driver) -> None:
    results.controller.browser.look(viewport=Viewport(100, 100, 5.0))
    results.press("Right")
    results.press("f")
    results.settle()
    assert canvas(results, T2).scene.viewport == Viewport(100, 100, 5.0)  # type: ignore[union-attr]
    assert canvas(results, AXIAL).scene.viewport.row == pytest.approx((a_study().series[2].instances[0].rows - 1) / 2)  # type: ignore[union-attr]


@pytest.mark.parametrize(("larger", "smaller"), [("plus", "minus"), ("KP_Add", "KP_Subtract")])
def test_plus_and_minus_zoom_on_the_keypad_too(results: Driver, larger: str, smaller: str) -> None:
    before = canvas(results, T2).scene.viewport  # type: ignore[union-attr]
    results.press(larger)
    results.settle()
    assert canvas(results, T2).scene.viewport.zoom > before.zoom  # type: ignore[union-attr]
    results.press(smaller)
    results.settle()
    assert canvas(results, T2).scene.viewport.zoom == pytest.approx(before.zoom)  # type: ignore[union-attr]


@pytest.mark.parametrize(("scale", "panes"), [(100, 3), (150, 1), (200, 1)])
def test_in_the_smallest_window_every_pane_shown_has_room_for_its_words(
    open_window: OpenWindow, core: FakeCore, scale: int, panes: int
) -> None:
    driver = small(open_window, core, scale)
    graded(driver)
    area = driver.window.results.pictures
    assert len(area.visible) == panes
    lost = next(f.key for f in core.result.findings if not f.assessed)
    driver.controller.browser.select((FORAMEN, Side.RIGHT, None, Level.L3_L4))
    driver.controller.browser.select(lost)
    driver.settle()
    for slot in area.visible:
        drawn = canvas(driver, slot)
        for item in drawn.find_withtag("words"):
            left, top, right, bottom = drawn.bbox(item)
            assert left >= 0
            assert top >= 0
            assert right <= drawn.winfo_width()
            assert bottom <= drawn.winfo_height()


def test_tabs_lead_to_the_other_panes_of_a_narrow_window(open_window: OpenWindow, core: FakeCore) -> None:
    driver = small(open_window, core, 150)
    graded(driver)
    area = driver.window.results.pictures
    tabs = {str(label["text"]): label for tab in area._tabs.winfo_children() for label in tab.winfo_children()[:1]}
    assert list(tabs) == ["Sagittal T2", "Axial T2", "Sagittal T1"]
    for tab in tabs.values():
        assert box(tab)[2] <= box(area)[2]
    tabs["Axial T2"].event_generate("<Button-1>")
    driver.settle()
    assert area.visible == (AXIAL,)
    assert canvas(driver, AXIAL).winfo_ismapped()
    driver.root.geometry("1700x1000")
    driver.settle()
    assert len(area.visible) == 3
    assert not area._tabs.winfo_ismapped()


def test_what_a_narrow_window_has_no_room_for_is_not_seen(open_window: OpenWindow, core: FakeCore) -> None:
    driver = small(open_window, core, 150)
    graded(driver)
    browser = driver.controller.browser
    browser.step_slice(-shown(driver, T2))
    for _ in range(len(a_study().series[0].instances)):  # T1, out of sight behind it, is scrolled past every foramen
        driver.until(lambda: all(browser.picture(each) is not None for each in beside(driver)))
        browser.step_slice(1)
    assert {key[0] for key in driver.state.viewed} == {CANAL}
    driver.root.geometry("1700x1000")
    driver.until(lambda: driver.state.roomy)
    for _ in range(len(a_study().series[0].instances)):
        driver.until(lambda: all(browser.picture(each) is not None for each in beside(driver)))
        browser.step_slice(-1)
    assert FORAMEN in {key[0] for key in driver.state.viewed}


def beside(driver: Driver) -> list[Instance]:
    """The images of all panes, on the screen or not."""
    panes = driver.state.panes
    found = [driver.state.instance(pane) for pane in panes.shown.values()] if panes is not None else []
    return [instance for instance in found if instance is not None]


def at(driver: Driver, slot: Slot, row: float, column: float) -> dict[str, int]:
    """The screen place of a picture's pixel in a pane."""
    pane = canvas(driver, slot)
    assert pane.scene is not None
    x, y = pane.scene.viewport.to_screen(row, column, pane.extent)
    return {"x": round(x), "y": round(y)}


def shown(driver: Driver, slot: Slot) -> int:
    panes = driver.state.panes
    assert panes is not None
    return panes.shown[slot].index


def test_a_length_is_drawn_in_one_stroke_and_stays_on_its_slice(results: Driver) -> None:
    results.press("d")
    results.settle()
    pane = canvas(results, T2)
    pane.event_generate("<ButtonPress-1>", **at(results, T2, 100, 100))
    pane.event_generate("<B1-Motion>", **at(results, T2, 100, 120))
    pane.event_generate("<ButtonRelease-1>", **at(results, T2, 100, 140))
    results.settle()
    (measure,) = pane.scene.measures  # type: ignore[union-attr]
    assert pane.scene is not None
    assert pane.scene.plane is not None
    wanted = 40 * pane.scene.plane.spacing_mm[1]
    assert float(measure.words.removesuffix(" mm")) == pytest.approx(wanted, abs=1.5 / pane.scene.viewport.zoom)
    assert pane.find_withtag("measure")
    results.press("Escape")
    results.press("Down")
    results.settle()
    assert pane.scene.measures == ()
    assert not pane.find_withtag("measure")
    results.press("Up")
    results.press("Delete")
    results.settle()
    assert pane.scene.measures == ()


def test_a_second_point_that_is_pressed_and_moved_begins_no_third(results: Driver) -> None:
    results.press("d")
    results.settle()
    pane = canvas(results, T2)
    pane.event_generate("<ButtonPress-1>", **at(results, T2, 100, 100))
    pane.event_generate("<ButtonRelease-1>", **at(results, T2, 100, 100))
    pane.event_generate("<ButtonPress-1>", **at(results, T2, 100, 140))
    pane.event_generate("<B1-Motion>", **at(results, T2, 120, 150))
    pane.event_generate("<ButtonRelease-1>", **at(results, T2, 120, 150))
    results.settle()
    assert pane.scene is not None
    assert [len(measure.points) for measure in pane.scene.measures] == [2]


def test_an_angle_takes_three_clicks_and_follows_the_mouse_meanwhile(results: Driver) -> None:
    results.press("a")
    results.settle()
    pane = canvas(results, T2)
    for row, column in ((140, 100), (100, 100)):
        pane.event_generate("<ButtonPress-1>", **at(results, T2, row, column))
        pane.event_generate("<ButtonRelease-1>", **at(results, T2, row, column))
    pane.event_generate("<Motion>", **at(results, T2, 100, 140))
    results.settle()
    assert pane.scene is not None
    assert pane.scene.measures[0].words in ("89°", "90°", "91°"), "before the last click"
    pane.event_generate("<ButtonPress-1>", **at(results, T2, 60, 100))
    pane.event_generate("<ButtonRelease-1>", **at(results, T2, 60, 100))
    results.settle()
    assert pane.scene.measures[0].words in ("179°", "180°")
    assert pane.scene.window == results.window.results.pictures.pane(T2).canvas.scene.window  # type: ignore[union-attr]


def test_shift_and_the_mouse_bring_all_pictures_to_one_place(results: Driver) -> None:
    before = shown(results, AXIAL)
    canvas(results, T2).event_generate("<Motion>", state=0x1, **at(results, T2, 60, 110))
    results.settle()
    upper = shown(results, AXIAL)
    canvas(results, T2).event_generate("<Motion>", state=0x1, **at(results, T2, 200, 110))
    results.settle()
    assert shown(results, AXIAL) != upper
    assert all(canvas(results, slot).scene.cursor is not None for slot in (T2, T1))  # type: ignore[union-attr]
    assert canvas(results, T2).find_withtag("cursor")
    canvas(results, T2).event_generate("<Motion>", **at(results, T2, 200, 110))
    results.settle()
    assert not canvas(results, T2).find_withtag("cursor"), "without Shift it goes"
    assert before is not None


def test_sagittal_pictures_scroll_together_until_they_are_parted(results: Driver) -> None:
    t1, axial = shown(results, T1), shown(results, AXIAL)
    for _ in range(3):
        canvas(results, T2).event_generate("<Button-5>", x=50, y=50)
    assert shown(results, T1) != t1
    assert shown(results, AXIAL) == axial, "slices across are not parallel"
    results.press("l")
    t1 = shown(results, T1)
    for _ in range(3):
        canvas(results, T2).event_generate("<Button-4>", x=50, y=50)
    assert shown(results, T1) == t1


def test_the_slices_run_by_themselves_until_esc(results: Driver) -> None:
    before = shown(results, T2)
    results.press("c")
    results.until(lambda: shown(results, T2) not in (before, before + 1))
    results.press("Escape")
    panes = results.state.panes
    assert panes is not None
    assert not panes.playing


def test_a_picture_without_spacing_is_not_measured(driver: Driver, core: FakeCore) -> None:
    core.study, core.result = a_picture_study(), a_lone_t1_result()
    graded(driver)
    driver.press("d")
    assert driver.state.problem is not None
    assert "pixels" in driver.state.problem.finding
    assert driver.state.panes is not None
    assert driver.state.panes.tool is None


def test_w_exchanges_a_picture_with_the_large_one_and_lines_marks_and_focus_go_along(results: Driver) -> None:
    large = box(canvas(results, T2))
    canvas(results, AXIAL).event_generate("<ButtonPress-1>", x=5, y=200)
    canvas(results, AXIAL).event_generate("<ButtonRelease-1>", x=5, y=200)
    results.press("w")
    results.settle()
    area = results.window.results.pictures
    assert area.visible == (AXIAL, T2, T1)
    assert box(canvas(results, AXIAL)) == large
    assert results.root.focus_get() is canvas(results, AXIAL)
    assert canvas(results, T2).find_withtag("line"), "the axial slice is a line in the sagittal picture still"
    assert canvas(results, T2).find_withtag("name")
    results.press("Tab")
    results.until(lambda: results.root.focus_get() is canvas(results, T2))
    results.controller.browser.select((FORAMEN, Side.LEFT, None, Level.L2_L3))
    results.settle()
    assert results.state.panes.active is T1  # type: ignore[union-attr]
    assert area.visible == (AXIAL, T2, T1), "a jump to a finding does not lay the pictures out anew"
    results.controller.browser.activate(AXIAL)
    results.press("w")
    results.settle()
    assert area.visible == (T2, AXIAL, T1)


def test_a_picture_s_menu_exchanges_it_with_any_other(results: Driver) -> None:
    pane = results.window.results.pictures.pane(T1)
    menu = picture_menu(pane, T1, results.window.results.tools, {})
    at_menu = next(i for i in range(menu.index("end") + 1) if menu.type(i) == "cascade" and "Exch" in label(menu, i))  # type: ignore[operator]
    places = menu.nametowidget(menu.entrycget(at_menu, "menu"))
    offered = [label(places, i) for i in range(places.index("end") + 1) if places.type(i) == "command"]
    assert offered == ["Sagittal T2   W", "Axial T2", "All in their own places"]
    places.invoke(1)
    results.settle()
    assert results.window.results.pictures.visible == (T2, T1, AXIAL)
    places.invoke("end")
    results.settle()
    assert results.window.results.pictures.visible == (T2, AXIAL, T1)


def label(menu: tk.Menu, index: int) -> str:
    return str(menu.entrycget(index, "label"))
