"""Processing: the picture with the levels as they are found, steps with real counts, Cancel."""

from __future__ import annotations

import time
import tkinter as tk

from lumbar_core.study import Window
from lumbar_gui import rendering
from lumbar_gui.expectation import study_title
from lumbar_gui.scenes import Scene
from lumbar_gui.state import StepCount
from lumbar_gui.views.bars import Bar
from lumbar_gui.views.image_canvas import Gestures, ImageCanvas
from lumbar_gui.views.page import Tools, View

STEPS = (
    ("read", "Read"),
    ("recognise", "Recognise"),
    ("decode", "Decode"),
    ("localise", "Locate the levels"),
    ("grade", "Grade"),
)
NARROW, PICTURE_SHARE, STEP_NAMES, BAR_WIDTH, LEAST_BAR = 760, 0.4, 178, 180, 60
COUNTED = {"read": "{of} files", "decode": "{of} images", "recognise": "{of} series"}


class ProcessingPage(View):
    """A run is under way."""

    hint = "Working"

    def __init__(self, parent: tk.Misc, bar: tk.Misc, tools: Tools) -> None:
        super().__init__(parent, bar, tools)
        look, px = self.look, self.look.px
        self.cancel = look.button(self.actions, "Cancel  (Esc)", self.controller.cancel)
        self.cancel.pack(side="left")
        block = look.frame(self)
        block.columnconfigure(0, weight=1)
        block.rowconfigure(0, weight=1)
        self._canvas = ImageCanvas(block, look, Gestures(resized=self._draw))
        self._canvas.configure(takefocus=0, cursor="")
        self._canvas.grid(row=0, column=0, sticky="nsew", padx=(0, px(48)))
        self._rows: dict[str, tuple[tk.Label, tk.Label, Bar]] = {}
        self._make_steps(block).grid(row=0, column=1)
        self._block = block
        self._share_width(px(NARROW))
        self.bind("<Configure>", lambda event: self._share_width(event.width) if event.widget is self else None)
        self._grading_since = 0.0

    def subtitle(self) -> str:
        return study_title(self.state.study) if self.state.study is not None else ""

    def refresh(self, changed: frozenset[str]) -> None:
        if "steps" in changed:
            self._count()
        if changed & {"preview", "pictures", "page"}:
            self._draw()

    def _make_steps(self, parent: tk.Misc) -> tk.Frame:
        look, px = self.look, self.look.px
        steps = look.frame(parent)
        self._title = look.label(steps, "", "text", "title")
        self._title.grid(row=0, column=0, columnspan=3, sticky="w", pady=(0, px(20)))
        for row, (step, words) in enumerate(STEPS, start=1):
            mark = look.label(steps, "", "done")
            mark.configure(width=2)
            name = look.label(steps, words, "dim")
            bar = Bar(steps, look, width=BAR_WIDTH)
            mark.grid(row=row, column=0, pady=px(7))
            name.grid(row=row, column=1, sticky="w", padx=(0, px(24)))
            bar.grid(row=row, column=2)
            self._rows[step] = (mark, name, bar)
        self._detail = look.label(steps, " ", "dim")
        self._detail.grid(row=9, column=0, columnspan=3, sticky="w", pady=(px(18), 0))
        steps.columnconfigure(1, minsize=px(STEP_NAMES))
        return steps

    def _share_width(self, width: int) -> None:
        """The picture keeps its share of a narrow page; the bars of the steps give way."""
        px, narrow = self.look.px, width < self.look.px(NARROW)
        share, gap = (0.94, px(20)) if narrow else (0.84, px(48))
        self._block.place(relx=0.5, rely=0.5, anchor="center", relwidth=share, relheight=0.9 if narrow else 0.8)
        self._canvas.grid_configure(padx=(0, gap))
        picture = round(width * share * PICTURE_SHARE)
        room = round(width * share) - picture - gap - self._rows["grade"][0].winfo_reqwidth() - px(STEP_NAMES)
        for _, _, bar in self._rows.values():
            bar.configure(width=min(max(room, px(LEAST_BAR)), px(BAR_WIDTH)))

    def _count(self) -> None:
        self._title.configure(text="Reading…" if set(self.state.steps) == {"read"} else "Grading…")
        for step, words in STEPS:
            mark, name, bar = self._rows[step]
            count = self.state.steps.get(step)
            done = count is not None and count.of > 0 and count.done >= count.of
            mark.configure(text="✓" if done else "")
            name.configure(
                foreground=self.look.tone("text" if count is not None else "dim"),
                text=self._step_name(step, words, count),
            )
            bar.set(count.done / count.of if count is not None and count.of > 0 else 0.0)
        self._detail.configure(text=self._what_is_left() or " ")

    def _step_name(self, step: str, words: str, count: StepCount | None) -> str:
        if count is None or step not in COUNTED or count.of == 0:
            return words
        return f"{words} {COUNTED[step].format(of=count.of)}"

    def _what_is_left(self) -> str:
        """The latest step's own words, with the time left once it can be told."""
        running = [(step, count) for step, _ in STEPS if (count := self.state.steps.get(step)) is not None]
        if not running:
            self._grading_since = 0.0
            return ""
        step, count = running[-1]
        words = count.detail or (f"{count.done} of {count.of}" if count.of > 1 else "")
        if step != "grade":
            self._grading_since = 0.0
            return words
        now = time.monotonic()
        self._grading_since = self._grading_since or now
        spent = now - self._grading_since
        if spent < 0.5 or count.done == 0 or count.done >= count.of:
            return words
        left = spent / count.done * (count.of - count.done)
        return f"{words} · about {max(1, round(left))} s left"

    def _draw(self) -> None:
        preview = self.state.preview
        pixels = self.controller.browser.picture(preview.instance) if preview is not None else None
        size = self._canvas.extent
        if preview is None or pixels is None:
            self._canvas.show(Scene(None, rendering.Viewport(0, 0, 1), Window(0, 1), message="Decoding…"))
            return
        shape = (pixels.shape[0], pixels.shape[1])
        viewport = rendering.fit_viewport(shape, size, rendering.aspect_of(preview.instance.plane))
        window = rendering.spine_window(pixels, preview.points, rendering.front_direction(preview.instance.plane))
        self._canvas.show(Scene(pixels, viewport, window, points=preview.points))
