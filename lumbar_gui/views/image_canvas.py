"""The canvas of one picture: shows the scene it is given and turns mouse gestures into requests."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image, ImageTk

from lumbar_core.study import Pixels, Window
from lumbar_gui import rendering
from lumbar_gui.keymap import CONTROL, SHIFT
from lumbar_gui.overlay import Bracket
from lumbar_gui.rendering import Point, Viewport
from lumbar_gui.scenes import Scene
from lumbar_gui.state import FindingKey
from lumbar_gui.views import theme
from lumbar_gui.views.look import Look
from lumbar_gui.views.painter import Painter

CLICK_PX = 4  # a press that moves less is a click
WHEEL_ZOOM = 1.15


@dataclass(slots=True)
class Gestures:
    """What the mouse asks for; touch: any of it is about to come, or the focus; place: whether points are missing.

    carry, drop, put_back: the chosen finding's mark is taken along, and let go; or not, after all.
    """

    touch: Callable[[], None] = lambda: None
    scroll: Callable[[int], None] = lambda steps: None
    viewport: Callable[[Viewport], None] = lambda viewport: None
    window: Callable[[Window], None] = lambda window: None
    pick: Callable[[FindingKey], None] = lambda key: None
    place: Callable[[Point], bool] = lambda point: False
    carry: Callable[[Point], None] = lambda point: None
    drop: Callable[[], None] = lambda: None
    put_back: Callable[[], None] = lambda: None
    hover: Callable[[Point], None] = lambda point: None
    point_at: Callable[[Point | None], None] = lambda point: None
    menu: Callable[[int, int], None] = lambda x, y: None
    enlarge: Callable[[], None] = lambda: None
    reset: Callable[[], None] = lambda: None
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
            width=1,
            height=1,
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
        self._painter = Painter(self, look)
        self._scene: Scene | None = None
        self._photo: ImageTk.PhotoImage | None = None
        self._image_item = self.create_image(0, 0, anchor="nw")
        self._drag: _Drag | None = None
        self._drawing = ""
        self._drawn_size = (0, 0)
        self._pasted: Scene | None = None
        self._bind_mouse()
        self.bind("<Configure>", lambda _event: self._gestures.resized())
        self.bind("<FocusIn>", lambda _event: self._gestures.touch())

    @property
    def extent(self) -> tuple[int, int]:
        """(width, height) of the pane in screen pixels."""
        return max(self.winfo_width(), 1), max(self.winfo_height(), 1)

    @property
    def scene(self) -> Scene | None:
        """What the pane shows."""
        return self._scene

    def mark_active(self, active: bool) -> None:
        """Tell by a quiet edge that keys act on this pane, also while the focus is elsewhere."""
        ground = theme.PICTURE_GROUND
        edge = theme.mix(self._look.palette.accent, ground, 0.45) if active else ground
        if str(self["highlightbackground"]) != edge:
            self.configure(highlightbackground=edge)

    def show(self, scene: Scene) -> None:
        """Draw soon, if anything has changed; several changes in one go are drawn once."""
        if scene.looks_like(self._scene) and self._drawn_size == self.extent:
            return
        self._scene = scene
        if not self._drawing:
            self._drawing = self.after_idle(self.draw)

    def clear(self) -> None:
        """Show nothing, and keep nothing of what was shown."""
        self._scene = self._pasted = self._photo = None
        self._drawn_size = (0, 0)
        self.itemconfigure(self._image_item, image="")
        self.delete("over")

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
        self._drawn_size = self.extent
        if scene.pixels is not None:
            self._paste(scene, scene.pixels)
        else:
            self.itemconfigure(self._image_item, image="")
            self._photo = None
        self._painter.draw(scene, self.extent)

    def _paste(self, scene: Scene, pixels: Pixels) -> None:
        """Put the picture under the marks, unless it is there already: marks change more often."""
        fits = self._photo is not None and (self._photo.width(), self._photo.height()) == self.extent
        if fits and scene.pictures_like(self._pasted):
            return
        self._pasted = scene
        grey = rendering.render(pixels, scene.window, scene.viewport, self.extent, scene.invert)
        if self._photo is None or not fits:
            self._photo = ImageTk.PhotoImage("L", self.extent, master=self)
            self.itemconfigure(self._image_item, image=self._photo)
        self._photo.paste(Image.fromarray(grey))

    def _bind_mouse(self) -> None:
        self.bind("<ButtonPress-1>", lambda event: self._press(event, "window"))
        self.bind("<Double-ButtonPress-1>", lambda _event: self._gestures.enlarge())
        self.bind("<Control-ButtonPress-1>", lambda event: self._press(event, self._taken_hold_of(event)))
        self.bind("<Shift-ButtonPress-1>", lambda event: self._press(event, "pan"))
        self.bind("<ButtonPress-2>", lambda event: self._press(event, "pan"))
        self.bind("<ButtonPress-3>", lambda event: self._press(event, "zoom"))
        for button in (1, 2, 3):
            self.bind(f"<B{button}-Motion>", self._move)
            self.bind(f"<ButtonRelease-{button}>", self._release)
        self.bind("<Escape>", lambda _event: self._let_be())
        self.bind("<space>", lambda _event: self._gestures.reset())
        self.bind("<Motion>", self._hover)
        self.bind("<Leave>", lambda _event: self._gestures.point_at(None))
        self.bind("<MouseWheel>", lambda event: self._wheel(event, 1 if event.delta > 0 else -1))
        self.bind("<Button-4>", lambda event: self._wheel(event, 1))
        self.bind("<Button-5>", lambda event: self._wheel(event, -1))

    def _wheel(self, event: tk.Event[tk.Canvas], up: int) -> None:
        scene = self._scene
        if scene is None:
            return
        self._gestures.touch()
        if int(event.state) & CONTROL:
            self._gestures.viewport(scene.viewport.zoomed(WHEEL_ZOOM**up, event.x, event.y, self.extent))
        else:
            self._gestures.scroll(-up)

    def _press(self, event: tk.Event[tk.Canvas], kind: str) -> None:
        self._gestures.touch()
        self.focus_set()
        if self._scene is not None and self._scene.pixels is not None:
            if kind == "window" and self._scene.draws:
                kind = "measure" if self._gestures.place(self._image_point(event)) else "measured"
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
        elif drag.kind == "measure":
            self._gestures.hover(self._image_point(event))
        elif drag.kind == "carry":
            self._gestures.carry(self._image_point(event))
        elif drag.kind == "pan":
            self._gestures.viewport(drag.viewport.panned(dx, dy))
        elif drag.kind == "zoom":
            factor = float(2.0 ** (-dy / self._look.px(120)))
            self._gestures.viewport(drag.viewport.zoomed(factor, drag.x, drag.y, self.extent))

    def _release(self, event: tk.Event[tk.Canvas]) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and drag.moved and drag.kind == "measure":
            self._gestures.place(self._image_point(event))  # drawn in one stroke
        if drag is not None and drag.moved and drag.kind == "carry":
            self._gestures.drop()
        if drag is None or drag.moved:
            return
        if drag.kind == "zoom":
            self._gestures.menu(event.x_root, event.y_root)
        elif drag.kind in ("window", "carry"):
            self._pick(event.x, event.y)

    def _let_be(self) -> None:
        """The mark in the hand goes back, with Control still down too; the button moves nothing more."""
        if self._drag is not None and self._drag.kind == "carry":
            self._drag = None
            self._gestures.put_back()

    def _hover(self, event: tk.Event[tk.Canvas]) -> None:
        """The mouse moves with no button down: what is drawn follows it, with Shift all panes go to its place."""
        if self._scene is None or self._scene.pixels is None:
            return
        if int(event.state) & SHIFT:
            self._gestures.point_at(self._image_point(event))
        elif self._scene.draws:
            self._gestures.hover(self._image_point(event))
        elif self._scene.cursor is not None:
            self._gestures.point_at(None)

    def _image_point(self, event: tk.Event[tk.Canvas]) -> Point:
        assert self._scene is not None
        return self._scene.viewport.to_image(event.x, event.y, self.extent)

    def _taken_hold_of(self, event: tk.Event[tk.Canvas]) -> str:
        """What a drag with Control moves: the chosen finding's mark where it begins there, else the window."""
        bracket = self._bracket_at(event.x, event.y)
        return "carry" if bracket is not None and bracket.chosen else "window"

    def _pick(self, x: float, y: float) -> None:
        """Choose the finding whose bracket was clicked."""
        bracket = self._bracket_at(x, y)
        if bracket is not None:
            self._gestures.pick(bracket.key)

    def _bracket_at(self, x: float, y: float) -> Bracket | None:
        """The bracket on top at this place of the pane."""
        scene = self._scene
        for bracket in reversed(scene.brackets if scene is not None else ()):
            assert scene is not None
            bx, by = scene.viewport.to_screen(bracket.row, bracket.column, self.extent)
            reach = bracket.half * scene.viewport.zoom
            if abs(bx - x) <= reach and abs(by - y) <= reach:
                return bracket
        return None
