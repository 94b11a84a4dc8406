"""What a pane shows at one moment, made from the state: picture, window, viewport, marks and words. No Tk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from lumbar_core.geometry import Plane
from lumbar_core.report.result import StudyResult
from lumbar_core.study import Instance, Pixels, Series, Study, Window
from lumbar_gui import measures, overlay, rendering
from lumbar_gui.overlay import Bracket, LevelName, Line, Placed
from lumbar_gui.places import axial_middle, opening_points
from lumbar_gui.rendering import Point, Viewport
from lumbar_gui.state import Pane, Panes, Slot, State

MOST_OF_FILE = 3  # windows of the file's own that have a number
TURNED = ("", "turned 90°", "turned 180°", "turned 270°")  # by quarter turns, clockwise
Extent = tuple[int, int]  # (width, height) of a pane in screen pixels


@dataclass(frozen=True, slots=True)
class Drawn:
    """A measure on the picture: its corners as (row, column), and its value in words."""

    points: tuple[Point, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture as a pane shows it, without what is drawn over it; pixels: None while it is not decoded."""

    pixels: Pixels | None
    plane: Plane | None
    viewport: Viewport
    window: Window


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a pane shows at one moment; two scenes of the same pixels are equal if they look the same."""

    pixels: Pixels | None = field(compare=False)
    viewport: Viewport
    window: Window
    plane: Plane | None = None
    invert: bool = False
    brackets: tuple[Bracket, ...] = ()
    names: tuple[LevelName, ...] = ()
    lines: tuple[Line, ...] = ()
    points: tuple[Point, ...] = ()
    measures: tuple[Drawn, ...] = ()
    draws: bool = False
    together: bool = False
    cursor: Point | None = None
    caption: str = ""
    beside: str = ""
    message: str = ""

    def looks_like(self, other: Scene | None) -> bool:
        """Whether drawing it would change nothing."""
        return other is not None and self.pixels is other.pixels and self == other

    def pictures_like(self, other: Scene | None) -> bool:
        """Whether the picture under the marks and words is the same."""
        if other is None or self.pixels is not other.pixels:
            return False
        return (self.window, self.viewport, self.invert) == (other.window, other.viewport, other.invert)


class Scenes:
    """Makes the scenes of all panes; remembers how each series of the study was opened.

    Counting the levels anew or marking a grade must not move a picture, so an opening view is made once.
    """

    def __init__(self, state: State, picture: Callable[[Instance], Pixels | None]) -> None:
        self._state = state
        self._picture = picture
        self._study: Study | None = None
        self._result: StudyResult | None = None
        self._placed: Placed = {}
        self._windows: dict[str, Window] = {}
        self._views: dict[tuple[str, Extent], Viewport] = {}

    def scene(self, slot: Slot, extent: Extent) -> Scene | None:
        """What the pane shows at this size; None where there is nothing to show."""
        here = self._here(slot)
        if here is None:
            return None
        result, panes, pane, series = here
        state, instance = self._state, series.instances[pane.index]
        seen = self._seen(panes, result, series, instance, extent)
        marks: tuple[Bracket, ...] = ()
        names: tuple[LevelName, ...] = ()
        lines: tuple[Line, ...] = ()
        if not panes.marks_hidden:
            half = overlay.bracket_half(result, series, instance)
            marks = tuple(overlay.brackets(self._placed.get((series.id, pane.index), ()), half, state.selected))
            if panes.carried is not None and slot is panes.active:
                marks = overlay.carried(marks, panes.carried)
            names = tuple(overlay.level_names(result, series, instance, state.finding))
            lines = self._lines(panes, instance)
        caption, beside = overlay.corner_words(result, series, pane.index, state.finding)
        missing = "This slice cannot be decoded" if instance in state.broken else "Decoding…"
        return Scene(
            seen.pixels,
            seen.viewport,
            seen.window,
            instance.plane,
            panes.invert,
            marks,
            names,
            lines,
            measures=self._measures(panes, pane, instance.plane),
            draws=panes.tool is not None and slot is panes.active,
            together=state.settings.together and len(panes.shown) > 1,
            cursor=_cursor(panes, instance),
            caption=caption,
            beside=" · ".join(filter(None, (beside, TURNED[seen.viewport.turns]))),
            message="" if seen.pixels is not None else missing,
        )

    def seen(self, slot: Slot, extent: Extent) -> Seen | None:
        """The picture alone that the pane shows at this size; None where there is nothing to show."""
        here = self._here(slot)
        if here is None:
            return None
        result, panes, pane, series = here
        return self._seen(panes, result, series, series.instances[pane.index], extent)

    def _here(self, slot: Slot) -> tuple[StudyResult, Panes, Pane, Series] | None:
        """What a pane stands for, whose series it shows; None where there is nothing to show."""
        study, result, panes = self._state.study, self._state.result, self._state.panes
        self._keep_up(study, result)
        if study is None or result is None or panes is None or slot not in panes.shown:
            return None
        pane = panes.shown[slot]
        return result, panes, pane, next(kept for kept in study.series if kept.id == pane.series_id)

    def _seen(self, panes: Panes, result: StudyResult, series: Series, instance: Instance, extent: Extent) -> Seen:
        pixels, look = self._picture(instance), panes.look_at(series.id)
        turns = look.turns
        viewport = look.viewport or self._opening_view(result, series, instance, rendering.lying(extent, turns))
        return Seen(
            pixels,
            instance.plane,
            replace(viewport, turns=turns),
            look.window or self._opening_window(result, series, instance, pixels),
        )

    def _lines(self, panes: Panes, instance: Instance) -> tuple[Line, ...]:
        """Where the active pane's slice cuts this one, and the axial slice always: it is what levels are read from."""
        if panes.lines_hidden:
            return ()
        telling = [pane for slot, pane in panes.shown.items() if slot in (panes.active, Slot.AXIAL)]
        elsewhere = [self._state.instance(pane) for pane in telling]
        found = [overlay.reference_line(other, instance) for other in elsewhere if other is not None]
        return tuple(line for line in found if line is not None)

    def _measures(self, panes: Panes, pane: Pane, plane: Plane | None) -> tuple[Drawn, ...]:
        """What was drawn on this slice, with what is being drawn up to the mouse."""
        if plane is None:
            return ()
        drawn = []
        for measure in (each for each in panes.measures if each.pane == pane):
            begun = not measures.is_whole(measure)
            pointer = (panes.pointer,) if begun and panes.pointer is not None else ()
            shown = replace(measure, points=(*measure.points, *pointer))
            drawn.append(Drawn(shown.points, measures.words(shown, plane)))
        return tuple(drawn)

    def presets(self, slot: Slot) -> dict[int, tuple[str, Window]]:
        """The windows on offer in a pane by their numbers, with their names; none while its slice is not decoded.

        1 opening, 2 whole range, 3 high contrast, from 4 the file's own, 7 to 9 the user's own.
        """
        panes, result = self._state.panes, self._state.result
        pane = panes.shown.get(slot) if panes is not None else None
        series = self._state.series(pane.series_id) if pane is not None else None
        if pane is None or series is None or result is None:
            return {}
        instance = series.instances[pane.index]
        pixels = self._picture(instance)
        if pixels is None:
            return {}
        opening = self._opening_window(result, series, instance, pixels)
        whole = rendering.percentile_window(pixels, 0.0, 100.0)
        narrow = Window(opening.centre, opening.width * 0.6)
        files = [(window.name or "The file's own", window) for window in instance.windows[:MOST_OF_FILE]]
        offered = [("Spine", opening), ("Whole range", whole), ("High contrast", narrow), *files]
        own = {
            int(number): (f"Own {number}", Window(opening.centre + shift * opening.width, factor * opening.width))
            for number, (shift, factor) in self._state.settings.presets.items()
        }
        return dict(enumerate(offered, start=1)) | own

    def as_preset(self, slot: Slot) -> tuple[float, float] | None:
        """The window that a pane shows, by the one that its series opened with: (shift, factor) in its widths.

        MR brightness has no unit: a window as the values of one scanner would be none on the next.
        """
        panes = self._state.panes
        presets = self.presets(slot)
        if panes is None or 1 not in presets:
            return None
        opening = presets[1][1]
        now = panes.look_at(panes.shown[slot].series_id).window or opening
        return (now.centre - opening.centre) / opening.width, now.width / opening.width

    def _keep_up(self, study: Study | None, result: StudyResult | None) -> None:
        """Forget what belongs to another study or result."""
        if study is not self._study:
            self._study = study
            self._windows.clear()
            self._views.clear()
        if result is not self._result:
            self._result = result
            self._placed = overlay.placed(study, result) if study is not None and result is not None else {}

    def _opening_view(self, result: StudyResult, series: Series, instance: Instance, extent: Extent) -> Viewport:
        key = (series.id, extent)
        if key not in self._views:
            self._views[key] = _viewport(result, series, instance, extent)
        return self._views[key]

    def _opening_window(self, result: StudyResult, series: Series, instance: Instance, pixels: Pixels | None) -> Window:
        """One window for the whole series, taken from the slice that was shown first."""
        if series.id not in self._windows:
            if pixels is None:
                return Window(0.0, 1.0)
            front = rendering.front_direction(instance.plane)
            self._windows[series.id] = rendering.spine_window(pixels, opening_points(result, series), front)
        return self._windows[series.id]


def _cursor(panes: Panes, instance: Instance) -> Point | None:
    """Where the pointed-at place of the patient lies on an image, seen along its normal; None beyond its edges."""
    if panes.cursor is None or instance.plane is None:
        return None
    row, column = instance.plane.to_pixels(np.array(panes.cursor))
    inside = -0.5 <= row <= instance.rows - 0.5 and -0.5 <= column <= instance.columns - 0.5
    return (float(row), float(column)) if inside else None


def _viewport(result: StudyResult, series: Series, instance: Instance, extent: Extent) -> Viewport:
    """Round the canal on an axial slice, the spine filling the pane on a sagittal one."""
    shape = (instance.rows, instance.columns)
    middle = axial_middle(result, series)
    if middle is not None:
        return rendering.axial_viewport(middle, shape, extent, instance.plane)
    aspect, front = rendering.aspect_of(instance.plane), rendering.front_direction(instance.plane)
    return rendering.spine_viewport(opening_points(result, series), shape, extent, aspect, front)
