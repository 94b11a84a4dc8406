"""A picture as a pane shows it, for a talk or a chart: the pixels and the brackets, and not a word of anybody."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from lumbar_core.report.result import INTENDED_USE
from lumbar_gui import rendering
from lumbar_gui.overlay import Bracket
from lumbar_gui.scenes import Extent, Scene

SCALE = 2  # of the pane's size, so that it can be printed
ARM = 0.45  # of a bracket's half side, as in the pane
LEAST_HALF, LINE, HALO = 14.0, 3, 7
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def picture_png(scene: Scene, extent: Extent) -> bytes | None:
    """PNG, twice the pane's size: window, zoom and marks as shown; None while the slice is not decoded.

    Neither caption nor scale nor measure: nothing is written over it, so that it carries no words to take out again.
    The intended use goes with it unseen, in the file. Grades are told by no colour, because a copy may be grey.
    """
    if scene.pixels is None:
        return None
    size = (extent[0] * SCALE, extent[1] * SCALE)
    viewport = replace(scene.viewport, zoom=scene.viewport.zoom * SCALE)
    grey = rendering.render(scene.pixels, scene.window, viewport, size, scene.invert)
    picture = Image.fromarray(grey).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for bracket in scene.brackets:
        _draw(pen, bracket, viewport, size)
    buffer = io.BytesIO()
    notice = PngInfo()
    notice.add_text("Disclaimer", INTENDED_USE)  # the word that the format keeps for it
    picture.save(buffer, "PNG", optimize=True, pnginfo=notice)
    return buffer.getvalue()


def _draw(pen: ImageDraw.ImageDraw, bracket: Bracket, viewport: rendering.Viewport, size: Extent) -> None:
    x, y = viewport.to_screen(bracket.row, bracket.column, size)
    half = max(bracket.half * viewport.zoom, LEAST_HALF)
    arm = half * ARM
    corners = []
    for sx, sy in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        cx, cy = x + sx * half, y + sy * half
        corners.append(((cx - sx * arm, cy), (cx, cy), (cx, cy - sy * arm)))
    for colour, width in ((BLACK, HALO), (WHITE, LINE * (2 if bracket.chosen else 1))):
        for corner in corners:
            pen.line(corner, fill=colour, width=width, joint="curve")
