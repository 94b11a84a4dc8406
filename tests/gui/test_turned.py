"""A picture turned by quarters, in the window: what is drawn, clicked and dragged in it stays on its anatomy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lumbar_core.anatomy import Level
from lumbar_gui.snapshot import picture_png
from lumbar_gui.state import Slot
from tests.factories import CANAL
from tests.gui.conftest import Driver
from tests.gui.test_large_scale import graded
from tests.gui.test_picture_area import at, canvas

pytestmark = pytest.mark.gui

T2, AXIAL, T1 = Slot
CHOSEN = (CANAL, None, None, Level.L4_L5)


@pytest.fixture
def results(driver: Driver) -> Driver:
    """The results with every picture decoded and the sagittal T2 active."""
    graded(driver)
    driver.until(lambda: all(scene.pixels is not None for slot in Slot if (scene := canvas(driver, slot).scene)))
    driver.controller.browser.select(CHOSEN)
    driver.settle()
    return driver


def quarters(results: Driver) -> Iterator[int]:
    """The sagittal T2 as it opens, then turned by Ctrl + R a quarter further each time; round again at the end."""
    for quarter in range(4):
        assert turns(results) == quarter
        yield quarter
        results.controller.browser.select(CHOSEN)
        results.press("Control-r")
        results.settle(0.05)
    assert turns(results) == 0


def turns(results: Driver, slot: Slot = T2) -> int:
    scene = canvas(results, slot).scene
    assert scene is not None
    return scene.viewport.turns


def test_a_click_on_a_mark_chooses_its_finding(results: Driver) -> None:
    pane = canvas(results, T2)
    for _ in quarters(results):
        assert pane.scene is not None
        other = next(each for each in pane.scene.brackets if each.key[3] is Level.L2_L3)
        place = at(results, T2, other.row, other.column)
        pane.event_generate("<ButtonPress-1>", **place)
        pane.event_generate("<ButtonRelease-1>", **place)
        assert results.state.selected == other.key


def test_a_mark_is_taken_along_by_the_hand(results: Driver) -> None:
    pane = canvas(results, T2)
    for _ in quarters(results):
        assert pane.scene is not None
        mark = pane.scene.brackets[-1]
        assert mark.chosen
        there = at(results, T2, mark.row, mark.column)
        pane.event_generate("<Control-ButtonPress-1>", **there)
        pane.event_generate("<B1-Motion>", x=there["x"] + 30, y=there["y"] + 18)
        carried = pane.scene.brackets[-1]
        x, y = at(results, T2, carried.row, carried.column).values()
        assert (x - there["x"], y - there["y"]) == pytest.approx((30, 18), abs=1)
        pane.event_generate("<Escape>")
        assert pane.scene.brackets[-1] == mark


def test_a_length_has_its_millimetres_and_lies_where_it_was_drawn(results: Driver) -> None:
    pane = canvas(results, T2)
    for _ in quarters(results):
        results.press("d")
        for row, column in ((150, 120), (190, 150)):
            pane.event_generate("<ButtonPress-1>", **at(results, T2, row, column))
            pane.event_generate("<ButtonRelease-1>", **at(results, T2, row, column))
        results.settle(0.05)
        assert pane.scene is not None
        assert pane.scene.plane is not None
        (measure,) = pane.scene.measures
        down, right = pane.scene.plane.spacing_mm
        pixel = 1.5 / pane.scene.viewport.zoom
        assert float(measure.words.removesuffix(" mm")) == pytest.approx(np.hypot(40 * down, 30 * right), abs=pixel)
        line = next(item for item in pane.find_withtag("measure") if pane.type(item) == "line")
        ends = [*at(results, T2, 150, 120).values(), *at(results, T2, 190, 150).values()]
        assert pane.coords(line) == pytest.approx(ends, abs=1)
        results.press("Escape")
        results.press("Delete")


def test_the_line_of_the_axial_slice_goes_through_its_own_places(results: Driver) -> None:
    pane, other = canvas(results, T2), canvas(results, AXIAL).scene
    assert other is not None
    assert other.plane is not None
    for _ in quarters(results):
        assert pane.scene is not None
        assert pane.scene.plane is not None
        x0, y0, x1, y1 = pane.coords(pane.find_withtag("line")[0])
        for x, y in ((x0, y0), (x1, y1)):
            place = pane.scene.plane.to_patient(np.array(pane.scene.viewport.to_image(x, y, pane.extent)))
            assert abs(float(other.plane.distance_mm(place))) < 0.5


def test_the_wheel_zooms_at_the_pointer_and_the_middle_button_moves_with_it(results: Driver) -> None:
    pane = canvas(results, T2)
    for _ in quarters(results):
        assert pane.scene is not None
        row, column = pane.scene.viewport.to_image(80, 90, pane.extent)
        pane.event_generate("<Button-4>", x=80, y=90, state=0x4)
        assert pane.scene.viewport.to_screen(row, column, pane.extent) == pytest.approx((80, 90))
        pane.event_generate("<ButtonPress-2>", x=80, y=90)
        pane.event_generate("<B2-Motion>", x=120, y=60)
        pane.event_generate("<ButtonRelease-2>", x=120, y=60)
        assert pane.scene.viewport.to_screen(row, column, pane.extent) == pytest.approx((120, 60))


def test_shift_and_the_mouse_find_the_same_place_of_the_patient(results: Driver) -> None:
    pane = canvas(results, T2)
    places = []
    for _ in quarters(results):
        results.controller.browser.select(CHOSEN)
        results.settle(0.05)
        pane.event_generate("<Motion>", state=0x1, **at(results, T2, 120, 110))
        assert results.state.panes is not None
        places.append(results.state.panes.cursor)
        results.controller.browser.point_nowhere()
    assert None not in places
    assert np.ptp(np.array(places), axis=0).max() < 1, "within a screen's pixel, in millimetres"


def test_letters_and_words_say_how_it_lies(results: Driver) -> None:
    pane = canvas(results, T2)
    for quarter in quarters(results):
        words = [pane.itemcget(item, "text") for item in pane.find_withtag("words")]
        assert tuple(words[-2:]) == (("A", "P"), ("F", "H"), ("P", "A"), ("H", "F"))[quarter]
        said = [word for word in words if "turned" in word]
        assert [f"turned {90 * quarter}°" in word for word in said] == [True] * (quarter > 0)
        assert turns(results, AXIAL) == turns(results, T1) == 0, "the others stay as they are"


def test_no_level_s_name_lies_on_another_nor_outside(results: Driver) -> None:
    for _ in quarters(results):
        for slot in (T2, T1):
            pane = canvas(results, slot)
            names = [pane.bbox(item) for item in pane.find_withtag("name")]
            assert len(names) == 5
            for index, one in enumerate(names):
                assert min(one) >= 0
                assert one[2] <= pane.winfo_width()
                assert one[3] <= pane.winfo_height()
                for other in names[:index]:
                    assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        results.controller.browser.activate(T1)
        results.press("Control-r")
        results.controller.browser.activate(T2)


def test_the_whole_picture_is_fitted_as_it_lies_and_saved_as_it_lies(results: Driver) -> None:
    pane = canvas(results, T2)
    assert results.state.panes is not None
    instance = results.state.instance(results.state.panes.current)
    assert instance is not None
    saved = set()
    for _ in quarters(results):
        results.press("f")
        results.settle(0.05)
        assert pane.scene is not None
        corners = [
            pane.scene.viewport.to_screen(row, column, pane.extent)
            for row in (-0.5, instance.rows - 0.5)
            for column in (-0.5, instance.columns - 0.5)
        ]
        assert np.min(corners) >= -1e-6
        assert (np.max(corners, axis=0) <= np.array(pane.extent) + 1e-6).all()
        saved.add(picture_png(pane.scene, pane.extent))
    assert len(saved) == 4


@pytest.mark.parametrize("key", ["r", "space"])
def test_r_and_at_a_picture_the_space_bar_put_it_back(results: Driver, key: str) -> None:
    results.press("Control-r")
    results.press("plus")
    canvas(results, T2).focus_force()
    results.press(key)
    results.settle()
    assert turns(results) == 0
    assert results.state.panes is not None
    assert results.state.panes.looks == {}


def test_the_space_bar_leaves_pictures_alone_while_the_grid_has_the_keys(results: Driver) -> None:
    results.press("Control-r")
    results.window.results.grid_of_grades.focus_force()
    results.press("space")
    results.settle()
    assert turns(results) == 1
