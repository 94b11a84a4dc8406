"""Text burned into a picture: rows with several short bright strokes side by side, each between dark pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.study import Pixels

# As shares of the picture's range. What the body shows as brightly is wider, and fades towards its edges.
BRIGHT, DARK = 0.55, 0.2
WIDEST = 0.01  # of the longer side: a stroke of a letter
STROKES, ROWS = 4, 3  # in half the picture's width; one below another


def has_burned_text(pixels: Pixels) -> bool:
    """Whether there seem to be letters in a picture (rows, columns), over its dark parts.

    Letters over bright fat are not found, nor very small or very large ones.
    """
    span = float(np.ptp(pixels))
    if span == 0:
        return False
    rows, starts = _strokes((pixels - pixels.min()) / span)
    height, width = pixels.shape
    halves = [(starts >= left) & (starts < left + width / 2) for left in (0, width / 4, width / 2)]
    return any(_follow(np.bincount(rows[half], minlength=height) >= STROKES) for half in halves)


def _strokes(grey: Pixels) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(row, first column) of every narrow bright run between dark pixels."""
    width = grey.shape[1]
    edges = np.diff(np.pad(grey > BRIGHT, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, starts), (_, ends) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    narrow = ends - starts <= max(3, round(WIDEST * max(grey.shape)))
    # One pixel is left for a letter's soft edge.
    beside = [starts - 3, starts - 2, ends + 1, ends + 2]
    dark = [grey[rows, np.clip(columns, 0, width - 1)] < DARK for columns in beside]
    kept = narrow & np.all(dark, axis=0)
    return rows[kept], starts[kept]


def _follow(lines: NDArray[np.bool_]) -> bool:
    """Whether enough of the rows lie one below another."""
    return bool(len(lines) >= ROWS and np.lib.stride_tricks.sliding_window_view(lines, ROWS).all(axis=1).any())
