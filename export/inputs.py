"""Real preprocessed inputs for the parity check, as the task's network gets them in the program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumbar_core.grade.crops import CropPlace, cut_crops
from lumbar_core.picture import whole_picture
from training import grade, localise, localise_data
from training.cells import by_file, read_cells
from training.config import TrainConfig
from training.pictures import load_picture

PICTURES = 24


def parity_inputs(config: TrainConfig, data: Path) -> NDArray[np.float32]:
    """Inputs (N, 1, S, S) from the first pictures of the set. Raises FileNotFoundError without the data."""
    groups = list(by_file(read_cells(data / config.data)).items())[:PICTURES]
    images = data / config.data / "images"
    inputs: list[NDArray[np.float32]] = []
    for file, cells in groups:
        pixels = load_picture(images / file)
        if config.task == "grade":
            distance = localise.USUAL_DISTANCE * max(pixels.shape)
            places = [CropPlace(cell.row, cell.column, distance) for cell in cells]
            inputs += list(cut_crops(pixels, places, places, grade.network_input(config)))
        else:
            inputs.append(whole_picture(pixels, config.side, localise_data.PERCENTILES)[0][None])
    return np.stack(inputs)
