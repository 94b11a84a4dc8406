"""The crops that graders are trained on: one small file a recipe, which can be copied to another machine.

Each crop is kept once, as cut by the localiser that did not see its fold, with room around it for augmentation. A
network that leaves out a fold may see only what a localiser without that fold would have cut, so beside the crops lie
`views`: where in the kept crop the place of that other localiser is, and what it would have made black and white.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.config import TrainConfig
from training.splits import FOLDS

SURROUND = 1.4  # kept crops are this much larger, so that augmentation can move and turn them
BRIGHTEST = 1.5  # of a normalised crop; kept in eight bits up to there
QUALITY = 88  # WebP, about 42 dB: no worse than the pictures themselves
ACROSS, DOWN = 10, 100  # crops on a page
UNCHANGED = (0.0, 0.0, 1.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a localiser has a crop cut.

    row, column: of its centre, pixels of the picture.
    half:        of its side, likewise.
    low, high:   the picture's values that become 0 and 1.
    mirrored:    whether the crop is turned left to right.
    """

    row: float
    column: float
    half: float
    low: float
    high: float
    mirrored: bool = False

    def view_of(self, other: Place) -> tuple[float, float, float, float, float]:
        """Another place inside this one's crop: right and down in half sides, relative size, its black and white."""
        right = (other.column - self.column) / self.half
        span = self.high - self.low
        return (
            -right if self.mirrored else right,
            (other.row - self.row) / self.half,
            other.half / self.half,
            (other.low - self.low) / span,
            (other.high - self.low) / span,
        )


@dataclass(frozen=True, slots=True, eq=False)
class CropData:
    """Crops with what the radiologists said of them, as one network may see them.

    crops:   (N, slices, S, S), 255 for `BRIGHTEST`.
    views:   (N, 5) as `Place.view_of` tells them.
    grades, folds: (N,).
    studies: (N,) their identifiers.
    """

    crops: NDArray[np.uint8]
    views: NDArray[np.float32]
    grades: NDArray[np.int64]
    folds: NDArray[np.int64]
    studies: list[str]


def store_file(config: TrainConfig, cache: Path) -> Path:
    """Where the crops of a recipe lie; recipes that cut alike share them."""
    knobs: tuple[object, ...] = (config.data, config.side, config.half_width, config.long_side, config.localiser)
    if config.grades_of:  # other cells, cut elsewhere; the other recipes keep the names of their files
        knobs = (*knobs, config.grades_of)
    name = "_".join(["crops", *([config.grades_of, "on"] if config.grades_of else []), config.data])
    return cache / f"{name}_{zlib.crc32(repr(knobs).encode()):08x}.npz"


def to_bytes(crops: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Normalised crops, 0 to `BRIGHTEST`, in eight bits."""
    return np.round(np.clip(crops, 0, BRIGHTEST) * (255 / BRIGHTEST)).astype(np.uint8)


def write_store(path: Path, data: CropData, views: dict[int, NDArray[np.float32]], cut_by: str) -> None:
    """Write crops and, for each fold left out, the views of networks without it, all or nothing.

    cut_by: which localisers cut; `cut_by` tells it again.
    """
    pages = _pages(data.crops)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"views_{fold}": views[fold] for fold in FOLDS}
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        np.savez_compressed(
            file,
            pages=np.frombuffer(b"".join(pages), np.uint8),
            lengths=np.array([len(page) for page in pages]),
            shape=np.array(data.crops.shape),
            grades=data.grades,
            folds=data.folds,
            studies=np.array(data.studies),
            cut_by=np.array(cut_by),
            **arrays,  # type: ignore[arg-type]  # numpy takes any name
        )
    temporary.replace(path)


def cut_by(path: Path) -> str:
    """Which localisers cut a store's crops."""
    with np.load(path) as stored:
        return str(stored["cut_by"])


def read_store(path: Path, left_out: frozenset[int]) -> CropData:
    """What a network without these folds (none, or one) may see; its own fold's crops too, for scoring.

    A network that leaves out none sees the crops as they are kept. Raises ValueError for more than one fold: what a
    localiser without both would have cut is not kept.
    """
    if len(left_out) > 1:
        raise ValueError(f"crops are kept for networks without one fold, not without {sorted(left_out)}")
    with np.load(path) as stored:
        shape = tuple(int(length) for length in stored["shape"])
        count = shape[0]
        views = np.tile(np.float32(UNCHANGED), (count, 1))
        for fold in left_out:
            views = stored[f"views_{fold}"]
        return CropData(
            crops=_from_pages(stored["pages"].tobytes(), stored["lengths"], shape),
            views=views,
            grades=stored["grades"],
            folds=stored["folds"],
            studies=[str(study) for study in stored["studies"]],
        )


def _pages(crops: NDArray[np.uint8]) -> list[bytes]:
    side = crops.shape[-1]
    tiles = crops.reshape(-1, side, side)
    return [_encoded(tiles[start : start + ACROSS * DOWN]) for start in range(0, len(tiles), ACROSS * DOWN)]


def _encoded(tiles: NDArray[np.uint8]) -> bytes:
    side = tiles.shape[-1]
    rows = -(-len(tiles) // ACROSS)
    full = np.zeros((rows * ACROSS, side, side), np.uint8)
    full[: len(tiles)] = tiles
    page = full.reshape(rows, ACROSS, side, side).transpose(0, 2, 1, 3).reshape(rows * side, ACROSS * side)
    written = io.BytesIO()
    Image.fromarray(page).save(written, "WEBP", quality=QUALITY, method=4)
    return written.getvalue()


def _from_pages(pages: bytes, lengths: Sequence[int] | NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    side = shape[-1]
    parts, start = [], 0
    for length in lengths:
        with Image.open(io.BytesIO(pages[start : start + int(length)])) as image:
            page = np.asarray(image.convert("L"))
        start += int(length)
        rows = page.shape[0] // side
        parts.append(page.reshape(rows, side, ACROSS, side).transpose(0, 2, 1, 3).reshape(-1, side, side))
    return np.concatenate(parts)[: int(np.prod(shape[:-2]))].reshape(shape)
