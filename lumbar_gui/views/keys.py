"""Keys: which request each one is, by page."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk

from lumbar_gui.keymap import CONTROL, SHIFT, has_alt, keys_of
from lumbar_gui.settings import OWN_PRESETS
from lumbar_gui.state import Page, Tool
from lumbar_gui.views.page import Tools
from lumbar_gui.views.results_page import ResultsPage

# A held key repeats as release and press; only a release that stays one counts.
RELEASE_MS = 60
# With Control, what a field does with them itself: its undo, and the words that its cursor jumps over.
OF_A_FIELD = frozenset({"z", "y", "Up", "Down", "Left", "Right"})
BETWEEN_CASES_S = 0.8  # the least between two Ctrl + Enter that count


class Keys:
    """Binds the window's keys; a key with Control or Alt is never taken for a letter."""

    def __init__(
        self,
        root: tk.Misc,
        tools: Tools,
        results: ResultsPage,
        open_file: Callable[[], None],
        help_: Callable[[], None],
    ) -> None:
        self._root = root
        self._tools = tools
        self._results = results
        self._releasing = ""
        self._finished = 0.0
        controller = tools.controller
        self._anywhere: dict[str, Callable[[], object]] = {"F1": help_, "Escape": controller.cancel}
        self._with_control: dict[str, Callable[[], object]] = {
            "o": open_file, "s": self._save, "p": results.print_report, "k": results.save_picture, "i": self._header,
            "e": self._compare, "r": self._turn,
            "z": controller.marking.undo, "y": controller.marking.redo,
            "Up": partial(controller.placing.nudge, -1, 0), "Down": partial(controller.placing.nudge, 1, 0),
            "Left": partial(controller.placing.nudge, 0, -1), "Right": partial(controller.placing.nudge, 0, 1),
            "Next": controller.next_case, "Return": self._finish, "KP_Enter": self._finish,
        }  # fmt: skip
        self._with_control_and_shift: dict[str, Callable[[], object]] = {
            "z": controller.marking.redo,
            "c": results.copy_impression,
            "s": self._copy,
        }
        self._with_control |= {own: partial(self._keep_preset, own) for own in OWN_PRESETS}
        self._fixed = self._result_keys(results)
        self._requests = self._result_requests(results)

    def _result_keys(self, results: ResultsPage) -> dict[str, Callable[[], object]]:
        """Keys that stay as they are."""
        controller, browser = self._tools.controller, self._tools.controller.browser
        keys: dict[str, Callable[[], object]] = {
            "Up": lambda: browser.step_slice(-1),
            "Down": lambda: browser.step_slice(1),
            "Left": lambda: browser.step_pane(-1),
            "Right": lambda: browser.step_pane(1),
            "Prior": lambda: browser.step_series(-1),
            "Next": lambda: browser.step_series(1),
            "Home": lambda: browser.to_slice(0),
            "End": lambda: browser.to_slice(10**6),
            "plus": lambda: results.pictures.active.zoom(1),
            "equal": lambda: results.pictures.active.zoom(1),
            "minus": lambda: results.pictures.active.zoom(-1),
            "KP_Add": lambda: results.pictures.active.zoom(1),
            "KP_Subtract": lambda: results.pictures.active.zoom(-1),
            "Delete": browser.remove_measure,
            "KP_Enter": controller.agree,
        }
        return keys | {str(n): partial(self._preset, n) for n in range(1, 10)}

    def _result_requests(self, results: ResultsPage) -> dict[str, Callable[[], object]]:
        """By their names in keymap.py, the requests to which the user may give another key."""
        controller, browser = self._tools.controller, self._tools.controller.browser
        return {
            "agree": controller.agree,
            "normal_mild": partial(controller.mark, "n"),
            "moderate": partial(controller.mark, "m"),
            "severe": partial(controller.mark, "s"),
            "cannot_judge": partial(controller.mark, "x"),
            "next_to_check": browser.next_to_check,
            "evidence": browser.next_evidence,
            "behind": controller.looking.behind,
            "count_up": partial(controller.shift, "up"),
            "count_down": partial(controller.shift, "down"),
            "length": partial(browser.measure, Tool.LENGTH),
            "angle": partial(browser.measure, Tool.ANGLE),
            "reset": browser.reset,
            "fit": lambda: results.pictures.active.fit(),
            "invert": browser.invert,
            "hide_marks": self._hide_marks,
            "hide_lines": browser.hide_lines,
            "make_large": browser.make_large,
            "link": browser.link,
            "together": controller.look_together,
            "play": browser.play,
            "identity": controller.hide_identity,
            "pause": controller.room.pause,
        }

    def _plain(self, key: str) -> Callable[[], object] | None:
        chosen = keys_of(self._tools.state.settings.keys)
        named = next((name for name, held in chosen.items() if held == key), "")
        return self._requests.get(named) or self._fixed.get(key)

    def _preset(self, number: int) -> None:
        self._results.pictures.active.preset(number)

    def _keep_preset(self, number: str) -> None:
        if self._on_results():
            self._results.pictures.active.keep_preset(number)

    def pressed(self, event: tk.Event[tk.Misc]) -> None:
        """Any key anywhere in the window."""
        state = int(event.state)
        key = event.keysym if len(event.keysym) > 1 else event.keysym.lower()
        if state & CONTROL:
            action = (self._with_control_and_shift if state & SHIFT else self._with_control).get(key)
        elif has_alt(state):
            action = self._tools.controller.back if key == "Left" and self._may_go_back() else None
        else:
            action = self._anywhere.get(key) or (self._plain(key) if self._on_results() else None)
        if action is not None and not self._belongs_to_focus(event, key):
            action()

    def released(self, event: tk.Event[tk.Misc]) -> None:
        if event.keysym.startswith("Shift"):
            self._tools.controller.browser.point_nowhere()
        hiding = keys_of(self._tools.state.settings.keys)["hide_marks"]
        if hiding in (event.keysym, event.keysym.lower()) and not self._releasing:
            self._releasing = self._root.after(RELEASE_MS, self._show_marks)

    def _hide_marks(self) -> None:
        if self._releasing:
            self._root.after_cancel(self._releasing)
            self._releasing = ""
        self._tools.controller.browser.hide_marks(True)

    def _show_marks(self) -> None:
        self._releasing = ""
        self._tools.controller.browser.hide_marks(False)

    def _finish(self) -> None:
        """A held key must not run through patients unread."""
        if time.monotonic() - self._finished > BETWEEN_CASES_S:
            self._results.finish()
        self._finished = time.monotonic()

    def _save(self) -> None:
        if self._tools.state.page is Page.RESULTS and not self._tools.state.busy:
            self._results.ask_and_save()

    def _compare(self) -> None:
        if self._on_results():
            self._results.ask_and_compare()

    def _copy(self) -> None:
        if self._tools.state.page in (Page.CHOSEN, Page.RESULTS):
            self._results.copy_without_identity()

    def _header(self) -> None:
        if self._on_results():
            self._tools.controller.looking.at_header()

    def _turn(self) -> None:
        if self._on_results():
            self._tools.controller.browser.turn()

    def _on_results(self) -> bool:
        return self._tools.state.page is Page.RESULTS

    def _may_go_back(self) -> bool:
        return self._tools.state.page in (Page.RESULTS, Page.CHOSEN)

    def _belongs_to_focus(self, event: tk.Event[tk.Misc], key: str) -> bool:
        """Enter alone on a focused button presses that button alone; a field keeps its letters and its cursor."""
        if isinstance(event.widget, (tk.Text, tk.Entry)):
            return key in OF_A_FIELD if int(event.state) & CONTROL else key != "F1" and not has_alt(int(event.state))
        is_button = isinstance(event.widget, (ttk.Button, ttk.Checkbutton, ttk.Radiobutton))
        return is_button and key in ("Return", "KP_Enter") and not int(event.state) & CONTROL
