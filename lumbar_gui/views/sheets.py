"""Sheets laid over the page: first notice, help, about. Each is closed by its button or by Esc."""

from __future__ import annotations

import platform
import re
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import lumbar_core
from lumbar_core.anatomy import STUDY_TARGETS
from lumbar_core.faults import recent_faults
from lumbar_core.report.expected import expected_differences as expected_by_packs
from lumbar_core.report.expected import least_accuracy
from lumbar_core.report.result import INTENDED_USE
from lumbar_gui.tally import ENOUGH, in_words
from lumbar_gui.views.page import Tools
from lumbar_gui.views.scrolled import Scrolled

if TYPE_CHECKING:  # they bring the inference runtime with them, which the first window need not wait for
    from lumbar_core.inference.packs import PackSet

NOTICE = "1"  # raised when the notice or the packs' terms change, so that they are shown again
TERMS = Path(lumbar_core.__file__).parent / "models" / "LICENSE"
INSTALLING = "A pack is installed with “python -m lumbar_core packs install FOLDER”, or “lumbar packs install FOLDER”."
TERMS_IN_SHORT = (
    "The model packs that come with this program were trained on data of the RSNA 2024 lumbar spine challenge. "
    "They are for non-commercial use, research and education only."
)
LIBRARIES = ("numpy", "onnxruntime", "pydicom", "Pillow", "reportlab")
HELP: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Picture",
        (
            ("Wheel, ↑ ↓", "next or previous slice"),
            ("Home, End", "first or last slice"),
            ("Click, Tab, ← →", "choose the picture that keys act on"),
            ("Double click", "one picture alone, or all again"),
            ("W", "exchange the picture with the large one; pressed at the large one, all back in their places"),
            ("Page Up, Page Down", "other series of the same plane"),
            ("Left drag", "brightness (up, down) and contrast (left, right)"),
            ("Middle drag, Shift + left drag", "move"),
            ("Right drag, Ctrl + wheel, + −", "zoom"),
            ("R, F, I", "reset (at a picture also the space bar), whole picture, invert"),
            ("Ctrl + R", "turn the picture by a quarter, clockwise; R puts it back"),
            ("1 – 9", "brightness presets; 7 to 9 are your own, kept with Ctrl + 7, 8, 9"),
            ("O held down", "hide all marks"),
            ("H", "hide or show the lines of the other planes"),
            ("Shift + mouse", "the same place of the patient in all pictures"),
            ("D, A", "measure a length (two points), an angle (three); again or Esc ends it, Del takes away the last"),
            ("L", "let the sagittal pictures scroll together, or each alone"),
            ("B", "zoom and brightness of all pictures together, or each its own; parallel ones move together too"),
            ("C", "run through the slices, or stop"),
            ("Ctrl + I", "the header of the file that is shown"),
        ),
    ),
    (
        "Findings",
        (
            ("Click a cell, arrow keys in the grid", "choose a finding and go to its slice"),
            ("E", "evidence: the next slice that the chosen finding was seen on"),
            ("V", "what the network saw of the chosen finding, and what in it counted; again for its other map"),
            (".", "next finding to check"),
            ("P", "in a reading plan: pause, the clock stands"),
            ("Enter", "agree with the chosen finding"),
            ("N, M, S, X", "Normal/Mild, Moderate, Severe, cannot judge"),
            ("Ctrl + drag its mark, Ctrl + arrows", "put the chosen finding elsewhere; it is graded there"),
            ("Ctrl + Z, Ctrl + Y", "take back a mark, a counting or a drawing, do it again"),
            ("[ ]", "count the levels one up or one down"),
            ("T", "hide or show the patient's identity"),
        ),
    ),
    (
        "Program",
        (
            ("Ctrl + O", "open a file"),
            ("Ctrl + S", "save the result"),
            ("Ctrl + P", "print the report"),
            ("Ctrl + Shift + S", "copy the examination without the patient's identity (DICOM PS3.15, basic profile)"),
            ("Ctrl + K", "save the picture that keys act on, with its marks and without words"),
            ("Ctrl + E", "compare with an earlier result of the same patient"),
            ("Ctrl + Page Down", "of several examinations the next"),
            ("Ctrl + Enter", "save as the last one was saved, and go on to the next examination"),
            ("Ctrl + Shift + C", "copy the findings as text, a line a level, the worst first"),
            ("Alt + ←", "back to the first page"),
            ("Esc", "stop a run, put back a mark that is being dragged, close this page"),
            ("F1", "this help"),
        ),
    ),
)


class Sheet(tk.Frame):
    """A card in the middle of the window over a plain ground."""

    def __init__(
        self, parent: tk.Misc, tools: Tools, title: str, close: Callable[[], None], words: str = "Close"
    ) -> None:
        look = tools.look
        super().__init__(parent, background=look.palette.ground)
        self.tools = tools
        px = look.px
        card = look.card(self)
        card.place(relx=0.5, rely=0.5, anchor="center", relheight=0.92, width=px(720))
        self.bind("<Configure>", lambda event: card.place_configure(width=min(px(720), event.width - px(32))))
        look.label(card, title, "text", "title").pack(fill="x", padx=px(8), pady=(px(4), px(10)))
        self.foot = look.frame(card)
        self.foot.pack(side="bottom", fill="x", padx=px(8), pady=(px(10), px(4)))
        self.close = look.button(self.foot, words, close, "Primary")
        self.close.pack(side="right")
        scrolled = Scrolled(card, look)
        scrolled.pack(fill="both", expand=True, padx=px(8))
        self.inside = scrolled.inside
        self.close.focus_set()

    def pressed(self, key: str) -> None:
        """A key of the page's, by its X name, which most sheets have no use for."""

    def heading(self, words: str) -> None:
        px = self.tools.look.px
        self.tools.look.wrapping(self.inside, words, "text", "bold").pack(fill="x", pady=(px(12), px(4)))

    def words(self, words: str, tone: str = "dim") -> None:
        self.tools.look.wrapping(self.inside, words, tone).pack(fill="x", pady=(0, self.tools.look.px(4)))

    def table(self, rows: Sequence[tuple[str, str]], first: int) -> None:
        """Two columns of words; first: the least width of the left one, before scaling."""
        look, px = self.tools.look, self.tools.look.px
        table = look.frame(self.inside)
        table.pack(fill="x")
        table.columnconfigure(1, weight=1)
        table.columnconfigure(0, minsize=px(first))
        for row, (name, meaning) in enumerate(rows):
            look.label(table, name, "text").grid(row=row, column=0, sticky="nw", pady=px(2))
            look.wrapping(table, meaning, "dim").grid(row=row, column=1, sticky="ew", pady=px(2))


def notice(parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> Sheet:
    """Shown before the first use: what the program is for, and the packs' terms."""

    def accept() -> None:
        tools.controller.set_settings(replace(tools.state.settings, notice_seen=NOTICE))
        close()

    sheet = Sheet(parent, tools, "Before you begin", accept, "I understand")
    sheet.heading("What this program is for")
    sheet.words(INTENDED_USE, "text")
    sheet.words("Everything happens on this computer: no picture and no name leaves it.")
    sheet.heading("Terms of the model packs")
    sheet.words(TERMS_IN_SHORT, "text")
    for paragraph in _terms()[1:]:
        sheet.words(paragraph)
    return sheet


def help_sheet(parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> Sheet:
    """Mouse and keys."""
    sheet = Sheet(parent, tools, "Help", close)
    sheet.words(INTENDED_USE)
    for title, rows in HELP:
        sheet.heading(title)
        sheet.table(rows, 260)
    return sheet


def about(parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> Sheet:
    """Versions, provider, packs with their metrics, terms."""
    sheet = Sheet(parent, tools, "About", close)
    look, px, packs = tools.look, tools.look.px, tools.state.packs
    sheet.words(INTENDED_USE, "text")
    sheet.heading("Program")
    sheet.words(" · ".join(versions()))
    sheet.heading("Processor")
    sheet.words(provider_words(tools))
    sheet.heading("Model packs")
    if packs is None or not packs.all:
        sheet.words("None is installed.")
    elif (expected := expected_differences(packs)) is not None:
        sheet.words(expected, "text")
    for refused in packs.refused if packs is not None else ():
        sheet.words(f"Not taken: {refused}")
    for pack in packs.all if packs is not None else ():
        contract = pack.contract
        whose = ", installed by you" if pack.is_users else ""
        look.wrapping(sheet.inside, f"{contract.name} {contract.version}{whose}", "text", "bold").pack(
            fill="x", pady=(px(8), 0)
        )
        for line in contract.in_words():
            look.wrapping(sheet.inside, line, "dim", "small").pack(fill="x")
    sheet.words(INSTALLING)
    _say_habits(sheet)
    sheet.heading("Terms")
    sheet.words(TERMS_IN_SHORT)

    def copy() -> None:
        sheet.clipboard_clear()
        sheet.clipboard_append(diagnostics(tools))

    look.button(sheet.foot, "Copy diagnostics", copy).pack(side="left")
    return sheet


def _say_habits(sheet: Sheet) -> None:
    sheet.heading("You and the program")
    habits = sheet.tools.controller.tally.habits()
    for habit in habits:
        sheet.words(in_words(habit), "text")
    if not habits:
        sheet.words(f"After {ENOUGH} studies with a mark on every finding, what you changed of its grades stands here.")


def expected_differences(packs: PackSet) -> str | None:
    """How many findings of a study will differ from a radiologist's, by the packs' own accuracy."""
    contracts = (pack.contract for pack in packs.all if pack.contract.task == "grade")
    accuracy = least_accuracy((contract.conditions, contract.accuracy) for contract in contracts)
    expected = expected_by_packs([target.condition for target in STUDY_TARGETS], accuracy)
    if expected is None:
        return None
    differ, of = expected
    return f"Expect about {differ:.1f} of {of} findings to differ from a radiologist."


def provider_words(tools: Tools) -> str:
    """What computes, and why that."""
    packs = tools.state.packs
    if packs is None:
        return "The packs are being loaded."
    if packs.notices:
        return f"{processor_words(packs)}. {' '.join(packs.notices)}"
    on_cpu = packs.provider == "CPU"
    reason = "no graphics processor that the runtime can use was found" if on_cpu else "it was found and is faster"
    return f"{processor_words(packs)}: {reason}."


def processor_words(packs: PackSet) -> str:
    """What computes: "CPU, 4 threads"."""
    return f"{packs.provider}, 1 thread" if packs.threads == 1 else f"{packs.provider}, {packs.threads} threads"


def versions() -> list[str]:
    """The program's, Python's and the libraries' versions."""
    found = [f"lumbar {getattr(lumbar_core, '__version__', '')}".strip(), f"Python {platform.python_version()}"]
    for library in LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            continue
    return found


def diagnostics(tools: Tools) -> str:
    """Text for a bug report: versions, packs and the kinds of the latest faults; nothing of a patient."""
    packs = tools.state.packs
    listed = [f"{p.contract.name} {p.contract.version} {p.contract.digest[:16]}" for p in packs.all] if packs else []
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return "\n".join([*versions(), system, provider_words(tools), *listed, *recent_faults()])


def _terms() -> list[str]:
    """The paragraphs of the packs' terms, their hard line breaks taken out."""
    try:
        text = TERMS.read_text(encoding="utf-8")
    except OSError:
        return []
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*- )", text)
    return [" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip()]
