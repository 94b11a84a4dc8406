"""One picture of the results: shows its slot's scene and passes its gestures on."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace

from lumbar_gui.rendering import Point
from lumbar_gui.scenes import Scenes
from lumbar_gui.state import Slot
from lumbar_gui.together import Together
from lumbar_gui.views.image_canvas import Gestures, ImageCanvas
from lumbar_gui.views.page import Tools
from lumbar_gui.views.picture_menu import picture_menu

ZOOM_STEP = 1.25


class PicturePane(tk.Frame):
    """One pane; what it asks for is done to the active one, which it becomes by being touched.

    of_case: what its menu offers beyond the picture, by the words for it.
    """

    def __init__(
        self,
        parent: tk.Misc,
        slot: Slot,
        tools: Tools,
        scenes: Scenes,
        together: Together,
        of_case: Mapping[str, Callable[[], None]],
    ) -> None:
        super().__init__(parent, background="#000000")
        self._slot = slot
        self._tools = tools
        self._scenes = scenes
        self._together = together
        self._of_case = of_case
        browser = tools.controller.browser
        self.canvas = ImageCanvas(
            self,
            tools.look,
            Gestures(
                touch=lambda: browser.activate(slot),
                scroll=browser.step_slice,
                viewport=lambda viewport: together.look(slot, viewport=viewport),
                window=lambda window: together.look(slot, window=window),
                pick=browser.select,
                place=browser.place,
                carry=browser.carry,
                drop=tools.controller.placing.let_go,
                put_back=browser.put_down,
                hover=browser.hover,
                point_at=self._point_at,
                menu=self._menu,
                enlarge=browser.enlarge,
                reset=browser.reset,
                resized=self.show,
            ),
        )
        self.canvas.pack(fill="both", expand=True)

    def show(self) -> None:
        """Draw what the state says, if that is not what is drawn already."""
        scene = self._scenes.scene(self._slot, self.canvas.extent)
        if scene is not None:
            self.canvas.show(scene)
        else:
            self.canvas.clear()

    def fit(self) -> None:
        """Show the whole image."""
        self._together.fit(self._slot)

    def zoom(self, steps: int) -> None:
        """Magnify or shrink at the middle."""
        self._together.zoom(self._slot, ZOOM_STEP**steps)

    def preset(self, number: int) -> None:
        """Take a window preset by its number."""
        self._together.preset(self._slot, number)

    def preset_names(self) -> dict[int, str]:
        """The window presets on offer, by number."""
        return {number: name for number, (name, _) in sorted(self._scenes.presets(self._slot).items())}

    def keep_preset(self, number: str) -> None:
        """Keep the brightness that is shown as one of the user's own presets."""
        preset = self._scenes.as_preset(self._slot)
        if preset is not None:
            settings = self._tools.state.settings
            kept = replace(settings, presets={**settings.presets, number: preset})
            self._tools.controller.set_settings(kept)

    def _point_at(self, point: Point | None) -> None:
        browser = self._tools.controller.browser
        if point is None:
            browser.point_nowhere()
        else:
            browser.point_at(self._slot, point)

    def _menu(self, x: int, y: int) -> None:
        picture_menu(self, self._slot, self._tools, self._of_case).tk_popup(x, y)
