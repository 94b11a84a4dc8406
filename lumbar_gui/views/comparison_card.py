"""What has changed since an earlier result of the same patient, or the way to hand one over."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from lumbar_core.report.comparison import describe_comparison
from lumbar_core.report.result import Comparison
from lumbar_gui.expectation import readable_date
from lumbar_gui.views.look import Look

OFFER = "Was this patient graded before? An earlier result (.json) can be set beside this one."


class ComparisonCard(tk.Frame):
    """A card with sentences and one button."""

    def __init__(self, parent: tk.Misc, look: Look, ask: Callable[[], None]) -> None:
        super().__init__(parent, background=str(parent["background"]))
        px = look.px
        card = look.card(self)
        card.pack(fill="both", expand=True)
        self.ask = look.button(card, "Compare…", ask)
        self.ask.pack(side="right", anchor="n", padx=(px(8), 0))
        self.words = look.wrapping(card, "", "dim", "small")
        self.words.pack(side="left", fill="x", expand=True)
        self._look = look

    def show(self, comparison: Comparison | None) -> None:
        """Fill in what has changed; None: nothing was handed over yet."""
        if comparison is None:
            self.words.configure(text=OFFER, foreground=self._look.tone("dim"))
            return
        day = readable_date(comparison.made_at[:10].replace("-", ""))
        lines = (f"Compared with a result graded on {day}:", *describe_comparison(comparison))
        self.words.configure(text="\n".join(lines), foreground=self._look.tone("text"))
