"""Shapes drawn on a canvas instead of taken from a font, so that they look the same on every platform."""

from __future__ import annotations

import tkinter as tk

from lumbar_core.anatomy import Severity
from lumbar_gui.views.look import Look

Box = tuple[float, float, float, float]


def rounded(
    canvas: tk.Canvas, box: Box, corner: float, fill: str, line: str = "", width: int = 1, dash: str = ""
) -> int:
    """A rectangle with rounded corners."""
    left, top, right, bottom = box
    r = min(corner, (right - left) / 2, (bottom - top) / 2)
    points = [
        *(left + r, top, left + r, top, right - r, top, right - r, top, right, top),
        *(right, top + r, right, top + r, right, bottom - r, right, bottom - r, right, bottom),
        *(right - r, bottom, right - r, bottom, left + r, bottom, left + r, bottom, left, bottom),
        *(left, bottom - r, left, bottom - r, left, top + r, left, top + r, left, top),
    ]
    options = {"dash": dash} if dash else {}
    return canvas.create_polygon(points, smooth=True, fill=fill, outline=line, width=width, **options)  # type: ignore[call-overload,no-any-return]


def grade(canvas: tk.Canvas, severity: Severity, x: float, y: float, look: Look, colour: str) -> None:
    """○ hollow, ◆ or ▲ about 10 px across, centred on (x, y)."""
    r = look.px(4.5)
    if severity is Severity.NORMAL_MILD:
        canvas.create_oval(x - r, y - r, x + r, y + r, outline=colour, width=max(1, look.px(1.4)))
    elif severity is Severity.MODERATE:
        r = look.px(5)
        canvas.create_polygon(x, y - r, x + r, y, x, y + r, x - r, y, fill=colour)
    else:
        r = look.px(5.5)
        canvas.create_polygon(x, y - r, x + r, y + r * 0.8, x - r, y + r * 0.8, fill=colour)


def flag(canvas: tk.Canvas, x: float, y: float, look: Look, colour: str) -> None:
    """A small flag: to be checked."""
    w, h = look.px(4), look.px(5)
    canvas.create_line(x - w, y - h, x - w, y + h, fill=colour, width=max(1, look.px(1.5)))
    canvas.create_polygon(
        x - w, y - h, x + w, y - h, x + w * 0.4, y - h * 0.4, x + w, y + h * 0.2, x - w, y + h * 0.2, fill=colour
    )


def tick(canvas: tk.Canvas, x: float, y: float, look: Look, colour: str) -> None:
    """A check mark: the reader has spoken."""
    r = look.px(4)
    canvas.create_line(
        x - r,
        y,
        x - r * 0.2,
        y + r * 0.7,
        x + r,
        y - r * 0.8,
        fill=colour,
        width=max(1, look.px(1.6)),
        joinstyle="round",
    )


def hatched(canvas: tk.Canvas, box: Box, look: Look) -> None:
    """A hatched cell: nothing was assessed here."""
    left, top, right, bottom = box
    canvas.create_rectangle(left, top, right, bottom, fill=look.palette.panel, outline="")
    step, height = look.px(7), bottom - top
    start = left - height
    while start < right:
        x0, y0, x1, y1 = start, bottom, start + height, top
        if x0 < left:
            x0, y0 = left, bottom - (left - start)
        if x1 > right:
            x1, y1 = right, top + (start + height - right)
        canvas.create_line(x0, y0, x1, y1, fill=look.palette.raised, width=look.px(2))
        start += step


def spine(canvas: tk.Canvas, x: float, y: float, look: Look, colour: str) -> None:
    """Four vertebrae and a sacrum, centred on (x, y)."""
    px = look.px
    for index in range(4):
        left, top = x - px(15) + px(1.5) * index, y - px(33) + px(13.7) * index
        rounded(canvas, (left, top, left + px(26), top + px(10)), px(3), "", colour, max(1, px(3.4)))
    left, top = x - px(15) + px(8), y - px(33) + px(54.5)
    canvas.create_polygon(
        left, top, left + px(22), top, left + px(15), top + px(9), left + px(5), top + px(9),
        fill="", outline=colour, width=max(1, px(3.4)), joinstyle="round",
    )  # fmt: skip
