"""A question in place, with its answers as buttons: never a box in the way."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping

from lumbar_gui.views.look import Look


class AskBar(tk.Frame):
    """One line of words and a button for each answer, the last one outermost."""

    def __init__(self, parent: tk.Misc, look: Look, answers: Mapping[str, Callable[[], None]]) -> None:
        px = look.px
        super().__init__(parent, background=look.palette.raised)
        tk.Frame(self, background=look.palette.accent, width=px(4)).pack(side="left", fill="y")
        self.answers = {words: look.button(self, words, answer) for words, answer in answers.items()}
        for button in reversed(self.answers.values()):
            button.pack(side="right", padx=(0, px(10)), pady=px(6))
        self._words = look.wrapping(self, "")
        self._words.pack(side="left", fill="x", expand=True, padx=px(12))

    def ask(self, question: str) -> None:
        """Fill in the question."""
        self._words.configure(text=question)
