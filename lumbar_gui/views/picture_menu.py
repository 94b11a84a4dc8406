"""The menu of a picture: what can be done to it, where it lies, its brightness, and what concerns the whole case."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from lumbar_gui.expectation import series_title
from lumbar_gui.keymap import keys_of, shown
from lumbar_gui.settings import OWN_PRESETS
from lumbar_gui.state import Slot, Tool
from lumbar_gui.views.page import Tools

if TYPE_CHECKING:
    from lumbar_gui.views.picture_pane import PicturePane


def picture_menu(pane: PicturePane, slot: Slot, tools: Tools, of_case: Mapping[str, Callable[[], None]]) -> tk.Menu:
    """What a click with the right button offers in a pane, each with the key that it has now."""
    menu = tools.look.menu(pane)
    browser, keys = tools.controller.browser, keys_of(tools.state.settings.keys)

    def add(words: str, request: str, action: Callable[[], object]) -> None:
        menu.add_command(label=f"{words}   {shown(keys[request])}", command=action)

    add("Reset", "reset", browser.reset)
    add("Whole picture", "fit", pane.fit)
    add("Invert", "invert", browser.invert)
    menu.add_command(label="Turn by a quarter   Ctrl + R", command=browser.turn)
    add("Measure a length", "length", partial(browser.measure, Tool.LENGTH))
    add("Measure an angle", "angle", partial(browser.measure, Tool.ANGLE))
    menu.add_command(label="Header of this file   Ctrl + I", command=tools.controller.looking.at_header)
    add("Run through the slices", "play", browser.play)
    alone = "Zoom and brightness of each alone" if tools.state.settings.together else "Zoom and brightness together"
    add(alone, "together", tools.controller.look_together)
    _add_places(menu, slot, tools)
    menu.add_separator()
    _add_brightness(menu, pane, tools)
    menu.add_separator()
    for words, action in of_case.items():
        menu.add_command(label=words, command=action)
    return menu


def _add_places(menu: tk.Menu, slot: Slot, tools: Tools) -> None:
    """Which other pane to exchange this one with, and the way back; nothing for a lone pane."""
    panes, browser = tools.state.panes, tools.controller.browser
    if panes is None or len(panes.shown) < 2:
        return
    places, large = tools.look.menu(menu), next(iter(panes.shown))
    key = shown(keys_of(tools.state.settings.keys)["make_large"])
    for other, pane in panes.shown.items():
        series = tools.state.series(pane.series_id)
        if other is not slot and series is not None:
            words = f"{series_title(series)}   {key}" if other is large else series_title(series)
            places.add_command(label=words, command=partial(browser.exchange, slot, other))
    places.add_separator()
    places.add_command(label="All in their own places", command=browser.take_own_places)
    menu.add_cascade(label="Exchange with", menu=places)


def _add_brightness(menu: tk.Menu, pane: PicturePane, tools: Tools) -> None:
    for number, name in pane.preset_names().items():
        menu.add_command(label=f"{name}   {number}", command=partial(pane.preset, number))
    keeping = tools.look.menu(menu)
    for own in OWN_PRESETS:
        keeping.add_command(label=f"Own {own}   Ctrl + {own}", command=partial(pane.keep_preset, own))
    menu.add_cascade(label="Keep this brightness as", menu=keeping)
