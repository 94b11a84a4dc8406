"""A few lines of the user's own for the report; letters that it cannot print are named below at once."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from lumbar_core.report.letters import unprintable
from lumbar_gui.views.look import Look

REFUSED = "The report's fonts have no letters for “{letters}”. Write it in Latin, Greek or Cyrillic letters."


class TextArea(tk.Frame):
    """The field and the line below it; `changed` gets the text after every key."""

    def __init__(self, parent: tk.Misc, look: Look, rows: int, text: str, changed: Callable[[str], None]) -> None:
        super().__init__(parent, background=str(parent["background"]))
        self.field = look.area(self, rows)
        self.field.pack(fill="x")
        self.refused = look.wrapping(self, "", "severe", "small")
        self._changed = changed
        self.show(text)
        self.field.edit_modified(False)
        self.field.bind("<<Modified>>", self._on_change)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.field.get("1.0", "end-1c")

    def show(self, text: str) -> None:
        """Put a text in, where it is another one."""
        if text != self.text:
            self.field.delete("1.0", "end")
            self.field.insert("1.0", text)
            self.field.edit_reset()
        self._show_refused()

    def _on_change(self, _event: tk.Event[tk.Misc]) -> None:
        if self.field.edit_modified():
            self.field.edit_modified(False)
            self._show_refused()
            self._changed(self.text)

    def _show_refused(self) -> None:
        letters = unprintable(self.text)
        if letters:
            self.refused.configure(text=REFUSED.format(letters=letters))
            self.refused.pack(fill="x")
        else:
            self.refused.pack_forget()
