"""The examinations that lie in what was handed over, a row each: to be read one after the other, never mixed."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from tkinter import ttk

from lumbar_core.study import InputKind, Study
from lumbar_gui.expectation import readable_date, study_title
from lumbar_gui.views import theme
from lumbar_gui.views.look import focused
from lumbar_gui.views.page import Tools
from lumbar_gui.views.scrolled import Scrolled
from lumbar_gui.worklist import DONE, Worklist

MOST_ROWS, ROW, MOST_WIDTH = 8, 46, 840  # rows in sight, a row's height, the list's width
ABOVE_HOW, ABOVE_ROWS, ABOVE_CLOSE = 4, 10, 10
HOW_A_LIST_IS_READ = (
    "Two patients are never mixed. The next two are graded while you read one. "
    "Ctrl + Page Down: next · Ctrl + Enter: save and next"
)
HOW_A_PLAN_IS_READ = (
    "The studies have no names here; each key you press is on the disk at once. Ctrl + Page Down: next · P: pause"
)
HOW_TO_LOOK_TOGETHER = "Each opens at its slice, with what every reader said. Ctrl + Page Down: next"
EVERYTHING_IS_READ = "Everything is read. Open a study to see where you and the program differ."


class CaseList(tk.Frame):
    """A card; `fit` says how wide and high it may be."""

    def __init__(self, parent: tk.Misc, tools: Tools, worklist: Worklist) -> None:
        super().__init__(parent, background=tools.look.palette.panel)
        self._tools = tools
        self._worklist = worklist
        look, px = tools.look, tools.look.px
        card = look.card(self)
        card.pack(fill="both", expand=True)
        title, how = self._heading()
        self._title = look.label(card, title, "text", "heading")
        self._how = look.label(card, how, "dim", "small")
        self._rows = Scrolled(card, look)
        self._rows.grid_propagate(False)
        self._rows.pack(fill="x", pady=(px(ABOVE_ROWS), 0))
        self._openers = [self._row(index) for index in range(len(worklist.cases))]
        self._close = look.button(card, "Close list", tools.controller.close_worklist)
        self._close.pack(anchor="e", pady=(px(ABOVE_CLOSE), 0))

    def fit(self, width: int, height: int) -> int:
        """Take no more room than this; returns the width. Where it lacks rows scroll, and words above them go."""
        px = self._tools.look.px
        wide = min(width, px(MOST_WIDTH))
        self._how.configure(wraplength=wide - 2 * px(theme.CARD_PADDING + 1))
        room = height - 2 * px(theme.CARD_PADDING) - px(ABOVE_ROWS + ABOVE_CLOSE) - self._close.winfo_reqheight()
        for words, above in ((self._title, 0), (self._how, px(ABOVE_HOW))):
            left = room - words.winfo_reqheight() - above
            if left < px(ROW):
                words.pack_forget()
            else:
                words.pack(fill="x", pady=(above, 0), before=self._rows)
                room = left
        rows = px(min(len(self._openers), MOST_ROWS) * ROW)
        self._rows.configure(height=max(px(ROW), min(rows, room)))
        return wide

    def held(self) -> int | None:
        """Which case's button has the keys."""
        holder = focused(self)
        return next((index for index, opener in enumerate(self._openers) if opener is holder), None)

    def go_on(self, held: int | None = None) -> None:
        """Give the keys to a case: the one that had them, else the first that is not done."""
        todo = (index for index, case in enumerate(self._worklist.cases) if case.status not in DONE)
        self._openers[held if held is not None else next(todo, 0)].focus_set()

    def _heading(self) -> tuple[str, str]:
        worklist, room = self._worklist, self._tools.state.room
        if room is not None:
            title = f"Reader {room.reader}: {room.read} of {room.of} read"
            return title, HOW_A_PLAN_IS_READ if room.read < room.of else EVERYTHING_IS_READ
        if worklist.title:
            return f"{worklist.title}: {len(worklist.cases)} structures", HOW_TO_LOOK_TOGETHER
        return f"{len(worklist.cases)} examinations", HOW_A_LIST_IS_READ

    def _row(self, index: int) -> ttk.Button:
        look, px, case = self._tools.look, self._tools.look.px, self._worklist.cases[index]
        row = look.frame(self._rows.inside)
        row.pack(fill="x", pady=px(3))
        opener = look.button(row, "Open", partial(self._tools.controller.open_case, index))
        opener.pack(side="right")
        look.label(row, case.words, "dim", "small").pack(side="right", padx=px(16))
        named = look.wrapping(row, case.label or self._words_on(case.study))  # a patient's number is never cut
        named.pack(side="left", fill="x", expand=True, padx=(0, px(24)))
        return opener

    def _words_on(self, study: Study) -> str:
        """What tells this examination from the others."""
        if study.kind is InputKind.PICTURE:
            return study.series[0].instances[0].source.path.name
        identity = study.identity
        words = [study_title(study)]
        if not self._tools.state.identity_hidden:
            words += [identity.patient_id or "", readable_date(identity.study_date)]
        return " · ".join(filter(None, words))
