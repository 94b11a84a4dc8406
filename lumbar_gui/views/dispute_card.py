"""A structure on which readers disagree: what each said, and the three grades on generated patients to compare."""

from __future__ import annotations

import tkinter as tk

from PIL import ImageTk

from lumbar_core.agreement.teaching import Disputed
from lumbar_core.anatomy import Severity
from lumbar_core.report.result import Finding
from lumbar_gui.evidence import example_pictures
from lumbar_gui.views import theme
from lumbar_gui.views.look import Look

EXAMPLE = 112  # sides of the pictures, before scaling


class DisputeCard(tk.Frame):
    """A card below the finding; empty where there is no dispute."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        super().__init__(parent, background=str(parent["background"]))
        self._look = look
        self._card: tk.Frame | None = None
        self._images: list[ImageTk.PhotoImage] = []  # Tk keeps none of its own

    def show(self, dispute: Disputed | None, finding: Finding | None) -> None:
        """Fill in what the readers said of a finding."""
        if self._card is not None:
            self._card.destroy()
            self._card, self._images = None, []
        if dispute is None or finding is None:
            return
        look, px = self._look, self._look.px
        self._card = look.card(self)
        self._card.pack(fill="both", expand=True)
        look.label(self._card, "What the readers said", "text", "bold").pack(fill="x")
        look.wrapping(self._card, "     ".join(map(_words, dispute.given))).pack(fill="x", pady=(px(3), 0))
        row = look.frame(self._card)
        row.pack(fill="x", pady=(px(10), 0))
        for grade, picture in example_pictures(finding, px(EXAMPLE)):
            self._images.append(ImageTk.PhotoImage(picture, master=self))
            column = look.frame(row)
            column.pack(side="left", padx=(0, px(10)))
            tk.Label(column, image=self._images[-1], borderwidth=0, background=str(row["background"])).pack()
            look.label(column, grade.label, "dim", "small").pack()
        if self._images:
            look.label(self._card, "The three grades on generated patients", "dim", "small").pack(fill="x")


def _words(given: tuple[str, Severity | None]) -> str:
    reader, grade = given
    return f"{reader} {'cannot judge' if grade is None else f'{theme.SHAPES[grade]} {grade.label}'}"
