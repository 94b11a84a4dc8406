"""Start: one large drop zone and three ways to open."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lumbar_gui.state import Page
from lumbar_gui.views import shapes
from lumbar_gui.views.banner import Banner
from lumbar_gui.views.case_list import CaseList
from lumbar_gui.views.page import Tools, View

WHAT_IT_DOES = "Grades canal, foramina and lateral recesses from L1/L2 to L5/S1. Nothing leaves this computer."
ACCEPTED = "a DICOM study, folder, ZIP or slice, or a PNG / JPEG / TIFF picture"
IDLE = "Choose an image first · reads it on this PC, sends nothing"
UNSAVED = "Marks that you did not save wait for you, without a name; so does a remark, sealed."
REMEMBERS = f"No list of recent studies, no copies, no names. {UNSAVED}"
REMEMBERS_PLACES = f"Where the last studies lay is remembered, as you asked; no copies, no names. {UNSAVED}"
MOST_BLOCK = 640
LOW_ZONE, LOW_PAGE = 330, 560


class StartPage(View):
    """Nothing is chosen yet."""

    hint = "Drop a file or a folder, or open one"

    def __init__(
        self,
        parent: tk.Misc,
        bar: tk.Misc,
        tools: Tools,
        open_sheet: dict[str, object],
        make_plan: Callable[[], None],
    ) -> None:
        super().__init__(parent, bar, tools)
        self.make_plan = make_plan
        px = self.look.px
        self.plan = self.look.button(self.actions, "Readers…", self._offer_reading)
        self.plan.pack(side="left")
        for name, action in open_sheet.items():
            self.look.button(self.actions, name, action).pack(side="left", padx=(px(12), 0))  # type: ignore[arg-type]
        self._cards = self._make_cards()
        self._zone = tk.Canvas(self, background=self.look.palette.ground, highlightthickness=0, borderwidth=0)
        self._zone.pack(fill="both", expand=True, padx=px(48), pady=(px(32), px(24)))
        self._shown: tuple[tuple[tk.Widget, ...], bool] = ((), False)
        self._middle = self._make_middle()
        self._banner = Banner(self._zone, self.look, self.controller.dismiss_problem)
        self._list: CaseList | None = None
        # A message breaks its lines only once it stands; the block above it then has more room or less.
        self._banner.bind("<Configure>", lambda _event: self._place_all())
        self._zone.bind("<Configure>", self._draw_zone)
        self.bind("<Configure>", self._make_room)

    def refresh(self, changed: frozenset[str]) -> None:
        if changed & {"problem", "worklist", "room", "busy", "page"} and self.state.page is Page.START:
            self.upload.state(["!disabled" if self.controller.can_upload() else "disabled"])
            self._reason.configure(text=f"{self.state.busy}  (Esc stops)" if self.state.busy else IDLE)
            self._show_below()
        if changed & {"recent", "settings"}:
            self._privacy.configure(text=REMEMBERS_PLACES if self.state.settings.recent else REMEMBERS)
            if self.state.recent:
                self.recent.pack(side="left", padx=self.look.px(5))
            else:
                self.recent.pack_forget()

    def shown(self) -> None:
        if self._list is not None:
            self._list.go_on()
        else:
            super().shown()

    def _make_middle(self) -> tk.Frame:
        look, px = self.look, self.look.px
        middle = tk.Frame(self._zone, background=look.palette.panel)
        self._icon = tk.Label(middle, image=shapes.spine(look, look.palette.accent), background=look.palette.panel)
        self._title = look.label(middle, "Drop a lumbar MRI here", "text", "title")
        self._accepted = look.label(middle, ACCEPTED, "dim")
        buttons = look.frame(middle)
        self.open_file = look.button(buttons, "Open file…", self._open_file)
        self.open_folder = look.button(buttons, "Open folder…", self._open_folder)
        self.open_sample = look.button(buttons, "Open sample", self.controller.open_sample)
        self.recent = look.button(buttons, "Recent…", self._offer_recent)
        for button in (self.open_file, self.open_folder, self.open_sample):
            button.pack(side="left", padx=px(5))
        self.upload = look.button(middle, "Upload", self.controller.upload, "Primary")
        self.upload.configure(padding=(px(44), px(11)))
        self.upload.state(["disabled"])
        self._reason = look.label(middle, IDLE, "dim", "small")
        for words in (self._accepted, self._reason):
            words.configure(justify="center")
        # The parts from above down, with the space above and below each.
        self._parts: dict[tk.Widget, tuple[int, int]] = {
            self._icon: (0, 10),
            self._title: (0, 0),
            self._accepted: (14, 22),
            buttons: (0, 0),
            self.upload: (22, 8),
            self._reason: (0, 0),
        }
        return middle

    def _make_cards(self) -> tk.Frame:
        look, px = self.look, self.look.px
        cards = look.frame(self)
        for column, (title, words) in enumerate((("What it does", WHAT_IT_DOES), ("Privacy", REMEMBERS))):
            card = look.card(cards)
            card.grid(row=0, column=column, sticky="nsew", padx=(0 if column == 0 else px(16), 0))
            cards.columnconfigure(column, weight=1, uniform="cards")
            look.label(card, title, "text", "bold").pack(fill="x")
            said = look.wrapping(card, words, "dim", "small")
            said.pack(fill="x", pady=(px(2), 0))
            if words is REMEMBERS:
                self._privacy = said
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
        """In a low window the two cards and half of the space around give way to the drop zone."""
        if event.widget is not self:
            return
        px, share = self.look.px, 0.5 if event.height < self.look.px(LOW_ZONE) else 1.0
        self._zone.pack_configure(padx=px(48 * share), pady=(px(32 * share), px(24 * share)))
        if event.height < px(LOW_PAGE):
            self._cards.pack_forget()
        elif not self._cards.winfo_ismapped():
            self._cards.pack(side="bottom", fill="x", padx=px(48), pady=(0, px(32)), before=self._zone)

    def _show_below(self) -> None:
        self._banner.show(self.state.problem)
        new, held = self._list is None, None
        if self._list is not None:
            held = self._list.held()
            self._list.destroy()
            self._list = None
        if self.state.worklist is not None:
            self._list = CaseList(self._zone, self.tools, self.state.worklist)
            if new or held is not None:
                self._list.go_on(held)
        self._place_all()

    def _place_all(self) -> None:
        """The block in the middle stays where it is unless a message below it needs the room; a list replaces it."""
        px, width, height = self.look.px, self._zone.winfo_width(), self._zone.winfo_height()
        if height <= 1:
            return
        low = height < px(LOW_ZONE)
        margin = px(8 if low else 16)
        bottom = height - margin - self._place_banner(width, margin)
        if self._list is not None:
            self._middle.place_forget()
            wide = self._list.fit(width - 2 * margin, bottom - margin)
            self._list.place(relx=0.5, y=(margin + bottom) // 2, anchor="center", width=wide)
            return
        inner = min(width - px(32), px(MOST_BLOCK))
        for words in (self._accepted, self._reason):
            words.configure(wraplength=inner)
        needed = self._fit_middle(bottom - margin, low)
        top = max(margin, min(round(0.44 * height - needed / 2), bottom - needed))
        self._middle.place(relx=0.5, y=top, anchor="n", width=inner)

    def _place_banner(self, width: int, margin: int) -> int:
        """Put the message at the lower edge; returns the height that it takes, with the space above it."""
        if self.state.problem is None:
            self._banner.place_forget()
            return 0
        wide = min(width - 2 * margin, self.look.px(760))
        self._banner.place(relx=0.5, rely=1.0, y=-margin, anchor="s", width=wide)
        return self._banner.winfo_reqheight() + margin

    def _fit_middle(self, room: int, low: bool) -> int:
        """Icon, title and what is accepted go, in this order, where room lacks; returns the block's height.

        The ways to open and Upload with its reason never go.
        """
        shown = list(self._parts)
        for spare in (self._icon, self._title, self._accepted):
            if self._height(shown, low) > room:
                shown.remove(spare)
        if self._shown != (tuple(shown), low):
            self._shown = (tuple(shown), low)
            for hidden in self._parts:
                hidden.pack_forget()
            for part in shown:
                part.pack(pady=self._spaces(part, low))
        return self._height(shown, low)

    def _height(self, parts: list[tk.Widget], low: bool) -> int:
        return sum(part.winfo_reqheight() + sum(self._spaces(part, low)) for part in parts)

    def _spaces(self, part: tk.Widget, low: bool) -> tuple[int, int]:
        above, below = self._parts[part]
        share = 0.5 if low else 1.0
        return self.look.px(above * share), self.look.px(below * share)

    def _open_file(self) -> None:
        self.controller.choose(self.tools.prompts.open_files())

    def _offer_recent(self) -> None:
        """What was opened before, by kind and time; where it lies is not shown, for a path may name a patient."""
        menu = self.look.menu(self)
        for index, each in enumerate(self.state.recent):
            menu.add_command(label=f"{each.opened}   {each.words}", command=partial(self.controller.open_recent, index))
        menu.add_separator()
        menu.add_command(label="Forget these", command=self.controller.forget_recent)
        menu.tk_popup(self.recent.winfo_rootx(), self.recent.winfo_rooty() + self.recent.winfo_height())

    def _offer_reading(self) -> None:
        """What readers can do: make a plan, read by one, and see how far they agree."""
        menu = self.look.menu(self)
        menu.add_command(label="Make a plan…", command=self.make_plan)
        menu.add_command(label="Read by a plan…", command=self.open_plan)
        menu.add_command(label="How far readers agree…", command=self.report_agreement)
        self._drop_down(menu)

    def _drop_down(self, menu: tk.Menu) -> None:
        """Open a menu below “Readers…”."""
        menu.tk_popup(self.plan.winfo_rootx(), self.plan.winfo_rooty() + self.plan.winfo_height())

    def report_agreement(self) -> None:
        """Ask for the readers' files and where the report goes."""
        readings = self.tools.prompts.readings()
        folder = self.tools.prompts.report_folder() if readings else None
        if folder is not None:
            self.controller.outgoing.report_agreement(readings, folder)

    def open_plan(self) -> None:
        """Ask for a plan, who reads, and where the studies lie."""
        plan = self.tools.prompts.plan_file()
        if plan is None:
            return
        readers = self.controller.room.readers_of(plan)
        menu = self.look.menu(self)
        for reader in readers:
            menu.add_command(label=f"I am {reader}", command=partial(self._enter, plan, reader))
        if readers:
            menu.add_separator()
            menu.add_command(label="Look at what readers disagree on…", command=partial(self._look_together, plan))
            self._drop_down(menu)

    def _enter(self, plan: Path, reader: str) -> None:
        folder = self.tools.prompts.open_folder()
        if folder is not None:
            self.controller.room.enter(plan, reader, (folder,))

    def _look_together(self, plan: Path) -> None:
        report = self.tools.prompts.agreement_report()
        folder = self.tools.prompts.open_folder() if report is not None else None
        if report is not None and folder is not None:
            self.controller.room.look_together(plan, report, (folder,))

    def _open_folder(self) -> None:
        folder = self.tools.prompts.open_folder()
        if folder is not None:
            self.controller.choose((folder,))
