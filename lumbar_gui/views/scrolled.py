"""A column that scrolls when it is taller than its place, with a bar only while it is needed."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from lumbar_gui.views.look import Look, focused


class Scrolled(tk.Frame):
    """Put content into `inside`; it is as wide as this frame and as tall as it likes."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        ground = str(parent["background"])
        super().__init__(parent, background=ground)
        self._canvas = tk.Canvas(self, background=ground, highlightthickness=0, borderwidth=0, takefocus=0)
        self._bar = look.scrollbar(self, self._canvas.yview)
        self.inside = tk.Frame(self._canvas, background=ground)
        self._window = self._canvas.create_window(0, 0, anchor="nw", window=self.inside)
        self._step = look.px(48)
        self.columnconfigure(0, weight=1)
        # The bar's room is always kept: nothing shifts when it comes.
        self.columnconfigure(1, minsize=look.px(12))
        self.rowconfigure(0, weight=1)
        self._canvas.grid(row=0, column=0, sticky="nsew")
        self._bar.grid(row=0, column=1, sticky="ns", padx=(look.px(2), 0))
        self._bar.grid_remove()
        self._canvas.configure(yscrollcommand=self._scrolled)
        self.inside.bind("<Configure>", lambda _event: self._measure())
        self._canvas.bind("<Configure>", self._resized)
        for event in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            self._bind_all_inside(event, self._wheel)
        self._bind_all_inside("<FocusIn>", self._focused)

    def _bind_all_inside(self, event: str, follow: Callable[[tk.Event[tk.Misc]], None]) -> None:
        """What happens to any widget in this column comes to the window, and is followed from there."""
        top = self.winfo_toplevel()
        bound = top.bind(event, follow, add="+")
        # A binding of the window outlives the column, and with it all that the column shows.
        self.bind("<Destroy>", lambda _event: _unbind(top, event, bound), add="+")

    def _wheel(self, event: tk.Event[tk.Misc]) -> None:
        under = event.widget
        if not self.winfo_exists() or not str(under).startswith(str(self)) or not self._bar.winfo_ismapped():
            return
        back = event.num == 4 or event.delta > 0
        self._canvas.yview_scroll(-1 if back else 1, "units")

    def _focused(self, event: tk.Event[tk.Misc]) -> None:
        """By keyboard one comes to what is out of sight: then it is brought into the middle."""
        widget = event.widget
        inside = self.winfo_exists() and str(widget).startswith(f"{self.inside}.")
        if inside and widget is focused(self):  # what lies around it is told as well
            self.bring_into_sight(widget)

    def bring_into_sight(self, widget: tk.Misc) -> None:
        """Scroll until this part of the content is in the middle, if it is not wholly in sight."""
        top, room = widget.winfo_rooty() - self._canvas.winfo_rooty(), self._canvas.winfo_height()
        spare = room - widget.winfo_height()
        if spare > 0 and not 0 <= top <= spare:
            middle = widget.winfo_rooty() - self.inside.winfo_rooty() - spare / 2
            self._canvas.yview_moveto(max(0.0, middle) / max(1, self.inside.winfo_height()))

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        self._canvas.itemconfigure(self._window, width=event.width)
        self._measure()

    def _measure(self) -> None:
        width, height = self._canvas.winfo_width(), self.inside.winfo_reqheight()
        self._canvas.configure(scrollregion=(0, 0, width, max(height, 1)), yscrollincrement=self._step)

    def _scrolled(self, first: float, last: float) -> None:
        self._bar.set(first, last)
        if float(first) <= 0.0 and float(last) >= 1.0:
            self._bar.grid_remove()
            self._canvas.yview_moveto(0)
        else:
            self._bar.grid()


def _unbind(top: tk.Misc, event: str, bound: str) -> None:
    """Take one of several bindings away; Tk itself takes all of them or none."""
    if not top.winfo_exists():
        return
    kept = [line for line in str(top.bind(event)).splitlines() if bound not in line]
    top.tk.call("bind", str(top), event, "\n".join(kept))
    top.deletecommand(bound)
