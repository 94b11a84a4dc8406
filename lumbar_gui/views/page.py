"""What the four pages have in common."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass

from lumbar_gui.controller import Controller
from lumbar_gui.state import State
from lumbar_gui.views.dialogs import Prompts
from lumbar_gui.views.look import Look


@dataclass(frozen=True, slots=True)
class Tools:
    """What every page needs: what is shown, whom to ask, how it looks, how to ask for files."""

    state: State
    controller: Controller
    look: Look
    prompts: Prompts


class View(tk.Frame):
    """One page: its body, and its buttons in the window's upper right corner.

    hint: what the status line says while the page is idle.
    """

    hint = ""

    def __init__(self, parent: tk.Misc, bar: tk.Misc, tools: Tools) -> None:
        super().__init__(parent, background=tools.look.palette.ground)
        self.tools = tools
        self.state = tools.state
        self.controller = tools.controller
        self.look = tools.look
        self.actions = tk.Frame(bar, background=tools.look.palette.panel)

    def subtitle(self) -> str:
        """What stands beside the program's name."""
        return ""

    def refresh(self, changed: frozenset[str]) -> None:
        """Draw anew what depends on the changed fields of the state."""

    def copy_without_identity(self) -> None:
        """Ask where to, then copy the examination that is open; a changed mind changes nothing."""
        folder = self.tools.prompts.copy_folder() if self.controller.outgoing.can_copy() else None
        if folder is not None:
            self.controller.outgoing.copy(folder)

    def shown(self) -> None:
        """The page has come to the front, and takes the keys from a button of the page before."""
        self.focus_set()
