"""Crops of recesses for training: cut as the program cuts them, at points located by a network that may know them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lumbar_core.findings import AxialPoints
from lumbar_core.grade.axial_crops import AxialPlace, cut_axial_crops
from training.cells import Cell
from training.config import TrainConfig
from training.grade import SURROUND, CropData
from training.locate_axial import recess_of
from training.tiles import Tile, axial_input, load_tiles

FAR_MM = 6.0  # a point farther than this from the mark is no good place for what was graded: the mark is cut instead


def cut_tile_crops(
    cells: Sequence[Cell], located: dict[str, AxialPoints], images: Path, config: TrainConfig
) -> CropData:
    """One crop (3, S, S) per graded cell, at its located point; at its mark where that lies elsewhere."""
    wanted = axial_input(config, SURROUND)
    crops = []
    ordered: list[Cell] = []
    for tile in load_tiles([cell for cell in cells if cell.grade is not None], images):
        points = located[tile.file]
        places = [training_place(cell, points, tile.spacing_mm[0]) for cell in tile.cells]
        crops.append(cut_axial_crops(tile.slice.stack, places, _canal(tile, points), tile.spacing_mm, wanted))
        ordered += tile.cells
    return CropData(np.concatenate(crops).astype(np.float16), ordered)


def training_place(cell: Cell, points: AxialPoints, spacing_mm: float) -> AxialPlace:
    """The located recess of the cell's side if it lies near the mark, else the mark."""
    if cell.side is None:
        raise ValueError(f"{cell.file}: a recess without a side")
    point = recess_of(points, cell.side)
    if point is None or math.hypot(point.row - cell.row, point.column - cell.column) * spacing_mm > FAR_MM:
        return AxialPlace(cell.row, cell.column, cell.side)
    return AxialPlace(point.row, point.column, cell.side)


def _canal(tile: Tile, points: AxialPoints) -> tuple[float, float]:
    """What sets the brightness: around the canal, in the tile's middle where it was not located."""
    return (points.canal.row, points.canal.column) if points.canal is not None else tile.slice.expected
