"""What the localiser of axial slices learns from: tiles with marked recesses, and pictures that show none."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import Side
from lumbar_core.picture import Cutout, brightness_range, normalise
from lumbar_core.study import Pixels
from training.cells import by_file, read_cells
from training.config import TrainConfig
from training.pictures import load_picture, mendeley_pictures
from training.splits import fold_of
from training.tiles import FLATTER, Tile, axial_input, load_tiles

SURROUND = 1.35  # canvases are this much larger than what the network sees, so that augmentation can move and turn them
USUAL_ASIDE_MM = 7.7  # of a recess from the canal, where one side alone is marked (median of rsna_subarticular)
SAGITTAL, AXIAL = "rsna_canal", "mendeley_mixed"  # pieces of their pictures that show no recess
SAGITTAL_HALF, AXIAL_HALF = 0.15, 0.075  # half a piece's width in parts of the picture's; whole bodies fill Mendeley's
BESIDE_EACH = 6  # pieces of one axial slice


@dataclass(frozen=True, slots=True, eq=False)
class AxialData:
    """Canvases of one localiser's world.

    canvases: (N, S, S) float16, the canal about in the middle.
    points:   (N, 3, 2) marked (row, column) of canal, left and right of the picture; NaN where unmarked.
    positive: (N,) whether this is a tile. folds: (N,) and, per canvas, studies.
    """

    canvases: NDArray[np.float16]
    points: NDArray[np.float32]
    positive: NDArray[np.bool_]
    folds: NDArray[np.int64]
    studies: list[str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Of a picture: half its width in parts of the picture's, and its middle in parts of height and width."""

    path: Path
    study: str
    fold: int
    half: float
    row: float
    column: float


def load_axial_data(data: Path, config: TrainConfig, cache: Path) -> AxialData:
    """Read (or take from cache) every tile, and pieces of pictures that show no recess."""
    cells = [cell for cell in read_cells(data / config.data) if cell.grade is not None]
    nothing = _pieces(data)
    files = [*by_file(cells), *map(str, nothing)]
    stamp = zlib.crc32("\n".join([config.digest, *files]).encode())
    path = cache / f"axial_{config.side}_{stamp:08x}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        made = [canvas_of(tile, config) for tile in load_tiles(cells, data / config.data / "images")]
        shown = [canvas for canvas, _ in made] + [_cut(piece, config) for piece in nothing]
        unmarked = np.full((len(nothing), 3, 2), np.nan, np.float32)
        points = np.concatenate([np.stack([marks for _, marks in made]), unmarked])
        np.savez(path, canvases=np.stack(shown).astype(np.float16), points=points)
    stored = np.load(path)
    groups = by_file(cells).values()
    return AxialData(
        canvases=stored["canvases"],
        points=stored["points"],
        positive=np.array([True] * len(groups) + [False] * len(nothing)),
        folds=np.array([group[0].fold for group in groups] + [piece.fold for piece in nothing]),
        studies=[group[0].study_id for group in groups] + [piece.study for piece in nothing],
    )


def canvas_of(tile: Tile, config: TrainConfig) -> tuple[Pixels, NDArray[np.float32]]:
    """A tile's surroundings of its canal, (S, S), and its marks (3, 2) on them."""
    marks = tile.marks()
    spacing = tile.spacing_mm[1]
    aside = {Side.RIGHT: USUAL_ASIDE_MM / spacing, Side.LEFT: -USUAL_ASIDE_MM / spacing}
    middles = [(row, column + aside[side] * (len(marks) == 1)) for side, (row, column) in marks.items()]
    middle = np.mean(middles, axis=0)
    places = np.full((3, 2), np.nan)
    for index, side in ((1, Side.RIGHT), (2, Side.LEFT)):  # the patient's right is the picture's left
        places[index] = marks.get(side, (np.nan, np.nan))
    if len(marks) == 2:
        places[0] = middle
    # The tile's edge lies as far from the marks as it was cut: mirrored beyond it, it does not give them away.
    edge = max(tile.slice.stack[1].shape)
    pixels = np.pad(tile.slice.stack[1], edge, mode="symmetric")
    cutout = axial_input(config, SURROUND).cutout((middle[0] + edge, middle[1] + edge), tile.spacing_mm)
    return _bright(cutout.of(pixels), config), cutout.to_grid(places + edge).astype(np.float32)


def field(side: int, width: int) -> tuple[slice, slice]:
    """The part of an (S, S) canvas that the network sees, `width` wide."""
    rows = round(width * FLATTER)
    top, left = (side - rows) // 2, (side - width) // 2
    return slice(top, top + rows), slice(left, left + width)


def _bright(canvas: Pixels, config: TrainConfig) -> Pixels:
    """By the part that the network would see if nothing moved."""
    seen = canvas[field(len(canvas), config.side)]
    return normalise(canvas, *brightness_range(seen, axial_input(config).normalisation.percentiles))


def _pieces(data: Path) -> list[_Piece]:
    """A piece of a sagittal picture of each study that has one, and several beside the spine of whole axial slices."""
    sagittal = {cell.study_id: cell for cell in read_cells(data / SAGITTAL)}
    pieces = [
        _Piece(data / SAGITTAL / "images" / cell.file, study, cell.fold, SAGITTAL_HALF, *_anywhere(cell.file))
        for study, cell in sagittal.items()
    ]
    for label in mendeley_pictures(data):
        group = f"mendeley{label.patient}"
        if not label.kind.startswith("axial") or label.held:
            continue
        for number in range(BESIDE_EACH):
            place = beside_the_spine(f"{label.file} {number}")
            pieces.append(_Piece(data / AXIAL / label.file, group, fold_of(group), AXIAL_HALF, *place))
    return pieces


def _anywhere(name: str) -> tuple[float, float]:
    random = _random(name)
    return float(random.uniform(0.2, 0.8)), float(random.uniform(0.2, 0.8))


def beside_the_spine(name: str) -> tuple[float, float]:
    """A place, in parts of height and width, as far from the spine as the name draws it, the same each time.

    On Mendeley's axial slices the canal lies a little below the middle, and the body is as wide as the picture.
    """
    random = _random(name)
    aside = float(random.uniform(0.13, 0.4))
    return float(random.uniform(0.4, 0.85)), 0.5 + (aside if random.random() < 0.5 else -aside)


def _random(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def _cut(piece: _Piece, config: TrainConfig) -> Pixels:
    pixels = load_picture(piece.path)
    half = piece.half * pixels.shape[1]
    centre = (piece.row * pixels.shape[0], piece.column * pixels.shape[1])
    side = axial_input(config, SURROUND).shape[-1] or 0
    return _bright(Cutout.around(centre, (half, half), (side, side)).of(pixels), config)
