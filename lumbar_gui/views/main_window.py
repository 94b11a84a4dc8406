"""The frame of the window: upper bar, one page, status line, and a sheet laid over it at times."""

from __future__ import annotations

import contextlib
import tkinter as tk
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tkinter import ttk

from lumbar_core.report.result import INTENDED_USE
from lumbar_gui.controller import Controller
from lumbar_gui.keymap import CONTROL, is_plain
from lumbar_gui.state import Page, State
from lumbar_gui.views import sheets, theme
from lumbar_gui.views.button_row import ButtonRow
from lumbar_gui.views.chosen_page import ChosenPage
from lumbar_gui.views.dialogs import Prompts
from lumbar_gui.views.evidence_sheet import EvidenceSheet
from lumbar_gui.views.grades_sheet import GradesSheet
from lumbar_gui.views.header_sheet import HeaderSheet
from lumbar_gui.views.keys import Keys
from lumbar_gui.views.keys_sheet import KeysSheet
from lumbar_gui.views.look import Look
from lumbar_gui.views.page import Tools, View
from lumbar_gui.views.plan_sheet import PlanSheet
from lumbar_gui.views.processing_page import ProcessingPage
from lumbar_gui.views.results_page import ResultsPage
from lumbar_gui.views.settings_sheet import settings_sheet
from lumbar_gui.views.start_page import StartPage
from lumbar_gui.views.tips_sheet import TipsSheet

TITLE = "Lumbar MRI"
# What the notice comes down to, for a status line in which not even its small print fits.
SHORT_NOTICE = "Not a medical device; needs a doctor's reading"
EVERYTHING = frozenset(State.__slots__)
MakeSheet = Callable[[tk.Misc, Tools, Callable[[], None]], sheets.Sheet]
SHEETS: dict[str, MakeSheet] = {
    "notice": sheets.notice,
    "settings": settings_sheet,
    "help": sheets.help_sheet,
    "about": sheets.about,
    "header": HeaderSheet,
    "evidence": EvidenceSheet,
    "grades": GradesSheet,
    "keys": KeysSheet,
    "tips": TipsSheet,
    "plan": PlanSheet,
}
BESIDE_HELP = {"about": "About", "settings": "Settings", "keys": "Keys…", "grades": "What the grades mean"}


class MainWindow:
    """Everything inside the toplevel; built anew when theme or scale changes, from the state that stays."""

    def __init__(self, root: tk.Tk, state: State, controller: Controller, prompts: Prompts) -> None:
        self._root = root
        self._state = state
        self._controller = controller
        self._prompts = prompts
        self._hint_words = ""
        self._drawn_as = (state.settings.theme, state.settings.scale)
        self._sheet: sheets.Sheet | None = None
        self._sheet_name = ""
        root.title(TITLE)
        root.protocol("WM_DELETE_WINDOW", controller.close)
        self.build()
        state.subscribe(self._changed)
        root.bind("<Key>", self._key)
        root.bind("<KeyRelease>", lambda event: self.keys.released(event))
        root.bind_class("TButton", "<Return>", _press)
        self._accept_drops()
        if state.settings.notice_seen != sheets.NOTICE:
            self.open_sheet("notice")

    def build(self) -> None:
        """Make every widget, in the theme and at the scale of the settings."""
        for child in self._root.winfo_children():
            child.destroy()
        settings = self._state.settings
        self.look = Look(self._root, theme.PALETTES[settings.theme], settings.scale / 100 or display_scale(self._root))
        self._size_window()
        self.tools = Tools(self._state, self._controller, self.look, self._prompts)
        self._make_bar()
        self._make_status_line()
        self._middle = tk.Frame(self._root, background=self.look.palette.ground)
        self._middle.pack(fill="both", expand=True)
        self.pages = self._make_pages()
        self.keys = Keys(self._root, self.tools, self.results, self._open_file, lambda: self.open_sheet("help"))
        for page in self.pages.values():
            page.refresh(EVERYTHING)
        self._bring_forward()
        self._show_status()

    @property
    def start(self) -> StartPage:
        return self.pages[Page.START]  # type: ignore[return-value]

    @property
    def chosen(self) -> ChosenPage:
        return self.pages[Page.CHOSEN]  # type: ignore[return-value]

    @property
    def processing(self) -> ProcessingPage:
        return self.pages[Page.PROCESSING]  # type: ignore[return-value]

    @property
    def results(self) -> ResultsPage:
        return self.pages[Page.RESULTS]  # type: ignore[return-value]

    @property
    def sheet(self) -> sheets.Sheet | None:
        """The sheet that lies over the page."""
        return self._sheet

    def open_sheet(self, name: str) -> None:
        """Lay a sheet over the page: any of SHEETS, by its name; none in the place of the first notice."""
        if self._sheet_name == "notice" != name:
            return
        self._remove_sheet()
        self._sheet_name = name
        self._sheet = SHEETS[name](self._middle, self.tools, self.close_sheet)
        self._sheet.place(relx=0, rely=0, relwidth=1, relheight=1)
        if name == "help":
            beside = ButtonRow(self._sheet.foot, self.look)
            beside.pack(side="left", fill="x", expand=True)
            for other, words in BESIDE_HELP.items():
                self.look.button(beside, words, partial(self.open_sheet, other))

    def close_sheet(self) -> None:
        """Back to the page."""
        if self._sheet is None:
            return
        was = self._sheet_name
        self._remove_sheet()
        self._controller.looking.close()
        self.pages[self._state.page].shown()
        if was == "notice" and not self._state.settings.tips_seen:
            self.open_sheet("tips")

    def _remove_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.destroy()
            self._sheet = None
            self._sheet_name = ""

    def _make_bar(self) -> None:
        look, px, p = self.look, self.look.px, self.look.palette
        bar = tk.Frame(self._root, background=p.panel, height=px(theme.BAR))
        bar.pack(side="top", fill="x")
        bar.pack_propagate(False)
        tk.Frame(self._root, background=p.line, height=max(1, px(1))).pack(side="top", fill="x")
        self._title = look.label(bar, TITLE, "text", "bold")
        self._title.pack(side="left", padx=(px(16), px(12)))
        self._subtitle = look.label(bar, "", "dim")
        self._subtitle.pack(side="left", fill="x", expand=True)
        self._subtitle.bind("<Configure>", lambda _event: self._fit_subtitle())
        bar.bind("<Configure>", lambda _event: self._fit_title())
        self._bar = bar

    def _make_status_line(self) -> None:
        look, px, p = self.look, self.look.px, self.look.palette
        line = tk.Frame(self._root, background=p.panel, height=px(theme.STATUS_LINE))
        line.pack(side="bottom", fill="x")
        line.pack_propagate(False)
        tk.Frame(self._root, background=p.line, height=max(1, px(1))).pack(side="bottom", fill="x")
        self._use = look.label(line, INTENDED_USE, "dim", "small")
        self._use.pack(side="right", padx=px(16))
        self._packs = look.label(line, "", "dim", "small", cursor="hand2")
        self._packs.pack(side="right")
        self._packs.bind("<Button-1>", lambda _event: self.open_sheet("about"))
        self._hint = look.label(line, "", "dim", "small")
        self._hint.pack(side="left", fill="x", expand=True, padx=px(16))
        line.bind("<Configure>", lambda _event: self._share_status_line())
        self._status_line = line

    def _share_status_line(self) -> None:
        """In a narrow window the intended use stays; a message goes before the packs, these before a mere hint."""
        px, font = self.look.px, self.look.font("small")
        self._fit_notice(self._status_line.winfo_width() - px(32))
        room = self._status_line.winfo_width() - self._use.winfo_reqwidth() - px(48)
        hint, packs = font.measure(self._hint_words) + px(16), font.measure(str(self._packs["text"]))
        message = self._hint_words != self.pages[self._state.page].hint
        show_packs = packs <= room and (hint + packs <= room or not message)
        show_hint = hint + (packs if show_packs else 0) <= room or (message and not show_packs)
        self._hint.configure(text=self._hint_words if show_hint else "")
        if not show_packs:
            self._packs.pack_forget()
        elif not self._packs.winfo_manager():
            self._packs.pack(side="right", after=self._use)

    def _fit_title(self) -> None:
        """The program's name is whole or, where the buttons need its room, not there: the window's frame has it too."""
        px, buttons = self.look.px, self.pages[self._state.page].actions.winfo_reqwidth() + 2 * self.look.px(16)
        room = self._bar.winfo_width() - buttons - px(16) - px(12)
        self._title.configure(text=TITLE if self.look.font("bold").measure(TITLE) <= room else "")

    def _fit_subtitle(self) -> None:
        """A patient's number that is cut must look cut: another one may begin alike."""
        words, font = self.pages[self._state.page].subtitle(), self.look.font("text")
        room = self._subtitle.winfo_width()
        if font.measure(words) > room:
            words += "…"
            while len(words) > 1 and font.measure(words) > room:
                words = f"{words[:-2].rstrip()}…"
        if font.measure(words) > room:
            words = ""
        self._subtitle.configure(text=words)

    def _fit_notice(self, room: int) -> None:
        """The intended use is always whole: smaller, then in short, where the line is too narrow."""
        forms = [(words, size) for words in (INTENDED_USE, SHORT_NOTICE) for size in ("small", "tiny")]
        fitting = (form for form in forms if self.look.font(form[1]).measure(form[0]) <= room)
        words, size = next(fitting, forms[-1])
        self._use.configure(text=words, font=self.look.font(size))

    def _make_pages(self) -> dict[Page, View]:
        middle, bar, tools = self._middle, self._bar, self.tools
        openers: dict[str, object] = {
            "Settings": lambda: self.open_sheet("settings"),
            "About": lambda: self.open_sheet("about"),
            "Help": lambda: self.open_sheet("help"),
        }
        return {
            Page.START: StartPage(middle, bar, tools, openers, lambda: self.open_sheet("plan")),
            Page.CHOSEN: ChosenPage(middle, bar, tools),
            Page.PROCESSING: ProcessingPage(middle, bar, tools),
            Page.RESULTS: ResultsPage(middle, bar, tools),
        }

    def _changed(self, changed: frozenset[str]) -> None:
        settings = self._state.settings
        if "settings" in changed and self._drawn_as != (settings.theme, settings.scale):
            self._drawn_as = (settings.theme, settings.scale)
            again = self._sheet_name
            self._sheet = None
            self.build()
            if again:
                self.open_sheet(again)
            return
        for page in self.pages.values():
            page.refresh(changed)
        self._refresh_sheet(changed)
        if "page" in changed:
            self._bring_forward()
        self._show_status()

    def _refresh_sheet(self, changed: frozenset[str]) -> None:
        for name, of in (("header", "tags"), ("evidence", "evidence")):
            if of in changed and getattr(self._state, of) is not None:
                self.open_sheet(name)
            elif of in changed and self._sheet_name == name:
                self.close_sheet()
        if "evidence_map" in changed and isinstance(self._sheet, EvidenceSheet):
            self._sheet.paint()

    def _bring_forward(self) -> None:
        for name, page in self.pages.items():
            if name is not self._state.page:
                page.place_forget()
                page.actions.pack_forget()
        page = self.pages[self._state.page]
        page.place(relx=0, rely=0, relwidth=1, relheight=1)
        # Packed first, so that in a narrow window the words give way and not the buttons.
        page.actions.pack(side="right", padx=self.look.px(16), before=self._title)
        if self._sheet is None:
            page.shown()
        else:
            self._sheet.lift()

    def _show_status(self) -> None:
        page, packs, state = self.pages[self._state.page], self._state.packs, self._state
        self._fit_title()
        self._fit_subtitle()
        saved = f"Saved as {state.saved.name}" if state.saved is not None else ""
        self._hint_words = state.busy or state.told or saved or page.hint
        if packs is None:
            self._packs.configure(text="Loading the packs…")
        else:
            count = "1 pack" if len(packs.all) == 1 else f"{len(packs.all)} packs"
            self._packs.configure(text=f"Processor: {sheets.processor_words(packs)}    {count}")
        self._share_status_line()

    def _key(self, event: tk.Event[tk.Misc]) -> None:
        """A sheet takes the page's keys for itself; Esc closes it, but the first notice wants its button."""
        if self._sheet is None:
            self.keys.pressed(event)
        elif event.keysym == "Escape" and self._sheet_name != "notice":
            self.close_sheet()
        elif is_plain(int(event.state)):
            self._sheet.pressed(event.keysym if len(event.keysym) > 1 else event.keysym.lower())

    def _open_file(self) -> None:
        if self._state.page is not Page.PROCESSING:
            self._controller.choose(self._prompts.open_files())

    def _size_window(self) -> None:
        """The first size, within the screen; a later change of scale leaves the user's size alone."""
        root, px = self._root, self.look.px
        root.configure(background=self.look.palette.ground)
        screen = (root.winfo_screenwidth(), root.winfo_screenheight())
        least = [min(px(want), have) for want, have in zip(theme.SMALLEST_WINDOW, screen, strict=True)]
        root.minsize(*[min(want, smallest) for want, smallest in zip(least, theme.SMALLEST_WINDOW, strict=True)])
        if root.winfo_width() <= 1:
            first = [min(px(want), have) for want, have in zip(theme.FIRST_WINDOW, screen, strict=True)]
            root.geometry(f"{first[0]}x{first[1]}")

    def _accept_drops(self) -> None:
        """Files dropped anywhere on the window; without tkinterdnd2's library there are the buttons."""
        register = getattr(self._root, "drop_target_register", None)
        if register is None:
            return
        with contextlib.suppress(tk.TclError):
            register("DND_Files")
            self._root.dnd_bind("<<Drop>>", self._dropped)  # type: ignore[attr-defined]

    def _dropped(self, event: tk.Event[tk.Misc]) -> str:
        names = self._root.tk.splitlist(event.data)  # type: ignore[attr-defined]
        if self._state.page is not Page.PROCESSING and self._sheet is None:
            self._controller.choose([Path(name) for name in names])
        return "copy"


def _press(event: tk.Event[tk.Misc]) -> str:
    """Enter presses the button that has the focus; with Control it is a request of the window's own."""
    if int(event.state) & CONTROL:
        return ""
    if isinstance(event.widget, ttk.Button):
        event.widget.invoke()
    return "break"


def display_scale(root: tk.Misc) -> float:
    """The display's own factor, in quarters between 1 and 2, no larger than leaves the smallest window room."""
    wanted = round(root.winfo_fpixels("1i") / 96 * 4) / 4
    width, height = theme.SMALLEST_WINDOW
    room = min(root.winfo_screenwidth() / width, root.winfo_screenheight() / height)
    return min(max(min(wanted, int(room * 4) / 4), 1.0), 2.0)
