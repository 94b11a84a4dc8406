"""The part of a picture that shows something: a screenshot's frame and the black bars beside a slice are cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lumbar_core.picture import Box
from lumbar_core.study import Instance, Pixels

# A frame's lines are flat within this share of the picture's range, and brighter by the other than what is dark
# inside: the air around the patient is flat too, but as dark as cortical bone.
FLAT = 0.02
BRIGHTER = 0.08
DARK_PERCENTILE = 5.0  # of the middle half of the picture
LEAST_CONTENT = 0.25  # of each side; less than that is no frame around a slice
# The air behind a patient may be as black as a bar, but leaves the longer side as it is. What is shrunk below this
# share of it is found less surely, and below two thirds its levels are taken for their neighbours.
SHRUNK = 0.9


def content_box(pixels: Pixels) -> Box | None:
    """The box inside a flat frame, and inside black bars that make the slice small; None where there are neither."""
    frame = frame_box(pixels)
    top, left, bottom, right = frame or (0, 0, *pixels.shape)
    bars = _inside_bars(pixels[top:bottom, left:right])
    return (top + bars[0], left + bars[1], top + bars[2], left + bars[3]) if bars else frame


def slice_box(image: Instance, pixels: Pixels) -> Box | None:
    """The part of an image that is the slice; None where it is all of it.

    A file with geometry is as its scanner or a viewer wrote it: black beside its slice is air, a frame is not.
    """
    return content_box(pixels) if image.plane is None else frame_box(pixels)


def frame_box(pixels: Pixels) -> Box | None:
    """The box inside a flat frame that is no black surrounding; None where there is no such frame."""
    span = float(np.ptp(pixels))
    if span == 0:
        return None
    rows, columns = pixels.shape
    middle = pixels[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    least = float(np.percentile(middle, DARK_PERCENTILE)) + BRIGHTER * span
    return _inside(*((_flat(lines, span) & (lines.mean(axis=1) >= least)) for lines in (pixels, pixels.T)))


def _inside_bars(pixels: Pixels) -> Box | None:
    """The box inside black lines, where its longer side is much shorter than the picture's."""
    darkest, span = float(pixels.min()), float(np.ptp(pixels))
    box = _inside(*((lines.max(axis=1) <= darkest + FLAT * span) for lines in (pixels, pixels.T)))
    if box is None or max(box[2] - box[0], box[3] - box[1]) >= SHRUNK * max(pixels.shape):
        return None
    return box


def _flat(lines: Pixels, span: float) -> NDArray[np.bool_]:
    flat: NDArray[np.bool_] = np.ptp(lines, axis=1) <= FLAT * span
    return flat


def _inside(row_lines: NDArray[np.bool_], column_lines: NDArray[np.bool_]) -> Box | None:
    """The box inside the lines that start at the edges; None where there are none, or hardly anything is left."""
    rows, columns = len(row_lines), len(column_lines)
    top, bottom = _run(row_lines), _run(row_lines[::-1])
    left, right = _run(column_lines), _run(column_lines[::-1])
    height, width = rows - top - bottom, columns - left - right
    if (top, bottom, left, right) == (0, 0, 0, 0) or height < LEAST_CONTENT * rows or width < LEAST_CONTENT * columns:
        return None
    return top, left, rows - bottom, columns - right


def _run(lines: NDArray[np.bool_]) -> int:
    """How many lines from the start on belong to the frame."""
    return len(lines) if lines.all() else int(np.argmin(lines))
