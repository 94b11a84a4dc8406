"""Which series each picture pane shows, and at which slice. Pure: panes in, panes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, zip_longest

import numpy as np

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.geometry import Plane
from lumbar_core.study import Instance, Series, Study
from lumbar_gui.rendering import Point
from lumbar_gui.state import Pane, Panes, Slot

# Below this width (at 100 %) one pane at a time: two would be too narrow for their words.
LEAST_WIDTH = 480
# Of the width, for the large pane: beside two small ones, beside a single one.
LARGE_SHARE, HALF = 0.555, 0.5
PARALLEL = float(np.cos(np.radians(20.0)))

PatientPoint = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the panes stand: a large one on the left, the others in a column to its right, from above down.

    share: of the width, for the large one.
    """

    large: Slot
    column: tuple[Slot, ...] = ()
    share: float = 1.0

    @property
    def visible(self) -> tuple[Slot, ...]:
        return self.large, *self.column


def arrange(panes: Panes, width: float) -> Layout:
    """The layout for a width in pixels at 100 %; in a narrow one, or enlarged, the active pane alone."""
    first, *others = panes.shown
    if not others or panes.enlarged or width < LEAST_WIDTH:
        return Layout(panes.active)
    return Layout(first, tuple(others), LARGE_SHARE if len(others) > 1 else HALF)


def series_by_slot(study: Study) -> dict[Slot, tuple[Series, ...]]:
    """The series of each pane, the one to open with first; panes in the order of the layout.

    A pane exists only for series that may be graded; what has none of its own can be looked at in the first.
    """
    pictured = [series for series in study.series if series.instances]
    usable = [series for series in pictured if not series.excluded] or pictured
    wanted = {_own_slot(series) for series in usable}
    slots = [slot for slot in Slot if slot in wanted] or list(Slot)[:1]
    if Slot.SAGITTAL_T2 not in slots:
        slots.sort(key=lambda slot: slot is Slot.AXIAL)
    found: dict[Slot, list[Series]] = {slot: [] for slot in slots}
    for series in pictured:
        own = _own_slot(series)
        found[own if own in found else slots[0]].append(series)
    return {slot: tuple(sorted(kept, key=partial(_rank, slot))) for slot, kept in found.items()}


def _own_slot(series: Series) -> Slot | None:
    match series.kind.orientation:
        case Orientation.SAGITTAL:
            return Slot.SAGITTAL_T1 if series.kind.weighting is Weighting.T1 else Slot.SAGITTAL_T2
        case Orientation.AXIAL:
            return Slot.AXIAL
    return None


def _rank(slot: Slot, series: Series) -> tuple[bool, bool, bool]:
    """T2 first, then what else is of the pane's plane, then what was left out, then strangers."""
    return _own_slot(series) is not slot, series.excluded is not None, series.kind.weighting is not Weighting.T2


def opened(study: Study) -> Panes | None:
    """Every pane at the middle of its first series; None for a study without pictures."""
    slots = {slot: series for slot, series in series_by_slot(study).items() if series}
    if not slots:
        return None
    shown = {slot: _at_middle(series[0]) for slot, series in slots.items()}
    return Panes(shown, next(iter(shown)))


def _at_middle(series: Series) -> Pane:
    return Pane(series.id, len(series.instances) // 2)


def at_place(study: Study, panes: Panes, series: Series, index: int, place_mm: PatientPoint | None) -> Panes:
    """The slice in the pane of its series, which becomes active; every other pane at the same place in the patient.

    A pane whose series has no geometry stays where it is, and so do all others where the place has none.
    """
    active = next(slot for slot, kept in series_by_slot(study).items() if series in kept)
    shown = dict(panes.shown)
    for slot, pane in panes.shown.items():
        own = _series_of(study, pane)
        nearest = nearest_slice(own, place_mm) if place_mm is not None else None
        shown[slot] = pane if nearest is None else replace(pane, index=nearest)
    shown[active] = Pane(series.id, index)
    return replace(panes, shown=shown, active=active)


def with_views(study: Study, panes: Panes, seen: Sequence[tuple[Series, int]]) -> Panes:
    """The panes beside the active one at slices that a finding was seen on too, the first of each pane's own."""
    shown = dict(panes.shown)
    for series, index in reversed(seen):
        slot = next(slot for slot, kept in series_by_slot(study).items() if series in kept)
        if slot is not panes.active:
            shown[slot] = Pane(series.id, index)
    return replace(panes, shown=shown)


def nearest_slice(series: Series, place_mm: PatientPoint) -> int | None:
    """The slice nearest to a point of the patient along its normal; None without geometry."""
    place = np.asarray(place_mm, np.float64)
    distances = {
        index: abs(float(instance.plane.distance_mm(place)))
        for index, instance in enumerate(series.instances)
        if instance.plane is not None
    }
    return min(distances, key=lambda index: distances[index], default=None)


def with_slice(study: Study, panes: Panes, index: int) -> Panes:
    """The active pane at a slice of its series; beyond the ends means the ends."""
    pane = panes.current
    series = _series_of(study, pane)
    kept = min(max(index, 0), len(series.instances) - 1)
    return replace(panes, shown={**panes.shown, panes.active: replace(pane, index=kept)})


def with_followers(study: Study, panes: Panes) -> Panes:
    """Every pane of slices parallel to the active one's at the slice nearest to that; the others where they are."""
    series = _series_of(study, panes.current)
    leader = series.instances[panes.current.index]
    if leader.plane is None:
        return panes
    x, y, z = leader.plane.to_patient(np.array([(leader.rows - 1) / 2, (leader.columns - 1) / 2]))
    shown = dict(panes.shown)
    for slot, pane in panes.shown.items():
        follower = _series_of(study, pane).instances[pane.index].plane
        if slot is panes.active or follower is None or not are_parallel(follower, leader.plane):
            continue
        nearest = nearest_slice(_series_of(study, pane), (float(x), float(y), float(z)))
        shown[slot] = pane if nearest is None else replace(pane, index=nearest)
    return replace(panes, shown=shown)


def are_parallel(one: Plane, other: Plane) -> bool:
    """Whether two slices are of one plane of the patient, to within 20°."""
    return abs(float(one.normal @ other.normal)) >= PARALLEL


def at_cursor(study: Study, panes: Panes, slot: Slot, point: Point) -> Panes:
    """All panes at the place in the patient that a (row, column) of one of them shows; that one stays where it is."""
    pane = panes.shown[slot]
    plane = _series_of(study, pane).instances[pane.index].plane
    if plane is None:
        return panes
    x, y, z = plane.to_patient(np.array(point))
    place = (float(x), float(y), float(z))
    shown = dict(panes.shown)
    for other, kept in panes.shown.items():
        nearest = nearest_slice(_series_of(study, kept), place) if other is not slot else None
        shown[other] = kept if nearest is None else replace(kept, index=nearest)
    return replace(panes, shown=shown, cursor=place)


def with_next_series(study: Study, panes: Panes, steps: int) -> Panes:
    """The active pane at the middle of another series that it may show, round and round."""
    own = series_by_slot(study)[panes.active]
    here = [series.id for series in own].index(panes.current.series_id)
    following = own[(here + steps) % len(own)]
    if following is own[here]:
        return panes
    return replace(panes, shown={**panes.shown, panes.active: _at_middle(following)})


def with_next_active(panes: Panes, steps: int) -> Panes:
    """The keys act on the next pane, round and round."""
    slots = list(panes.shown)
    return replace(panes, active=slots[(slots.index(panes.active) + steps) % len(slots)])


def exchanged(panes: Panes, one: Slot, other: Slot) -> Panes:
    """Two panes in each other's places; what they show, and what is drawn over it, goes with them."""
    places = {one: other, other: one}
    order = [places.get(slot, slot) for slot in panes.shown]
    return replace(panes, shown={slot: panes.shown[slot] for slot in order})


def in_own_places(study: Study, panes: Panes) -> Panes:
    """The panes where the study opened them."""
    return replace(panes, shown={slot: panes.shown[slot] for slot in series_by_slot(study) if slot in panes.shown})


def with_active_large(study: Study, panes: Panes) -> Panes:
    """The active pane exchanged with the large one; if it is that, all in their own places, or the next one large."""
    large, *others = panes.shown
    if panes.active is not large:
        return exchanged(panes, large, panes.active)
    own = in_own_places(study, panes)
    if list(own.shown) != list(panes.shown) or not others:
        return own
    return exchanged(panes, large, others[0])


def by_need(study: Study, panes: Panes) -> list[Instance]:
    """The slices of what is shown in the order in which to decode them: outwards from each pane's, the active first."""
    order = sorted(panes.shown, key=lambda slot: slot is not panes.active)
    rows = [_outwards(study, panes.shown[slot]) for slot in order]
    return [instance for instance in chain.from_iterable(zip_longest(*rows)) if instance is not None]


def _outwards(study: Study, pane: Pane) -> list[Instance]:
    instances = _series_of(study, pane).instances
    return [instances[index] for index in sorted(range(len(instances)), key=lambda index: abs(index - pane.index))]


def _series_of(study: Study, pane: Pane) -> Series:
    return next(series for series in study.series if series.id == pane.series_id)
