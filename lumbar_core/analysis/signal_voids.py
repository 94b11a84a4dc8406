"""Signal lost inside a vertebra, as beside a screw or a cage: black in one part, and piled up brightly in another.

Metal bends the field, which moves signal from where it belongs to a bright edge (Hargreaves et al., AJR 2011;197:547).
A dark part alone tells little: worn discs, sclerosis and vessels are dark too.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.analysis.locate import Located
from lumbar_core.anatomy import LEVELS, Level, Weighting
from lumbar_core.findings import ImagePoint, SliceLevels
from lumbar_core.study import Pixels

VOID_DOUBT = "signal is lost in a vertebra, as beside metal"
# A vertebra is looked at between its two levels and in front of their canal; shares of the levels' distance.
ALONG, IN_FRONT = (0.25, 0.75), (0.25, 0.95)
CELL = 1 / 16  # about 2 mm
FINE = 3  # samples a cell, either way
VOID_CELLS, EDGE_CELLS = (3, 6), (2, 2)  # along the spine, across it
FAINTEST = 20.0  # of 255: in a picture whose vertebrae are darker, rounding alone makes voids
# Below and above which brightness, the vertebrae's median being 1, a part is a void, and an edge piled up.
VOID, PILED = 0.45, 1.6


def void_doubts(located: Located | None) -> tuple[str, ...]:
    """Why grades of a study may be wrong: a slice of its T2 series shows a void; nothing where none does.

    Not looked for on STIR, whose vertebrae are dark, nor on T1, where fat and vessels beside them look alike.
    """
    if located is None or located.series.kind.weighting is not Weighting.T2:
        return ()
    surely = located.limits.confidence
    found = any(has_void(located.pixels[id(levels.instance)], levels, surely) for levels in located.lumbar)
    return (VOID_DOUBT,) if found else ()


def has_void(pixels: Pixels, levels: SliceLevels, surely: float) -> bool:
    """Whether a vertebra between two levels of a slice is black in one part and piled up in another.

    surely: confidence of a level's place below which its vertebrae are not looked at.
    """
    placed = {level: point for level, point in levels.points.items() if point.confidence >= surely}
    vertebrae = _vertebrae(pixels, placed, levels.disc_distance_px)
    if len(vertebrae) < 2:  # nothing to compare one with
        return False
    usual = float(np.median([np.median(each) for each in vertebrae]))
    if usual * 255 < FAINTEST * float(np.ptp(pixels)):
        return False
    return any(
        _means(each, VOID_CELLS).min() < VOID * usual and _means(each, EDGE_CELLS).max() > PILED * usual
        for each in vertebrae
    )


def _vertebrae(
    pixels: Pixels, placed: Mapping[Level, ImagePoint], disc_distance_px: float
) -> list[NDArray[np.float32]]:
    """The vertebrae between neighbouring levels, on cells along the spine and across it, above the picture's least."""
    image = Image.fromarray(np.ascontiguousarray(pixels - pixels.min(), np.float32))
    found = []
    for upper, lower in pairwise(LEVELS):
        if upper in placed and lower in placed:
            first, last = (np.array([placed[level].row, placed[level].column]) for level in (upper, lower))
            cells = _cells(image, first, last, disc_distance_px)
            found += [cells] if cells is not None else []
    return found


def _cells(
    image: Image.Image, first: NDArray[np.float64], last: NDArray[np.float64], distance: float
) -> NDArray[np.float32] | None:
    """The vertebra between two levels' (row, column); None where it is not wholly in the picture."""
    along = last - first
    down = along / np.linalg.norm(along)
    front = np.array([down[1], -down[0]])  # to the left in a slice that is upright, where the front of the body is
    step = CELL * distance / FINE
    shape = [
        FINE * max(1, round((ends[1] - ends[0]) * length / (CELL * distance)))
        for ends, length in ((ALONG, float(np.linalg.norm(along))), (IN_FRONT, distance))
    ]
    corner = first + ALONG[0] * along + IN_FRONT[0] * distance * front
    far = [corner + step * (rows * down + columns * front) for rows in (0, shape[0]) for columns in (0, shape[1])]
    if np.min(far) < 0 or np.any(np.max(far, axis=0) > np.array(image.size[::-1]) - 1):
        return None
    # Pillow asks for (column, row) of each sample's corner, and adds the half pixels itself.
    (a, b), (d, e), (c, f) = step * np.array([front[1], down[1]]), step * np.array([front[0], down[0]]), corner[::-1]
    fine = image.transform((shape[1], shape[0]), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR)
    parts = np.asarray(fine, np.float32).reshape(shape[0] // FINE, FINE, shape[1] // FINE, FINE)
    cells: NDArray[np.float32] = parts.mean(axis=(1, 3))
    return cells


def _means(cells: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Mean of every part of so many cells."""
    kept = (min(size[0], cells.shape[0]), min(size[1], cells.shape[1]))
    means: NDArray[np.float32] = np.lib.stride_tricks.sliding_window_view(cells, kept).mean(axis=(2, 3))
    return means
