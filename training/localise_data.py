"""What a localiser learns from: slices with marked points, and pictures that show nothing of what it looks for."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.anatomy import LEVELS, Condition
from lumbar_core.picture import whole_picture
from lumbar_core.study import Pixels
from training.cells import LABELLED, Cell, by_file, read_cells
from training.config import TrainConfig
from training.phantom_pictures import NECK_KINDS, neck_slices
from training.pictures import KindPicture, load_kind_picture, load_picture, pictures_to_learn_from
from training.splits import FOLDS

PERCENTILES = (1.0, 99.5)
SQUASHED = 0.02  # a picture whose pixels are this far off square is learnt in its true shape too
NECK_PHANTOMS = 60


@dataclass(frozen=True, slots=True, eq=False)
class LocaliseData:
    """All pictures of one localiser's world, as network inputs.

    pictures: (N, side, side) float16.
    points:   (N, 5, 2) marked (row, column) on the input; NaN where unmarked, all NaN for other pictures.
    positive: (N,) whether this is a slice with marks.
    folds:    (N,) and, per picture, studies and files.
    siblings: per picture its series mates, for the ranking of slices.
    weights:  (N,) how often a negative is drawn.
    turnable: (N,) whether the picture still shows nothing with its greys turned round.
    """

    pictures: NDArray[np.float16]
    points: NDArray[np.float32]
    positive: NDArray[np.bool_]
    folds: NDArray[np.int64]
    studies: list[str]
    files: list[str]
    siblings: list[list[int]]
    weights: NDArray[np.float64]
    turnable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A picture to learn from. key: names it in the cache. load: its pixels and, per level, a mark on them."""

    key: str
    load: Callable[[], Pixels]
    fold: int
    study: str
    marks: tuple[tuple[float, float] | None, ...] | None = None
    series: str = ""
    weight: float = 0.0
    turnable: bool = False


def load_localise_data(data: Path, config: TrainConfig, cache: Path) -> LocaliseData:
    """Read (or take from cache) every picture a localiser may learn from; held-out ones are left out."""
    cells = read_cells(data / config.data)
    images = data / config.data / "images"
    entries = [entry for file, group in by_file(cells).items() for entry in _marked(images / file, group)]
    entries += _NOTHING[LABELLED[config.data]](data, {cell.study_id: cell.fold for cell in cells})
    keys = "\n".join(entry.key for entry in entries)
    path = cache / f"localise_{config.side}_{zlib.crc32(keys.encode()):08x}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        inputs = [whole_picture(entry.load(), config.side, PERCENTILES) for entry in entries]
        maps = [(grid.scale, *grid.offset) for _, grid in inputs]
        np.savez(path, pictures=np.stack([p for p, _ in inputs]).astype(np.float16), maps=np.array(maps, np.float32))
    stored = np.load(path)
    positive = np.array([entry.marks is not None for entry in entries])
    return LocaliseData(
        pictures=stored["pictures"],
        points=np.stack([_on_input(entry, grid) for entry, grid in zip(entries, stored["maps"], strict=True)]),
        positive=positive,
        folds=np.array([entry.fold for entry in entries]),
        studies=[entry.study for entry in entries],
        files=[entry.key for entry in entries],
        siblings=_siblings(entries),
        weights=np.array([entry.weight for entry in entries]),
        turnable=np.array([entry.turnable for entry in entries]),
    )


def _marked(path: Path, cells: Sequence[Cell]) -> list[_Entry]:
    """A labelled slice as the file has it and, where its pixels are not square, in its true shape."""
    first = cells[0]
    by_level = {cell.level: cell for cell in cells}

    def entry(key: str, down: float, across: float, load: Callable[[], Pixels]) -> _Entry:
        marks = tuple(
            ((by_level[level].row + 0.5) * down - 0.5, (by_level[level].column + 0.5) * across - 0.5)
            if level in by_level
            else None
            for level in LEVELS
        )
        return _Entry(key, load, first.fold, first.study_id, marks, f"{key.partition('|')[2]}{first.series}")

    entries = [entry(path.name, 1.0, 1.0, lambda: load_picture(path))]
    if abs(first.stretch - 1) > SQUASHED:
        down, across = min(1.0, 1 / first.stretch), min(1.0, first.stretch)
        entries.append(
            entry(f"{path.name}|true shape", down, across, lambda: _shrunk(load_picture(path), down, across))
        )
    return entries


def _shrunk(pixels: Pixels, down: float, across: float) -> Pixels:
    rows, columns = pixels.shape
    size = (round(columns * across), round(rows * down))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR), np.float32)


def _on_input(entry: _Entry, grid: NDArray[np.float32]) -> NDArray[np.float32]:
    """(5, 2) marks on the network's input."""
    points = np.full((len(LEVELS), 2), np.nan, np.float32)
    scale, top, left = grid
    for index, mark in enumerate(entry.marks or ()):
        if mark is not None:
            points[index] = ((mark[0] + 0.5 - top) / scale - 0.5, (mark[1] + 0.5 - left) / scale - 0.5)
    return points


def _siblings(entries: Sequence[_Entry]) -> list[list[int]]:
    series: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        if entry.marks is not None:
            series[entry.series].append(index)
    return [[mate for mate in series.get(entry.series, []) if mate != index] if entry.marks is not None else []
            for index, entry in enumerate(entries)]  # fmt: skip


def _no_canal(data: Path, study_folds: dict[str, int]) -> list[_Entry]:
    """No canal on sagittal T2: one T1 and one axial slice a study, other planes, lateral slices.

    Lateral T2 slices are few and the hard ones. A lateral T1 slice with its greys turned round looks like
    fat-suppressed T2: still no canal there. (A midline one would look like a T2 slice that does show it.)
    """
    entries = []
    for picture in pictures_to_learn_from(data, study_folds):
        if picture.kind == "sagittal_t2" and picture.shows is not False:
            continue
        weight = 20.0 if picture.kind == "sagittal_t2" else _weight(picture)
        entries.append(_negative(data, picture, weight, turnable=picture.path.parent.parent.name == "rsna_foraminal"))
    return entries


def _no_foramen(data: Path, study_folds: dict[str, int]) -> list[_Entry]:
    """No foramen on sagittal T1: SPIDER's midline T1, one midline T2 and one axial slice a study, other planes, necks.

    Lateral T2 slices are left out: they show foramina, if in other greys.
    """
    entries = []
    for picture in pictures_to_learn_from(data, study_folds):
        folder = picture.path.relative_to(data).parts[0]
        if picture.kind == "sagittal_t1" and picture.shows is not False:
            continue
        if picture.kind == "sagittal_t2" and folder not in ("rsna_canal", "spider_midsagittal"):
            continue
        weight = 16.0 if picture.kind == "sagittal_t1" else _weight(picture)
        entries.append(_negative(data, picture, weight, turnable=False))
    return entries + [_neck(index) for index in range(NECK_PHANTOMS * len(NECK_KINDS))]


def _neck(index: int) -> _Entry:
    fold = FOLDS[index // len(NECK_KINDS) % len(FOLDS)]
    return _Entry(f"neck {index}", lambda: _necks(NECK_PHANTOMS)[index], fold, "phantom", weight=2.0)


@cache
def _necks(phantoms: int) -> list[Pixels]:
    return list(neck_slices(phantoms))


_NOTHING = {
    Condition.SPINAL_CANAL_STENOSIS: _no_canal,
    Condition.NEURAL_FORAMINAL_NARROWING: _no_foramen,
}


def _weight(picture: KindPicture) -> float:
    """Rare scanners are drawn more often than their number."""
    if picture.path.parent.name.startswith("mendeley"):
        return 8.0
    return 4.0 if picture.group.startswith("spider") else 1.0


def _negative(data: Path, picture: KindPicture, weight: float, *, turnable: bool) -> _Entry:
    return _Entry(
        str(picture.path.relative_to(data)),
        lambda: load_kind_picture(picture),
        picture.fold,
        picture.group,
        weight=weight,
        turnable=turnable,
    )
