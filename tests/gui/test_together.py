"""Zoom and brightness of all pictures together: the arithmetic, and the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.geometry import Plane
from lumbar_core.study import Window
from lumbar_gui.rendering import Viewport
from lumbar_gui.scenes import Scene, Seen
from lumbar_gui.settings import read_settings
from lumbar_gui.state import Look, Slot
from lumbar_gui.together import followed
from tests.gui.conftest import Driver, OpenWindow
from tests.gui.fakes import FakeCore
from tests.gui.test_large_scale import graded
from tests.gui.test_picture_area import canvas

T2, AXIAL, T1 = Slot
PIXELS = np.zeros((200, 200), np.float32)
SAGITTAL = Plane.from_dicom((-12, 0, 0), (0, 1, 0, 0, 0, -1), (1, 1))
FINER = Plane.from_dicom((8, -20, 30), (0, 1, 0, 0, 0, -1), (0.5, 0.5))
ACROSS = Plane.from_dicom((0, 0, 0), (1, 0, 0, 0, 1, 0), (1, 1))
BEFORE = Seen(PIXELS, SAGITTAL, Viewport(100, 90, 2.0), Window(200, 400))


def other(plane: Plane | None) -> Seen:
    return Seen(PIXELS, plane, Viewport(50, 60, 1.5), Window(1000, 800))


def test_another_picture_is_magnified_by_the_same_factor_and_moved_by_the_same_millimetres() -> None:
    after = Look(viewport=Viewport(110, 84, 3.0))
    assert followed(BEFORE, after, other(FINER)) == Look(Viewport(70, 48, 2.25))


@pytest.mark.parametrize("plane", [ACROSS, None])
def test_in_another_plane_it_is_magnified_where_it_is(plane: Plane | None) -> None:
    after = Look(viewport=Viewport(110, 84, 3.0))
    assert followed(BEFORE, after, other(plane)) == Look(Viewport(50, 60, 2.25))


def test_a_window_changes_by_the_same_share_and_comes_back_the_same_way() -> None:
    there = followed(BEFORE, Look(window=Window(240, 600)), other(FINER))
    assert there == Look(window=Window(1080, 1200))
    brighter = replace(BEFORE, window=Window(240, 600))
    back = followed(brighter, Look(window=BEFORE.window), replace(other(FINER), window=Window(1080, 1200)))
    assert back == Look(window=other(FINER).window)


def test_a_slice_that_is_not_decoded_has_no_window_to_change() -> None:
    undecoded = replace(other(FINER), pixels=None)
    assert followed(BEFORE, Look(window=Window(240, 600)), undecoded) == Look()


def scenes(driver: Driver) -> dict[Slot, Scene]:
    driver.settle()
    shown = {slot: canvas(driver, slot).scene for slot in Slot}
    return {slot: scene for slot, scene in shown.items() if scene is not None}


@pytest.fixture
def results(driver: Driver) -> Driver:
    graded(driver)
    driver.until(lambda: all(scene.pixels is not None for slot in Slot if (scene := canvas(driver, slot).scene)))
    driver.settle()
    return driver


@pytest.mark.gui
def test_with_b_all_pictures_zoom_and_brighten_together(results: Driver) -> None:
    before = scenes(results)
    results.press("b")
    assert all(scene.together for scene in scenes(results).values())
    pane = canvas(results, T2)
    pane.event_generate("<Button-4>", x=80, y=90, state=0x4)
    after = scenes(results)
    factor = after[T2].viewport.zoom / before[T2].viewport.zoom
    assert factor > 1
    for slot in (AXIAL, T1):
        assert after[slot].viewport.zoom == pytest.approx(before[slot].viewport.zoom * factor)
    assert (after[AXIAL].viewport.row, after[AXIAL].viewport.column) == pytest.approx(
        (before[AXIAL].viewport.row, before[AXIAL].viewport.column)
    )
    pane.event_generate("<ButtonPress-1>", x=50, y=50)
    for x, y in ((90, 50), (120, 80), (150, 110)):
        pane.event_generate("<B1-Motion>", x=x, y=y)
    pane.event_generate("<ButtonRelease-1>", x=150, y=110)
    brightened = scenes(results)
    for slot in Slot:
        share = brightened[slot].window.width / before[slot].window.width
        shift = (brightened[slot].window.centre - before[slot].window.centre) / before[slot].window.width
        if slot is T2:
            wanted = share, shift
        assert (share, shift) == pytest.approx(wanted)
    assert wanted[0] > 1
    results.press("r")
    assert [(s.viewport, s.window) for s in scenes(results).values()] == [
        (s.viewport, s.window) for s in before.values()
    ]


@pytest.mark.gui
def test_parallel_pictures_are_moved_together_by_millimetres(results: Driver) -> None:
    results.press("b")
    before = scenes(results)
    pane = canvas(results, T1)
    pane.event_generate("<ButtonPress-2>", x=100, y=100)
    pane.event_generate("<B2-Motion>", x=130, y=80)
    pane.event_generate("<ButtonRelease-2>", x=130, y=80)
    after = scenes(results)
    ways = {}
    for slot in (T1, T2):
        plane, here, there = after[slot].plane, before[slot].viewport, after[slot].viewport
        assert plane is not None
        corners = plane.to_patient(np.array([(here.row, here.column), (there.row, there.column)]))
        ways[slot] = corners[1] - corners[0]
    assert np.linalg.norm(ways[T1]) > 1
    assert ways[T2] == pytest.approx(ways[T1], abs=1e-6)
    assert after[AXIAL].viewport == before[AXIAL].viewport


@pytest.mark.gui
def test_presets_and_the_whole_picture_are_taken_by_all_and_what_is_not_seen_stays(results: Driver) -> None:
    before = scenes(results)
    results.press("b")
    results.press("Key-3")
    narrow = scenes(results)
    assert all(narrow[slot].window.width == pytest.approx(0.6 * before[slot].window.width) for slot in Slot)
    results.press("f")
    assert all(scenes(results)[slot].viewport != before[slot].viewport for slot in Slot)
    results.press("r")
    results.controller.browser.enlarge()
    results.settle()
    results.press("plus")
    results.controller.browser.enlarge()
    after = scenes(results)
    assert after[T2].viewport.zoom > before[T2].viewport.zoom
    assert after[T1].viewport == before[T1].viewport


@pytest.mark.gui
def test_looking_together_is_remembered_and_b_ends_it(open_window: OpenWindow, core: FakeCore) -> None:
    driver = open_window(core.services(), together=True)
    graded(driver)
    driver.until(lambda: all(scene.pixels is not None for scene in scenes(driver).values()))
    before = scenes(driver)
    driver.press("plus")
    assert scenes(driver)[T1].viewport != before[T1].viewport
    driver.press("b")
    assert not read_settings(driver.controller._settings_path).together
    here = scenes(driver)
    driver.press("plus")
    assert scenes(driver)[T1].viewport == here[T1].viewport
