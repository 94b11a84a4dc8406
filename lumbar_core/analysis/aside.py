"""Axial slices whose canal does not lie where the sagittal series has it, as when the patient moved in between.

Shown a piece some way beside the canal, the localiser of axial slices is at times taken in by a joint or a muscle near
where it was told to look. So every slice that is used is looked at all around, too, and the place counts that most
pieces name (docs/decisions/0049-a-canal-beside-its-place.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lumbar_core.analysis.axial import AxialSlice
from lumbar_core.analysis.job import Job, Step
from lumbar_core.anatomy import Level
from lumbar_core.findings import ImagePoint
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.frame import SIDELESS_MM
from lumbar_core.localise.whole_axial import Around, locate_around

# Sagittal slices lie 4 to 5 mm apart and patients move between two series: what is farther off may be something else.
FAR_MM = 10.0
# A place far from the likeliest is not taken for the canal if it has fewer of its votes: wrong ones had up to 54 % of
# them, true ones nearly always more (docs/decisions/0049-a-canal-beside-its-place.md).
OUTVOTED = 2 / 3
# A patient who moved did so for all slices alike: nearer than this to what they say in the middle.
ALIKE_MM = 5.0
LEAST_ALIKE = 2  # levels; one alone may be the one that is wrong

Slices = Mapping[Level, AxialSlice]


def look_around(slices: Slices, localiser: Pack, job: Job) -> dict[Level, Around]:
    """What the pieces of each slice say, where most see a lumbar canal. Raises Cancelled if stopped."""
    seen = {}
    for level, slice_ in slices.items():
        job.raise_if_cancelled()
        around = look_around_one(slice_, localiser, job)
        if around is not None:
            seen[level] = around
    return seen


def look_around_one(slice_: AxialSlice, localiser: Pack, job: Job) -> Around | None:
    """What the pieces of a slice about the expected place say; None where most see no lumbar canal."""
    with job.clock.timing(Step.LOCALISE):
        around = locate_around(slice_.stack[1], slice_.expected, slice_.plane.spacing_mm, localiser)
    points = around.likeliest.points
    return around if points.canal is not None and points.lumbar >= localiser.contract.threshold("lumbar") else None


def aimed_alike(slices: Slices, seen: Mapping[Level, Around]) -> Slices:
    """The slices with the canal expected as far aside as most of them have it, and a note where that is far.

    Only sideways: a patient who moved forwards or along the spine has other levels on slices that are tilted.
    """
    canals = {level: around.likeliest.points.canal for level, around in seen.items()}
    off_mm = np.array([off_mm_of(slices[level], canal) for level, canal in canals.items() if canal is not None])
    if len(off_mm) < LEAST_ALIKE:
        return slices
    back_mm, aside_mm = np.median(off_mm, axis=0)
    alike = int(np.sum(np.hypot(*(off_mm - (back_mm, aside_mm)).T) <= ALIKE_MM))
    moved = abs(aside_mm) > SIDELESS_MM and abs(back_mm) <= FAR_MM
    if not moved or alike < max(LEAST_ALIKE, len(slices) / 2):
        return slices
    return {level: _moved(slice_, float(aside_mm)) for level, slice_ in slices.items()}


def aimed_at(slice_: AxialSlice, around: Around | None) -> AxialSlice:
    """One slice with the canal expected where most pieces have it, if that is aside of where it was expected."""
    canal = around.likeliest.points.canal if around is not None else None
    if canal is None or abs(off_mm_of(slice_, canal)[1]) <= SIDELESS_MM:
        return slice_
    return replace(slice_, expected=(canal.row, canal.column))


def is_outvoted(slice_: AxialSlice, canal: ImagePoint, around: Around | None) -> bool:
    """Whether most pieces have the canal far from a place that was taken for it."""
    likeliest = around.likeliest.points.canal if around is not None else None
    if around is None or likeliest is None or around.share_of(canal) >= OUTVOTED:
        return False
    return math.dist(off_mm_of(slice_, canal), off_mm_of(slice_, likeliest)) > FAR_MM


def off_mm_of(slice_: AxialSlice, canal: ImagePoint) -> tuple[float, float]:
    """How far behind the expected place, and how far to the right of the slice as it is seen, a canal lies."""
    rows_mm, columns_mm = slice_.plane.spacing_mm
    return (canal.row - slice_.expected[0]) * rows_mm, (canal.column - slice_.expected[1]) * columns_mm


def _moved(slice_: AxialSlice, aside_mm: float) -> AxialSlice:
    row, column = slice_.expected
    said = f"the axial slices have the canal {abs(aside_mm):.0f} mm aside of where the sagittal series has it"
    place = (row, column + aside_mm / slice_.plane.spacing_mm[1])
    return replace(slice_, expected=place, notes=(*slice_.notes, said))
