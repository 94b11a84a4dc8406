"""How pictures are looked at by hand: one alone, or all on the screen together where the user wants that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from lumbar_core.study import Window
from lumbar_gui import rendering
from lumbar_gui.browsing import Browser
from lumbar_gui.panes import are_parallel
from lumbar_gui.rendering import Viewport
from lumbar_gui.scenes import Extent, Scenes, Seen
from lumbar_gui.state import Look, Slot, State

LEAST_WIDTH = 1e-6  # of a window


class Together:
    """Asks for what a gesture or a key does to a pane's picture, and for the like in the panes beside it.

    extents: the panes on the screen with their sizes. What is not on the screen stays as it was left.
    """

    def __init__(
        self, state: State, browser: Browser, scenes: Scenes, extents: Callable[[], Mapping[Slot, Extent]]
    ) -> None:
        self._state = state
        self._browser = browser
        self._scenes = scenes
        self._extents = extents

    def look(self, slot: Slot, viewport: Viewport | None = None, window: Window | None = None) -> None:
        """A pane's picture as the hand has it; those beside it change by as much."""
        extents, after = self._extents_with(slot), Look(viewport, window)
        seen = {each: self._scenes.seen(each, extent) for each, extent in extents.items()}
        before, looks = seen.pop(slot, None), {slot: after}
        if before is not None:
            looks |= {each: followed(before, after, other) for each, other in seen.items() if other is not None}
        self._browser.look_at(looks)

    def zoom(self, slot: Slot, factor: float) -> None:
        """Magnify or shrink at the middle."""
        extent = self._extents().get(slot)
        seen = self._scenes.seen(slot, extent) if extent is not None else None
        if seen is not None:
            self.look(slot, viewport=seen.viewport.magnified(factor))

    def fit(self, slot: Slot) -> None:
        """Show the whole image."""
        looks = {}
        for each, extent in self._extents_with(slot).items():
            seen = self._scenes.seen(each, extent)
            if seen is not None and seen.pixels is not None:
                shape = (seen.pixels.shape[0], seen.pixels.shape[1])
                room = rendering.lying(extent, seen.viewport.turns)
                looks[each] = Look(viewport=rendering.fit_viewport(shape, room, seen.viewport.aspect))
        self._browser.look_at(looks)

    def preset(self, slot: Slot, number: int) -> None:
        """Take a window preset by its number, each series its own."""
        offered = {each: self._scenes.presets(each) for each in self._extents_with(slot)}
        if number in offered.get(slot, {}):
            taken = {each: presets[number][1] for each, presets in offered.items() if number in presets}
            self._browser.look_at({each: Look(window=window) for each, window in taken.items()})

    def _extents_with(self, slot: Slot) -> dict[Slot, Extent]:
        """The panes that change with one, and itself."""
        extents = self._extents()
        return {each: extents[each] for each in extents if each is slot or self._state.settings.together}


def followed(before: Seen, after: Look, other: Seen) -> Look:
    """What becomes of another picture when one does: zoomed by the same factor, its window changed by the same share.

    It is moved by the same millimetres where the two are parallel: in another plane there is no such way.
    """
    return Look(
        _moved(before, after.viewport, other) if after.viewport is not None else None,
        _brightened(before.window, after.window, other.window)
        if after.window is not None and other.pixels is not None
        else None,
    )


def _moved(before: Seen, after: Viewport, other: Seen) -> Viewport:
    viewport = other.viewport.magnified(after.zoom / before.viewport.zoom)
    if before.plane is None or other.plane is None or not are_parallel(before.plane, other.plane):
        return viewport
    ways = np.array([(before.viewport.row, before.viewport.column), (after.row, after.column)])
    start, end = other.plane.to_pixels(before.plane.to_patient(ways))
    down, right = (end - start).tolist()
    return replace(viewport, row=viewport.row + down, column=viewport.column + right)


def _brightened(before: Window, after: Window, other: Window) -> Window:
    """In widths of the windows: brightness of MR has no unit that two series share."""
    share = other.width / before.width
    return Window(other.centre + (after.centre - before.centre) * share, max(after.width * share, LEAST_WIDTH))
