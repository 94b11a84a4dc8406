"""A picture turned by quarters, in the window: what is drawn, clicked and dragged in it stays on its anatomy."""

from __future__ import annotations

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


@pytest.fixture(params=[0, 1, 2, 3])
def turned(request: pytest.FixtureRequest, driver: Driver) -> Driver:
    """The results with the sagittal T2 active, and turned by none to three quarters with Ctrl + R."""
    graded(driver)
    driver.controller.browser.select(CHOSEN)
    driver.until(lambda: all(scene.pixels is not None for slot in Slot if (scene := canvas(driver, slot).scene)))
    for _ in range(request.param):
        driver.press("Control-r")
    driver.settle()
    return driver


def turns(driver: Driver, slot: Slot = T2) -> int:
    scene = canvas(driver, slot).scene
    assert scene is not None
    return scene.viewport.turns


def test_a_click_on_a_mark_chooses_its_finding(turned: Driver) -> None:
    pane = canvas(turned, T2)
    assert pane.scene is not None
    other = next(each for each in pane.scene.brackets if each.key[3] is Level.L2_L3)
    place = at(turned, T2, other.row, other.column)
    pane.event_generate("<ButtonPress-1>", **place)
    pane.event_generate("<ButtonRelease-1>", **place)
    turned.settle()
    assert turned.state.selected == other.key


def test_a_mark_is_dragged_to_where_the_hand_lets_it_go(turned: Driver) -> None:
    pane = canvas(turned, T2)
    assert pane.scene is not None
    mark = pane.scene.brackets[-1]
    assert mark.chosen
    there = at(turned, T2, mark.row, mark.column)
    pane.event_generate("<Control-ButtonPress-1>", **there)
    pane.event_generate("<B1-Motion>", x=there["x"] + 30, y=there["y"] + 18)
    turned.settle()
    carried = pane.scene.brackets[-1]
    assert list(at(turned, T2, carried.row, carried.column).values()) == pytest.approx(
        [there["x"] + 30, there["y"] + 18], abs=1
    )
    pane.event_generate("<Escape>")


def test_a_length_has_its_millimetres_and_lies_where_it_was_drawn(turned: Driver) -> None:
    turned.press("d")
    turned.settle()
    pane = canvas(turned, T2)
    for row, column in ((150, 120), (190, 150)):
        pane.event_generate("<ButtonPress-1>", **at(turned, T2, row, column))
        pane.event_generate("<ButtonRelease-1>", **at(turned, T2, row, column))
    turned.settle()
    assert pane.scene is not None
    assert pane.scene.plane is not None
    (measure,) = pane.scene.measures
    down, right = pane.scene.plane.spacing_mm
    pixel = 1.5 / pane.scene.viewport.zoom
    assert float(measure.words.removesuffix(" mm")) == pytest.approx(np.hypot(40 * down, 30 * right), abs=pixel)
    line = next(item for item in pane.find_withtag("measure") if pane.type(item) == "line")
    ends = [*at(turned, T2, 150, 120).values(), *at(turned, T2, 190, 150).values()]
    assert pane.coords(line) == pytest.approx(ends, abs=1)


def test_the_line_of_the_axial_slice_goes_through_its_own_places(turned: Driver) -> None:
    pane, other = canvas(turned, T2), canvas(turned, AXIAL).scene
    assert pane.scene is not None
    assert pane.scene.plane is not None
    assert other is not None
    assert other.plane is not None
    x0, y0, x1, y1 = pane.coords(pane.find_withtag("line")[0])
    for x, y in ((x0, y0), (x1, y1)):
        place = pane.scene.plane.to_patient(np.array(pane.scene.viewport.to_image(x, y, pane.extent)))
        assert abs(float(other.plane.distance_mm(place))) < 0.5


def test_the_wheel_zooms_at_the_pointer_and_the_middle_button_moves_with_it(turned: Driver) -> None:
    pane = canvas(turned, T2)
    assert pane.scene is not None
    row, column = pane.scene.viewport.to_image(80, 90, pane.extent)
    pane.event_generate("<Button-4>", x=80, y=90, state=0x4)
    turned.settle()
    assert pane.scene.viewport.to_screen(row, column, pane.extent) == pytest.approx((80, 90))
    pane.event_generate("<ButtonPress-2>", x=80, y=90)
    pane.event_generate("<B2-Motion>", x=120, y=60)
    pane.event_generate("<ButtonRelease-2>", x=120, y=60)
    turned.settle()
    assert pane.scene.viewport.to_screen(row, column, pane.extent) == pytest.approx((120, 60))


def test_the_letters_and_the_words_say_how_it_lies(turned: Driver) -> None:
    pane = canvas(turned, T2)
    words = [pane.itemcget(item, "text") for item in pane.find_withtag("words")]
    left, right = [("A", "P"), ("F", "H"), ("P", "A"), ("H", "F")][turns(turned)]
    assert words[-2:] == [left, right]
    said = [word for word in words if "turned" in word]
    assert len(said) == (turns(turned) > 0)
    assert all(f"turned {90 * turns(turned)}°" in word for word in said)
    assert turns(turned, AXIAL) == 0, "the others stay as they are"


def test_no_level_s_name_lies_on_another(turned: Driver) -> None:
    for slot in (T2, T1):
        turned.controller.browser.activate(slot)
        if slot is T1:
            for _ in range(turns(turned)):
                turned.press("Control-r")
        turned.settle()
        names = [canvas(turned, slot).bbox(item) for item in canvas(turned, slot).find_withtag("name")]
        assert len(names) == 5
        for index, one in enumerate(names):
            for other in names[:index]:
                assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("key", ["r", "space"])
def test_r_and_the_space_bar_put_it_back(turned: Driver, key: str) -> None:
    turned.window.results.pictures.pane(T2).canvas.focus_force()
    turned.press("plus")
    turned.press(key)
    turned.settle()
    assert turns(turned) == 0
    assert turned.state.panes.looks == {}  # type: ignore[union-attr]


def test_the_space_bar_presses_the_grid_and_no_picture(turned: Driver) -> None:
    turned.window.results.grid_of_grades.focus_force()
    before = turns(turned)
    turned.press("space")
    turned.settle()
    assert turns(turned) == before


def test_the_whole_picture_is_fitted_as_it_lies_and_a_saved_one_is_turned_too(turned: Driver) -> None:
    turned.press("f")
    turned.settle()
    pane = canvas(turned, T2)
    assert pane.scene is not None
    instance = turned.state.instance(turned.state.panes.current)  # type: ignore[union-attr]
    assert instance is not None
    corners = [
        pane.scene.viewport.to_screen(row, column, pane.extent)
        for row in (-0.5, instance.rows - 0.5)
        for column in (-0.5, instance.columns - 0.5)
    ]
    assert np.min(corners) >= -1e-6
    assert (np.max(corners, axis=0) <= np.array(pane.extent) + 1e-6).all()
    assert picture_png(pane.scene, pane.extent) is not None
