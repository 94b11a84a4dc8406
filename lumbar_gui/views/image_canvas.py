"""One picture pane: draws what it is given and turns mouse gestures into requests."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image, ImageTk

from lumbar_core.geometry import Plane
from lumbar_core.study import Pixels, Window
from lumbar_gui import rendering
from lumbar_gui.overlay import Bracket, LevelName
from lumbar_gui.rendering import Viewport
from lumbar_gui.state import FindingKey
from lumbar_gui.views import theme
from lumbar_gui.views.look import Look

Anchor = Literal["nw", "n", "ne", "w", "center", "e", "sw", "s", "se"]

CLICK_PX = 4  # a press that moves less is a click
WHEEL_ZOOM = 1.15


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a pane shows at one moment."""

    pixels: Pixels | None
    viewport: Viewport
    window: Window
    plane: Plane | None = None
    invert: bool = False
    brackets: tuple[Bracket, ...] = ()
    names: tuple[LevelName, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    caption: str = ""
    beside: str = ""
    message: str = ""


@dataclass(slots=True)
class Gestures:
    """What the mouse asks for."""

    scroll: Callable[[int], None] = lambda steps: None
    viewport: Callable[[Viewport], None] = lambda viewport: None
    window: Callable[[Window], None] = lambda window: None
    pick: Callable[[FindingKey], None] = lambda key: None
    menu: Callable[[int, int], None] = lambda x, y: None
    resized: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Drag:
    """A press that is under way: where it began and what it moves."""

    kind: str
    x: int
    y: int
    viewport: Viewport
    window: Window
    moved: bool = field(default=False)


class ImageCanvas(tk.Canvas):
    """A pane. One PhotoImage is pasted into again and again: a new one per frame costs ten times as much."""

    def __init__(self, parent: tk.Misc, look: Look, gestures: Gestures) -> None:
        super().__init__(
            parent,
            background=theme.PICTURE_GROUND,
            highlightthickness=look.px(2),
            highlightbackground=theme.PICTURE_GROUND,
            highlightcolor=look.palette.accent,
            borderwidth=0,
            takefocus=1,
            cursor="crosshair",
        )
        self._look = look
        self._gestures = gestures
        self._scene: Scene | None = None
        self._photo: ImageTk.PhotoImage | None = None
        self._image_item = self.create_image(0, 0, anchor="nw")
        self._drag: _Drag | None = None
        self._drawing = ""
        self._bind_mouse()
        self.bind("<Configure>", lambda _event: self._gestures.resized())

    @property
    def extent(self) -> tuple[int, int]:
        """(width, height) of the pane in screen pixels."""
        return max(self.winfo_width(), 1), max(self.winfo_height(), 1)

    @property
    def scene(self) -> Scene | None:
        """What the pane shows."""
        return self._scene

    def show(self, scene: Scene) -> None:
        """Draw soon; several changes in one go are drawn once."""
        self._scene = scene
        if not self._drawing:
            self._drawing = self.after_idle(self.draw)

    def destroy(self) -> None:
        """Close the pane; what it was about to draw is not drawn."""
        if self._drawing:
            self.after_cancel(self._drawing)
        super().destroy()

    def draw(self) -> None:
        """Draw now."""
        self._drawing = ""
        scene = self._scene
        if scene is None:
            return
        self.delete("over")
        if scene.pixels is not None:
            self._paste(scene, scene.pixels)
            self._draw_marks(scene)
        else:
            self.itemconfigure(self._image_item, image="")
            self._photo = None
        self._draw_words(scene)

    def _paste(self, scene: Scene, pixels: Pixels) -> None:
        grey = rendering.render(pixels, scene.window, scene.viewport, self.extent, scene.invert)
        if self._photo is None or (self._photo.width(), self._photo.height()) != self.extent:
            self._photo = ImageTk.PhotoImage("L", self.extent, master=self)
            self.itemconfigure(self._image_item, image=self._photo)
        self._photo.paste(Image.fromarray(grey))

    def _draw_marks(self, scene: Scene) -> None:
        for bracket in scene.brackets:
            self._draw_bracket(scene, bracket)
        for name in scene.names:
            self._draw_name(scene, name)
        for row, column in scene.points:
            x, y = scene.viewport.to_screen(row, column, self.extent)
            r = self._look.px(5.5)
            self.create_oval(x - r, y - r, x + r, y + r, outline=theme.DARK.accent, width=self._look.px(2), tags="over")

    def _draw_bracket(self, scene: Scene, bracket: Bracket) -> None:
        x, y = scene.viewport.to_screen(bracket.row, bracket.column, self.extent)
        half = max(bracket.half * scene.viewport.zoom, self._look.px(7))
        arm = half * 0.45
        colour = theme.DARK.of_grade(bracket.grade) if bracket.grade is not None else theme.DARK.dim
        width = self._look.px(2.6 if bracket.chosen else 1.2)
        for sx in (-1, 1):
            for sy in (-1, 1):
                cx, cy = x + sx * half, y + sy * half
                corner = [cx - sx * arm, cy, cx, cy, cx, cy - sy * arm]
                self.create_line(corner, fill=theme.PICTURE_HALO, width=width + self._look.px(2.4), tags="over")
                self.create_line(corner, fill=colour, width=max(1, width), tags=("over", "bracket"))

    def _draw_name(self, scene: Scene, name: LevelName) -> None:
        px = self._look.px
        x, y = scene.viewport.to_screen(name.row, name.column, self.extent)
        shape = f"{theme.SHAPES[name.grade]} " if name.grade is not None else ""
        text = self.create_text(
            x,
            y,
            text=f"{shape}{name.text}",
            anchor="e" if name.front < 0 else "w",
            font=str(self._look.font("small")),
            fill=theme.PICTURE_TEXT,
            tags=("over", "name"),
        )
        left, top, right, bottom = self.bbox(text)
        width, _ = self.extent
        shift = max(px(10) - left, 0) or min(width - px(10) - right, 0)
        self.move(text, shift, 0)
        box = (left + shift - px(5), top - px(2), right + shift + px(5), bottom + px(2))
        line = theme.DARK.accent if name.chosen else theme.DARK.line
        under = self.create_rectangle(*box, fill=theme.DARK.ground, outline=line, width=max(1, px(1)), tags="over")
        self.tag_raise(text, under)

    def _draw_words(self, scene: Scene) -> None:
        px, (width, height) = self._look.px, self.extent
        edge = px(10)
        after = self._haloed(edge, edge, scene.caption, "nw", "small")
        if scene.beside:
            font = self._look.font("smallbold")
            fits = after + px(12) + font.measure(scene.beside) <= width - edge
            x, y = (after + px(12), edge) if fits else (edge, edge + font.metrics("linespace"))
            self._haloed(x, y, scene.beside, "nw", "small", bold=True)
        if scene.message:
            self._haloed(width / 2, height / 2, scene.message, "center", "text")
        if scene.pixels is None or not scene.caption:
            return
        levels = f"W {scene.window.width:.0f}  L {scene.window.centre:.0f}"
        self._haloed(width - edge, height - edge, levels, "se", "small")
        if scene.plane is not None:
            left, right = rendering.edge_letters(scene.plane)
            self._haloed(edge, height / 2, left, "w", "small")
            self._haloed(width - edge, height / 2, right, "e", "small")
            self._draw_scale_bar(scene, scene.plane)

    def _draw_scale_bar(self, scene: Scene, plane: Plane) -> None:
        px, (_, height) = self._look.px, self.extent
        words, length = rendering.scale_bar(plane, scene.viewport.zoom, px(170))
        edge, bottom = px(10), height - px(10)
        self.create_line(edge - 1, bottom, edge + length + 1, bottom, fill=theme.PICTURE_HALO, width=px(4), tags="over")
        self.create_line(edge, bottom, edge + length, bottom, fill=theme.PICTURE_TEXT, width=px(2), tags="over")
        self._haloed(edge + length / 2, bottom - px(3), words, "s", "small")

    def _haloed(self, x: float, y: float, words: str, anchor: Anchor, size: str, bold: bool = False) -> float:
        """Words with a dark edge, readable on bright fat; gives where they end."""
        if not words:
            return x
        font = str(self._look.font("smallbold" if bold else size))
        for dx, dy in ((-1, -1), (1, 1), (-1, 1), (1, -1)):
            self.create_text(
                x + dx,
                y + dy,
                text=words,
                anchor=anchor,
                font=font,
                fill=theme.PICTURE_HALO,
                tags="over",
            )
        item = self.create_text(x, y, text=words, anchor=anchor, font=font, fill=theme.PICTURE_TEXT, tags="over")
        return float(self.bbox(item)[2])

    def _bind_mouse(self) -> None:
        self.bind("<ButtonPress-1>", lambda event: self._press(event, "window"))
        self.bind("<Shift-ButtonPress-1>", lambda event: self._press(event, "pan"))
        self.bind("<ButtonPress-2>", lambda event: self._press(event, "pan"))
        self.bind("<ButtonPress-3>", lambda event: self._press(event, "zoom"))
        for button in (1, 2, 3):
            self.bind(f"<B{button}-Motion>", self._move)
            self.bind(f"<ButtonRelease-{button}>", self._release)
        self.bind("<MouseWheel>", lambda event: self._wheel(event, 1 if event.delta > 0 else -1))
        self.bind("<Button-4>", lambda event: self._wheel(event, 1))
        self.bind("<Button-5>", lambda event: self._wheel(event, -1))

    def _wheel(self, event: tk.Event[tk.Canvas], up: int) -> None:
        scene = self._scene
        if scene is None:
            return
        if int(event.state) & 0x4:  # Control
            self._gestures.viewport(scene.viewport.zoomed(WHEEL_ZOOM**up, event.x, event.y, self.extent))
        else:
            self._gestures.scroll(-up)

    def _press(self, event: tk.Event[tk.Canvas], kind: str) -> None:
        self.focus_set()
        if self._scene is not None and self._scene.pixels is not None:
            self._drag = _Drag(kind, event.x, event.y, self._scene.viewport, self._scene.window)

    def _move(self, event: tk.Event[tk.Canvas]) -> None:
        drag = self._drag
        if drag is None:
            return
        dx, dy = event.x - drag.x, event.y - drag.y
        if not drag.moved and abs(dx) + abs(dy) < CLICK_PX:
            return
        drag.moved = True
        if drag.kind == "window":
            self._gestures.window(rendering.dragged_window(drag.window, dx, dy, self.extent))
        elif drag.kind == "pan":
            self._gestures.viewport(drag.viewport.panned(dx, dy))
        else:
            factor = float(2.0 ** (-dy / self._look.px(120)))
            self._gestures.viewport(drag.viewport.zoomed(factor, drag.x, drag.y, self.extent))

    def _release(self, event: tk.Event[tk.Canvas]) -> None:
        drag, self._drag = self._drag, None
        if drag is None or drag.moved:
            return
        if drag.kind == "zoom":
            self._gestures.menu(event.x_root, event.y_root)
        elif drag.kind == "window":
            self._pick(event.x, event.y)

    def _pick(self, x: float, y: float) -> None:
        """Choose the finding whose bracket was clicked."""
        scene = self._scene
        if scene is None:
            return
        for bracket in reversed(scene.brackets):
            bx, by = scene.viewport.to_screen(bracket.row, bracket.column, self.extent)
            reach = bracket.half * scene.viewport.zoom
            if abs(bx - x) <= reach and abs(by - y) <= reach:
                self._gestures.pick(bracket.key)
                return
