"""Shapes drawn here instead of taken from a font, so that they look the same on every platform."""

from __future__ import annotations

import tkinter as tk

from PIL import Image, ImageDraw, ImageTk

from lumbar_core.anatomy import Severity
from lumbar_gui.views.look import SMOOTH, Look

Box = tuple[float, float, float, float]
SIDE = 16  # of a small shape's picture, at 100 %


def rounded(canvas: tk.Canvas, box: Box, corner: float, fill: str, line: str = "", width: int = 1) -> int:
    """A rectangle with rounded corners."""
    left, top, right, bottom = box
    r = min(corner, (right - left) / 2, (bottom - top) / 2)
    points = [
        *(left + r, top, left + r, top, right - r, top, right - r, top, right, top),
        *(right, top + r, right, top + r, right, bottom - r, right, bottom - r, right, bottom),
        *(right - r, bottom, right - r, bottom, left + r, bottom, left + r, bottom, left, bottom),
        *(left, bottom - r, left, bottom - r, left, top + r, left, top + r, left, top),
    ]
    return canvas.create_polygon(points, smooth=True, fill=fill, outline=line, width=width)


def grade(canvas: tk.Canvas, severity: Severity, x: float, y: float, look: Look, colour: str) -> None:
    """○ hollow, ◆ or ▲ about 10 px across, centred on (x, y)."""
    canvas.create_image(x, y, image=look.picture(f"{severity.name}-{colour}", lambda: _grade(severity, look, colour)))


def flag(canvas: tk.Canvas, x: float, y: float, look: Look, colour: str) -> None:
    """A small flag: to be checked."""
    canvas.create_image(x, y, image=look.picture(f"flag-{colour}", lambda: _flag(look, colour)))


def tick(canvas: tk.Canvas, x: float, y: float, look: Look, colour: str) -> None:
    """A check mark: the reader has spoken."""
    canvas.create_image(x, y, image=look.picture(f"tick-{colour}", lambda: _tick(look, colour)))


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


def spine(look: Look, colour: str) -> ImageTk.PhotoImage:
    """Four vertebrae and a sacrum, 64 by 76."""
    return look.picture(f"spine-{colour}", lambda: _spine(look, colour))


def _blank(look: Look, width: float, height: float) -> tuple[Image.Image, float]:
    """A clear picture drawn large, and how many of its pixels one at 100 % is."""
    unit = look.scale * SMOOTH
    return Image.new("RGBA", (round(width * unit), round(height * unit)), (0, 0, 0, 0)), unit


def _shrunk(image: Image.Image) -> Image.Image:
    return image.resize((image.width // SMOOTH, image.height // SMOOTH), Image.Resampling.LANCZOS)


def _grade(severity: Severity, look: Look, colour: str) -> Image.Image:
    image, u = _blank(look, SIDE, SIDE)
    draw, c = ImageDraw.Draw(image), SIDE / 2 * u
    if severity is Severity.NORMAL_MILD:
        r = 4.8 * u
        draw.ellipse((c - r, c - r, c + r, c + r), outline=colour, width=round(1.4 * u))
    elif severity is Severity.MODERATE:
        r = 5.4 * u
        draw.polygon([(c, c - r), (c + r, c), (c, c + r), (c - r, c)], fill=colour)
    else:
        r = 5.8 * u
        draw.polygon([(c, c - r * 0.9), (c + r, c + r * 0.8), (c - r, c + r * 0.8)], fill=colour)
    return _shrunk(image)


def _flag(look: Look, colour: str) -> Image.Image:
    image, u = _blank(look, SIDE, SIDE)
    draw = ImageDraw.Draw(image)
    draw.line([(4.5 * u, 3 * u), (4.5 * u, 13 * u)], fill=colour, width=round(1.5 * u))
    cloth = [(4.5, 3), (12.5, 3), (10.5, 5.7), (12.5, 8.4), (4.5, 8.4)]
    draw.polygon([(x * u, y * u) for x, y in cloth], fill=colour)
    return _shrunk(image)


def _tick(look: Look, colour: str) -> Image.Image:
    image, u = _blank(look, SIDE, SIDE)
    points = [(x * u, y * u) for x, y in ((4, 8.2), (7, 11.2), (12, 5))]
    ImageDraw.Draw(image).line(points, fill=colour, width=round(1.7 * u), joint="curve")
    return _shrunk(image)


def _spine(look: Look, colour: str) -> Image.Image:
    image, u = _blank(look, 64, 76)
    draw, line = ImageDraw.Draw(image), round(3.2 * u)
    for index in range(4):
        left, top = (17 + 1.5 * index) * u, (5 + 13.7 * index) * u
        draw.rounded_rectangle((left, top, left + 27 * u, top + 11.4 * u), 4 * u, outline=colour, width=line)
    sacrum = [(24, 61), (47, 61), (41, 70), (30, 70), (24, 61), (47, 61)]
    draw.line([(x * u, y * u) for x, y in sacrum], fill=colour, width=line, joint="curve")
    return _shrunk(image)
