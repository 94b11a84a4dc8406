"""The crops of one study for the graders, cut at the points that the program's own localisers find.

They are cut by the functions that cut for cross-validation, from the pictures just written, so that a store made here
and one cut later by a localiser trained on these pictures are alike in all but the points.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumbar_core.errors import ModelError
from lumbar_core.findings import AxialPoints, SliceLevels
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.localise.localiser import localise
from lumbar_core.localise.recesses import locate_recesses
from training.cells import Cell, by_file
from training.config import TrainConfig
from training.crop_store import to_bytes
from training.grade import cut_training_crops
from training.grade_axial import cut_tile_crops
from training.pictures import load_picture, picture_instance
from training.tiles import load_tiles


def localiser_of(config: TrainConfig, packs: PackSet) -> Pack:
    """The pack that a recipe's crops are cut by. Raises ModelError where the program has none."""
    pack = packs.localiser(config.localiser)
    if pack is None:
        raise ModelError(f"There is no model pack {config.localiser}, which {config.name} is cut by.", "Install it.")
    return pack


def cut_study(cells: Sequence[Cell], images: Path, config: TrainConfig, packs: PackSet) -> NDArray[np.uint8]:
    """Crops (N, slices, S, S) of a study's cells of one set, in `crop_order`."""
    pack = localiser_of(config, packs)
    if config.is_axial:
        crops, _ = cut_tile_crops(cells, _recesses(cells, images, pack), images, config)
    else:
        crops, _ = cut_training_crops(cells, _levels(cells, images, pack), images, config)
    return to_bytes(crops)


def _levels(cells: Sequence[Cell], images: Path, pack: Pack) -> dict[str, SliceLevels]:
    pictures = {file: load_picture(images / file) for file in by_file(cells)}
    slices = [(picture_instance(images / file, *pixels.shape), pixels) for file, pixels in pictures.items()]
    return dict(zip(pictures, localise(slices, pack), strict=True))


def _recesses(cells: Sequence[Cell], images: Path, pack: Pack) -> dict[str, AxialPoints]:
    return {
        tile.file: locate_recesses(tile.slice.stack[1], tile.slice.expected, tile.spacing_mm, pack)
        for tile in load_tiles(cells, images)
    }
