"""The keys of the results, each of which may be another: press its button, then the key that it shall be."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from tkinter import ttk

from lumbar_gui.keymap import REQUESTS, can_be_chosen, chosen_of, keys_of, shown, with_key
from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet

HOW = (
    "Press a button, then the key that it shall be; the request that had this key takes the old one. Arrows, digits, "
    "Tab, Esc and keys with Ctrl stay as they are."
)
WAITING = "press a key"


class KeysSheet(Sheet):
    """One row a request; Esc closes, or leaves a key as it was."""

    def __init__(self, parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> None:
        super().__init__(parent, tools, "Keys", close)
        look, px = tools.look, tools.look.px
        self.words(HOW)
        self.buttons: dict[str, ttk.Button] = {}
        self._waiting = ""
        table = look.frame(self.inside)
        table.pack(fill="x", pady=(px(8), 0))
        table.columnconfigure(1, weight=1)
        for row, request in enumerate(REQUESTS):
            button = look.button(table, "", partial(self._wait_for, request.name))
            button.configure(width=12)
            button.grid(row=row, column=0, sticky="w", padx=(0, px(16)), pady=px(2))
            button.bind("<Key>", partial(self._pressed, request.name))
            look.wrapping(table, request.words, "text").grid(row=row, column=1, sticky="ew")
            self.buttons[request.name] = button
        self.defaults = look.button(self.foot, "Defaults", lambda: self._keep(keys_of({})))
        self.defaults.pack(side="left")
        self._show()

    def _wait_for(self, name: str) -> None:
        self._waiting = name
        self._show()
        self.buttons[name].focus_set()

    def _pressed(self, name: str, event: tk.Event[tk.Misc]) -> str | None:
        if self._waiting != name:
            return None
        key = event.keysym if len(event.keysym) > 1 else event.keysym.lower()
        if can_be_chosen(key):
            self._keep(with_key(keys_of(self.tools.state.settings.keys), name, key))
        elif key == "Escape":
            self._waiting = ""
            self._show()
        return "break"

    def _keep(self, keys: dict[str, str]) -> None:
        self._waiting = ""
        self.tools.controller.set_settings(replace(self.tools.state.settings, keys=chosen_of(keys)))
        self._show()

    def _show(self) -> None:
        keys = keys_of(self.tools.state.settings.keys)
        for name, button in self.buttons.items():
            button.configure(text=WAITING if name == self._waiting else shown(keys[name]))
