"""A sagittal slice in, its levels out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import ImagePoint, SliceLevels
from lumbar_core.inference.contract import Contract
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.chain import Chain, fit_chain
from lumbar_core.localise.heatmaps import Candidate, decode_heatmaps
from lumbar_core.picture import Box, GridMap, whole_picture
from lumbar_core.study import Instance, Pixels

BATCH = 8  # slices at once: enough to keep the cores busy, small enough to stop quickly


@dataclass(frozen=True, slots=True, eq=False)
class LocaliserInput:
    """One slice as the network sees it, with its place on the image."""

    picture: NDArray[np.float32]  # (side, side)
    grid: GridMap


def prepare(pixels: Pixels, contract: Contract, content: Box | None = None) -> LocaliserInput:
    """The whole slice, or its content box, on the pack's working grid."""
    wanted = contract.inputs[0]
    side, percentiles = wanted.working_grid.long_side, wanted.normalisation.percentiles
    return LocaliserInput(*whole_picture(pixels, side, percentiles, content))


def localise(
    slices: Sequence[tuple[Instance, Pixels]],
    pack: Pack,
    content: Box | None = None,
    progress: Callable[[list[SliceLevels]], None] = lambda found: None,
) -> list[SliceLevels]:
    """The levels of each slice; progress gets what was found so far. Raises Cancelled if the pack is stopped."""
    contract = pack.contract
    found: list[SliceLevels] = []
    for start in range(0, len(slices), BATCH):
        part = slices[start : start + BATCH]
        inputs = [prepare(pixels, contract, content) for _, pixels in part]
        outputs = pack.model.run({contract.inputs[0].name: np.stack([entry.picture for entry in inputs])[:, None]})
        heat, lumbar = (outputs[output.name] for output in contract.outputs)
        for (instance, _), entry, maps, score in zip(part, inputs, heat, lumbar, strict=True):
            found.append(read_slice(instance, entry, maps, float(score[0])))
        progress(found)
    return found


def read_slice(instance: Instance, entry: LocaliserInput, heat: NDArray[np.float32], lumbar: float) -> SliceLevels:
    """One slice's levels from its maps (6, h, w) and its score."""
    cells = max(heat.shape[1:])
    stride = entry.picture.shape[0] / heat.shape[1]
    return to_levels(instance, fit_chain(decode_heatmaps(heat), cells), lumbar, entry.grid, stride)


def to_levels(instance: Instance, chain: Chain, lumbar: float, grid: GridMap, stride: float) -> SliceLevels:
    """A chain in map cells to points in the original image."""

    def point(place: Candidate | None, evidence: float) -> ImagePoint | None:
        if place is None:
            return None
        cell = np.array([place.row, place.column])
        row, column = grid.to_original((cell + 0.5) * stride - 0.5)
        return ImagePoint(float(row), float(column), confidence=evidence, visibility=place.canal)

    points: dict[Level, ImagePoint] = {}
    for index, (level, place) in enumerate(zip(LEVELS, chain.places, strict=True)):
        located = point(place, place.evidence[index] if place else 0.0)
        if located is not None:
            points[level] = located
    return SliceLevels(
        instance=instance,
        points=points,
        above=point(chain.above, chain.above.canal if chain.above else 0.0),
        below=point(chain.below, chain.below.canal if chain.below else 0.0),
        lumbar=lumbar,
        margin=chain.margin,
        disc_distance_px=chain.gap * stride * grid.scale,
    )
