"""Recesses of tiles by a trained localiser, and how good they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from lumbar_core.anatomy import Side
from lumbar_core.findings import AxialPoints, ImagePoint
from lumbar_core.localise.recesses import field_input, read_recesses
from training import localise
from training.cells import Cell
from training.config import TrainConfig
from training.locate import REFERENCE_SIDE
from training.tiles import axial_input, load_tiles

BATCH = 64


def locate_tiles(model: nn.Module, cells: Sequence[Cell], images: Path, config: TrainConfig) -> dict[str, AxialPoints]:
    """Canal and recesses on each picture of these cells, by file name, in the pixels of its middle tile."""
    wanted = axial_input(config)
    tiles = [(tile.file, tile.slice.stack[1], wanted.cutout(tile.slice.expected, tile.spacing_mm))
             for tile in load_tiles(cells, images)]  # fmt: skip
    found: dict[str, AxialPoints] = {}
    for start in range(0, len(tiles), BATCH):
        part = tiles[start : start + BATCH]
        inputs = np.stack([field_input(pixels, cutout, wanted) for _, pixels, cutout in part])
        heat, scores = localise.predict(model, inputs)
        for (file, _, cutout), maps, score in zip(part, heat, scores, strict=True):
            found[file] = read_recesses(maps, float(score), cutout, config.thresholds["confidence"])
    return found


def recess_of(points: AxialPoints, side: Side | None) -> ImagePoint | None:
    """The recess of a side of the patient on a tile, where the right is the picture's left."""
    return points.image_left if side is Side.RIGHT else points.image_right


def summary(cells: Iterable[Cell], found: dict[str, AxialPoints], lumbar: float) -> dict[str, float]:
    """The localiser's figures: median error and share within 6 px of a 250-px whole slice, share placed at all.

    lumbar: least score of a slice whose recesses are graded.
    """
    errors = np.array([_error_px(cell, found[cell.file], lumbar) for cell in cells])
    placed = errors[np.isfinite(errors)]
    return {
        "cells": len(errors),
        "placed": len(placed) / len(errors),
        "median_px": float(np.median(placed)) if len(placed) else math.nan,
        "within6": float(np.mean(errors <= 6)),
    }


def _error_px(cell: Cell, points: AxialPoints, lumbar: float) -> float:
    point = recess_of(points, cell.side) if points.lumbar >= lumbar else None
    if point is None:
        return math.inf
    return math.hypot(point.row - cell.row, point.column - cell.column) * REFERENCE_SIDE / cell.long_side
