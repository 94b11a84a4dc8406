"""The cells of a recipe: those of its set, or its set's pictures with what another set says of the same disc.

The grade of a canal was told on a sagittal slice. An axial tile of the same study and level shows that canal too, so
that the grade is the tile's as well; what was marked on the tile is a recess.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from training.cells import Cell, read_cells
from training.config import TrainConfig


def recipe_cells(config: TrainConfig, data: Path) -> list[Cell]:
    """All cells that a recipe is of, below the data folder. Raises as `read_cells`."""
    cells = read_cells(data / config.data)
    return joined(cells, read_cells(data / config.grades_of)) if config.grades_of else cells


def joined(pictures: Iterable[Cell], graded: Iterable[Cell]) -> list[Cell]:
    """One cell a picture and level that `graded` grades in the same study; where it lies in the picture is not told.

    pictures: cells of any structure, with or without sides, that tell a picture's level. graded: those of a structure
    without sides.
    """
    known = {(cell.study_id, cell.level): cell for cell in graded if cell.grade is not None}
    found: dict[tuple[str, str], Cell] = {}
    for cell in pictures:
        theirs = known.get((cell.study_id, cell.level))
        if theirs is None or (cell.file, cell.level) in found:
            continue
        found[cell.file, cell.level] = replace(
            cell,
            condition=theirs.condition,
            side=None,
            grade=theirs.grade,
            row=math.nan,
            column=math.nan,
            reference=theirs.reference,
        )
    return list(found.values())
