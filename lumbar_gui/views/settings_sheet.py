"""What the user prefers: theme and size, how grades are taken, the report, the archive."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from lumbar_core.report.form import MOST_HEADER_LINES, PAPER_NAMES
from lumbar_core.report.language import LANGUAGES
from lumbar_gui.settings import BORDERLINE_BELOW, CHECK_ABOVE, OPERATING_POINTS, SCALES, THEMES, Settings
from lumbar_gui.views.page import Tools
from lumbar_gui.views.sheets import Sheet
from lumbar_gui.views.text_area import TextArea

if TYPE_CHECKING:  # they bring the inference runtime with them, which the first window need not wait for
    from lumbar_core.inference.packs import PackSet

AS_PACKS_SAY = "as each pack says (recommended)"
OPERATING_WORDS = {
    "": AS_PACKS_SAY,
    "argmax": "the most probable grade",
    "ordinal_median": "the middle grade",
    "sensitive": "sensitive: rather one grade too many",
}
CHECK_WORDS = "To check: a Normal/Mild with a probability of Severe above"
CHECK_COSTS = (
    "Lower flags more that is harmless; higher lets more Severe pass that was taken for Normal/Mild. Doubts about "
    "level, side, place and slices flag as before. Applies at once, to flags and not to grades; every report names "
    "your choice."
)
BORDERLINE_WORDS = "Close grades: the probabilities of two neighbours differ by less than"
BORDERLINE_COSTS = (
    "A hint beside the finding, “borderline” in the report; it flags nothing. Higher puts it beside more findings, "
    "more of which are right. Applies at once; every report names your choice."
)
DEVICE_WORDS = {"auto": "a graphics processor where one works", "cpu": "the processor only"}


def settings_sheet(parent: tk.Misc, tools: Tools, close: Callable[[], None]) -> Sheet:
    """Theme, scaling, operating point, thresholds, processor, report, archive."""
    sheet = Sheet(parent, tools, "Settings", close)
    current = tools.state.settings

    def choose(name: str, value: str) -> None:
        kept: object = int(value) if isinstance(getattr(current, name), int) else value
        tools.controller.set_settings(replace(tools.state.settings, **{name: kept}))  # type: ignore[arg-type]

    scales = {str(scale): f"{scale} %" if scale else "as the display says" for scale in SCALES}
    _choices(sheet, "Theme", current, "theme", {theme: theme.capitalize() for theme in THEMES}, choose)
    _choices(sheet, "Size", current, "scale", scales, choose)
    _choices(
        sheet, "Grade shown", current, "operating_point", {p: OPERATING_WORDS[p] for p in OPERATING_POINTS}, choose
    )
    sheet.words("Applies to the next run; every report names it.")
    _threshold_choices(sheet, current, choose)
    _choices(sheet, "Processor", current, "device", DEVICE_WORDS, choose)
    sheet.words("Applies from the next start on.")
    _report_choices(sheet, current, choose)
    _yes_or_no(sheet, "Archive", "dicom", "Offer to write results as DICOM objects")
    sheet.words("They carry the patient's identifiers, by which an archive files, and say that they are a program's.")
    _yes_or_no(sheet, "Recent studies", "recent", "Remember where the last eight lay")
    sheet.words("Folder names may hold a patient's name: nothing is kept unless you ask, and all is forgotten after.")
    return sheet


def _threshold_choices(sheet: Sheet, current: Settings, choose: Callable[[str, str], None]) -> None:
    for name, threshold, offered, title, costs in (
        ("check_above", "check_p_severe", CHECK_ABOVE, CHECK_WORDS, CHECK_COSTS),
        ("borderline_below", "borderline_gap", BORDERLINE_BELOW, BORDERLINE_WORDS, BORDERLINE_COSTS),
    ):
        own = as_packs_say(sheet.tools.state.packs, threshold)
        _choices(sheet, title, current, name, {str(each): f"{each} %" if each else own for each in offered}, choose)
        sheet.words(costs)


def as_packs_say(packs: PackSet | None, threshold: str) -> str:
    """With what the packs say, from the least to the most, once they are loaded."""
    contracts = [pack.contract for pack in packs.all] if packs is not None else []
    figures = [100 * contract.threshold(threshold) for contract in contracts if contract.task == "grade"]
    ends = dict.fromkeys(f"{figure:g}" for figure in (min(figures), max(figures))) if figures else {}
    return f"{AS_PACKS_SAY}: {' to '.join(ends)} %" if ends else AS_PACKS_SAY


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
