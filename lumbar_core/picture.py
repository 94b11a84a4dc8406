"""From an image of any size and brightness to what a network sees: the working grid (DESIGN.md §2).

The networks were trained on small 8-bit pictures; a clinic's DICOM is sharper and deeper. Every input is
brought to one grid and one range of brightness here, in training and in the program alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.geometry import Points2
from lumbar_core.study import Pixels

Box = tuple[int, int, int, int]  # first row, first column, row after the last, column after the last


@dataclass(frozen=True, slots=True)
class GridMap:
    """How a working grid lies on the original image.

    scale:  original pixels per working pixel, the same in both directions.
    offset: (row, column) of the grid's corner in original pixels, counted from the image's corner
            (not from its first pixel's centre).
    """

    scale: float
    offset: tuple[float, float]

    def to_original(self, points: Points2) -> Points2:
        """Working (row, column) of shape (..., 2) to original (row, column)."""
        original: Points2 = (np.asarray(points, np.float64) + 0.5) * self.scale + np.asarray(self.offset) - 0.5
        return original

    def to_working(self, points: Points2) -> Points2:
        """Original (row, column) of shape (..., 2) to working (row, column)."""
        working: Points2 = (np.asarray(points, np.float64) + 0.5 - np.asarray(self.offset)) / self.scale - 0.5
        return working


@dataclass(frozen=True, slots=True)
class Cutout:
    """A rectangle of an image brought to another grid.

    box:   (top, left, bottom, right) in corner coordinates of the image; may reach outside.
    shape: (rows, columns) of the grid.
    """

    box: tuple[float, float, float, float]
    shape: tuple[int, int]

    @classmethod
    def around(cls, centre: tuple[float, float], half: tuple[float, float], shape: tuple[int, int]) -> Cutout:
        """About a (row, column), so far up and down and so far to each side, original pixels."""
        row, column = centre[0] + 0.5, centre[1] + 0.5
        return cls((row - half[0], column - half[1], row + half[0], column + half[1]), shape)

    def of(self, pixels: Pixels) -> Pixels:
        """The image's pixels on the grid."""
        return resample(pixels, self.box, self.shape)

    def to_original(self, points: Points2) -> Points2:
        """Grid (row, column) of shape (..., 2) to the image's."""
        original: Points2 = self._corner + (np.asarray(points, np.float64) + 0.5) * self._step - 0.5
        return original

    def to_grid(self, points: Points2) -> Points2:
        """The image's (row, column) of shape (..., 2) to the grid's."""
        inside: Points2 = (np.asarray(points, np.float64) + 0.5 - self._corner) / self._step - 0.5
        return inside

    @property
    def _corner(self) -> Points2:
        return np.array(self.box[:2])

    @property
    def _step(self) -> Points2:
        step: Points2 = (np.array(self.box[2:]) - self.box[:2]) / self.shape
        return step


def resample(pixels: Pixels, box: tuple[float, float, float, float], shape: tuple[int, int]) -> Pixels:
    """Cut box (top, left, bottom, right; corner coordinates, may reach outside) and bring it to shape (rows, columns).

    Shrinking averages over the area, so that a sharper original gives the same picture; outside is black (the
    image's minimum).
    """
    top, left, bottom, right = box
    rows, columns = pixels.shape
    pad_top, pad_left = max(0, int(np.ceil(-top))), max(0, int(np.ceil(-left)))
    pad_bottom, pad_right = max(0, int(np.ceil(bottom - rows))), max(0, int(np.ceil(right - columns)))
    if pad_top or pad_left or pad_bottom or pad_right:
        pixels = np.pad(pixels, ((pad_top, pad_bottom), (pad_left, pad_right)), constant_values=float(pixels.min()))
    corners = (left + pad_left, top + pad_top, right + pad_left, bottom + pad_top)
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32), mode=None)
    resized = image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR, box=corners)
    return np.asarray(resized, np.float32)


def fit_long_side(pixels: Pixels, long_side: int, content: Box | None = None) -> tuple[Pixels, GridMap]:
    """The image (or its content box) with its longer side at long_side pixels, its shape kept."""
    inside, corner = _inside(pixels, content)
    rows, columns = inside.shape
    scale = max(rows, columns) / long_side
    shape = (max(1, round(rows / scale)), max(1, round(columns / scale)))
    box = (0.0, 0.0, shape[0] * scale, shape[1] * scale)
    # Rounding leaves the box up to half a working pixel off the image's edge; one scale for both directions
    # is worth more than that sliver.
    return resample(inside, box, shape), GridMap(scale, corner)


def fit_square(pixels: Pixels, side: int, content: Box | None = None) -> tuple[Pixels, GridMap]:
    """The image (or its content box) centred on a black square of `side` pixels, its shape kept."""
    inside, (first_row, first_column) = _inside(pixels, content)
    rows, columns = inside.shape
    long_side = max(rows, columns)
    top, left = (rows - long_side) / 2, (columns - long_side) / 2
    square = resample(inside, (top, left, top + long_side, left + long_side), (side, side))
    return square, GridMap(long_side / side, (top + first_row, left + first_column))


def _inside(pixels: Pixels, content: Box | None) -> tuple[Pixels, tuple[int, int]]:
    """The content box, or the whole image, and its corner."""
    first_row, first_column, last_row, last_column = content or (0, 0, *pixels.shape)
    return pixels[first_row:last_row, first_column:last_column], (first_row, first_column)


def brightness_range(pixels: Pixels, percentiles: tuple[float, float]) -> tuple[float, float]:
    """The values at two percentiles of the image, borders of pure black left out."""
    values = pixels[pixels > pixels.min()]
    if values.size == 0:
        return float(pixels.min()), float(pixels.min()) + 1.0
    low, high = np.percentile(values, percentiles)
    return float(low), float(max(high, low + 1e-6))


def normalise(pixels: Pixels, low: float, high: float) -> NDArray[np.float32]:
    """Brightness so that low becomes 0 and high 1, clipped at 0 and 1.5."""
    scaled: NDArray[np.float32] = np.clip((pixels - np.float32(low)) / np.float32(high - low), 0.0, 1.5)
    return scaled.astype(np.float32, copy=False)


def whole_picture(
    pixels: Pixels, side: int, percentiles: tuple[float, float], content: Box | None = None
) -> tuple[NDArray[np.float32], GridMap]:
    """(side, side) network input of the whole image (or its content box), centred, with its place on the image."""
    square, grid = fit_square(pixels, side, content)
    return normalise(square, *brightness_range(square, percentiles)), grid
