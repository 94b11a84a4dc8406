"""Unsaved marks: save, discard or stay, asked in place."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from lumbar_gui.state import Leaving
from lumbar_gui.views.look import Look

WORDS = {
    Leaving.BACK: "You changed or confirmed grades that are not saved yet. Going back forgets them.",
    Leaving.CLOSE: "You changed or confirmed grades that are not saved yet. Closing forgets them.",
    Leaving.OPEN: "You changed or confirmed grades that are not saved yet. Opening another study forgets them.",
}


class LeaveBar(tk.Frame):
    """One line with three buttons."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        save: Callable[[], None],
        discard: Callable[[], None],
        stay: Callable[[], None],
    ) -> None:
        px = look.px
        super().__init__(parent, background=look.palette.raised)
        tk.Frame(self, background=look.palette.accent, width=px(4)).pack(side="left", fill="y")
        self.stay = look.button(self, "Stay", stay)
        self.discard = look.button(self, "Discard", discard)
        self.save = look.button(self, "Save…", save)
        for button in (self.stay, self.discard, self.save):
            button.pack(side="right", padx=(0, px(10)), pady=px(6))
        self._words = look.wrapping(self, "")
        self._words.pack(side="left", fill="x", expand=True, padx=px(12))

    def show(self, leaving: Leaving | None) -> None:
        """Fill in where the user wants to go."""
        self._words.configure(text=WORDS[leaving] if leaving is not None else "")
