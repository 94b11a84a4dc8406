"""What the networks saw of a finding: the crop of each slice, what in it counted, and the three grades to compare."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk
from typing import TYPE_CHECKING

from PIL import Image, ImageTk

from lumbar_core.report.result import Finding
from lumbar_gui.evidence import (
    MAP_WORDS,
    counted_most,
    crop_picture,
    example_pictures,
    map_title,
    own_grade,
    painted_picture,
    places_say,
    seen_on,
)
from lumbar_gui.keymap import keys_of, shown
from lumbar_gui.state import Evidence, EvidenceMap
from lumbar_gui.views.finding_panel import title
from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet

if TYPE_CHECKING:  # it brings the inference runtime with it
    from lumbar_core.grade.evidence import ViewEvidence

CROP = 200  # sides of the pictures, before scaling


class EvidenceSheet(Sheet):
    """The evidence that the state holds; V and the two choices say which map is painted, Esc closes."""

    def __init__(self, parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> None:
        evidence, study = tools.state.evidence, tools.state.study
        super().__init__(parent, tools, title(evidence.finding) if evidence is not None else "Evidence", close)
        self._images: list[ImageTk.PhotoImage] = []  # Tk keeps none of its own
        self._rows: list[tuple[ViewEvidence, ImageTk.PhotoImage, tk.Label]] = []
        self._meaning: tk.Label | None = None
        self.choices: dict[EvidenceMap, ttk.Radiobutton] = {}
        self._chosen = tk.StringVar(self)
        self._key = keys_of(tools.state.settings.keys)["behind"]
        if evidence is None or study is None:
            return
        self._evidence = evidence
        self.heading("What the network saw, and what counted")
        if len(evidence.maps) > 1:
            self._offer(evidence)
        for where, view in zip(seen_on(study, evidence.finding), evidence.views, strict=False):
            self._row(where, view)
        self.paint()
        self._compare(evidence)
        self._say_why(evidence.finding)

    def pressed(self, key: str) -> None:
        """The key that opened the sheet changes what is painted."""
        if key == self._key:
            self.tools.controller.looking.paint_other()

    def paint(self) -> None:
        """Paint the map that the state wants over every crop, and say what it tells."""
        if not self._rows:
            return
        wanted = self.tools.state.evidence_map
        map_ = wanted if wanted in self._evidence.maps else EvidenceMap.HIDING
        say = places_say if map_ is EvidenceMap.PLACES else counted_most
        self._chosen.set(map_)
        if self._meaning is not None:
            self._meaning.configure(text=f"{MAP_WORDS[map_][1]} {shown(self._key)} shows the other.")
        for view, image, words in self._rows:
            image.paste(painted_picture(view, image.width(), map_))
            words.configure(text=say(self._evidence.finding, view))

    def _offer(self, evidence: Evidence) -> None:
        """Both maps to choose from, and what the chosen one is."""
        tools, look, px = self.tools, self.tools.look, self.tools.look.px
        for map_ in evidence.maps:
            choose = partial(tools.controller.looking.paint, map_)
            self.choices[map_] = look.radio(self.inside, map_title(map_, evidence.views[0]), self._chosen, map_, choose)
            self.choices[map_].pack(anchor="w")
        self._meaning = look.wrapping(self.inside, "", "dim", "small")
        self._meaning.pack(fill="x", pady=(px(4), px(4)))

    def _row(self, where: str, view: ViewEvidence) -> None:
        look, px = self.tools.look, self.tools.look.px
        row = look.frame(self.inside)
        row.pack(fill="x", pady=(px(4), px(8)))
        crop = crop_picture(view, px(CROP))
        for picture in (crop, crop):
            self._picture(row, picture).pack(side="left", padx=(0, px(8)))
        painted = self._images[-1]
        beside = look.frame(row)
        beside.pack(side="left", fill="both", expand=True)
        for sentence, tone in ((f"{where}.", "text"), (own_grade(view), "dim"), ("", "dim")):
            words = look.wrapping(beside, sentence, tone, "small")
            words.pack(fill="x", pady=(0, px(6)))
        self._rows.append((view, painted, words))

    def _picture(self, parent: tk.Misc, picture: Image.Image) -> tk.Label:
        self._images.append(ImageTk.PhotoImage(picture, master=self))
        return tk.Label(parent, image=self._images[-1], borderwidth=0, background=str(parent["background"]))

    def _compare(self, evidence: Evidence) -> None:
        """The structure on generated patients, so that all readers have one scale before their eyes."""
        look, px = self.tools.look, self.tools.look.px
        pictures = example_pictures(evidence.finding, px(CROP), evidence.views)
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
