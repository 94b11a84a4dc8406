"""An axial slice in, its canal and both recesses out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lumbar_core.findings import AxialPoints, ImagePoint
from lumbar_core.inference.contract import NetworkInput
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.heatmaps import strongest
from lumbar_core.picture import Cutout, brightness_range, normalise
from lumbar_core.study import Pixels

MAPS = ("canal", "image_left", "image_right")


def locate_recesses(
    pixels: Pixels, expected: tuple[float, float], spacing_mm: tuple[float, float], pack: Pack
) -> AxialPoints:
    """Canal and recesses of a slice seen as usual, near where the canal is expected. Raises Cancelled if stopped.

    expected: (row, column). spacing_mm: (between rows, between columns).
    """
    wanted = pack.contract.inputs[0]
    cutout = wanted.cutout(expected, spacing_mm)
    outputs = pack.model.run({wanted.name: field_input(pixels, cutout, wanted)[None, None]})
    heat, lumbar = (outputs[output.name] for output in pack.contract.outputs)
    return read_recesses(heat[0], float(lumbar[0, 0]), cutout, pack.contract.threshold("confidence"))


def field_input(pixels: Pixels, cutout: Cutout, wanted: NetworkInput) -> NDArray[np.float32]:
    """(rows, columns) as the network sees them."""
    field = cutout.of(pixels)
    return normalise(field, *brightness_range(field, wanted.normalisation.percentiles))


def read_recesses(heat: NDArray[np.float32], lumbar: float, cutout: Cutout, confidence: float) -> AxialPoints:
    """Points from maps (3, h, w), in the order of `MAPS`; a weak one, or one on the wrong side, is none."""
    return settled(read_points(heat, cutout), lumbar, confidence)


def read_points(heat: NDArray[np.float32], cutout: Cutout) -> list[ImagePoint]:
    """The strongest place of each map (3, h, w), however weak, in the pixels of the slice."""
    stride = cutout.shape[0] / heat.shape[1]
    return [_point(channel, stride, cutout) for channel in heat]


def settled(points: Sequence[ImagePoint], lumbar: float, confidence: float) -> AxialPoints:
    """Points in the order of `MAPS`, those left out that are weak or on the wrong side.

    The canal lies between its recesses: where only they are sure, it is their middle.
    """
    sure = [point if point.confidence >= confidence else None for point in points]
    if sure[0] is None and sure[1] is not None and sure[2] is not None:
        sure[0] = _middle(sure[1], sure[2])
    if sure[0] is None:
        return AxialPoints(None, None, None, lumbar)
    middle = sure[0].column
    return AxialPoints(
        canal=sure[0],
        image_left=sure[1] if sure[1] is not None and sure[1].column < middle else None,
        image_right=sure[2] if sure[2] is not None and sure[2].column > middle else None,
        lumbar=lumbar,
    )


def _point(channel: NDArray[np.float32], stride: float, cutout: Cutout) -> ImagePoint:
    value, *cell = strongest(channel)
    row, column = cutout.to_original((np.array(cell) + 0.5) * stride - 0.5)
    return ImagePoint(float(row), float(column), confidence=value, visibility=value)


def _middle(one: ImagePoint, other: ImagePoint) -> ImagePoint:
    sure = min(one.confidence, other.confidence)
    return ImagePoint((one.row + other.row) / 2, (one.column + other.column) / 2, sure, sure)
