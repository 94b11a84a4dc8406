"""Heat maps to candidate points.

The localiser gives, per cell of its map, how surely each level's canal point lies there (maps 0–4) and how
surely the canal shows there at *any* disc (the last map): that one finds the neighbours beyond L1/L2 and
L5/S1 by which a count can be doubted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Heat = NDArray[np.float32]  # (maps, rows, columns), 0–1

MERGE_CELLS = 2.5  # peaks nearer than this are one place
LOWEST_PEAK = 0.04  # weaker maxima are noise
MOST_CANDIDATES = 14


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be a level.

    row, column: in map cells. evidence: (5,) per level. canal: of the "any disc" map there.
    """

    row: float
    column: float
    evidence: tuple[float, ...]
    canal: float


def decode_heatmaps(heat: Heat) -> list[Candidate]:
    """Candidate places from above down, from maps (levels + 1, rows, columns)."""
    peaks = [peak for channel in heat for peak in _peaks(channel)]
    merged: list[tuple[float, float, float]] = []
    for value, row, column in sorted(peaks, reverse=True):
        if all(np.hypot(row - other[1], column - other[2]) > MERGE_CELLS for other in merged):
            merged.append((value, row, column))
    strongest = merged[:MOST_CANDIDATES]
    return sorted((_candidate(heat, row, column) for _, row, column in strongest), key=lambda c: c.row)


def strongest(channel: NDArray[np.float32]) -> tuple[float, float, float]:
    """(value, row, column) of a map's highest place, for a structure that is there once at most."""
    row, column = (int(index) for index in np.unravel_index(int(channel.argmax()), channel.shape))
    value = float(channel[row, column])
    # A map of noise alone has no middle of mass.
    return (value, *_centroid(channel, row, column)) if value > LOWEST_PEAK else (value, float(row), float(column))


def _peaks(channel: NDArray[np.float32]) -> list[tuple[float, float, float]]:
    """(value, row, column) of local maxima, placed by the centroid of their surroundings."""
    padded = np.pad(channel, 1, constant_values=-1.0)
    around = np.stack(
        [
            padded[1 + down : padded.shape[0] - 1 + down, 1 + right : padded.shape[1] - 1 + right]
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if (down, right) != (0, 0)
        ]
    )
    rows, columns = np.nonzero((channel >= around.max(axis=0)) & (channel > LOWEST_PEAK))
    return [(float(channel[r, c]), *_centroid(channel, int(r), int(c))) for r, c in zip(rows, columns, strict=True)]


def _centroid(channel: NDArray[np.float32], row: int, column: int) -> tuple[float, float]:
    top, left = max(0, row - 2), max(0, column - 2)
    patch = channel[top : row + 3, left : column + 3].astype(np.float64)
    # Squared, so that the skirt of a neighbouring peak pulls less.
    weight = patch**2
    total = weight.sum()
    rows = np.arange(top, top + patch.shape[0])
    columns = np.arange(left, left + patch.shape[1])
    return float(weight.sum(1) @ rows / total), float(weight.sum(0) @ columns / total)


def _candidate(heat: Heat, row: float, column: float) -> Candidate:
    r, c = round(row), round(column)
    patch = heat[:, max(0, r - 1) : r + 2, max(0, c - 1) : c + 2].max(axis=(1, 2))
    return Candidate(row, column, tuple(float(value) for value in patch[:-1]), float(patch[-1]))
