"""The one owner of level numbers in a study: where each level's canal lies in the patient, in millimetres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from lumbar_core.anatomy import LEVELS, Level, Side
from lumbar_core.geometry import Plane, Points2, Points3

# An axial slice belongs to a level whose canal point is no farther from it than this.
REACH_MM = 5.0
# A structure this near to the canal's middle is on neither side.
SIDELESS_MM = 6.0
# Where only one level was placed nothing tells how far apart they are: the middle of what spines have.
USUAL_DISC_MM = 36.0
# A recess this near to the middle of its own slice's canal is no recess: half a canal is 5 mm wide where it is narrow.
LEAST_ASIDE_MM = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """What one series says of the levels.

    series: its id. frame_of_reference_uid: as its files have it.
    places: (3,) mm in the patient for each level that it shows; of the canal or of what lies beside it.
    weight: how sure its count is (the chain's margin, nats).
    shows_canal: whether the places are the canal's own, so that sides can be told from them.
    """

    series: str
    frame_of_reference_uid: str
    places: Mapping[Level, Points3]
    weight: float
    shows_canal: bool


@dataclass(frozen=True, slots=True, eq=False)
class LevelFrame:
    """One numbering for all series of a study.

    places:      (3,) mm in the patient for each level: the canal's middle, where a series shows the canal.
    disc_mm:     mean distance between neighbouring levels.
    middles:     the canal's x by level, from which sides are told; empty where no series shows the canal.
    agreed:      series whose count is this one. disagreed: series that count otherwise.
    strangers:   series that agree by anatomy, though their Frame of Reference is another one.
    uid:         Frame of Reference of the series that the places come from.
    torn:        levels at which two series have the canal aside of each other, and by how much, mm. One of them is
                 wrong, so that sides there are told from the levels where they agree.
    """

    places: Mapping[Level, Points3]
    disc_mm: float
    middles: Mapping[Level, float]
    agreed: tuple[str, ...]
    disagreed: tuple[str, ...]
    strangers: tuple[str, ...]
    uid: str
    torn: Mapping[Level, float] = field(default_factory=dict)

    @property
    def has_midline(self) -> bool:
        """Whether sides can be told."""
        return bool(self.middles)

    @property
    def midline(self) -> dict[Level, Points3]:
        """(3,) mm in the patient for each level: from there sides are told; empty where they cannot be."""
        if not self.has_midline:
            return {}
        return {level: np.array([self._middle_at(level), *place[1:]]) for level, place in self.places.items()}

    def with_canals(self, canals: Mapping[Level, Points3]) -> LevelFrame:
        """With sides told from where axial slices have the canal, (3,) mm in the patient by level.

        These have it to the pixel, where sagittal slices lie 4 to 5 mm apart. Where they agree with the sagittal series
        at less than half of the levels the patient moved between the series: then this one, which the foramina lie
        in, keeps its own. Of two sagittal series that disagree the leading one is right where they bear it out at more
        than half of its levels.
        """
        borne_out = self._borne_out(canals)
        middles = {**borne_out, **self.middles}
        before = {level: off for level, off in self.torn.items() if level not in borne_out}
        torn = _torn(middles, canals)
        shared = middles.keys() & canals.keys()
        if 2 * len(torn) > len(shared):
            return replace(self, torn={**before, **torn})
        told = {level: float(canals[level][0]) for level in shared - torn.keys()}
        kept = {level: middle for level, middle in middles.items() if level not in torn}
        return replace(self, middles={**kept, **told}, torn={**before, **torn})

    def _borne_out(self, canals: Mapping[Level, Points3]) -> dict[Level, float]:
        """The leading series' middles where another sagittal one denies them and the axial slices have them too."""
        own = {level: float(self.places[level][0]) for level in self.torn}
        agreed = {
            level: middle for level, middle in own.items() if level in canals and not _torn({level: middle}, canals)
        }
        return agreed if 2 * len(agreed) > len(self.places) else {}

    def level_of(self, plane: Plane) -> Level | None:
        """The level that a slice across the spine lies at: the nearest along its normal, None beyond 5 mm."""
        distances = {level: abs(float(plane.distance_mm(place))) for level, place in self.places.items()}
        nearest = min(distances, key=lambda level: distances[level], default=None)
        return nearest if nearest is not None and distances[nearest] <= REACH_MM else None

    def side_of(self, point_mm: Points3, level: Level) -> Side | None:
        """Left or right of the canal at a level, along the patient's own axis; None within 6 mm of it, or unknown.

        Never by the sign of a coordinate: a patient may lie anywhere in the scanner, and a spine may bow.
        """
        aside = self.aside_mm(point_mm, level)
        if aside is None or abs(aside) < SIDELESS_MM:
            return None
        return Side.LEFT if aside > 0 else Side.RIGHT

    def aside_mm(self, point_mm: Points3, level: Level) -> float | None:
        """How far to the patient's left of the canal's middle a point lies at a level; None where that is unknown."""
        if not self.has_midline:
            return None
        return float(np.asarray(point_mm)[0]) - self._middle_at(level)

    def midway_aside_mm(self, shown: Mapping[Level, Sequence[Points3]]) -> float | None:
        """How far to the patient's left of the canal the middle between the two foramina of its levels lies.

        shown: (3,) mm in the patient, by level, wherever one series shows a foramen. The middle of the levels that show
        both, which is told by room for a canal between two neighbouring places; None where none does, or where sides
        are unknown. The mean of all places would not do: of a bowed spine one side shows on more slices.
        """
        asides = [[self.aside_mm(place, level) for place in places] for level, places in shown.items()]
        midways = [_midway([each for each in level if each is not None]) for level in asides]
        told = [each for each in midways if each is not None]
        return float(np.median(told)) if told else None

    def counts_alike(self, places: Mapping[Level, Points3]) -> bool:
        """Whether a series with levels at these places counts as the frame does, to half a disc along the spine.

        Where both have no level in common, by where those would be.
        """
        return _shift_mm(self.places, places, self.disc_mm) <= self.disc_mm / 2

    def _middle_at(self, level: Level) -> float:
        """The canal's x at a level, carried on from its neighbours where it is not known there."""
        known = [each for each in LEVELS if each in self.middles]
        found = [self.middles[each] for each in known]
        return float(np.interp(LEVELS.index(level), [LEVELS.index(each) for each in known], found))


def side_on_slice(plane: Plane, point: Points2, canal: Points2) -> Side | None:
    """Which side of the canal a (row, column) of an axial slice lies on, both on that slice; None too near to it.

    By the patient's own axis as the slice's plane has it, whichever way its rows and columns run.
    """
    aside = float(plane.to_patient(point)[0] - plane.to_patient(canal)[0])
    if abs(aside) < LEAST_ASIDE_MM:
        return None
    return Side.LEFT if aside > 0 else Side.RIGHT


def fit_frame(votes: Sequence[Vote]) -> LevelFrame | None:
    """The numbering of the surest series, and which others count alike; None without a placed level.

    A series that shows the canal goes before one that does not.
    """
    placed = [vote for vote in votes if vote.places]
    if not placed:
        return None
    first = max(placed, key=lambda vote: (vote.shows_canal, vote.weight))
    disc_mm = _disc_mm(first.places)
    uid = first.frame_of_reference_uid
    others = [vote for vote in placed if vote is not first]
    middles = {level: float(place[0]) for level, place in first.places.items()} if first.shows_canal else {}
    torn: dict[Level, float] = {}
    for vote in others:
        torn |= _torn(middles, vote.places) if vote.shows_canal else {}
    agreed = {level: middle for level, middle in middles.items() if level not in torn}
    alone = LevelFrame(dict(first.places), disc_mm, agreed, (first.series,), (), (), uid, torn)
    alike = [vote for vote in others if alone.counts_alike(vote.places)]
    return replace(
        alone,
        agreed=(first.series, *(vote.series for vote in alike)),
        disagreed=tuple(vote.series for vote in others if vote not in alike),
        strangers=tuple(vote.series for vote in alike if vote.frame_of_reference_uid != uid),
    )


def _torn(middles: Mapping[Level, float], canals: Mapping[Level, Points3]) -> dict[Level, float]:
    """Levels whose canal another series has so far aside that one would call right what the other calls left, mm."""
    aside = {level: abs(float(place[0]) - middles[level]) for level, place in canals.items() if level in middles}
    return {level: off for level, off in aside.items() if off > SIDELESS_MM}


def _midway(asides: Sequence[float]) -> float | None:
    """The middle of the widest gap between places; None where no canal has room in it."""
    places = np.sort(np.asarray(asides, np.float64))
    gaps = np.diff(places)
    if gaps.max(initial=0.0) < 2 * SIDELESS_MM:
        return None
    widest = int(np.argmax(gaps))
    return float(places[widest : widest + 2].mean())


def _disc_mm(places: Mapping[Level, Points3]) -> float:
    gaps = [
        float(np.linalg.norm(places[lower] - places[upper])) / (LEVELS.index(lower) - LEVELS.index(upper))
        for upper, lower in pairwise([level for level in LEVELS if level in places])
    ]
    return float(np.mean(gaps)) if gaps else USUAL_DISC_MM


def _shift_mm(first: Mapping[Level, Points3], other: Mapping[Level, Points3], disc_mm: float) -> float:
    """How far the levels of two series lie apart along the spine, in the middle."""
    down = _down(first)
    expected = {level: first.get(level, _carried_on(first, level, disc_mm * down)) for level in other}
    return abs(float(np.median([(other[level] - expected[level]) @ down for level in other])))


def _carried_on(places: Mapping[Level, Points3], level: Level, step: Points3) -> Points3:
    """Where a level would lie, in even steps from the nearest that was placed."""
    wanted = LEVELS.index(level)
    nearest = min(places, key=lambda each: abs(LEVELS.index(each) - wanted))
    place: Points3 = places[nearest] + (wanted - LEVELS.index(nearest)) * step
    return place


def _down(places: Mapping[Level, Points3]) -> Points3:
    """(3,) unit step towards the feet along the spine."""
    known = [places[level] for level in LEVELS if level in places]
    if len(known) < 2:
        return np.array([0.0, 0.0, -1.0])
    step: Points3 = known[-1] - known[0]
    return step / float(np.linalg.norm(step))
