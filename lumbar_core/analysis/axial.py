"""Axial slices for the levels of a study: the nearest to each, between its neighbours, seen as usual."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lumbar_core.analysis.job import Job
from lumbar_core.anatomy import Level
from lumbar_core.errors import ReadingError
from lumbar_core.findings import ImagePoint
from lumbar_core.geometry import UPRIGHT, Plane
from lumbar_core.localise.frame import LevelFrame
from lumbar_core.study import Instance, Pixels, Series

# Neighbours are of one block: as good as parallel, no farther apart than if one slice between them were lost, and not
# beside each other, for what is cut at the same pixels should be the same place. A slice a disc, all of them parallel,
# is as many blocks: slices that belong together lie up to 5 mm apart, 11 mm with one lost.
BLOCK_DEG = 2.0
BLOCK_GAPS = 2.2
BLOCK_MM = 11.0
BESIDE_MM = 5.0
# Lumbar axial slices usually lie about so far apart, and graders learnt from what changes over it. Where slices lie
# closer the next one shows the same, and a neighbour is the one that lies so far off.
USUAL_MM = 4.0
# Of two series with a slice this nearly as close to a level, the one that is better for grading is taken.
AS_NEAR_MM = 1.0

Turned = tuple[bool, bool]
Place = tuple[float, float]  # (row, column)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A slice in its series."""

    series: Series
    index: int
    plane: Plane

    @property
    def image(self) -> Instance:
        """The slice itself."""
        return self.series.instances[self.index]


@dataclass(frozen=True, slots=True, eq=False)
class AxialSlice:
    """An axial slice and its neighbours, seen as usual: the front above, the patient's right on the left.

    plane:    of the file's image. stack: pixels before, here and after; a missing neighbour is the slice itself.
    turned:   whether rows, and whether columns, run the other way in the file.
    expected: where the canal should be, as the slice is seen.
    notes:    what flags all findings of its series.
    """

    instance: Instance
    plane: Plane
    stack: tuple[Pixels, Pixels, Pixels]
    turned: Turned
    expected: Place
    notes: tuple[str, ...]

    def other_way(self, place: Place) -> Place:
        """From a place in the file's image to the same place as it is seen, and back."""
        return _other_way(place, self.turned, self.instance)

    def in_file(self, point: ImagePoint) -> ImagePoint:
        """A point of the slice as it is seen, in the pixels of its file."""
        row, column = self.other_way((point.row, point.column))
        return replace(point, row=row, column=column)


def nearest_slice(level: Level, series: Sequence[Series], frame: LevelFrame) -> Found | None:
    """The slice nearest to a level along its normal; None where none belongs to it. series: best first."""
    near = [
        (abs(float(image.plane.distance_mm(frame.places[level]))), rank, Found(each, index, image.plane))
        for rank, each in enumerate(series)
        for index, image in enumerate(each.instances)
        if image.plane is not None and frame.level_of(image.plane) is level
    ]
    if not near:
        return None
    limit = min(distance for distance, _, _ in near) + AS_NEAR_MM
    best = min(rank for distance, rank, _ in near if distance <= limit)
    _, _, found = min((entry for entry in near if entry[1] == best), key=lambda entry: entry[0])
    return found


def turned(plane: Plane) -> Turned | None:
    """Which ways an axial image must be mirrored to be seen as usual; None if it is turned by a quarter."""
    if min(abs(plane.right[0]), abs(plane.down[1])) < UPRIGHT:
        return None
    return bool(plane.down[1] < 0), bool(plane.right[0] < 0)


def read_axial(found: Found, expected: Place, ways: Turned, job: Job) -> AxialSlice:
    """A slice and its neighbours of the same block, decoded. Raises ReadingError if the slice itself cannot be.

    expected: where the canal should be, in the pixels of the file.
    """
    here = as_usual(job.read(found.image), ways)
    block = _block_of(found)
    before, after = (_neighbour(found, block, way, ways, job) for way in (-1, 1))
    stack = (here if before is None else before, here, here if after is None else after)
    seen_at = _other_way(expected, ways, found.image)
    return AxialSlice(found.image, found.plane, stack, ways, seen_at, found.series.notes)


def _neighbour(found: Found, block: Mapping[int, float], way: int, ways: Turned, job: Job) -> Pixels | None:
    """The slice of the block that lies most nearly as far off as neighbours do, on one side; way: 1 is feetwards."""
    near = [(abs(way * off_mm - USUAL_MM), index) for index, off_mm in block.items() if way * off_mm > 0]
    if not near:
        return None
    try:
        return as_usual(job.read(found.series.instances[min(near)[1]]), ways)
    except ReadingError:
        return None


def _block_of(found: Found) -> dict[int, float]:
    """The other slices of its block by their index in the series: how far feetwards each lies, mm."""
    off_mm = {n: _off_mm(found, image) for n, image in enumerate(found.series.instances) if n != found.index}
    return {index: off for index, off in off_mm.items() if off is not None}


def _off_mm(found: Found, other: Instance) -> float | None:
    """How far another slice lies feetwards; None for one of another block."""
    plane, spacing_mm, limit = found.plane, found.series.slice_spacing_mm, math.cos(math.radians(BLOCK_DEG))
    if other.plane is None or spacing_mm is None:
        return None
    if min(float(plane.down @ other.plane.down), float(plane.right @ other.plane.right)) < limit:
        return None
    middle = np.array([(other.rows - 1) / 2, (other.columns - 1) / 2])
    theirs = other.plane.to_patient(middle)
    off_mm = float(plane.distance_mm(theirs)) * (-1 if plane.normal[2] > 0 else 1)
    if abs(off_mm) > min(max(BLOCK_GAPS * spacing_mm, USUAL_MM + spacing_mm / 2), BLOCK_MM):
        return None
    beside_mm = math.hypot(*((plane.to_pixels(theirs) - middle) * plane.spacing_mm))
    return off_mm if beside_mm <= BESIDE_MM else None


def as_usual(pixels: Pixels, ways: Turned) -> Pixels:
    """An image mirrored so as to be seen as usual."""
    return pixels[:: -1 if ways[0] else 1, :: -1 if ways[1] else 1]


def _other_way(place: Place, ways: Turned, image: Instance) -> Place:
    row, column = place
    return (image.rows - 1 - row if ways[0] else row, image.columns - 1 - column if ways[1] else column)
