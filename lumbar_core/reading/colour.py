"""Photographs and tinted pictures by their colour: MRI is grey, and stays so as RGB, JPEG or a screenshot.

A phone's photograph of a screen has a cast or fringes nearly everywhere, a sepia or hot-iron picture a tint. What this
cannot see is a photograph that is grey: saved without colour, or taken with a white balance that was all but right.
`python -m training photographs` says from where on it sees them: simulated ones nearly always from an error of 15 % on,
less than half of them below 5 % (decision 0050).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.errors import Refused

EXPORT_INSTEAD = "MRI is grey: export the slice from the viewer as DICOM or PNG."

Plane = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SIDE_PX = 256  # of the averaged picture, about
LEAST_COUNTED = 0.05  # of it; of fewer pixels there is nothing to say

# Of 255, chosen by that command (seed 0) on real slices, saved and written on in many ways. The greys of an export are
# off by 1 at most, but around a coloured letter JPEG smears its colour over as much as 16 pixels.
BLACK, DARK = 16, 48
COLOURED, INK = 4, 48  # by how much the strongest of red, green and blue outdoes the weakest
CELL_PX = 8  # ink's cell and the eight around it do not count
NEARLY_ALL, MOST = 0.95, 0.5


def refuse_colour(image: Image.Image, name: str) -> None:
    """Raise Refused where an RGB picture is coloured nearly everywhere."""
    if is_coloured(image):
        raise Refused(f"{name} is in colour, as a photograph of a screen is.", EXPORT_INSTEAD)


def is_coloured(image: Image.Image) -> bool:
    """Whether nearly all of an RGB picture is coloured, or most of it that is not dark and lies off letters and lines.

    What is flat, as a viewer's panels are, counts neither way.
    """
    red, green, blue = _averaged(image)
    strongest = np.maximum(np.maximum(red, green), blue)
    colour = strongest - np.minimum(np.minimum(red, green), blue)
    uneven = _steps(red) | _steps(green) | _steps(blue)
    off_ink = uneven & (strongest >= DARK) & ~_around(colour >= INK)
    return _share(colour, uneven & (strongest >= BLACK)) > NEARLY_ALL or _share(colour, off_ink) > MOST


def _share(colour: Plane, counted: Mask) -> float:
    """How much of what counts is coloured."""
    count = np.count_nonzero(counted)
    if count < LEAST_COUNTED * counted.size:
        return 0.0
    return float(np.count_nonzero(counted & (colour >= COLOURED)) / count)


def _averaged(image: Image.Image) -> tuple[Plane, Plane, Plane]:
    """Red, green and blue, averaged to about `SIDE_PX`."""
    factor = max(1, round(max(image.size) / SIDE_PX))
    red, green, blue = (np.asarray(plane) for plane in image.reduce(factor).split()[:3])
    return red, green, blue


def _steps(plane: Plane) -> Mask:
    """Where it is not as on the left. Nothing photographed is quite flat; a viewer's panels, often bluish, are."""
    steps = np.zeros(plane.shape, bool)
    steps[:, 1:] = plane[:, 1:] != plane[:, :-1]
    return steps


def _around(ink: Mask) -> Mask:
    """The cells that hold some of it, and those around them."""
    rows, columns = ink.shape
    down, across = -(-rows // CELL_PX), -(-columns // CELL_PX)
    whole = np.pad(ink, ((0, down * CELL_PX - rows), (0, across * CELL_PX - columns)))
    cells = np.pad(whole.reshape(down, CELL_PX, across, CELL_PX).any(axis=(1, 3)), 1)
    cells = cells[:-2] | cells[1:-1] | cells[2:]
    cells = cells[:, :-2] | cells[:, 1:-1] | cells[:, 2:]
    around: Mask = cells.repeat(CELL_PX, 0).repeat(CELL_PX, 1)[:rows, :columns]
    return around
