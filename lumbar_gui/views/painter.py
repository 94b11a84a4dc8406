"""Draws over a picture what its scene holds: lines, brackets, names, words, letters and the scale."""

from __future__ import annotations

import tkinter as tk
from typing import Literal

from lumbar_core.geometry import Plane
from lumbar_gui import rendering
from lumbar_gui.overlay import Bracket, LevelName, Line
from lumbar_gui.rendering import Point
from lumbar_gui.scenes import Drawn, Extent, Scene
from lumbar_gui.views import theme
from lumbar_gui.views.look import Look

Box = tuple[int, int, int, int]  # left, top, right, bottom
Anchor = Literal["nw", "n", "ne", "w", "center", "e", "sw", "s", "se"]
# Where words are held, by the way on the screen in which they stand off their place.
ANCHORS: dict[Point, Anchor] = {(-1, 0): "e", (1, 0): "w", (0, -1): "s", (0, 1): "n"}


class Painter:
    """The marks and words of one canvas; each drawing replaces the one before."""

    def __init__(self, canvas: tk.Canvas, look: Look) -> None:
        self._canvas = canvas
        self._look = look
        self._extent: Extent = (1, 1)

    def draw(self, scene: Scene, extent: Extent) -> None:
        """Everything over the picture; marks only where there is one."""
        self._extent = extent
        self._canvas.delete("over")
        if scene.pixels is not None:
            self._draw_marks(scene)
        if scene.caption:
            self._draw_words(scene)
        if scene.message:
            self._haloed(extent[0] / 2, extent[1] / 2, scene.message, "center", "text", extent[0] - self._look.px(20))

    def _draw_marks(self, scene: Scene) -> None:
        for line in scene.lines:
            self._draw_line(scene, line)
        for bracket in scene.brackets:
            self._draw_bracket(scene, bracket)
        for name in scene.names:
            self._draw_name(scene, name)
        for measure in scene.measures:
            self._draw_measure(scene, measure)
        if scene.cursor is not None:
            self._draw_cursor(scene, scene.cursor)
        for row, column in scene.points:
            x, y = scene.viewport.to_screen(row, column, self._extent)
            r = self._look.px(5.5)
            self._canvas.create_oval(
                x - r, y - r, x + r, y + r, outline=theme.DARK.accent, width=self._look.px(2), tags="over"
            )

    def _draw_line(self, scene: Scene, line: Line) -> None:
        px = self._look.px
        ends = [scene.viewport.to_screen(row, column, self._extent) for row, column in line]
        tags = ("over", "line")
        self._canvas.create_line(
            ends, fill=theme.DARK.accent, width=max(1, px(1)), dash=(max(2, px(4)), max(2, px(4))), tags=tags
        )

    def _draw_measure(self, scene: Scene, measure: Drawn) -> None:
        """A line or two with small ends, the value beside the last point."""
        px, tags = self._look.px, ("over", "measure")
        ends = [scene.viewport.to_screen(row, column, self._extent) for row, column in measure.points]
        if len(ends) > 1:
            self._canvas.create_line(ends, fill=theme.PICTURE_HALO, width=px(4), tags="over")
            self._canvas.create_line(ends, fill=theme.PICTURE_TEXT, width=px(1.6), tags=tags)
        for x, y in ends:
            r = px(2.5)
            self._canvas.create_oval(
                x - r, y - r, x + r, y + r, outline=theme.PICTURE_HALO, fill=theme.PICTURE_TEXT, tags=tags
            )
        if measure.words:
            x, y = ends[-1]
            self._haloed(x + px(8), y, measure.words, "w", "smallbold")

    def _draw_cursor(self, scene: Scene, place: Point) -> None:
        x, y = scene.viewport.to_screen(*place, self._extent)
        gap, arm, tags = self._look.px(5), self._look.px(14), ("over", "cursor")
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            line = (x + dx * gap, y + dy * gap, x + dx * arm, y + dy * arm)
            self._canvas.create_line(*line, fill=theme.PICTURE_HALO, width=self._look.px(4), tags="over")
            self._canvas.create_line(*line, fill=theme.DARK.accent, width=self._look.px(2), tags=tags)

    def _draw_bracket(self, scene: Scene, bracket: Bracket) -> None:
        x, y = scene.viewport.to_screen(bracket.row, bracket.column, self._extent)
        half = max(bracket.half * scene.viewport.zoom, self._look.px(7))
        arm = half * 0.45
        colour = theme.DARK.of_grade(bracket.grade) if bracket.grade is not None else theme.DARK.dim
        width = self._look.px(2.6 if bracket.chosen else 1.2)
        for sx in (-1, 1):
            for sy in (-1, 1):
                cx, cy = x + sx * half, y + sy * half
                corner = [cx - sx * arm, cy, cx, cy, cx, cy - sy * arm]
                self._canvas.create_line(corner, fill=theme.PICTURE_HALO, width=width + self._look.px(2.4), tags="over")
                self._canvas.create_line(corner, fill=colour, width=max(1, width), tags=("over", "bracket"))

    def _draw_name(self, scene: Scene, name: LevelName) -> None:
        px = self._look.px
        x, y = scene.viewport.to_screen(name.row, name.column, self._extent)
        shape = f"{theme.SHAPES[name.grade]} " if name.grade is not None else ""
        way = rendering.turned(name.front, 0, scene.viewport.turns)
        text = self._canvas.create_text(
            x,
            y,
            text=f"{shape}{name.text}",
            anchor=ANCHORS[way],
            font=str(self._look.font("small")),
            fill=theme.PICTURE_TEXT,
            tags=("over", "name"),
        )
        if way[0]:
            self._keep_inside(text, across=True)
        else:
            self._step_aside(text, way[1])
            self._keep_inside(text, across=False)
        left, top, right, bottom = self._canvas.bbox(text)
        box = (left - px(5), top - px(2), right + px(5), bottom + px(2))
        line = theme.DARK.accent if name.chosen else theme.DARK.line
        under = self._canvas.create_rectangle(
            *box, fill=theme.DARK.ground, outline=line, width=max(1, px(1)), tags=("over", f"under{text}")
        )
        self._canvas.tag_raise(text, under)

    def _keep_inside(self, text: int, across: bool) -> None:
        """Words that the pane's edge would cut are moved in."""
        edge, box = self._look.px(10), self._canvas.bbox(text)
        first, last, room = (box[0], box[2], self._extent[0]) if across else (box[1], box[3], self._extent[1])
        shift = max(edge - first, 0) or min(room - edge - last, 0)
        self._canvas.move(text, shift if across else 0, 0 if across else shift)

    def _step_aside(self, text: int, way: float) -> None:
        """In a picture that lies on its side the levels are beside each other: a name goes out past the ones before."""
        px = self._look.px
        for other in self._canvas.find_withtag("name"):
            left, top, right, bottom = self._canvas.bbox(text)
            begins, high, ends, low = self._canvas.bbox(other)
            meets = begins < right + px(12) and left < ends + px(12) and high < bottom + px(6) and top < low + px(6)
            if other != text and meets:
                self._canvas.move(text, 0, high - px(8) - bottom if way < 0 else low + px(8) - top)

    def _draw_words(self, scene: Scene) -> None:
        px, (width, height) = self._look.px, self._extent
        edge = px(10)
        corners = [self._haloed(edge, edge, scene.caption, "nw", "small")]
        after = corners[0][2]
        if scene.beside:
            font = self._look.font("smallbold")
            fits = after + px(12) + font.measure(scene.beside) <= width - edge
            x, y = (after + px(12), edge) if fits else (edge, edge + font.metrics("linespace"))
            room = width - round(x) - edge
            words = scene.beside if font.measure(scene.beside) <= room else scene.beside.replace(" · ", "\n")
            corners.append(self._haloed(x, y, words, "nw", "smallbold", width=room))
        if scene.pixels is None:
            return
        levels = f"W {scene.window.width:.0f}  L {scene.window.centre:.0f}"
        if scene.together:
            levels = f"{levels} · together"
        corners.append(self._haloed(width - edge, height - edge, levels, "se", "small"))
        if scene.plane is not None:
            corners.append(self._draw_scale_bar(scene, scene.plane, min(px(170), corners[-1][0] - 2 * edge)))
        self._let_names_give_way(corners)
        if scene.plane is not None:
            left, right = rendering.edge_letters(scene.plane, scene.viewport.turns)
            self._haloed(edge, self._free_height(edge), left, "w", "small")
            self._haloed(width - edge, self._free_height(width - edge), right, "e", "small")

    def _let_names_give_way(self, corners: list[Box]) -> None:
        """A level's name at the upper or the lower edge goes below or above the words in the corners."""
        around = self._look.px(5)
        for name in self._canvas.find_withtag("name"):
            for left, top, right, bottom in corners:
                begins, high, ends, low = self._canvas.bbox(name)
                if begins - around >= right or left >= ends + around or high - around >= bottom or top >= low + around:
                    continue
                shift = bottom + around - high if top + bottom < self._extent[1] else top - around - low
                for item in (name, f"under{name}"):
                    self._canvas.move(item, 0, shift)

    def _free_height(self, x: float) -> float:
        """Half way down, or below the level's name that stands there."""
        reach, y = self._look.px(20), self._extent[1] / 2
        for name in self._canvas.find_withtag("name"):
            left, top, right, bottom = self._canvas.bbox(name)
            if left - reach < x < right + reach and top - reach < y < bottom + reach:
                return bottom + reach
        return y

    def _draw_scale_bar(self, scene: Scene, plane: Plane, longest: float) -> Box:
        """The bar with its length above it; gives the box of the two."""
        px, (_, height) = self._look.px, self._extent
        words, length = rendering.scale_bar(plane, scene.viewport.zoom, longest)
        edge, bottom = px(10), height - px(10)
        self._canvas.create_line(
            edge - 1, bottom, edge + length + 1, bottom, fill=theme.PICTURE_HALO, width=px(4), tags="over"
        )
        self._canvas.create_line(edge, bottom, edge + length, bottom, fill=theme.PICTURE_TEXT, width=px(2), tags="over")
        middle = max(edge + length / 2, edge + self._look.font("small").measure(words) / 2)
        above = self._haloed(middle, bottom - px(3), words, "s", "small")
        return min(edge, above[0]), above[1], max(round(edge + length), above[2]), bottom

    def _haloed(self, x: float, y: float, words: str, anchor: Anchor, size: str, width: int = 0) -> Box:
        """Words with a dark edge, readable on bright fat, broken at a width if one is given; gives their box."""
        font = str(self._look.font(size))
        for dx, dy in ((-1, -1), (1, 1), (-1, 1), (1, -1)):
            self._canvas.create_text(
                x + dx, y + dy, text=words, anchor=anchor, font=font, width=width, fill=theme.PICTURE_HALO, tags="over"
            )
        tags = ("over", "words")
        item = self._canvas.create_text(
            x, y, text=words, anchor=anchor, font=font, width=width, fill=theme.PICTURE_TEXT, tags=tags
        )
        return self._canvas.bbox(item)
