"""What a network sees in the program, by its recipe, and real inputs of that form for the parity check."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumbar_core.anatomy import USED_ON
from lumbar_core.grade.axial_crops import AxialPlace, cut_axial_crops
from lumbar_core.grade.crops import CropPlace, cut_crops
from lumbar_core.inference.contract import NetworkInput, Normalisation, WorkingGrid
from lumbar_core.localise.recesses import field_input
from lumbar_core.picture import whole_picture
from training import grade, localise, localise_data
from training.cells import LABELLED, Cell, by_file
from training.config import TrainConfig
from training.pictures import load_picture
from training.recipe_cells import recipe_cells
from training.tiles import axial_input, canal_place, load_tile

PICTURES = 24


def network_input(config: TrainConfig) -> NetworkInput:
    """The input that the shipped contract states."""
    if config.is_axial:
        return axial_input(config)
    if config.task == "grade":
        return grade.network_input(config)
    plane, weighting = (None, ()) if config.task == "recognise" else USED_ON[LABELLED[config.data]]
    return NetworkInput(
        name="picture",
        role="picture",
        shape=(None, 1, config.side, config.side),
        orientation=plane,
        weighting=weighting,
        working_grid=WorkingGrid(config.side, square=True),
        crop=None,
        normalisation=Normalisation("picture", localise_data.PERCENTILES),
    )


def parity_inputs(config: TrainConfig, data: Path, folds: frozenset[int] | None = None) -> NDArray[np.float32]:
    """Inputs (N, channels, rows, columns) from the set's first pictures, or the first of some folds.

    Raises FileNotFoundError without the data.
    """
    cells = [cell for cell in recipe_cells(config, data) if folds is None or cell.fold in folds]
    groups = list(by_file(cells).items())[:PICTURES]
    images = data / config.data / "images"
    inputs: list[NDArray[np.float32]] = []
    for file, cells in groups:
        pixels = load_picture(images / file)
        if config.is_axial:
            inputs += _of_tile(images / file, cells, config)
        elif config.task == "grade":
            distance = localise.USUAL_DISTANCE * max(pixels.shape)
            places = [CropPlace(cell.row, cell.column, distance) for cell in cells]
            inputs += list(cut_crops(pixels, places, places, grade.network_input(config)))
        else:
            inputs.append(whole_picture(pixels, config.side, localise_data.PERCENTILES)[0][None])
    return np.stack(inputs)


def _of_tile(path: Path, cells: list[Cell], config: TrainConfig) -> list[NDArray[np.float32]]:
    tile, wanted = load_tile(path, cells), axial_input(config)
    here, canal = tile.slice, tile.slice.expected
    if config.task == "localise":
        return [field_input(here.stack[1], wanted.cutout(canal, tile.spacing_mm), wanted)[None]]
    places = [AxialPlace(row, column, side) for side, (row, column) in tile.marks().items()]
    places = places if config.has_sides else [canal_place(canal)]
    return list(cut_axial_crops(here.stack, places, canal, tile.spacing_mm, wanted))
