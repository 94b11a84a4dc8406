"""Buttons side by side; one that has no room begins a new line."""

from __future__ import annotations

import tkinter as tk

from lumbar_gui.views.look import Look


class ButtonRow(tk.Frame):
    """Its children in the order in which they were made; it is as high as the lines that they need."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        super().__init__(parent, background=str(parent["background"]))
        self._look = look
        self.bind("<Configure>", lambda event: self._share(event.width))

    def _share(self, room: int) -> None:
        px, x, y, height = self._look.px, 0, 0, 0
        for button in self.winfo_children():
            width, height = button.winfo_reqwidth(), button.winfo_reqheight()
            if x and x + width > room:
                x, y = 0, y + height + px(6)
            button.place(x=x, y=y)  # type: ignore[union-attr]
            x += width + px(8)
        self.configure(height=y + height)
