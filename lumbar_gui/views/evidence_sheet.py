"""What the networks saw of a finding: the crop of each slice, what in it counted, and the three grades to compare."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from PIL import Image, ImageTk

from lumbar_core.report.result import Finding
from lumbar_gui.evidence import counted_most, crop_picture, example_pictures, own_grade, painted_picture, seen_on
from lumbar_gui.views.finding_panel import title
from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet

CROP = 200  # sides of the pictures, before scaling


class EvidenceSheet(Sheet):
    """The evidence that the state holds; Esc closes."""

    def __init__(self, parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> None:
        evidence, study = tools.state.evidence, tools.state.study
        super().__init__(parent, tools, title(evidence.finding) if evidence is not None else "Evidence", close)
        self._images: list[ImageTk.PhotoImage] = []  # Tk keeps none of its own
        if evidence is None or study is None:
            return
        self.heading("What the network saw, and what counted")
        side = tools.look.px(CROP)
        for where, view in zip(seen_on(study, evidence.finding), evidence.views, strict=False):
            words = (where + ".", own_grade(view), counted_most(evidence.finding, view))
            self._row((crop_picture(view, side), painted_picture(view, side)), words)
        self._compare(evidence.finding)
        self._say_why(evidence.finding)

    def _row(self, pictures: tuple[Image.Image, ...], words: tuple[str, ...]) -> None:
        look, px = self.tools.look, self.tools.look.px
        row = look.frame(self.inside)
        row.pack(fill="x", pady=(px(4), px(8)))
        for picture in pictures:
            self._picture(row, picture).pack(side="left", padx=(0, px(8)))
        beside = look.frame(row)
        beside.pack(side="left", fill="both", expand=True)
        for sentence, tone in zip(words, ("text", "dim", "dim"), strict=True):
            look.wrapping(beside, sentence, tone, "small").pack(fill="x", pady=(0, px(6)))

    def _picture(self, parent: tk.Misc, picture: Image.Image) -> tk.Label:
        self._images.append(ImageTk.PhotoImage(picture, master=self))
        return tk.Label(parent, image=self._images[-1], borderwidth=0, background=str(parent["background"]))

    def _compare(self, finding: Finding) -> None:
        """The structure on generated patients, so that all readers have one scale before their eyes."""
        look, px = self.tools.look, self.tools.look.px
        pictures = example_pictures(finding, px(CROP))
        if not pictures:
            return
        self.heading("The same on generated patients, at the same scale")
        row = look.frame(self.inside)
        row.pack(fill="x", pady=(px(4), px(8)))
        for grade, picture in pictures:
            column = look.frame(row)
            column.pack(side="left", padx=(0, px(12)))
            self._picture(column, picture).pack()
            look.label(column, grade.label, "dim", "small").pack()

    def _say_why(self, finding: Finding) -> None:
        result = self.tools.state.result
        if finding.check:
            self.heading("Why to check")
            self.words(" ".join(f"{reason[:1].upper()}{reason[1:]}." for reason in finding.check_reasons), "text")
        if result is not None and result.numbering.margin is not None:
            self.heading("How the levels were counted")
            doubt = ", and another count fits nearly as well" if result.numbering.doubtful else ""
            margin = f"{result.numbering.margin:.1f} nats above the count one level off{doubt}"
            self.words(f"{result.numbering.basis[:1].upper()}{result.numbering.basis[1:]}; {margin}.")
