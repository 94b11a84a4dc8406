"""How the levels were counted, and the one step that counts them otherwise."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace

from lumbar_core.report.result import Alternative, Numbering
from lumbar_core.report.wording import numbering_sentence
from lumbar_gui.keymap import keys_of, shown
from lumbar_gui.views.look import Look


class NumberingBar(tk.Frame):
    """A card with a sentence and two buttons."""

    def __init__(self, parent: tk.Misc, look: Look, shift: Callable[[Alternative], None]) -> None:
        super().__init__(parent, background=str(parent["background"]))
        px = look.px
        card = look.card(self)
        card.pack(fill="both", expand=True)
        buttons = look.frame(card)
        buttons.pack(side="right", padx=(px(8), 0))
        self.up = look.button(buttons, "", lambda: shift("up"))
        self.down = look.button(buttons, "", lambda: shift("down"))
        self.name_keys(keys_of({}))
        self.up.pack(side="left", padx=(0, px(8)))
        self.down.pack(side="left")
        self._words = look.wrapping(card, "", "dim", "small")
        self._words.pack(side="left", fill="x", expand=True)

    def name_keys(self, keys: Mapping[str, str]) -> None:
        """Say on the buttons which keys they are."""
        self.up.configure(text=f"Shift up  {shown(keys['count_up'])}")
        self.down.configure(text=f"Shift down  {shown(keys['count_down'])}")

    def clear(self) -> None:
        """Forget the count."""
        self._words.configure(text="")

    def show(self, numbering: Numbering, shifted: Alternative | None, busy: bool, possible: bool) -> None:
        """Fill in the count; a button that leads no further is greyed."""
        if shifted is not None:  # the user has decided: the shift is no longer an alternative that lies near
            numbering = replace(numbering, alternative=None)
        sentence = numbering_sentence(numbering) or "No levels were counted."
        self._words.configure(text=sentence[:1].upper() + sentence[1:])
        for button, direction in ((self.up, "up"), (self.down, "down")):
            free = possible and not busy and shifted != direction
            button.state(["!disabled" if free else "disabled"])
