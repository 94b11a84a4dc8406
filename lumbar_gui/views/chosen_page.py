"""Chosen: what was read, for what it will be used, and what will be assessed, before anything is graded."""

from __future__ import annotations

import tkinter as tk
from functools import partial

from PIL import Image, ImageTk

from lumbar_core.anatomy import Condition
from lumbar_core.study import Series, Study
from lumbar_gui.expectation import (
    NOT_USED,
    ROLES,
    beside_words,
    can_be_graded,
    expectations,
    may_change,
    packed_conditions,
    packed_for_axial,
    series_slices,
    series_title,
    series_use,
    study_title,
)
from lumbar_gui.rendering import thumbnail
from lumbar_gui.views.banner import Banner
from lumbar_gui.views.page import Tools, View
from lumbar_gui.views.scrolled import Scrolled

CHECK_THEM = "Check that these are the right series, then press Upload"
NOTHING = "Nothing here can be graded; see why beside each series."
SURGERY = "Previous lumbar surgery or implant"
THUMBNAIL = 72
NARROW = 720


class ChosenPage(View):
    """Something readable is chosen."""

    hint = CHECK_THEM

    def __init__(self, parent: tk.Misc, bar: tk.Misc, tools: Tools) -> None:
        super().__init__(parent, bar, tools)
        px = self.look.px
        self.back = self.look.button(self.actions, "Back", self.controller.back)
        self.back.pack(side="left", padx=(0, px(12)))
        self.copy = self.look.button(self.actions, "Copy without identity…", self.copy_without_identity)
        self.copy.pack(side="left", padx=(0, px(12)))
        self.upload = self.look.button(self.actions, "Upload", self.controller.upload, "Primary")
        self.upload.pack(side="left")
        self._banner = Banner(self, self.look, self.controller.dismiss_problem)
        self._post_operative = tk.BooleanVar(self, False)
        self._thumbnails: dict[str, tuple[tk.Label, ImageTk.PhotoImage | None]] = {}
        self._body = self.look.frame(self)
        self._body.pack(fill="both", expand=True, padx=px(24), pady=px(20))
        self._body.rowconfigure(0, weight=1)
        self._left = Scrolled(self._body, self.look)
        self._right = Scrolled(self._body, self.look)
        self._body.bind("<Configure>", self._share_room)

    def subtitle(self) -> str:
        return study_title(self.state.study) if self.state.study is not None else ""

    def refresh(self, changed: frozenset[str]) -> None:
        if "problem" in changed:
            self._show_problem()
        if changed & {"study", "packs"}:
            self._build()
        if changed & {"study", "busy", "page"}:
            self.upload.state(["!disabled" if self.controller.can_upload() else "disabled"])
            self.copy.state(["!disabled" if self.controller.outgoing.can_copy() else "disabled"])
            nothing = self.state.study is not None and not can_be_graded(self.state.study)
            self.hint = "" if nothing else CHECK_THEM
        if changed & {"study", "pictures", "page"}:
            self._show_thumbnails()

    def _share_room(self, event: tk.Event[tk.Misc]) -> None:
        """Side by side, or one above the other in a narrow window."""
        if event.widget is not self._body:
            return
        narrow, gap = event.width < self.look.px(NARROW), self.look.px(8)
        self._left.grid(row=0, column=0, sticky="nsew", padx=(0, 0 if narrow else gap))
        self._right.grid(row=int(narrow), column=int(not narrow), sticky="nsew", pady=(gap if narrow else 0, 0))
        self._body.columnconfigure(0, weight=62, uniform="halves")
        self._body.columnconfigure(1, weight=0 if narrow else 38, uniform="" if narrow else "halves")
        self._body.rowconfigure(1, weight=int(narrow))

    def _show_problem(self) -> None:
        px = self.look.px
        self._banner.show(self.state.problem)
        if self.state.problem is None:
            self._banner.pack_forget()
        else:
            self._banner.pack(side="top", fill="x", padx=px(24), pady=(px(16), 0), before=self._body)

    def _build(self) -> None:
        for column in (self._left, self._right):
            for child in column.inside.winfo_children():
                child.destroy()
        self._thumbnails.clear()
        study = self.state.study
        if study is None:
            return
        for series in study.series:
            self._series_card(self._left.inside, study, series)
        if study.siblings:
            self._siblings_card(self._right.inside, study)
        self._assessed_card(self._right.inside)
        if study.unreadable:
            self._unreadable_card(self._right.inside)

    def _series_card(self, parent: tk.Misc, study: Study, series: Series) -> None:
        look, px = self.look, self.look.px
        card = look.card(parent)
        card.pack(fill="x", pady=(0, px(12)))
        blank = tk.PhotoImage(master=self, width=px(THUMBNAIL), height=px(THUMBNAIL))
        picture = tk.Label(card, background="#000000", borderwidth=0, padx=0, pady=0, image=blank)
        picture.image = blank  # type: ignore[attr-defined] # Tk keeps no reference of its own
        picture.pack(side="left", padx=(0, px(16)))
        self._thumbnails[series.id] = (picture, None)
        change = look.button(card, "Change…", lambda: self._ask_role(change, series))
        change.pack(side="right", padx=(px(12), 0))
        if not may_change(series):
            change.state(["disabled"])
        words = look.frame(card)
        words.pack(side="left", fill="both", expand=True)
        look.wrapping(words, series_title(series), "text", "heading").pack(fill="x")
        look.wrapping(words, series_slices(series), "dim").pack(fill="x")
        will, use = series_use(study, series, self._packed(), self._packed_for_axial())
        mark, tone = ("✓", "done") if will else ("–", "dim")
        look.wrapping(words, f"{mark} {use}", tone).pack(fill="x", pady=(px(6), 0))
        for note in series.notes:
            look.wrapping(words, f"⚑ {note}", "accent", "small").pack(fill="x", pady=(px(2), 0))

    def _siblings_card(self, parent: tk.Misc, study: Study) -> None:
        look, px = self.look, self.look.px
        card = look.card(parent)
        card.pack(fill="x", pady=(0, px(12)))
        look.label(card, "This is one slice of a series", "text", "bold").pack(fill="x")
        words, load = beside_words(study)
        look.wrapping(card, words, "dim", "small").pack(fill="x", pady=(px(4), px(10) if load else 0))
        if load:
            self.load_all = look.button(card, load, self.controller.load_all)
            self.load_all.pack(anchor="w")

    def _assessed_card(self, parent: tk.Misc) -> None:
        look, px, study = self.look, self.look.px, self.state.study
        if study is None:
            return
        card = look.card(parent)
        card.pack(fill="x", pady=(0, px(12)))
        look.label(card, "What will be assessed", "text", "bold").pack(fill="x", pady=(0, px(6)))
        if not can_be_graded(study):
            look.wrapping(card, NOTHING, "accent", "small").pack(fill="x", pady=(0, px(4)))
        for expected in expectations(study, self._packed(), self._packed_for_axial()):
            row = look.frame(card)
            row.pack(fill="x", pady=px(4))
            mark = look.label(row, "✓" if expected.will else "–", "done" if expected.will else "dim")
            mark.configure(width=2)
            mark.pack(side="left", anchor="n")
            tone = "text" if expected.will else "dim"
            look.wrapping(row, expected.sentence, tone).pack(side="left", fill="x", expand=True)
        if self.state.packs is not None and not self._packed():
            install = "Without a model pack pictures are shown but not graded. About tells how to install one."
            look.wrapping(card, install, "accent", "small").pack(fill="x", pady=px(4))
        for note in study.notes:
            look.wrapping(card, f"⚑ {note}", "accent", "small").pack(fill="x", pady=px(4))
        self._post_operative.set(self.state.post_operative)
        self.surgery = look.check(
            card,
            SURGERY,
            self._post_operative,
            lambda: self.controller.set_post_operative(self._post_operative.get()),
        )
        self.surgery.pack(fill="x", pady=(px(10), 0))
        self.surgery.bind("<Configure>", self._break_surgery)
        look.wrapping(card, "Every finding is then flagged to be checked.", "dim", "small").pack(
            fill="x", padx=(px(30), 0)
        )

    def _break_surgery(self, event: tk.Event[tk.Misc]) -> None:
        """A box does not break its words by itself."""
        wide = self.look.font("text").measure(SURGERY) + self.look.px(40)
        event.widget.configure(text=SURGERY if wide <= event.width else SURGERY.replace(" or ", "\nor "))  # type: ignore[call-arg]

    def _unreadable_card(self, parent: tk.Misc) -> None:
        look, px, study = self.look, self.look.px, self.state.study
        if study is None:
            return
        count = len(study.unreadable)
        card = look.card(parent)
        card.pack(fill="x")
        title = "1 file could not be read" if count == 1 else f"{count} files could not be read"
        look.label(card, title, "text", "bold").pack(fill="x", pady=(0, px(6)))
        for item in study.unreadable[:20]:
            look.wrapping(card, item.path.name, "text", "smallbold").pack(fill="x", pady=(px(4), 0))
            look.wrapping(card, f"{item.finding} {item.remedy}", "dim", "small").pack(fill="x")
        if count > 20:
            look.label(card, f"and {count - 20} more", "dim", "small").pack(fill="x", pady=(px(4), 0))

    def _packed(self) -> frozenset[Condition]:
        return packed_conditions(self.state.packs) if self.state.packs is not None else frozenset()

    def _packed_for_axial(self) -> frozenset[Condition]:
        return packed_for_axial(self.state.packs) if self.state.packs is not None else frozenset()

    def _ask_role(self, button: tk.Misc, series: Series) -> None:
        menu = self.look.menu(button)
        for words in (*(role[0] for role in ROLES), NOT_USED):
            menu.add_command(label=words, command=partial(self.controller.change_role, series, words))
        menu.tk_popup(button.winfo_rootx(), button.winfo_rooty() + button.winfo_height())

    def _show_thumbnails(self) -> None:
        study = self.state.study
        for series in study.series if study is not None else ():
            label, shown = self._thumbnails.get(series.id, (None, None))
            if label is None or shown is not None or not series.instances:
                continue
            pixels = self.controller.browser.picture(series.instances[len(series.instances) // 2])
            if pixels is not None:
                photo = ImageTk.PhotoImage(Image.fromarray(thumbnail(pixels, self.look.px(THUMBNAIL))), master=self)
                label.configure(image=photo)
                self._thumbnails[series.id] = (label, photo)
