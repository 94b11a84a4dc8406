"""Start: one large drop zone and three ways to open."""

from __future__ import annotations

import tkinter as tk
from functools import partial

from lumbar_core.study import InputKind, Study
from lumbar_gui.expectation import readable_date, study_title
from lumbar_gui.views import shapes
from lumbar_gui.views.banner import Banner
from lumbar_gui.views.page import Tools, View

WHAT_IT_DOES = "Grades canal, foramina and lateral recesses from L1/L2 to L5/S1. Nothing leaves this computer."
MOST_CHOICES = 8
IDLE = "Choose an image first · reads it on this PC, sends nothing"
REMEMBERS = "Nothing is remembered: no list of recent studies, no copies, no names."


class StartPage(View):
    """Nothing is chosen yet."""

    hint = "Drop a file or a folder, or open one"

    def __init__(self, parent: tk.Misc, bar: tk.Misc, tools: Tools, open_sheet: dict[str, object]) -> None:
        super().__init__(parent, bar, tools)
        px = self.look.px
        for name, action in open_sheet.items():
            self.look.button(self.actions, name, action).pack(side="left", padx=(px(12), 0))  # type: ignore[arg-type]
        self._cards = self._make_cards()
        self._cards.pack(side="bottom", fill="x", padx=px(48), pady=(0, px(32)))
        self._zone = tk.Canvas(self, background=self.look.palette.ground, highlightthickness=0, borderwidth=0)
        self._zone.pack(fill="both", expand=True, padx=px(48), pady=(px(32), px(24)))
        self._middle = self._make_middle()
        self._banner = Banner(self._zone, self.look, self.controller.dismiss_problem)
        self._choices: tk.Frame | None = None
        self._zone.bind("<Configure>", self._draw_zone)
        self.bind("<Configure>", self._make_room)

    def refresh(self, changed: frozenset[str]) -> None:
        if changed & {"problem", "choices", "busy", "page"}:
            self.upload.state(["!disabled" if self.controller.can_upload() else "disabled"])
            self._reason.configure(text=f"{self.state.busy}  (Esc stops)" if self.state.busy else IDLE)
            self._show_below()

    def _make_middle(self) -> tk.Frame:
        look, px = self.look, self.look.px
        middle = tk.Frame(self._zone, background=look.palette.panel)
        self._icon = tk.Label(middle, image=shapes.spine(look, look.palette.accent), background=look.palette.panel)
        self._icon.pack(pady=(0, px(10)))
        look.label(middle, "Drop a lumbar MRI here", "text", "title").pack()
        accepted = "a DICOM study, folder, ZIP or slice, or a PNG / JPEG / TIFF picture"
        look.label(middle, accepted, "dim").pack(pady=(px(14), px(22)))
        buttons = look.frame(middle)
        buttons.pack()
        self.open_file = look.button(buttons, "Open file…", self._open_file)
        self.open_folder = look.button(buttons, "Open folder…", self._open_folder)
        self.open_sample = look.button(buttons, "Open sample", self.controller.open_sample)
        for button in (self.open_file, self.open_folder, self.open_sample):
            button.pack(side="left", padx=px(5))
        self.upload = look.button(middle, "Upload", self.controller.upload, "Primary")
        self.upload.pack(pady=(px(22), px(8)), ipadx=px(16), ipady=px(2))
        self.upload.state(["disabled"])
        self._reason = look.label(middle, IDLE, "dim", "small")
        self._reason.pack()
        return middle

    def _make_cards(self) -> tk.Frame:
        look, px = self.look, self.look.px
        cards = look.frame(self)
        for column, (title, words) in enumerate((("What it does", WHAT_IT_DOES), ("Privacy", REMEMBERS))):
            card = look.card(cards)
            card.grid(row=0, column=column, sticky="nsew", padx=(0 if column == 0 else px(16), 0))
            cards.columnconfigure(column, weight=1, uniform="cards")
            look.label(card, title, "text", "bold").pack(fill="x")
            look.wrapping(card, words, "dim", "small").pack(fill="x", pady=(px(2), 0))
        return cards

    def _draw_zone(self, event: tk.Event[tk.Misc]) -> None:
        look, px = self.look, self.look.px
        self._zone.delete("zone")
        box = (px(1), px(1), event.width - px(2), event.height - px(2))
        shapes.rounded(self._zone, box, px(10), look.palette.panel)
        left, top, right, bottom = box
        r = px(10)
        for line in ((left + r, top, right - r, top), (left + r, bottom, right - r, bottom),
                     (left, top + r, left, bottom - r), (right, top + r, right, bottom - r)):  # fmt: skip
            self._zone.create_line(*line, fill=look.palette.line, width=px(2), dash=(px(8), px(6)))
        for start, x, y in ((90, left, top), (0, right - 2 * r, top), (180, left, bottom - 2 * r),
                            (270, right - 2 * r, bottom - 2 * r)):  # fmt: skip
            self._zone.create_arc(
                x, y, x + 2 * r, y + 2 * r, start=start, extent=90, style="arc", outline=look.palette.line, width=px(2)
            )
        self._zone.addtag_all("zone")
        self._place_all()

    def _make_room(self, event: tk.Event[tk.Misc]) -> None:
        """In a low window the two cards give way to the drop zone."""
        if event.widget is self:
            if event.height < self.look.px(560):
                self._cards.pack_forget()
            elif not self._cards.winfo_ismapped():
                self._cards.pack(
                    side="bottom", fill="x", padx=self.look.px(48), pady=(0, self.look.px(32)), before=self._zone
                )

    def _show_below(self) -> None:
        self._banner.show(self.state.problem)
        if self._choices is not None:
            self._choices.destroy()
            self._choices = None
        if self.state.choices:
            self._choices = self._make_choices(self.state.choices)
        self._place_all()

    def _place_all(self) -> None:
        """The block in the middle stays where it is; messages come below it, a choice in its place."""
        px, height = self.look.px, self._zone.winfo_height()
        crowded = self.state.problem is not None and height < px(330)
        for widget, padding in ((self.upload, (px(22), px(8))), (self._reason, 0)):
            if crowded:
                widget.pack_forget()
            elif not widget.winfo_manager():
                widget.pack(pady=padding)
        if height < px(420):
            self._icon.pack_forget()
            self._middle.place(relx=0.5, rely=0.32 if crowded else 0.42, anchor="center")
        else:
            if not self._icon.winfo_manager():
                self._icon.pack(pady=(0, px(10)), before=self._middle.winfo_children()[1])
            self._middle.place(relx=0.5, rely=0.44 if height > px(540) else 0.39, anchor="center")
        if self.state.problem is not None:
            width = min(self._zone.winfo_width() - self.look.px(48), self.look.px(760))
            self._banner.place(relx=0.5, rely=1.0, y=-self.look.px(16), anchor="s", width=width)
        else:
            self._banner.place_forget()
        if self._choices is not None:
            self._middle.place_forget()
            self._choices.place(relx=0.5, rely=0.5, anchor="center")

    def _make_choices(self, studies: tuple[Study, ...]) -> tk.Frame:
        """More than one examination lies in what was handed over: one is chosen, they are never mixed."""
        look, px = self.look, self.look.px
        card = look.card(self._zone)
        look.label(card, "More than one examination", "text", "heading").pack(fill="x")
        look.label(card, "Two patients or examinations are never mixed. Choose one.", "dim").pack(
            fill="x", pady=(px(4), px(10))
        )
        for study in studies[:MOST_CHOICES]:
            row = look.frame(card)
            row.pack(fill="x", pady=px(3))
            look.button(row, "Choose", partial(self.controller.pick_study, study)).pack(side="right")
            look.label(row, self._words_on(study)).pack(side="left", padx=(0, px(24)))
        if len(studies) > MOST_CHOICES:
            more = f"and {len(studies) - MOST_CHOICES} more: open one of them alone, or use “batch” for all"
            look.label(card, more, "dim", "small").pack(fill="x", pady=(px(6), 0))
        look.button(card, "Cancel", self.controller.back).pack(anchor="e", pady=(px(10), 0))
        return card

    def _words_on(self, study: Study) -> str:
        """What tells this examination from the others."""
        if study.kind is InputKind.PICTURE:
            return study.series[0].instances[0].source.path.name
        identity = study.identity
        words = [study_title(study)]
        if not self.state.identity_hidden:
            words += [identity.patient_id or "", readable_date(identity.study_date)]
        return " · ".join(filter(None, words))

    def _open_file(self) -> None:
        self.controller.choose(self.tools.prompts.open_files())

    def _open_folder(self) -> None:
        folder = self.tools.prompts.open_folder()
        if folder is not None:
            self.controller.choose((folder,))
