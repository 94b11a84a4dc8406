"""One chain of levels through the candidates: ordered, evenly spaced, and by how much the best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from lumbar_core.localise.heatmaps import Candidate

LEVEL_COUNT = 5
FLOOR = 0.01  # evidence below this counts as this much: one blind map must not veto a chain
MISSING = math.log(0.05)  # cost of a level without a place
GAP_SIGMA = 0.30  # of the logarithm of the ratio of neighbouring gaps; spines are even within a third
USUAL_GAP = 0.11  # of the long side, median of rsna_canal
USUAL_GAP_SIGMA = 0.45  # a loose prior: fields of view differ by a factor of two
NEIGHBOUR_GAP = (0.55, 1.6)  # a disc beyond the chain lies within these parts of the mean gap
NEIGHBOUR_CANAL = 0.25


@dataclass(frozen=True, slots=True)
class Chain:
    """The levels' places.

    places: five candidates, None where a level has none. above, below: the next disc beyond.
    margin: score less that of the better chain shifted by one level, in nats; 0 for an empty chain.
    gap:    mean distance of neighbouring levels in cells.
    """

    places: tuple[Candidate | None, ...]
    above: Candidate | None
    below: Candidate | None
    margin: float
    gap: float


@dataclass(frozen=True, slots=True)
class _Path:
    score: float
    picks: tuple[tuple[int, int], ...]  # (level, candidate index)


def fit_chain(candidates: list[Candidate], cells: int) -> Chain:
    """The best chain through candidates sorted from above down; cells is the map's long side."""
    best = _best_path(candidates, cells)
    places: list[Candidate | None] = [None] * LEVEL_COUNT
    for level, index in best.picks:
        places[level] = candidates[index]
    gap = _mean_gap(places, cells)
    above, below = _neighbours(candidates, places, gap)
    return Chain(tuple(places), above, below, _margin(places, above, below), gap)


def _best_path(candidates: list[Candidate], cells: int) -> _Path:
    """Dynamic programme over (level, candidate, candidate before): score of evidence and evenness."""
    finished = [_Path(LEVEL_COUNT * MISSING, ())]
    open_paths: dict[tuple[int, int, int], _Path] = {}  # (level, candidate, previous candidate)
    for level in range(LEVEL_COUNT):
        fresh: dict[tuple[int, int, int], _Path] = {}
        for index, candidate in enumerate(candidates):
            evidence = math.log(max(candidate.evidence[level], FLOOR))
            _keep(fresh, (level, index, -1), _Path(evidence + level * MISSING, ((level, index),)))
            for (last_level, last, _), path in open_paths.items():
                if candidate.row <= candidates[last].row:
                    continue
                score = path.score + evidence + (level - last_level - 1) * MISSING
                score += _evenness(candidates, path, index, level, cells)
                _keep(fresh, (level, index, last), _Path(score, (*path.picks, (level, index))))
        open_paths.update(fresh)
    for (level, _, _), path in open_paths.items():
        finished.append(_Path(path.score + (LEVEL_COUNT - 1 - level) * MISSING, path.picks))
    return max(finished, key=lambda path: path.score)


def _keep(paths: dict[tuple[int, int, int], _Path], key: tuple[int, int, int], path: _Path) -> None:
    if key not in paths or path.score > paths[key].score:
        paths[key] = path


def _evenness(candidates: list[Candidate], path: _Path, index: int, level: int, cells: int) -> float:
    """Log-normal penalty of the new gap against the one before, and loosely against the usual one."""
    last_level, last = path.picks[-1]
    gap = _distance(candidates[last], candidates[index]) / (level - last_level)
    penalty = -((math.log(gap / (USUAL_GAP * cells)) / USUAL_GAP_SIGMA) ** 2) / 2
    if len(path.picks) > 1:
        before_level, before = path.picks[-2]
        gap_before = _distance(candidates[before], candidates[last]) / (last_level - before_level)
        penalty -= (math.log(gap / gap_before) / GAP_SIGMA) ** 2 / 2
    return penalty


def _distance(one: Candidate, other: Candidate) -> float:
    return max(1e-3, math.hypot(one.row - other.row, one.column - other.column))


def _mean_gap(places: list[Candidate | None], cells: int) -> float:
    gaps = [_distance(a, b) for a, b in pairwise(places) if a is not None and b is not None]
    return sum(gaps) / len(gaps) if gaps else USUAL_GAP * cells


def _neighbours(
    candidates: list[Candidate], places: list[Candidate | None], gap: float
) -> tuple[Candidate | None, Candidate | None]:
    """The discs next above L1/L2 and next below L5/S1, where both the end and its neighbour are seen."""

    def beyond(end: Candidate | None, direction: int) -> Candidate | None:
        if end is None:
            return None
        low, high = NEIGHBOUR_GAP[0] * gap, NEIGHBOUR_GAP[1] * gap
        found = [
            candidate
            for candidate in candidates
            if candidate.canal >= NEIGHBOUR_CANAL
            and (candidate.row - end.row) * direction > 0
            and low <= _distance(candidate, end) <= high
        ]
        return min(found, key=lambda candidate: _distance(candidate, end), default=None)

    return beyond(places[0], -1), beyond(places[-1], +1)


def _margin(places: list[Candidate | None], above: Candidate | None, below: Candidate | None) -> float:
    if not any(places):
        return 0.0
    up, down = [*places[1:], below], [above, *places[:-1]]
    return _evidence(places) - max(_evidence(up), _evidence(down))


def _evidence(places: list[Candidate | None]) -> float:
    return sum(
        MISSING if place is None else math.log(max(place.evidence[level], FLOOR)) for level, place in enumerate(places)
    )
