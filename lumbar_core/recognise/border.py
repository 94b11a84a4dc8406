"""The part of a picture that shows something: a screenshot's frame is cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.picture import Box
from lumbar_core.study import Pixels

# A frame's lines are flat within this share of the picture's range; black surroundings are no frame, every
# MR slice has them.
FLAT = 0.02
BLACK = 0.05
LEAST_CONTENT = 0.25  # of each side; less than that is no frame around a slice


def content_box(pixels: Pixels) -> Box | None:
    """The box inside a flat, non-black frame; None where there is no such frame."""
    span = float(np.ptp(pixels))
    if span == 0:
        return None
    row_lines, column_lines = _frame_lines(pixels, span), _frame_lines(pixels.T, span)
    top, bottom = _run(row_lines), _run(row_lines[::-1])
    left, right = _run(column_lines), _run(column_lines[::-1])
    rows, columns = pixels.shape
    height, width = rows - top - bottom, columns - left - right
    if (top, bottom, left, right) == (0, 0, 0, 0) or height < LEAST_CONTENT * rows or width < LEAST_CONTENT * columns:
        return None
    return top, left, rows - bottom, columns - right


def _frame_lines(pixels: Pixels, span: float) -> NDArray[np.bool_]:
    flat = np.ptp(pixels, axis=1) <= FLAT * span
    bright = pixels.mean(axis=1) - pixels.min() > BLACK * span
    lines: NDArray[np.bool_] = flat & bright
    return lines


def _run(lines: NDArray[np.bool_]) -> int:
    """How many lines from the start on belong to the frame."""
    return len(lines) if lines.all() else int(np.argmin(lines))
