"""A reading plan is made: whose studies, who reads, how often, and when differences are shown."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace

from lumbar_core.agreement.plan import Reveal
from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet

FIELDS: tuple[tuple[str, str, str], ...] = (
    ("readers", "Readers' codes", "Short codes with a space between, and no names. Each reads every study once."),
    ("repeat", "Read twice, per cent", "So many of the studies come again at the end, for agreement with oneself."),
    ("washout", "Days between", "Before a reader reads the same study again."),
    ("seed", "Seed", "The same number makes the same orders again."),
)
REVEALS: tuple[tuple[Reveal, str], ...] = (
    (Reveal.AT_END, "When a reader has read everything"),
    (Reveal.AFTER_STUDY, "After each study; the second reading then remembers it"),
)
WITH_HELP = "Read each study also with the program's grades in sight, in crossed order"


class PlanSheet(Sheet):
    """The fields of a plan; Save plan… asks where to, and Esc or Close leaves everything as it is typed."""

    def __init__(self, parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> None:
        self._leave = close
        super().__init__(parent, tools, "Make a reading plan", self._save, "Save plan…")
        look, px, form = tools.look, tools.look.px, tools.state.plan_form
        self.cancel = look.button(self.foot, "Close", self._close)
        self.cancel.pack(side="left")
        self.said = look.wrapping(self.foot, "", "text")  # here it is in sight, however far one has scrolled
        self.said.pack(side="left", fill="x", expand=True, padx=px(16))
        self.words("Readers grade the same studies, each in an order of their own, without names and without talking.")
        self.heading("Studies")
        self.folder = look.button(self.inside, "Choose folder…", self._choose_folder)
        self.folder.pack(anchor="w", pady=(0, px(4)))
        self._where = look.wrapping(self.inside, "", "dim")
        self._where.pack(fill="x")
        self.fields: dict[str, tk.StringVar] = {}
        self.entries: dict[str, tk.Entry] = {}
        self._make_fields()
        self._help = tk.BooleanVar(self, form.with_help)
        self.with_help = look.check(self.inside, WITH_HELP, self._help, self._keep)
        self.with_help.pack(anchor="w", pady=(px(8), 0))
        self.heading("The program's grades are shown")
        self._reveal = tk.StringVar(self, form.reveal)
        self.reveals = [
            look.radio(self.inside, words, self._reveal, reveal.value, self._keep) for reveal, words in REVEALS
        ]
        for button in self.reveals:
            button.pack(anchor="w")
        self._show_folder()
        self.folder.focus_set()

    def _make_fields(self) -> None:
        look, px = self.tools.look, self.tools.look.px
        table = look.frame(self.inside)
        table.pack(fill="x", pady=(px(12), 0))
        table.columnconfigure(1, weight=1)
        for row, (name, title, words) in enumerate(FIELDS):
            typed = tk.StringVar(self, getattr(self.tools.state.plan_form, name))
            entry = look.entry(table, typed)
            look.label(table, title).grid(row=2 * row, column=0, sticky="w", padx=(0, px(16)), pady=(px(6), 0))
            entry.grid(row=2 * row, column=1, sticky="ew", pady=(px(6), 0), ipady=px(3))
            look.wrapping(table, words, "dim", "small").grid(row=2 * row + 1, column=1, sticky="ew")
            self.fields[name], self.entries[name] = typed, entry

    def _keep(self) -> None:
        typed = {name: field.get() for name, field in self.fields.items()}
        form = replace(self.tools.state.plan_form, **typed, with_help=self._help.get(), reveal=self._reveal.get())  # type: ignore[arg-type]
        self.tools.controller.planning.keep(form)

    def _choose_folder(self) -> None:
        self._keep()
        folder = self.tools.prompts.open_folder()
        if folder is not None:
            self.tools.controller.planning.keep(replace(self.tools.state.plan_form, folder=folder))
            self._show_folder()

    def _show_folder(self) -> None:
        folder = self.tools.state.plan_form.folder
        self._where.configure(text=f"All examinations in “{folder.name}”" if folder is not None else "None chosen yet")

    def _save(self) -> None:
        self._keep()
        self.said.configure(text=self.tools.controller.planning.objection())
        if self.said["text"]:
            return
        path = self.tools.prompts.plan_path()
        if path is not None:
            self._leave()
            self.tools.controller.planning.make(path)

    def _close(self) -> None:
        self._keep()
        self._leave()
