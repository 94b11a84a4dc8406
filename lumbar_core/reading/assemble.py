"""Stacks → the study's `Series`: names, kinds, exclusions, notes, repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lumbar_core.anatomy import Orientation, Reason, Weighting
from lumbar_core.reading.kinds import kind_from_header, notes_on, why_excluded
from lumbar_core.reading.records import ImageRecord
from lumbar_core.reading.series import Stack, group_series
from lumbar_core.study import Exclusion, Instance, KindBasis, Series, missing_slice

_AXIS = {Orientation.SAGITTAL: 0, Orientation.CORONAL: 1, Orientation.AXIAL: 2}
_SAME_COVERAGE = 0.7
NEARLY_SQUARE = 1.05
SMALL_PX = 100  # of the longer side; below it grades change that nothing else flags

Range = tuple[float, float]


def build_series(records: Sequence[ImageRecord]) -> tuple[Series, ...]:
    """The series of one examination, named s1, s2 … in an order that does not depend on the files' order."""
    stacks = group_series(records)
    originals = any(not stack.records[0].acquisition.screen_capture for stack in stacks)
    series = tuple(_build_one(stack, f"s{number}", originals) for number, stack in enumerate(stacks, start=1))
    return exclude_repeats(series)


def _build_one(stack: Stack, name: str, originals: bool) -> Series:
    first = stack.records[0]
    made = first.acquisition
    kind = kind_from_header(stack.orientation, made)
    plane = first.instance.plane
    upright = stack.orientation is not Orientation.SAGITTAL or plane is None or plane.is_upright
    excluded = why_excluded(stack.orientation, stack.planes, upright, made)
    if made.screen_capture and originals and not excluded:
        excluded = Exclusion(Reason.NO_SERIES, "A screen capture is not assessed beside original images.")
    own_notes = dict.fromkeys(note for record in stack.records for note in record.notes)
    return Series(
        id=name,
        series_uid=first.instance.series_uid,
        description=made.description,
        instances=tuple(record.instance for record in stack.records),
        kind=kind,
        slice_spacing_mm=stack.slice_spacing_mm,
        gap_mm=stack.gap_mm,
        excluded=excluded,
        notes=(*notes_on(kind, made), *_notes_on_pixels(first.instance), *missing_slice(stack.gap_mm), *own_notes),
    )


def _notes_on_pixels(image: Instance) -> tuple[str, ...]:
    """The networks learnt from square pixels and from enough of them, and see the picture as it is stored."""
    small, plane = max(image.rows, image.columns) < SMALL_PX, image.plane
    notes = [f"the picture is very small ({image.rows} × {image.columns} pixels)"] if small else []
    if plane is not None and max(plane.spacing_mm) > NEARLY_SQUARE * min(plane.spacing_mm):
        rows, columns = plane.spacing_mm
        notes.append(f"Its pixels are not square ({rows:.2f} × {columns:.2f} mm); it is graded as it is stored.")
    return tuple(notes)


def exclude_repeats(series: tuple[Series, ...]) -> tuple[Series, ...]:
    """Of series with equal plane, weighting and coverage keep the best, and say at the others which that is.

    Best: most slices, then the finest pixels, then fewest notes, then the last one (a scan is repeated because
    the first one failed). Series not yet recognised, and those with fewer than three slices, are left alone.
    """
    excluded: dict[str, Series] = {}
    # A folder may hold hundreds of series: what each covers is found once, not once a pair.
    comparable = [(one, _coverage(one)) for one in series if _may_have_repeats(one)]
    for one, covered in comparable:
        rivals = [
            other
            for other, other_covered in comparable
            if other is not one
            and _is_same_kind(one, other)
            and _is_same_station(one, other)
            and _shared(covered, other_covered) >= _SAME_COVERAGE
        ]
        best = max(rivals, key=_quality, default=None)
        if best is not None and _quality(best) > _quality(one):
            words = f"A repeat of the series with {best.size}, which is used instead."
            excluded[one.id] = replace(one, excluded=Exclusion(Reason.NO_SERIES, words, best.id, overruled=""))
    return tuple(excluded.get(one.id, one) for one in series)


def _quality(series: Series) -> tuple[int, float, int, int]:
    plane = series.instances[0].plane
    pixel = plane.spacing_mm[0] * plane.spacing_mm[1] if plane else np.inf
    return len(series.instances), -round(pixel, 3), -len(series.notes), int(series.id[1:])


def _may_have_repeats(series: Series) -> bool:
    """A file may claim thousands of single images; only what is left here is compared each with each."""
    known = series.kind.basis is not KindBasis.NONE and series.kind.weighting is not Weighting.UNKNOWN
    return known and not series.excluded and len(series.instances) >= 3


def _is_same_kind(one: Series, other: Series) -> bool:
    return (one.kind.orientation, one.kind.weighting) == (other.kind.orientation, other.kind.weighting)


def _is_same_station(one: Series, other: Series) -> bool:
    """Whether the other's middle lies in the pictures of this one; stations of a long scan lie one below another."""
    image, there = (series.instances[len(series.instances) // 2] for series in (one, other))
    if image.plane is None or there.plane is None:
        return True
    row, column = image.plane.to_pixels(there.plane.to_patient(np.array([there.rows / 2, there.columns / 2])))
    return bool(0 <= row <= image.rows and 0 <= column <= image.columns)


def _shared(one: Range | None, other: Range | None) -> float:
    """How much of the shorter and of the longer range of slices both cover: the smaller share, 0 to 1."""
    if one is None or other is None:
        return 0.0
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, shared / max(one[1] - one[0], other[1] - other[0], 1e-6))


def _coverage(series: Series) -> Range | None:
    """From where to where its slices reach along the axis that they are stacked along, mm; None where unknown."""
    axis = _AXIS.get(series.kind.orientation)
    if axis is None or any(image.plane is None for image in series.instances):
        return None
    middles = [
        image.plane.to_patient(np.array([image.rows / 2, image.columns / 2]))[axis]
        for image in series.instances
        if image.plane is not None
    ]
    return float(min(middles)), float(max(middles))
