"""Names of the panes above a lone one, where a narrow window has no room for all: a click brings a pane forward."""

from __future__ import annotations

import tkinter as tk
from functools import partial

from lumbar_gui.expectation import series_title
from lumbar_gui.state import Panes, Slot
from lumbar_gui.views.page import Tools


class PaneTabs(tk.Frame):
    """One word group a pane, the active one underlined in the accent colour."""

    def __init__(self, parent: tk.Misc, tools: Tools) -> None:
        super().__init__(parent, background=tools.look.palette.panel)
        self._tools = tools
        self._shown: tuple[tuple[Slot, str, bool], ...] = ()

    def show(self, panes: Panes, needed: bool) -> None:
        """Name the panes, or go away where all of them are on the screen."""
        if not needed or len(panes.shown) < 2:
            self.grid_remove()
            return
        self.grid(row=0, column=0, columnspan=2, sticky="ew")
        shown = tuple((slot, self._title(pane.series_id), slot is panes.active) for slot, pane in panes.shown.items())
        if shown != self._shown:
            self._shown = shown
            self._make(shown)

    def _title(self, series_id: str) -> str:
        series = self._tools.state.series(series_id)
        return series_title(series) if series is not None else ""

    def _make(self, shown: tuple[tuple[Slot, str, bool], ...]) -> None:
        look, px = self._tools.look, self._tools.look.px
        for child in self.winfo_children():
            child.destroy()
        for slot, title, active in shown:
            tab = look.frame(self)
            tab.pack(side="left", padx=(px(8), 0))
            words = look.label(tab, title, "text" if active else "dim", "small", cursor="hand2")
            words.pack(padx=px(2), pady=(px(5), px(3)))
            words.bind("<Button-1>", partial(self._clicked, slot))
            line = look.palette.accent if active else look.palette.panel
            tk.Frame(tab, height=px(2), background=line).pack(fill="x")

    def _clicked(self, slot: Slot, _event: tk.Event[tk.Misc]) -> None:
        self._tools.controller.browser.activate(slot)
