"""A whole axial slice in, its canal and both recesses out: nothing tells where to look, and maybe nothing its scale.

The localiser of axial slices looks at a piece about a canal that another series has found. Shown a piece from anywhere
it is sometimes taken in by a kidney or a joint, but not twice alike: what it takes for a canal there moves with the
piece and with the scale. So pieces all over the middle of the slice, cut at several scales, vote for where they have
the canal, and a place counts that most of them name (docs/decisions/0041-a-lone-axial-picture.md). So do pieces about
a place where another series has the canal, for that may be wrong (docs/decisions/0049-a-canal-beside-its-place.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lumbar_core.findings import AxialPoints, ImagePoint
from lumbar_core.inference.contract import AxialRule, NetworkInput
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.recesses import MAPS, field_input, read_points, settled
from lumbar_core.picture import Box
from lumbar_core.study import Pixels

# Widths that are tried, in parts of the usual field of view where none is known, else of the known one.
ANY_FIELD = (0.82, 0.94, 1.07, 1.22, 1.39, 1.59)
NEAR_FIELD = (0.87, 1.0, 1.15)
# The part of the slice, in parts of its height and width, about whose places pieces are cut: spines lie in the middle.
ROWS, COLUMNS = (0.25, 0.90), (0.25, 0.75)
PIECES_APART = 1 / 3  # of a piece's height and width
# Pieces to each side of a place where a canal is expected, down and across: 9 and 37 mm, farther than patients move.
AROUND = (1, 3)
# In parts of the slice's width: how near two votes are for one place (standard deviation), and how far for another.
ALIKE, ANOTHER = 0.016, 0.06
# In parts of the recesses' distance: the median of the pictures marked by hand (`python -m training lone-axial`).
SAC_BEHIND = 0.2
BATCH = 32

EVIDENCE, RIVAL = "whole_evidence", "whole_rival"  # of a contract's thresholds


@dataclass(frozen=True, slots=True)
class WholeSlice:
    """The place on a slice that most pieces name, whether or not it is surely a canal.

    points:   canal and recesses there; `lumbar` is the mean that those who name it are sure of a lumbar canal.
    evidence: votes for it, a field of view: each weighs by how surely the piece shows a canal and both recesses.
    rival:    votes for the best place elsewhere, in parts of these.
    """

    points: AxialPoints
    evidence: float
    rival: float


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """The place near an expected one that most pieces name, and how many name another.

    votes: as `_votes` has them. width: of a usual slice, in the pixels of this one.
    """

    likeliest: WholeSlice
    votes: NDArray[np.float64]
    width: int

    def share_of(self, point: ImagePoint) -> float:
        """Votes for a place, in parts of those for the likeliest."""
        squared = ((self.votes[:, 1:3] - (point.row, point.column)) ** 2).sum(axis=-1)
        return float(_alike(squared, self.width) @ self.votes[:, 0]) / (self.likeliest.evidence or math.inf)


def usual_field_mm(wanted: NetworkInput) -> float:
    """How wide a slice is taken to be where nothing tells. Raises ValueError for what is not cut from axial slices."""
    if not isinstance(wanted.crop, AxialRule):
        raise ValueError(f"input {wanted.name!r} is not cut from an axial slice")  # noqa: TRY004  a contract's fault
    return 2 * wanted.crop.half_width_mm * wanted.working_grid.long_side / (wanted.shape[-1] or 1)


def searches_whole_slices(pack: Pack) -> bool:
    """Whether a localiser of axial slices was tried on whole ones, so that its contract says what is sure there."""
    return {EVIDENCE, RIVAL} <= set(pack.contract.thresholds)


def is_sure(found: WholeSlice, pack: Pack, kind: float = 1.0) -> bool:
    """Whether enough speaks for the place; kind: how probably the slice is axial T2 at all, where that was guessed."""
    enough = found.evidence * kind >= pack.contract.threshold(EVIDENCE)
    return enough and found.rival <= pack.contract.threshold(RIVAL) and found.points.canal is not None


def locate_on_whole_slice(
    pixels: Pixels,
    spacing_mm: tuple[float, float] | None,
    pack: Pack,
    content: Box | None = None,
) -> WholeSlice:
    """The likeliest canal and its recesses on a slice seen as usual. Raises Cancelled if stopped.

    spacing_mm: (between rows, between columns), None where nothing tells it. content: the slice's part of a framed
    picture.
    """
    inside = content or (0, 0, *pixels.shape)
    width = inside[3] - inside[1]
    usual = usual_field_mm(pack.contract.inputs[0]) / width
    rows_mm, columns_mm = spacing_mm or (usual, usual)
    parts = ANY_FIELD if spacing_mm is None else NEAR_FIELD
    scales = [(rows_mm * part, columns_mm * part) for part in parts]
    wanted = pack.contract.inputs[0]
    votes = [_votes(pixels, scale, pack, _centres(scale, wanted, inside)) for scale in scales]
    return _counted(np.concatenate(votes), len(votes), width, pack.contract.threshold("confidence"))


def locate_around(pixels: Pixels, expected: tuple[float, float], spacing_mm: tuple[float, float], pack: Pack) -> Around:
    """What a slice's pieces about a (row, column) have a canal at. Raises Cancelled if stopped.

    spacing_mm: (between rows, between columns).
    """
    wanted = pack.contract.inputs[0]
    step = _step(wanted, spacing_mm)
    down, across = (np.arange(-most, most + 1) for most in AROUND)
    centres = [(float(expected[0] + y * step[0]), float(expected[1] + x * step[1])) for y in down for x in across]
    width = round(usual_field_mm(wanted) / spacing_mm[1])
    votes = _votes(pixels, spacing_mm, pack, centres)
    return Around(_counted(votes, 1, width, pack.contract.threshold("confidence")), votes, width)


def middle_of_sac(points: AxialPoints) -> ImagePoint | None:
    """The middle of the dural sac: the canal's point lies on the line through its recesses, before it."""
    canal, left, right = points.canal, points.image_left, points.image_right
    if canal is None or left is None or right is None:
        return canal
    apart = math.hypot(right.row - left.row, right.column - left.column)
    return replace(canal, row=canal.row + SAC_BEHIND * apart)


def _votes(
    pixels: Pixels, spacing_mm: tuple[float, float], pack: Pack, centres: Sequence[tuple[float, float]]
) -> NDArray[np.float64]:
    """(n, 11) what each piece says: its weight, then row, column and confidence of each of `MAPS`, last its score."""
    wanted = pack.contract.inputs[0]
    cutouts = [wanted.cutout(centre, spacing_mm) for centre in centres]
    rows = []
    for start in range(0, len(cutouts), BATCH):
        part = cutouts[start : start + BATCH]
        given = pack.model.run({wanted.name: np.stack([field_input(pixels, each, wanted) for each in part])[:, None]})
        heat, lumbar = (given[output.name] for output in pack.contract.outputs)
        for maps, score, cutout in zip(heat, lumbar[:, 0], part, strict=True):
            points = read_points(maps, cutout)
            weight = float(score) * float(np.prod([point.confidence for point in points]))
            said = [value for point in points for value in (point.row, point.column, point.confidence)]
            rows.append([weight, *said, float(score)])
    return np.array(rows)


def _centres(spacing_mm: tuple[float, float], wanted: NetworkInput, content: Box) -> list[tuple[float, float]]:
    """The pieces to be cut of a whole slice."""
    step = _step(wanted, spacing_mm)
    down = _spread(content[0], content[2], ROWS, step[0])
    across = _spread(content[1], content[3], COLUMNS, step[1])
    return [(row, column) for row in down for column in across]


def _step(wanted: NetworkInput, spacing_mm: tuple[float, float]) -> tuple[float, float]:
    """How far pieces lie apart, down and across."""
    top, left, bottom, right = wanted.cutout((0.0, 0.0), spacing_mm).box
    return (bottom - top) * PIECES_APART, (right - left) * PIECES_APART


def _spread(first: int, last: int, part: tuple[float, float], step: float) -> list[float]:
    """Places a step apart in the middle of a part: no place is every scale's, or it would be named for that."""
    start, end = (first + share * (last - first) for share in part)
    count = int((end - start) // step)
    return [float(start + (end - start - count * step) / 2 + index * step) for index in range(count + 1)]


def _counted(votes: NDArray[np.float64], fields: int, width: int, confidence: float) -> WholeSlice:
    """The place with most votes; its points are the mean of theirs."""
    weights, canals = votes[:, 0], votes[:, 1:3]
    squared = ((canals[:, None] - canals[None]) ** 2).sum(axis=-1)
    gathered = _alike(squared, width) @ weights
    best = int(np.argmax(gathered))
    near, elsewhere = squared[best] < (2 * ALIKE * width) ** 2, squared[best] > (ANOTHER * width) ** 2
    if gathered[best] <= 0:
        return WholeSlice(AxialPoints(None, None, None, 0.0), 0.0, 1.0)
    mean = np.average(votes[near], axis=0, weights=weights[near])
    rival = float(gathered[elsewhere].max(initial=0.0) / gathered[best])
    return WholeSlice(_points(mean, confidence), float(gathered[best]) / fields, rival)


def _alike(squared: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """How far two votes are for one place, by their squared distance."""
    return np.exp(-squared / (2 * (ALIKE * width) ** 2))


def _points(mean: NDArray[np.float64], confidence: float) -> AxialPoints:
    places = [ImagePoint(float(row), float(column), float(sure), float(sure))
              for row, column, sure in (mean[1 + 3 * n : 4 + 3 * n] for n in range(len(MAPS)))]  # fmt: skip
    return settled(places, float(mean[-1]), confidence)
