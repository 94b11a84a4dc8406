"""Images → series: grouped by what was acquired, ordered by where they lie, never by number or file name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Orientation
from lumbar_core.geometry import Plane
from lumbar_core.reading.records import ImageRecord

RepeatKey = tuple[tuple[str, ...], int, int, int, str, str, int]

PARALLEL_DEG = 1.0
GAP = 1.5  # times the usual distance between slices; from there on one seems to be missing
SAME_PLACE_MM = 0.05

# The patient axis along which slices of each plane are ordered, and its direction:
# right to left, front to back, head to foot (LPS).
_ALONG: dict[Orientation, NDArray[np.float64]] = {
    Orientation.SAGITTAL: np.array([1.0, 0.0, 0.0]),
    Orientation.CORONAL: np.array([0.0, 1.0, 0.0]),
    Orientation.AXIAL: np.array([0.0, 0.0, -1.0]),
    Orientation.OBLIQUE: np.array([1.0, 1.0, -1.0]) / np.sqrt(3.0),
}
_RANK = (Orientation.SAGITTAL, Orientation.AXIAL, Orientation.CORONAL, Orientation.OBLIQUE)


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Images of one acquisition in order.

    slice_spacing_mm: the median distance between neighbouring slices of one block. gap_mm: the widest, where it is so
    wide that a slice seems to be missing. planes: how many main planes its series covers with the same times.
    """

    records: tuple[ImageRecord, ...]
    orientation: Orientation
    slice_spacing_mm: float | None
    gap_mm: float | None
    planes: int


def drop_repeated(records: Iterable[ImageRecord]) -> tuple[ImageRecord, ...]:
    """The images without exact copies: series UID, SOP UID, frame and pixels all agree."""
    kept: dict[Hashable, ImageRecord] = {}
    for record in records:
        image = record.instance
        # Pictures have no identifiers: two equal ones are still two files of the user's.
        key: Hashable = (
            id(record) if record.picture else (image.series_uid, image.sop_uid, image.source.frame, image.digest)
        )
        kept.setdefault(key, record)
    return tuple(kept.values())


def group_series(records: Sequence[ImageRecord]) -> tuple[Stack, ...]:
    """Stacks in a fixed order, whatever the order of files: sagittal, axial, others; then by number and UID."""
    shared = Counter(record.instance.series_uid for record in records)
    groups: dict[Hashable, list[ImageRecord]] = {}
    planes: dict[Hashable, set[Orientation]] = {}
    for record in records:
        series = _series_key(record, shared)
        groups.setdefault(_acquisition_key(record, series), []).append(record)
        if record.instance.plane is not None and not record.acquisition.localizer:
            planes.setdefault(_scan_key(record, series), set()).add(record.instance.plane.orientation)
    stacks = []
    for group in groups.values():
        covered = len(planes.get(_scan_key(group[0], _series_key(group[0], shared)), ()))
        repeats = (stack for station in split_stations(group) for stack in split_repeats(station))
        for ordered in map(order_slices, repeats):
            stacks.append(_stack(ordered, covered))
    return tuple(sorted(stacks, key=_stack_key))


def _series_key(record: ImageRecord, shared: Mapping[str, int]) -> Hashable:
    """By what a series is known: its UID; where each file has its own, number, description and frame of reference.

    Not everything that strips identity keeps the files of a series under one UID. shared: how many images have a UID.
    """
    image, made = record.instance, record.acquisition
    if shared[image.series_uid] > 1:
        return image.series_uid
    return made.series_number, made.description, image.frame_of_reference_uid


def _scan_key(record: ImageRecord, series: Hashable) -> Hashable:
    """What the planes of a scout share; a whole examination may share a series UID, or have lost it."""
    return series, record.acquisition.repetition_time_ms, record.acquisition.echo_time_ms


def _orientation(record: ImageRecord) -> Orientation:
    plane = record.instance.plane
    return Orientation.UNKNOWN if plane is None else plane.orientation


def _acquisition_key(record: ImageRecord, series: Hashable) -> Hashable:
    """What must agree inside one series. Blocks tilted to their discs share a main plane and stay together."""
    image = record.instance
    if record.picture:
        return image.source
    spacing = None if image.plane is None else tuple(round(value, 3) for value in image.plane.spacing_mm)
    echo_time = record.acquisition.echo_time_ms
    return (
        series,
        _orientation(record),
        image.rows,
        image.columns,
        spacing,
        record.acquisition.echo_number,
        None if echo_time is None else round(echo_time, 1),
    )


def split_stations(records: Sequence[ImageRecord]) -> list[list[ImageRecord]]:
    """The stations of a scan that is longer than an image: centres apart by more than half of it along its columns."""
    first = records[0].instance.plane
    placed = [record for record in records if record.instance.plane is not None]
    if first is None or len(placed) < len(records):
        return [list(records)]
    half = records[0].instance.rows * first.spacing_mm[0] / 2
    stations: list[list[ImageRecord]] = []
    before = -np.inf
    for place, record in sorted(
        ((_middle(record, first.down), record) for record in records), key=lambda pair: pair[0]
    ):
        if place - before > half:
            stations.append([])
        stations[-1].append(record)
        before = place
    return stations


def split_repeats(records: Sequence[ImageRecord]) -> tuple[tuple[ImageRecord, ...], ...]:
    """Sub-stacks in which no place comes twice: by kind of image and acquisition first, else one after another.

    Acquisitions that follow one another and hardly share a place are one scan in several steps (odd and even slices, a
    block a disc) and stay together.
    """
    places = _share_places(records)
    if len(places) == len(records):
        return (tuple(records),)
    place_of = {id(record): number for number, shared in enumerate(places) for record in shared}
    by_kind = sorted(records, key=_repeat_key)
    scans: list[tuple[list[ImageRecord], set[int]]] = []
    for _, group in groupby(by_kind, key=lambda record: _repeat_key(record)[:3]):
        part = list(group)
        taken = {place_of[id(record)] for record in part}
        if scans and _is_next_step(scans[-1], part, taken):
            scans[-1][0].extend(part)
            scans[-1][1].update(taken)
        else:
            scans.append((part, taken))
    return tuple(stack for scan, _ in scans for stack in _deal_repeats(scan))


def _is_next_step(scan: tuple[list[ImageRecord], set[int]], part: list[ImageRecord], taken: set[int]) -> bool:
    """Whether the images of one acquisition, at the places `taken`, go on with a scan."""
    before, places = scan
    alike = before[0].acquisition.image_type == part[0].acquisition.image_type
    return alike and 2 * len(places & taken) < min(len(places), len(taken))


def _repeat_key(record: ImageRecord) -> RepeatKey:
    made, image = record.acquisition, record.instance
    return (
        made.image_type,
        made.acquisition_number or 0,
        made.temporal_position or 0,
        image.instance_number or 0,
        image.sop_uid,
        image.digest,
        image.source.frame,
    )


def _deal_repeats(records: Sequence[ImageRecord]) -> list[tuple[ImageRecord, ...]]:
    """Deal images that share a place out to stacks of their own: the first to the first, and so on."""
    stacks: list[list[ImageRecord]] = []
    for shared in _share_places(records):
        for turn, record in enumerate(shared):
            if turn == len(stacks):
                stacks.append([])
            stacks[turn].append(record)
    return [tuple(stack) for stack in stacks]


def _share_places(records: Sequence[ImageRecord]) -> list[list[ImageRecord]]:
    """The images by place, in order; one without a plane has a place of its own."""
    places: list[list[ImageRecord]] = []
    for block in _parallel_blocks(records):
        place = None
        for record in block:
            plane = record.instance.plane
            here = None if plane is None else _place(plane, block[0])
            if here is not None and place is not None and np.abs(here - place).max() < SAME_PLACE_MM:
                places[-1].append(record)
            else:
                places.append([record])
            place = here
    return places


def _place(plane: Plane, first: ImageRecord) -> NDArray[np.float64]:
    """Origin of a plane seen from its block: one number along the normal, and two in the plane to the millimetre."""
    reference = first.instance.plane
    if reference is None:
        return np.zeros(3)
    along = float(plane.origin_mm @ reference.normal)
    across = [float(plane.origin_mm @ axis) / 20.0 for axis in (reference.down, reference.right)]
    return np.array([along, *across])


def order_slices(records: Sequence[ImageRecord]) -> tuple[ImageRecord, ...]:
    """Sagittal from the patient's right to left, axial from head to foot; without geometry as given.

    Blocks of different tilt follow one another; inside a block the place along its own normal decides.
    """
    return tuple(record for block in _parallel_blocks(records) for record in block)


def _parallel_blocks(records: Sequence[ImageRecord]) -> list[list[ImageRecord]]:
    """Blocks of slices at most 1° apart, each ordered along its normal, the blocks by their middles."""
    placed = [(record.instance.plane, record) for record in records if record.instance.plane is not None]
    if len(placed) < len(records) or not placed:
        return [list(records)]
    along = _ALONG[placed[0][0].orientation]
    blocks: list[list[tuple[Plane, ImageRecord]]] = []
    for plane, record in sorted(placed, key=lambda pair: (_middle(pair[1], along), _repeat_key(pair[1]))):
        for block in blocks:
            if _are_parallel(block[0][0], plane):
                block.append((plane, record))
                break
        else:
            blocks.append([(plane, record)])
    ordered = [[record for _, record in sorted(block, key=_along_normal(block, along))] for block in blocks]
    return sorted(ordered, key=lambda block: _middle_of_block(block, along))


def _along_normal(
    block: list[tuple[Plane, ImageRecord]], along: NDArray[np.float64]
) -> Callable[[tuple[Plane, ImageRecord]], tuple[int, RepeatKey]]:
    """A sort key: the place along the block's own normal, equal places by what tells repeats apart."""
    normal = block[0][0].normal
    normal = normal if normal @ along >= 0 else -normal

    def key(pair: tuple[Plane, ImageRecord]) -> tuple[int, RepeatKey]:
        return round(float(pair[0].origin_mm @ normal) / SAME_PLACE_MM), _repeat_key(pair[1])

    return key


def _middle(record: ImageRecord, along: NDArray[np.float64]) -> float:
    """Where the centre of a placed image lies along a direction, mm."""
    image, plane = record.instance, record.instance.plane
    if plane is None:
        return 0.0
    centre = plane.to_patient(np.array([(image.rows - 1) / 2, (image.columns - 1) / 2]))
    return float(centre @ along)


def _middle_of_block(block: list[ImageRecord], along: NDArray[np.float64]) -> float:
    return float(np.mean([_middle(record, along) for record in block]))


def _are_parallel(one: Plane, other: Plane) -> bool:
    """Whether rows and columns of both run within 1° of each other."""
    limit = np.cos(np.deg2rad(PARALLEL_DEG))
    return bool(one.down @ other.down >= limit and one.right @ other.right >= limit)


def _stack(records: tuple[ImageRecord, ...], planes: int) -> Stack:
    orientation, distances = _orientation(records[0]), _distances_mm(records)
    if not distances:
        return Stack(records, orientation, None, None, planes)
    usual, widest = float(np.median(distances)), max(distances)
    # Axial slices lie where the discs do; sagittal ones go through the spine from one side to the other.
    torn = orientation is Orientation.SAGITTAL and widest > GAP * usual
    return Stack(records, orientation, usual, widest if torn else None, planes)


def _distances_mm(records: Sequence[ImageRecord]) -> list[float]:
    """The distances between neighbouring slice centres of one block; none without two placed slices."""
    found: list[float] = []
    for block in _parallel_blocks(records):
        planes = [record.instance.plane for record in block if record.instance.plane is not None]
        places = [float(plane.origin_mm @ planes[0].normal) for plane in planes]
        found += np.abs(np.diff(places)).tolist()
    return found


def _stack_key(stack: Stack) -> tuple[object, ...]:
    first = stack.records[0]
    rank = _RANK.index(stack.orientation) if stack.orientation in _RANK else len(_RANK)
    number = first.acquisition.series_number
    return (
        rank,
        1 << 40 if number is None else number,
        first.instance.series_uid,
        first.acquisition.echo_number or 0,
        first.acquisition.echo_time_ms or 0.0,
        first.instance.rows,
        first.instance.columns,
        min(map(_repeat_key, stack.records)),
    )
