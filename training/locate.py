"""Levels of labelled pictures by a trained localiser, and how good they are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.findings import SliceLevels
from lumbar_core.localise.localiser import LocaliserInput, read_slice
from lumbar_core.picture import whole_picture
from lumbar_core.study import Pixels
from training import localise, localise_data
from training.cells import Cell
from training.config import TrainConfig
from training.heatmap_net import TwoSizes
from training.pictures import load_picture, picture_instance

REFERENCE_SIDE = 250  # errors are told in pixels of a picture whose long side is this


def load_localiser(checkpoint: Path, config: TrainConfig) -> nn.Module:
    """A trained localiser from its checkpoint, as the program runs it: whole pictures are seen in two sizes."""
    model = localise.build(config)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"], strict=True)
    return (model if config.is_axial else TwoSizes(model)).eval()


def locate(model: nn.Module, paths: Sequence[Path], config: TrainConfig) -> dict[str, SliceLevels]:
    """Levels of each picture file, by file name, in its own pixels."""
    found = {}
    for start in range(0, len(paths), 32):
        part = paths[start : start + 32]
        pixels = [load_picture(path) for path in part]
        found.update(zip([path.name for path in part], _locate_batch(model, part, pixels, config), strict=True))
    return found


def _locate_batch(
    model: nn.Module, paths: Sequence[Path], pixels: list[Pixels], config: TrainConfig
) -> list[SliceLevels]:
    inputs = [LocaliserInput(*whole_picture(each, config.side, localise_data.PERCENTILES)) for each in pixels]
    heat, lumbar = localise.predict(model, np.stack([entry.picture for entry in inputs]))
    return [
        read_slice(picture_instance(path, *each.shape), entry, maps, float(score))
        for path, each, entry, maps, score in zip(paths, pixels, inputs, heat, lumbar, strict=True)
    ]


def errors_px(cells: Iterable[Cell], found: dict[str, SliceLevels]) -> NDArray[np.float64]:
    """Distance of each marked cell to its level's point, in pixels of a 250-px picture; inf where none was placed."""
    return np.array([_error(cell, cell.level, found) for cell in cells])


def _error(cell: Cell, level: Level, found: dict[str, SliceLevels]) -> float:
    point = found[cell.file].points.get(level)
    if point is None:
        return float("inf")
    scale = REFERENCE_SIDE / cell.long_side
    return float(np.hypot(point.row - cell.row, point.column - cell.column)) * scale


def off_by_one(cells: Iterable[Cell], found: dict[str, SliceLevels]) -> dict[str, bool]:
    """By picture: whether the marks lie nearer, in the mean, to the chain counted one level up or down."""
    marks: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        marks[cell.file].append(cell)
    return {file: _is_shifted(group, found[file]) for file, group in marks.items()}


def _is_shifted(cells: list[Cell], levels: SliceLevels) -> bool:
    def mean_error(shift: int) -> float:
        errors = []
        for cell in cells:
            index = LEVELS.index(cell.level) + shift
            point = levels.points.get(LEVELS[index]) if 0 <= index < len(LEVELS) else None
            if point is None:
                point = levels.above if index < 0 else levels.below if index >= len(LEVELS) else None
            if point is not None:
                errors.append(float(np.hypot(point.row - cell.row, point.column - cell.column)))
        return float(np.mean(errors)) if errors else float("inf")

    here = mean_error(0)
    return here == float("inf") or min(mean_error(-1), mean_error(1)) < here


def summary(cells: Sequence[Cell], found: dict[str, SliceLevels], least_margin: float) -> dict[str, float]:
    """The localiser's figures: median error, share within 6 px, share of slices not off by one.

    least_margin: a slice whose chain has less is flagged ("the counting of levels is in doubt"); `undoubted` is the
    share of the others, and `undoubted_not_off_by_one` theirs that is counted right.
    """
    errors = errors_px(cells, found)
    shifted = off_by_one(cells, found)
    undoubted = [wrong for file, wrong in shifted.items() if found[file].margin >= least_margin]
    return {
        "cells": len(errors),
        "slices": len(shifted),
        "median_px": float(np.median(errors)),
        "within6": float(np.mean(errors <= 6)),
        "not_off_by_one": 1 - float(np.mean(list(shifted.values()))),
        "undoubted": len(undoubted) / len(shifted),
        "undoubted_not_off_by_one": 1 - float(np.mean(undoubted)) if undoubted else math.nan,
    }
