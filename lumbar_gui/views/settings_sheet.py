"""What the user prefers: theme and size, how grades are taken, the report, the archive."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from lumbar_core.report.form import MOST_HEADER_LINES, PAPER_NAMES
from lumbar_core.report.language import LANGUAGES
from lumbar_gui.settings import OPERATING_POINTS, SCALES, THEMES, Settings
from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet
from lumbar_gui.views.text_area import TextArea

OPERATING_WORDS = {
    "": "as each pack says (recommended)",
    "argmax": "the most probable grade",
    "ordinal_median": "the middle grade",
    "sensitive": "sensitive: rather one grade too many",
}
DEVICE_WORDS = {"auto": "a graphics processor where one works", "cpu": "the processor only"}


def settings_sheet(parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> Sheet:
    """Theme, scaling, operating point, report, archive."""
    sheet = Sheet(parent, tools, "Settings", close)
    current = tools.state.settings

    def choose(name: str, value: str) -> None:
        kept: object = int(value) if name == "scale" else value
        tools.controller.set_settings(replace(tools.state.settings, **{name: kept}))  # type: ignore[arg-type]

    scales = {str(scale): f"{scale} %" if scale else "as the display says" for scale in SCALES}
    _choices(sheet, "Theme", current, "theme", {theme: theme.capitalize() for theme in THEMES}, choose)
    _choices(sheet, "Size", current, "scale", scales, choose)
    _choices(
        sheet, "Grade shown", current, "operating_point", {p: OPERATING_WORDS[p] for p in OPERATING_POINTS}, choose
    )
    sheet.words("Applies to the next run; every report names it.")
    _choices(sheet, "Processor", current, "device", DEVICE_WORDS, choose)
    sheet.words("Applies from the next start on.")
    _report_choices(sheet, current, choose)
    _yes_or_no(sheet, "Archive", "dicom", "Offer to write results as DICOM objects")
    sheet.words("They carry the patient's identifiers, by which an archive files, and say that they are a program's.")
    _yes_or_no(sheet, "Recent studies", "recent", "Remember where the last eight lay")
    sheet.words("Folder names may hold a patient's name: nothing is kept unless you ask, and all is forgotten after.")
    return sheet


def _report_choices(sheet: Sheet, current: Settings, choose: Callable[[str, str], None]) -> None:
    _choices(sheet, "Language of the report", current, "language", LANGUAGES, choose)
    _choices(sheet, "Paper of the report", current, "paper", PAPER_NAMES, choose)
    sheet.heading("Header of the report")
    area = TextArea(sheet.inside, sheet.tools.look, MOST_HEADER_LINES, current.header, partial(choose, "header"))
    area.pack(fill="x", pady=(0, sheet.tools.look.px(4)))
    sheet.words(f"The clinic's name and address, at most {MOST_HEADER_LINES} lines: nothing of a patient.")


def _yes_or_no(sheet: Sheet, title: str, name: str, words: str) -> None:
    sheet.heading(title)
    tools = sheet.tools
    chosen = tk.BooleanVar(sheet, bool(getattr(tools.state.settings, name)))

    def keep() -> None:
        kept: object = chosen.get()
        tools.controller.set_settings(replace(tools.state.settings, **{name: kept}))  # type: ignore[arg-type]

    box = tools.look.check(sheet.inside, words, chosen, keep)
    box.pack(anchor="w")
    box.variable = chosen  # type: ignore[attr-defined] # a variable lives as long as someone holds it


def _choices(
    sheet: Sheet, title: str, current: Settings, name: str, words: dict[str, str], choose: Callable[[str, str], None]
) -> None:
    sheet.heading(title)
    chosen = tk.StringVar(sheet, str(getattr(current, name)))
    for value, label in words.items():
        button = sheet.tools.look.radio(sheet.inside, label, chosen, value, lambda value=value: choose(name, value))  # type: ignore[misc]
        button.pack(anchor="w")
        button.variable = chosen  # type: ignore[attr-defined] # a variable lives as long as someone holds it
