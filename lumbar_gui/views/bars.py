"""Thin bars that tell a share: probabilities, progress."""

from __future__ import annotations

import tkinter as tk

from lumbar_gui.views import shapes
from lumbar_gui.views.look import Look


class Bar(tk.Canvas):
    """A rounded bar filled to a share 0–1."""

    def __init__(self, parent: tk.Misc, look: Look, tone: str = "accent", width: int = 180) -> None:
        super().__init__(
            parent,
            width=look.px(width),
            height=look.px(8),
            background=str(parent["background"]),
            highlightthickness=0,
            borderwidth=0,
            takefocus=0,
        )
        self._look = look
        self._tone = tone
        self.share = 0.0
        self.bind("<Configure>", lambda _event: self._draw())

    def set(self, share: float) -> None:
        """Fill to a share 0–1."""
        self.share = min(max(share, 0.0), 1.0)
        self._draw()

    def _draw(self) -> None:
        self.delete("all")
        width, height = self.winfo_width(), self.winfo_height()
        corner = height / 2
        shapes.rounded(self, (0, 0, width, height), corner, self._look.palette.raised)
        if self.share > 0:
            filled = max(self.share * width, height * 0.4)
            shapes.rounded(self, (0, 0, filled, height), corner, self._look.tone(self._tone))
