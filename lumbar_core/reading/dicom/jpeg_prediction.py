"""Differences of lossless JPEG → samples (ISO 10918-1 H.1.2.1). Whole rows at a time where the predictor allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint16]  # (rows, columns); sums wrap at 65536, as the standard asks
Row = NDArray[np.int32]

_WRAP = 0xFFFF


def undo_prediction(differences: Samples, predictor: int, start: int) -> Samples:
    """The samples of rows that begin afresh: the first row is predicted from its left, the very first from `start`."""
    differences = differences.copy()
    differences[:1, :1] += np.uint16(start)
    if predictor == 1:  # the left neighbour; in the first column the one above
        differences[:, 0] = np.cumsum(differences[:, 0], dtype=np.uint16)
        return np.cumsum(differences, axis=1, dtype=np.uint16)
    differences[0] = np.cumsum(differences[0], dtype=np.uint16)
    if predictor == 2:  # the neighbour above
        return np.cumsum(differences, axis=0, dtype=np.uint16)
    return _row_by_row(differences, _ROWS[predictor])


def _row_by_row(differences: Samples, next_row: Callable[[Row, Row], Row]) -> Samples:
    samples = differences.astype(np.int32)
    for row in range(1, len(samples)):
        samples[row] = next_row(samples[row - 1], samples[row]) & _WRAP
    return samples.astype(np.uint16)


def _diagonal(above: Row, differences: Row) -> Row:
    diagonal: Row = np.concatenate([above[:1], above[:-1]])
    return differences + diagonal


def _plane(above: Row, differences: Row) -> Row:
    """Left + above − diagonal: a row's step to the one above changes by the difference."""
    return above + np.cumsum(differences)


def _left_and_slope(above: Row, differences: Row) -> Row:
    """Left + (above − diagonal) / 2."""
    steps = differences.copy()
    steps[0] += above[0]
    steps[1:] += (above[1:] - above[:-1]) >> 1
    return np.cumsum(steps)


def _above_and_slope(above: Row, differences: Row) -> Row:
    """Above + (left − diagonal) / 2: each sample waits for the one before it."""
    up, steps = above.tolist(), differences.tolist()
    left = (up[0] + steps[0]) & _WRAP
    row = [left]
    for diagonal, over, step in zip(up, up[1:], steps[1:], strict=False):
        left = (over + ((left - diagonal) >> 1) + step) & _WRAP
        row.append(left)
    return np.array(row, np.int32)


def _mean(above: Row, differences: Row) -> Row:
    """(Left + above) / 2."""
    up, steps = above.tolist(), differences.tolist()
    left = (up[0] + steps[0]) & _WRAP
    row = [left]
    for over, step in zip(up[1:], steps[1:], strict=True):
        left = (((left + over) >> 1) + step) & _WRAP
        row.append(left)
    return np.array(row, np.int32)


_ROWS = {3: _diagonal, 4: _plane, 5: _left_and_slope, 6: _above_and_slope, 7: _mean}
