"""A file's header to look through: a line an element, and a field that keeps those with the words in it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet

NO_HEADER = "A picture has no header."
NOT_FOUND = "No line has these words."
TABS = (92, 124, 340)  # where kind, name and value begin


class HeaderSheet(Sheet):
    """The header that the state holds; the field has the focus, Esc closes."""

    def __init__(self, parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> None:
        header = tools.state.tags
        super().__init__(parent, tools, f"Header of {header.of}" if header is not None else "Header", close)
        lines = header.lines if header is not None else ()
        self._lines = [line for line in lines if not (tools.state.identity_hidden and line.is_identity)]
        self.sought = tk.StringVar(self)
        look, px = tools.look, tools.look.px
        look.label(self.foot, "Find", "dim").pack(side="left", padx=(0, px(8)))
        self.field = look.entry(self.foot, self.sought)
        self.field.pack(side="left", fill="x", expand=True, padx=(0, px(12)))
        self.shown = look.text(self.inside)
        self.shown.configure(tabs=tuple(px(stop) for stop in TABS))
        self.shown.pack(fill="both", expand=True)
        self.sought.trace_add("write", lambda *_: self._show())
        self._show()
        self.field.focus_set()

    def destroy(self) -> None:
        """Close; nothing of the header is kept."""
        self._lines = []
        super().destroy()

    def _show(self) -> None:
        kept = [line for line in self._lines if line.matches(self.sought.get())]
        words = ["\t".join((line.tag, line.vr, line.keyword, line.value)) for line in kept]
        words = words or [NOT_FOUND if self._lines else NO_HEADER]
        self.shown.configure(state="normal", height=len(words))
        self.shown.delete("1.0", "end")
        self.shown.insert("1.0", "\n".join(words))
        self.shown.configure(state="disabled")
