"""Crops of axial tiles for training: cut as the program does, at points located by a network that may know them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumbar_core.findings import AxialPoints
from lumbar_core.grade.axial_crops import AxialPlace, axial_brightness, cut_axial_crops
from training.cells import TILED, Cell
from training.config import TrainConfig
from training.crop_store import SURROUND, Place
from training.locate_axial import recess_of
from training.tiles import Tile, axial_input, canal_place, load_tiles, mirrored_side

FAR_MM = 6.0  # a point farther than this from the mark is no good place for what was graded: the mark is cut instead


def cut_tile_crops(
    cells: Sequence[Cell], located: dict[str, AxialPoints], images: Path, config: TrainConfig
) -> tuple[NDArray[np.float32], list[Place]]:
    """Crops (N, 3, S, S) with room around them, in `crop_order`, and where they were cut."""
    wanted = axial_input(config, SURROUND)
    crops = []
    for tile in load_tiles(cells, images):
        points = located[tile.file]
        places = [training_place(cell, tile, points) for cell in tile.cells]
        crops.append(cut_axial_crops(tile.slice.stack, places, _canal(tile, points), tile.spacing_mm, wanted))
    return np.concatenate(crops), tile_places(cells, located, images, config)


def tile_places(
    cells: Sequence[Cell], located: dict[str, AxialPoints], images: Path, config: TrainConfig
) -> list[Place]:
    """Where `cut_tile_crops` cuts, in the same order."""
    wanted = axial_input(config, SURROUND)
    mirrored = mirrored_side(config)
    ordered = []
    for tile in load_tiles(cells, images):
        points, spacing_mm = located[tile.file], tile.spacing_mm
        middle = tile.slice.stack[len(tile.slice.stack) // 2]
        low, high = axial_brightness(middle, _canal(tile, points), spacing_mm, wanted)
        half = config.half_width * wanted.shape[-1] / config.side / spacing_mm[0]
        for cell in tile.cells:
            place = training_place(cell, tile, points)
            turned = mirrored is not None and place.side is mirrored
            ordered.append(Place(place.row, place.column, half, low, high, turned))
    return ordered


def training_place(cell: Cell, tile: Tile, points: AxialPoints) -> AxialPlace:
    """The located recess of the cell's side if it lies near the mark, else the mark; a canal where it was located."""
    if cell.condition is not TILED:
        return canal_place(_canal(tile, points))
    if cell.side is None:
        raise ValueError(f"{cell.file}: a recess without a side")
    point = recess_of(points, cell.side)
    off = math.inf if point is None else math.hypot(point.row - cell.row, point.column - cell.column)
    if point is None or off * tile.spacing_mm[0] > FAR_MM:
        return AxialPlace(cell.row, cell.column, cell.side)
    return AxialPlace(point.row, point.column, cell.side)


def _canal(tile: Tile, points: AxialPoints) -> tuple[float, float]:
    """The canal's place, by which the brightness is set too; the tile's middle where it was not located."""
    return (points.canal.row, points.canal.column) if points.canal is not None else tile.slice.expected
