"""A message in place: what happened, what to do, details behind a click, never a box in the way."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from lumbar_gui.state import Problem
from lumbar_gui.views.look import Look


class Banner(tk.Frame):
    """Shows one Problem; the caller decides where it stands and hides it with an empty one."""

    def __init__(self, parent: tk.Misc, look: Look, dismiss: Callable[[], None]) -> None:
        p = look.palette
        super().__init__(
            parent,
            background=p.raised,
            highlightthickness=max(1, look.px(1)),
            highlightbackground=p.line,
            highlightcolor=p.line,
        )
        self._look = look
        self.problem: Problem | None = None
        tk.Frame(self, background=p.accent, width=look.px(4)).pack(side="left", fill="y")
        self._close = look.button(self, "Close", dismiss)
        self._close.pack(side="right", anchor="n", padx=look.px(10), pady=look.px(8))
        self._details = look.button(self, "Details", self._toggle)
        text = look.frame(self)
        text.pack(side="left", fill="both", expand=True, padx=look.px(12), pady=look.px(8))
        self.title = look.label(text, "", "text", "bold")
        self.finding = look.wrapping(text, "")
        self.remedy = look.wrapping(text, "", "dim")
        self.details = look.wrapping(text, "", "dim", "small")
        for label in (self.title, self.finding, self.remedy):
            label.pack(fill="x")

    def show(self, problem: Problem | None) -> None:
        """Fill in a problem; details start folded."""
        self.problem = problem
        if problem is None:
            return
        self.title.configure(text=problem.title)
        self.finding.configure(text=problem.finding)
        self.remedy.configure(text=problem.remedy)
        self.details.pack_forget()
        self.details.configure(text=problem.details)
        if problem.details:
            self._details.pack(side="right", anchor="n", pady=self._look.px(8))
        else:
            self._details.pack_forget()

    def _toggle(self) -> None:
        if self.details.winfo_ismapped():
            self.details.pack_forget()
        else:
            self.details.pack(fill="x", pady=(self._look.px(4), 0))
