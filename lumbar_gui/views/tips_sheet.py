"""Four tips after the notice of the first start, one at a time; they can be skipped, and come only once."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace

from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet

TIPS: tuple[tuple[str, str], ...] = (
    (
        "Drop the whole study",
        "A folder or a ZIP with sagittal T2, sagittal T1 and axial T2 gives all 25 structures with their sides. A lone "
        "picture gives only what it shows.",
    ),
    (
        "A cell leads to its place",
        "Click a cell, and all pictures go to that structure. The wheel scrolls, a left drag changes brightness, and "
        "F1 lists the keys.",
    ),
    (
        "You decide",
        "Enter agrees; N, M, S or X says otherwise. Ctrl and the mouse put a mark elsewhere, and it is graded there. "
        "The report keeps your answer and the program's.",
    ),
    (
        "Look where a flag stands",
        "A flag says that the grade may be wrong, and why; the full stop key goes from one to the next. Check how the "
        "levels were counted before you name one.",
    ),
)


class TipsSheet(Sheet):
    """The tips; Esc or Skip ends them."""

    def __init__(self, parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> None:
        self._leave = close
        super().__init__(parent, tools, "Four things to know", self._go_on, "Next")
        tools.controller.set_settings(replace(tools.state.settings, tips_seen=True))
        look, px = tools.look, tools.look.px
        self.skip = look.button(self.foot, "Skip", close)
        self.skip.pack(side="left")
        self.place_words = look.label(self.foot, "", "dim", "small")
        self.place_words.pack(side="left", padx=px(16))
        self.tip = look.wrapping(self.inside, "", "text", "heading")
        self.tip.pack(fill="x", pady=(px(12), px(6)))
        self._more = look.wrapping(self.inside, "", "dim")
        self._more.pack(fill="x")
        self._shown = 0
        self._show()

    def _go_on(self) -> None:
        self._shown += 1
        if self._shown < len(TIPS):
            self._show()
        else:
            self._leave()

    def _show(self) -> None:
        title, words = TIPS[self._shown]
        self.tip.configure(text=title)
        self._more.configure(text=words)
        self.place_words.configure(text=f"{self._shown + 1} of {len(TIPS)}")
        self.close.configure(text="Next" if self._shown + 1 < len(TIPS) else "Begin")
