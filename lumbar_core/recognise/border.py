"""The part of a picture that shows something: a screenshot's frame is cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.picture import Box
from lumbar_core.study import Pixels

# A frame's lines are flat within this share of the picture's range, and brighter by the other than what is dark
# inside: the air around the patient is flat too, but as dark as cortical bone.
FLAT = 0.02
BRIGHTER = 0.08
DARK_PERCENTILE = 5.0  # of the middle half of the picture
LEAST_CONTENT = 0.25  # of each side; less than that is no frame around a slice


def content_box(pixels: Pixels) -> Box | None:
    """The box inside a flat frame that is no black surrounding; None where there is no such frame."""
    span = float(np.ptp(pixels))
    if span == 0:
        return None
    rows, columns = pixels.shape
    middle = pixels[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    least = float(np.percentile(middle, DARK_PERCENTILE)) + BRIGHTER * span
    row_lines, column_lines = _frame_lines(pixels, span, least), _frame_lines(pixels.T, span, least)
    top, bottom = _run(row_lines), _run(row_lines[::-1])
    left, right = _run(column_lines), _run(column_lines[::-1])
    height, width = rows - top - bottom, columns - left - right
    if (top, bottom, left, right) == (0, 0, 0, 0) or height < LEAST_CONTENT * rows or width < LEAST_CONTENT * columns:
        return None
    return top, left, rows - bottom, columns - right


def _frame_lines(pixels: Pixels, span: float, least: float) -> NDArray[np.bool_]:
    lines: NDArray[np.bool_] = (np.ptp(pixels, axis=1) <= FLAT * span) & (pixels.mean(axis=1) >= least)
    return lines


def _run(lines: NDArray[np.bool_]) -> int:
    """How many lines from the start on belong to the frame."""
    return len(lines) if lines.all() else int(np.argmin(lines))
