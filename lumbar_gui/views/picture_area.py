"""The pictures of the results side by side: places the panes that the study has, keeps the focus with the active."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping

from lumbar_gui.panes import LEAST_WIDTH, Layout, arrange
from lumbar_gui.scenes import Extent, Scenes
from lumbar_gui.state import Panes, Slot
from lumbar_gui.together import Together
from lumbar_gui.views.look import focused
from lumbar_gui.views.page import Tools
from lumbar_gui.views.pane_tabs import PaneTabs
from lumbar_gui.views.picture_pane import PicturePane

WEIGHTS = 1000
SETTLED_MS = 300


class PictureArea(tk.Frame):
    """A large pane and a column of small ones; in a narrow window one pane with tabs for the others."""

    def __init__(self, parent: tk.Misc, tools: Tools, of_case: Mapping[str, Callable[[], None]]) -> None:
        super().__init__(parent, background=tools.look.palette.line)
        self._tools = tools
        self._layout: Layout | None = None
        self._active: Slot | None = None
        self._settling = ""
        self._tabs = PaneTabs(self, tools)
        scenes = Scenes(tools.state, tools.controller.browser.picture)
        together = Together(tools.state, tools.controller.browser, scenes, self._extents)
        self._panes = {slot: PicturePane(self, slot, tools, scenes, together, of_case) for slot in Slot}
        self.rowconfigure((1, 2), weight=1, uniform="rows")
        self.grid_propagate(False)
        self.bind("<Configure>", lambda event: self.show() if event.widget is self else None)

    def pane(self, slot: Slot) -> PicturePane:
        """The pane of that place, shown or not."""
        return self._panes[slot]

    @property
    def active(self) -> PicturePane:
        """The pane that keys act on."""
        panes = self._tools.state.panes
        return self._panes[panes.active if panes is not None else Slot.SAGITTAL_T2]

    @property
    def visible(self) -> tuple[Slot, ...]:
        """The panes on the screen, the large one first."""
        return self._layout.visible if self._layout is not None else ()

    def show(self) -> None:
        """Lay out the panes and let each draw what has changed in it."""
        panes = self._tools.state.panes
        if panes is None:  # the case is closed, and nothing of it stays
            for pane in self._panes.values():
                pane.show()
            return
        width = self.winfo_width() / self._tools.look.scale
        self._tell_room(width >= LEAST_WIDTH)
        layout = arrange(panes, width)
        if layout != self._layout:
            self._lay_out(layout)
        self._tabs.show(panes, not layout.column)
        self._keep_focus(panes)
        for slot in layout.visible:
            self._panes[slot].canvas.mark_active(len(layout.visible) > 1 and slot is panes.active)
            self._panes[slot].show()

    def _tell_room(self, roomy: bool) -> None:
        """Room that the pictures have for a moment only, while the page takes its shape, shows nobody anything."""
        if not roomy:
            if self._settling:
                self.after_cancel(self._settling)
            self._settling = ""
            self._tools.controller.browser.have_room(False)
        elif not self._settling:
            self._settling = self.after(SETTLED_MS, lambda: self._tools.controller.browser.have_room(True))

    def _extents(self) -> dict[Slot, Extent]:
        return {slot: self._panes[slot].canvas.extent for slot in self.visible}

    def _lay_out(self, layout: Layout) -> None:
        self._layout = layout
        gap = self._tools.look.px(1) or 1
        for pane in self._panes.values():
            pane.grid_remove()
        rows = max(len(layout.column), 1)
        self._panes[layout.large].grid(row=1, column=0, rowspan=2, sticky="nsew", padx=0, pady=0)
        for row, slot in enumerate(layout.column):
            below = (gap if row else 0, 0)
            self._panes[slot].grid(row=1 + row, column=1, rowspan=3 - rows, sticky="nsew", padx=(gap, 0), pady=below)
        for slot in layout.visible:  # Tab goes through the panes as they lie
            self._panes[slot].lift()
        self.columnconfigure(0, weight=round(WEIGHTS * layout.share), uniform="panes")
        self.columnconfigure(1, weight=round(WEIGHTS * (1 - layout.share)), uniform="panes" if layout.column else "")

    def _keep_focus(self, panes: Panes) -> None:
        """The focus goes with the active pane, if a pane has it: keys must act where the edge is."""
        if panes.active is self._active:
            return
        self._active = panes.active
        holder = focused(self)
        if holder is not self.active.canvas and holder in [pane.canvas for pane in self._panes.values()]:
            self.active.canvas.focus_set()
