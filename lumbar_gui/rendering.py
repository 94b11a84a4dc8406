"""Picture arithmetic without a screen: what part of an image falls where, and how bright it is.

Image points are (row, column) with the centre of the first pixel at (0, 0). Screen points are (x, y) from the
pane's upper left corner, the corner itself at (0, 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.geometry import Plane
from lumbar_core.study import Pixels, Window

Grey = NDArray[np.uint8]  # (height, width) as shown
Point = tuple[float, float]

MIN_ZOOM, MAX_ZOOM = 0.05, 40.0


@dataclass(frozen=True, slots=True)
class Viewport:
    """Which part of an image a pane shows.

    row, column: image point at the pane's centre.
    zoom:        screen pixels per image column.
    aspect:      row spacing over column spacing, so that anatomy keeps its shape.
    turns:       quarter turns clockwise round the pane's centre, 0 to 3.
    """

    row: float
    column: float
    zoom: float
    aspect: float = 1.0
    turns: int = 0

    def to_screen(self, row: float, column: float, size: tuple[int, int]) -> Point:
        """Where an image point falls in a pane of size (width, height)."""
        width, height = size
        dx, dy = turned((column - self.column) * self.zoom, (row - self.row) * self.zoom * self.aspect, self.turns)
        return width / 2 + dx, height / 2 + dy

    def to_image(self, x: float, y: float, size: tuple[int, int]) -> Point:
        """The image point (row, column) under a screen point."""
        width, height = size
        dx, dy = turned(x - width / 2, y - height / 2, -self.turns)
        return self.row + dy / (self.zoom * self.aspect), self.column + dx / self.zoom

    def panned(self, dx: float, dy: float) -> Viewport:
        """Moved so that the picture follows the pointer by (dx, dy) screen pixels."""
        row, column = self.to_image(-dx, -dy, (0, 0))
        return replace(self, row=row, column=column)

    def zoomed(self, factor: float, x: float, y: float, size: tuple[int, int]) -> Viewport:
        """Magnified by factor with the image point under (x, y) kept in place."""
        row, column = self.to_image(x, y, size)
        magnified = self.magnified(factor)
        share = self.zoom / magnified.zoom
        return replace(magnified, row=row + (self.row - row) * share, column=column + (self.column - column) * share)

    def magnified(self, factor: float) -> Viewport:
        """Magnified by factor round the pane's centre."""
        return replace(self, zoom=min(MAX_ZOOM, max(MIN_ZOOM, self.zoom * factor)))


def turned(dx: float, dy: float, turns: int) -> Point:
    """A way (dx, dy) on the screen after quarter turns clockwise; back with a negative number of them."""
    match turns % 4:
        case 1:
            return -dy, dx
        case 2:
            return -dx, -dy
        case 3:
            return dy, -dx
    return dx, dy


def lying(size: tuple[int, int], turns: int) -> tuple[int, int]:
    """The (width, height) that a pane has for a picture after quarter turns, as the picture would stand unturned."""
    return (size[1], size[0]) if turns % 2 else size


def aspect_of(plane: Plane | None) -> float:
    """Row spacing over column spacing; 1 without geometry."""
    return plane.spacing_mm[0] / plane.spacing_mm[1] if plane is not None else 1.0


def fit_viewport(shape: tuple[int, int], size: tuple[int, int], aspect: float = 1.0) -> Viewport:
    """The whole image of shape (rows, columns) in a pane of size (width, height)."""
    return _box_viewport((-0.5, -0.5, shape[0] - 0.5, shape[1] - 0.5), size, aspect)


def spine_box(
    points: Sequence[Point], shape: tuple[int, int], front: float = -1.0
) -> tuple[float, float, float, float]:
    """(top, left, bottom, right) around a chain of level points, with the vertebral bodies before and the backs behind.

    front: -1 where the patient's front is to the left of the image, +1 where it is to the right.
    """
    chain = np.asarray(points, np.float64)
    distance = disc_distance(points)
    top, bottom = chain[:, 0].min() - 1.5 * distance, chain[:, 0].max() + 1.5 * distance
    before, behind = (3.0, 1.6) if front < 0 else (1.6, 3.0)
    left, right = chain[:, 1].min() - before * distance, chain[:, 1].max() + behind * distance
    return max(top, -0.5), max(left, -0.5), min(bottom, shape[0] - 0.5), min(right, shape[1] - 0.5)


def spine_viewport(
    points: Sequence[Point], shape: tuple[int, int], size: tuple[int, int], aspect: float = 1.0, front: float = -1.0
) -> Viewport:
    """The spine filling the pane; the whole image where fewer than two levels are known."""
    if len(points) < 2:
        return fit_viewport(shape, size, aspect)
    return _box_viewport(spine_box(points, shape, front), size, aspect)


AXIAL_HALF_MM, AXIAL_HALF_SHARE = 62.0, 0.33


def axial_viewport(middle: Point, shape: tuple[int, int], size: tuple[int, int], plane: Plane | None) -> Viewport:
    """The vertebra and the muscles behind it filling the pane, round a point of the canal."""
    half = AXIAL_HALF_MM / plane.spacing_mm[1] if plane is not None else AXIAL_HALF_SHARE * shape[1]
    aspect = aspect_of(plane)
    row, column = middle
    return _box_viewport((row - half / aspect, column - half, row + half / aspect, column + half), size, aspect)


def _box_viewport(box: tuple[float, float, float, float], size: tuple[int, int], aspect: float) -> Viewport:
    top, left, bottom, right = box
    zoom = min(size[0] / max(right - left, 1e-6), size[1] / max((bottom - top) * aspect, 1e-6))
    return Viewport((top + bottom) / 2, (left + right) / 2, min(MAX_ZOOM, max(MIN_ZOOM, zoom)), aspect)


def disc_distance(points: Iterable[Point]) -> float:
    """Median distance in image pixels between neighbouring points of a chain; 0 for fewer than two."""
    ordered = sorted(points)
    steps = [float(np.hypot(b[0] - a[0], b[1] - a[1])) for a, b in pairwise(ordered)]
    return float(np.median(steps)) if steps else 0.0


def percentile_window(pixels: Pixels, low: float = 1.0, high: float = 99.5) -> Window:
    """The display window between two percentiles of the values."""
    black, white = np.percentile(pixels, (low, high))
    return Window(float(black + white) / 2, max(float(white - black), 1.0 if white > 1.5 else 1e-3))


def spine_window(pixels: Pixels, points: Sequence[Point], front: float = -1.0) -> Window:
    """The window taken from the box around the level chain, so that skin fat does not darken the spine."""
    if len(points) < 2:
        return percentile_window(pixels)
    rows, columns = pixels.shape
    top, left, bottom, right = (round(edge) for edge in spine_box(points, (rows, columns), front))
    return percentile_window(pixels[max(top, 0) : bottom + 1, max(left, 0) : right + 1])


def dragged_window(window: Window, dx: float, dy: float, extent: tuple[int, int]) -> Window:
    """The window after a drag: rightwards is wider, downwards is darker, a whole pane doubles or moves by a width."""
    width = window.width * float(2.0 ** (2 * dx / max(extent[0], 1)))
    return Window(window.centre + dy / max(extent[1], 1) * window.width, max(width, 1e-6))


def to_grey(pixels: Pixels, window: Window, invert: bool = False) -> Grey:
    """Brightness 0–255 through a display window."""
    black = window.centre - window.width / 2
    scaled = (pixels - np.float32(black)) * np.float32(255.0 / window.width)
    grey: Grey = np.clip(scaled + np.float32(0.5), 0, 255).astype(np.uint8)
    return np.subtract(255, grey, dtype=np.uint8) if invert else grey


def render(
    pixels: Pixels, window: Window, viewport: Viewport, size: tuple[int, int], invert: bool = False, ground: int = 0
) -> Grey:
    """The pane's picture, (height, width): the visible part of the image, windowed and resampled, on a plain ground."""
    if viewport.turns:
        unturned = render(pixels, window, replace(viewport, turns=0), lying(size, viewport.turns), invert, ground)
        return np.ascontiguousarray(np.rot90(unturned, -viewport.turns))
    width, height = size
    shown = np.full((height, width), ground, np.uint8)
    x0, y0 = viewport.to_screen(-0.5, -0.5, size)
    x1, y1 = viewport.to_screen(pixels.shape[0] - 0.5, pixels.shape[1] - 0.5, size)
    left, top = max(0, int(np.floor(x0 + 0.5))), max(0, int(np.floor(y0 + 0.5)))
    right, bottom = min(width, int(np.floor(x1 + 0.5))), min(height, int(np.floor(y1 + 0.5)))
    if right <= left or bottom <= top:
        return shown
    box = _source_box(viewport, (left, top, right, bottom), size, (pixels.shape[0], pixels.shape[1]))
    # Only what is seen (with the resampler's margin) goes through the window: drags of large pictures stay smooth.
    c0, r0 = max(0, int(box[0]) - 3), max(0, int(box[1]) - 3)
    c1, r1 = min(pixels.shape[1], int(box[2]) + 4), min(pixels.shape[0], int(box[3]) + 4)
    grey = Image.fromarray(to_grey(pixels[r0:r1, c0:c1], window, invert))
    inner = (box[0] - c0, box[1] - r0, box[2] - c0, box[3] - r0)
    part = grey.resize((right - left, bottom - top), Image.Resampling.BICUBIC, box=inner)
    shown[top:bottom, left:right] = np.asarray(part)
    return shown


def _source_box(
    viewport: Viewport, target: tuple[int, int, int, int], size: tuple[int, int], shape: tuple[int, int]
) -> tuple[float, float, float, float]:
    """(left, upper, right, lower) in corner coordinates of the image, as the resampler wants it."""
    left, top, right, bottom = target
    r0, c0 = viewport.to_image(left, top, size)
    r1, c1 = viewport.to_image(right, bottom, size)
    return (
        min(max(c0 + 0.5, 0.0), shape[1] - 1e-3),
        min(max(r0 + 0.5, 0.0), shape[0] - 1e-3),
        min(max(c1 + 0.5, 1e-3), float(shape[1])),
        min(max(r1 + 0.5, 1e-3), float(shape[0])),
    )


def thumbnail(pixels: Pixels, side: int) -> Grey:
    """A (side, side) picture of the whole image on black."""
    size = (side, side)
    shape = (pixels.shape[0], pixels.shape[1])
    return render(pixels, percentile_window(pixels), fit_viewport(shape, size), size)


def front_direction(plane: Plane | None) -> float:
    """-1 where the patient's front lies to the left of a sagittal image (also without geometry), else +1."""
    return 1.0 if plane is not None and plane.right[1] < 0 else -1.0


AXES = (("L", "R"), ("P", "A"), ("H", "F"))


def edge_letters(plane: Plane, turns: int = 0) -> tuple[str, str]:
    """The patient directions at the left and the right edge of an image, turned or not: ("A", "P"), ("R", "L") …"""
    along_row, along_column = turned(1, 0, -turns)
    right = along_row * plane.right + along_column * plane.down
    axis = int(np.argmax(np.abs(right)))
    positive, negative = AXES[axis]
    return (negative, positive) if right[axis] > 0 else (positive, negative)


def midline_offset_mm(plane: Plane, midline: tuple[float, float, float]) -> float:
    """How far a sagittal slice lies from a point of the midline, in mm; positive to the patient's left."""
    distance = float(plane.distance_mm(np.asarray(midline, np.float64)))
    return -distance * float(plane.normal[0])


def scale_bar(plane: Plane, zoom: float, longest_px: float) -> tuple[str, float]:
    """Words and screen length of the longest round bar that is no longer than longest_px."""
    per_mm = zoom / plane.spacing_mm[1]
    for length_mm in (100, 50, 20, 10, 5):
        if length_mm * per_mm <= longest_px:
            return f"{length_mm // 10} cm" if length_mm >= 10 else f"{length_mm} mm", length_mm * per_mm
    return "1 mm", per_mm
