"""One numbering for all slices of a series, and the same numbering counted one level up or down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import ImagePoint, SliceLevels
from lumbar_core.geometry import Points2

Shift = Literal["up", "down"]

BEST_SLICES = 3  # of those that show L5/S1: farther aside a disc below it is half a disc
FEW = 0.25  # of the slices may count differently without a doubt: those at the canal's edge see half a chain


@dataclass(frozen=True, slots=True, eq=False)
class SeriesNumbering:
    """The levels of a series' slices under one count.

    slices: as given, renumbered where one disagreed. margin: median over the slices that vote, nats.
    disagreeing: how many voting slices had to be renumbered; voting: how many voted.
    below:       how clearly a further disc shows below L5/S1, 0–1: the middle of the slices that show L5/S1 best.
    """

    slices: tuple[SliceLevels, ...]
    margin: float
    disagreeing: int
    voting: int
    below: float

    @property
    def agreed(self) -> bool:
        """Whether all but a few of the voting slices count alike."""
        return self.disagreeing <= FEW * self.voting


def number_series(slices: Sequence[SliceLevels], lumbar: float, visibility: float) -> SeriesNumbering:
    """Fit one count to parallel slices, which share their rows and columns.

    Slices vote with the points they see well; a slice whose points lie a level off the consensus is renumbered, and
    a point that then still lies on another disc is dropped.
    """
    voting = [levels for levels in slices if votes(levels, lumbar, visibility)]
    if not voting:
        return SeriesNumbering(tuple(slices), 0.0, 0, 0, 0.0)
    consensus = _consensus(_largest_agreement(voting))
    shifts = {id(levels): _nearest_shift(levels, consensus) for levels in slices}
    disagreeing = sum(shifts[id(levels)] is not None for levels in voting)
    numbered = tuple(_near(_apply(levels, shifts[id(levels)]), consensus) for levels in slices)
    margin = float(np.median([levels.margin for levels in voting]))
    return SeriesNumbering(numbered, margin, disagreeing, len(voting), _shown_below(numbered))


def votes(levels: SliceLevels, lumbar: float, visibility: float) -> bool:
    """Whether a slice shows enough to have a say in the count."""
    seen = [point for point in levels.points.values() if point.visibility >= visibility]
    return levels.lumbar >= lumbar and len(seen) >= 2


def shift_levels(levels: SliceLevels, shift: Shift) -> SliceLevels:
    """Count one level up (L4/L5 becomes L3/L4) or down (L4/L5 becomes L5/S1)."""
    chain: list[ImagePoint | None] = [levels.above, *(levels.points.get(level) for level in LEVELS), levels.below]
    moved = [*chain[1:], None] if shift == "up" else [None, *chain[:-1]]
    points = {level: point for level, point in zip(LEVELS, moved[1:-1], strict=True) if point is not None}
    return replace(levels, points=points, above=moved[0], below=moved[-1], margin=-levels.margin)


def _shown_below(slices: Sequence[SliceLevels]) -> float:
    ending = [levels for levels in slices if Level.L5_S1 in levels.points]
    best = sorted(ending, key=lambda levels: -levels.points[Level.L5_S1].visibility)[:BEST_SLICES]
    return float(np.median([levels.below.visibility if levels.below else 0.0 for levels in best])) if best else 0.0


def _largest_agreement(voting: Sequence[SliceLevels]) -> Sequence[SliceLevels]:
    """The most slices that count alike; of two equal groups that of the surest slice.

    The middle of all slices would not do: where half of them count a level off it lies between the two counts,
    and nobody would seem to disagree.
    """

    def alike(chosen: SliceLevels) -> list[SliceLevels]:
        places = _consensus([chosen])
        return [levels for levels in voting if _nearest_shift(levels, places) is None]

    groups = [(alike(levels), levels.margin) for levels in voting]
    return max(groups, key=lambda entry: (len(entry[0]), entry[1]))[0]


def _consensus(slices: Sequence[SliceLevels]) -> Mapping[Level, Points2]:
    places = {}
    for level in LEVELS:
        seen = [levels.points[level] for levels in slices if level in levels.points]
        if seen:
            places[level] = np.median([[point.row, point.column] for point in seen], axis=0)
    return places


def _nearest_shift(levels: SliceLevels, consensus: Mapping[Level, Points2]) -> Shift | None:
    """The shift that brings a slice nearest to the consensus; None where it lies nearest as it is."""

    def distance(candidate: SliceLevels) -> float:
        gaps = [
            float(np.hypot(point.row - consensus[level][0], point.column - consensus[level][1]))
            for level, point in candidate.points.items()
            if level in consensus
        ]
        return float(np.mean(gaps)) if gaps else float("inf")

    ways: tuple[Shift, ...] = ("up", "down")
    best = min(ways, key=lambda way: distance(shift_levels(levels, way)))
    return best if distance(shift_levels(levels, best)) < distance(levels) else None


def _apply(levels: SliceLevels, shift: Shift | None) -> SliceLevels:
    return levels if shift is None else shift_levels(levels, shift)


def _near(levels: SliceLevels, consensus: Mapping[Level, Points2]) -> SliceLevels:
    """Only the points near the consensus: half a disc along the rows, a whole one along the columns.

    The canal leans from slice to slice, less than that; what lies farther in front of it or behind it is no spine.
    """
    reach = np.array([levels.disc_distance_px / 2, levels.disc_distance_px])
    kept = {
        level: point
        for level, point in levels.points.items()
        if level not in consensus or bool(np.all(np.abs(consensus[level] - (point.row, point.column)) <= reach))
    }
    return levels if len(kept) == len(levels.points) else replace(levels, points=kept)
