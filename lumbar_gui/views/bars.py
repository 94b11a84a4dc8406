"""Thin bars that tell a share: probabilities, progress."""

from __future__ import annotations

import tkinter as tk

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
        self._stroke(1.0, self._look.palette.raised)
        if self.share > 0:
            self._stroke(self.share, self._look.tone(self._tone))

    def _stroke(self, share: float, colour: str) -> None:
        width, height = self.winfo_width(), self.winfo_height()
        start, end = height / 2, width - height / 2
        until = max(start + (end - start) * share, start + 0.1)
        self.create_line(start, height / 2, until, height / 2, fill=colour, width=height - 1, capstyle="round")
