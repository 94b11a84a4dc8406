"""The picture of the results: decides what its canvas shows and answers the canvas's gestures."""

from __future__ import annotations

import tkinter as tk
from functools import partial

from lumbar_core.study import Instance, Pixels, Series, Study, Window
from lumbar_gui import overlay, rendering
from lumbar_gui.overlay import Placed
from lumbar_gui.places import axial_middle, opening_points
from lumbar_gui.rendering import Viewport
from lumbar_gui.views.image_canvas import Gestures, ImageCanvas, Scene
from lumbar_gui.views.page import Tools

ZOOM_STEP = 1.25


class PicturePane(tk.Frame):
    """One pane; the page may lay out several beside each other."""

    def __init__(self, parent: tk.Misc, tools: Tools) -> None:
        super().__init__(parent, background="#000000")
        self._tools = tools
        browser = tools.controller.browser
        self._placed: Placed = {}
        self._opened_for: Study | None = None
        self._opening_windows: dict[str, Window] = {}
        self._opening_views: dict[tuple[str, tuple[int, int]], Viewport] = {}
        self.canvas = ImageCanvas(
            self,
            tools.look,
            Gestures(
                scroll=browser.step_slice,
                viewport=lambda viewport: browser.look(viewport=viewport),
                window=lambda window: browser.look(window=window),
                pick=browser.select,
                menu=self._menu,
                resized=lambda: self.show(self._placed),
            ),
        )
        self.canvas.pack(fill="both", expand=True)

    def show(self, places: Placed) -> None:
        """Draw the slice that the state points at."""
        self._placed = places
        state = self._tools.state
        # Made once per study: counting the levels anew or marking a grade must not move the picture.
        if state.study is not self._opened_for:
            self._opened_for = state.study
            self._opening_windows.clear()
            self._opening_views.clear()
        instance, pane = state.shown, state.pane
        series = state.series(pane.series_id) if pane is not None else None
        if instance is None or pane is None or series is None:
            return
        pixels = self._tools.controller.browser.picture(instance)
        self.canvas.show(self._scene(series, instance, pixels))

    def fit(self) -> None:
        """Show the whole image."""
        scene = self.canvas.scene
        if scene is not None and scene.pixels is not None:
            shape = (scene.pixels.shape[0], scene.pixels.shape[1])
            viewport = rendering.fit_viewport(shape, self.canvas.extent, scene.viewport.aspect)
            self._tools.controller.browser.look(viewport=viewport)

    def zoom(self, steps: int) -> None:
        """Magnify or shrink at the middle."""
        scene = self.canvas.scene
        if scene is not None:
            width, height = self.canvas.extent
            viewport = scene.viewport.zoomed(ZOOM_STEP**steps, width / 2, height / 2, (width, height))
            self._tools.controller.browser.look(viewport=viewport)

    def preset(self, number: int) -> None:
        """Take a window preset: 1 opening, 2 whole range, 3 high contrast, from 4 on the file's own."""
        presets = self.presets()
        if 1 <= number <= len(presets):
            self._tools.controller.browser.look(window=presets[number - 1][1])

    def presets(self) -> list[tuple[str, Window]]:
        """The windows on offer, with their names."""
        state, scene = self._tools.state, self.canvas.scene
        instance, pane = state.shown, state.pane
        if scene is None or scene.pixels is None or instance is None or pane is None:
            return []
        opening = self._opening_windows.get(pane.series_id, scene.window)
        whole = rendering.percentile_window(scene.pixels, 0.0, 100.0)
        narrow = Window(opening.centre, opening.width * 0.6)
        own = [(window.name or "The file's own", window) for window in instance.windows]
        return [("Spine", opening), ("Whole range", whole), ("High contrast", narrow), *own][:9]

    def _scene(self, series: Series, instance: Instance, pixels: Pixels | None) -> Scene:
        state = self._tools.state
        result, pane = state.result, state.pane
        if result is None or pane is None:
            raise ValueError("A scene needs a result and a pane.")
        index = series.instances.index(instance)
        caption, beside = overlay.corner_words(result, series, index, state.finding)
        window = pane.look.window or self._opening_window(series, instance, pixels)
        key = (series.id, self.canvas.extent)
        if key not in self._opening_views:
            self._opening_views[key] = self._opening_viewport(series, instance)
        viewport = pane.look.viewport or self._opening_views[key]
        marks: tuple[overlay.Bracket, ...] = ()
        names: tuple[overlay.LevelName, ...] = ()
        if not pane.marks_hidden:
            half = overlay.bracket_half(result, series, instance)
            marks = tuple(overlay.brackets(self._placed.get((series.id, index), ()), half, state.selected))
            names = tuple(overlay.level_names(result, series, instance, state.finding))
        message = "This slice cannot be decoded" if instance in state.broken else "Decoding…"
        message = "" if pixels is not None else message
        return Scene(pixels, viewport, window, instance.plane, pane.invert, marks, names, (), caption, beside, message)

    def _opening_viewport(self, series: Series, instance: Instance) -> Viewport:
        result, shape = self._tools.state.result, (instance.rows, instance.columns)
        middle = axial_middle(result, series) if result is not None else None
        if middle is not None:
            return rendering.axial_viewport(middle, shape, self.canvas.extent, instance.plane)
        points = opening_points(result, series) if result is not None else ()
        return rendering.spine_viewport(
            points,
            shape,
            self.canvas.extent,
            rendering.aspect_of(instance.plane),
            rendering.front_direction(instance.plane),
        )

    def _opening_window(self, series: Series, instance: Instance, pixels: Pixels | None) -> Window:
        """One window for the whole series, taken from the slice that was shown first."""
        if series.id not in self._opening_windows:
            if pixels is None:
                return Window(0.0, 1.0)
            result = self._tools.state.result
            points = opening_points(result, series) if result is not None else ()
            front = rendering.front_direction(instance.plane)
            self._opening_windows[series.id] = rendering.spine_window(pixels, points, front)
        return self._opening_windows[series.id]

    def _menu(self, x: int, y: int) -> None:
        browser = self._tools.controller.browser
        menu = self._tools.look.menu(self)
        menu.add_command(label="Reset   R", command=browser.reset)
        menu.add_command(label="Whole picture   F", command=self.fit)
        menu.add_command(label="Invert   I", command=browser.invert)
        menu.add_separator()
        for number, (name, _) in enumerate(self.presets(), start=1):
            menu.add_command(label=f"{name}   {number}", command=partial(self.preset, number))
        menu.tk_popup(x, y)
