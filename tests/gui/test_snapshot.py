"""A picture as a pane shows it: its pixels and marks twice as large, and nothing that was written over it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.anatomy import Level, Severity
from lumbar_core.report.result import INTENDED_USE
from lumbar_core.study import Window
from lumbar_gui.overlay import Bracket
from lumbar_gui.rendering import Viewport
from lumbar_gui.scenes import Scene
from lumbar_gui.snapshot import SCALE, picture_png
from tests.factories import CANAL
from tests.gui.conftest import Driver
from tests.gui.test_large_scale import graded

EXTENT = (200, 160)
PIXELS = np.full((80, 100), 300, np.int16)
MARK = Bracket((CANAL, None, None, Level.L4_L5), 40.0, 50.0, 10.0, Severity.SEVERE, True)
PLAIN = Scene(PIXELS, Viewport(39.5, 49.5, 2.0), Window(300.0, 600.0))


def opened(png: bytes | None) -> NDArray[np.uint8]:
    assert png is not None
    return np.asarray(Image.open(io.BytesIO(png)))


def test_it_is_twice_the_pane_with_its_brightness() -> None:
    picture = opened(picture_png(PLAIN, EXTENT))
    assert picture.shape == (EXTENT[1] * SCALE, EXTENT[0] * SCALE, 3)
    assert set(np.unique(picture)) <= {127, 128}


def test_brackets_stand_round_their_structure_in_white_on_black() -> None:
    picture = opened(picture_png(replace(PLAIN, brackets=(MARK,)), EXTENT))
    changed = np.argwhere((picture != opened(picture_png(PLAIN, EXTENT))).any(axis=2))
    assert set(map(tuple, np.unique(picture.reshape(-1, 3), axis=0).tolist())) >= {(0, 0, 0), (255, 255, 255)}
    zoom = PLAIN.viewport.zoom * SCALE
    middle = (changed.min(axis=0) + changed.max(axis=0)) / 2
    row, column = 40 - 39.5, 50 - 49.5
    assert middle == pytest.approx([EXTENT[1] + row * zoom, EXTENT[0] + column * zoom], abs=2.5)
    assert np.ptp(changed[:, 0]) == pytest.approx(2 * MARK.half * zoom, abs=10)


def test_no_word_of_anybody_goes_with_it_but_the_intended_use_unseen() -> None:
    said = replace(PLAIN, caption="Sagittal T2", beside="midline", message="CANARY", names=())
    np.testing.assert_array_equal(opened(picture_png(said, EXTENT)), opened(picture_png(PLAIN, EXTENT)))
    png = picture_png(said, EXTENT)
    assert png is not None
    assert Image.open(io.BytesIO(png)).info == {"Disclaimer": INTENDED_USE}


def test_a_slice_that_is_not_decoded_gives_none() -> None:
    assert picture_png(replace(PLAIN, pixels=None), EXTENT) is None


@pytest.mark.gui
def test_the_window_saves_the_active_picture(driver: Driver, tmp_path: Path) -> None:
    graded(driver)
    canvas = driver.window.results.pictures.active.canvas
    driver.until(lambda: canvas.scene is not None and canvas.scene.pixels is not None)
    asked = []
    target = tmp_path / "key.png"
    driver.window.tools.prompts.picture_path = lambda suggested: asked.append(suggested) or target  # type: ignore[method-assign, func-returns-value]
    driver.press("Control-k")
    driver.until(target.exists)
    driver.until(lambda: driver.state.told)
    assert driver.state.told == "Picture saved as key.png"
    assert asked[0].startswith("lumbar-")
    assert asked[0].endswith(".png")
    with Image.open(target) as picture:
        assert picture.size == (canvas.extent[0] * SCALE, canvas.extent[1] * SCALE)
