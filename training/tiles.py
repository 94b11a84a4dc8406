"""Axial tiles of RSNA: slice n−1, n and n+1 side by side, cut out around the canal, the patient's right on the left.

Nobody noted the pixel spacing of the public copies; tiles made by `prepare` have it. Without it an axial picture is
taken to be `FIELD_MM` wide, so that what the program cuts in millimetres is cut here in shares of the picture's width;
fields of view differ by a fifth, as augmentation does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lumbar_core.analysis.axial import AxialSlice
from lumbar_core.analysis.axial_canal import axial_view
from lumbar_core.analysis.job import Job, Options
from lumbar_core.analysis.recesses import RECESS, CrossSection, find_section, grade_section
from lumbar_core.anatomy import USED_ON, Side, Target
from lumbar_core.errors import Refused
from lumbar_core.findings import Grade
from lumbar_core.geometry import Plane
from lumbar_core.grade.axial_crops import AxialPlace
from lumbar_core.grade.grader import fuse_views
from lumbar_core.inference.contract import AXIAL_SLICES, AxialRule, NetworkInput, Normalisation, WorkingGrid
from lumbar_core.inference.packs import PackSet
from lumbar_core.reading.decoding import DirectReader
from training.cells import LABELLED, Cell, by_file
from training.config import TrainConfig
from training.pictures import load_picture, picture_instance

FIELD_MM = 170.0
LEAST_SIDE = 8  # pixels of a tile; nothing is to be seen in fewer
FLATTER = 0.75  # height over width of what the localiser sees: tiles hold as much as that around their marks
MIRRORED = Side.LEFT
LOCALISER_PERCENTILES, CROP_PERCENTILES = (1.0, 99.5), (1.0, 99.0)


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One file: its slice as the program would see it, and the cells marked on it, at most one a side."""

    file: str
    slice: AxialSlice
    cells: tuple[Cell, ...]

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """Between rows, between columns."""
        return self.slice.plane.spacing_mm

    def marks(self) -> dict[Side, tuple[float, float]]:
        """(row, column) of the marked recesses."""
        return {cell.side: (cell.row, cell.column) for cell in self.cells if cell.side is not None}


def load_tiles(cells: Sequence[Cell], images: Path) -> Iterator[Tile]:
    """The pictures of these cells, in the order of their names."""
    for file, group in by_file(cells).items():
        yield load_tile(images / file, group)


def load_tile(path: Path, cells: Sequence[Cell]) -> Tile:
    """A tile with its neighbours; the canal is expected in its middle. Raises ReadingError."""
    pixels = load_picture(path)
    rows, columns = pixels.shape[0], pixels.shape[1] // AXIAL_SLICES
    if min(rows, columns) < LEAST_SIDE:
        raise Refused(f"{path.name} is too small for {AXIAL_SLICES} slices side by side.", "Cut the tile again.")
    before, here, after = (pixels[:, n * columns : (n + 1) * columns] for n in range(AXIAL_SLICES))
    spacing = cells[0].spacing_mm or FIELD_MM / cells[0].original_columns
    spacing *= (cells[0].width or columns) / columns  # of the file's own pixels, if it was made larger or smaller
    plane = Plane(np.zeros(3), np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), (spacing, spacing))
    instance = replace(picture_instance(path, rows, columns), plane=plane)
    middle = ((rows - 1) / 2, (columns - 1) / 2)
    return Tile(path.name, AxialSlice(instance, plane, (before, here, after), (False, False), middle, ()), tuple(cells))


def assess_tile(tile: Tile, packs: PackSet) -> list[Grade]:
    """What the tile's cells are of at its level, as the program grades it on a slice whose level it knows.

    Of recesses both sides; of a canal the axial view alone. Raises ValueError without the packs for it.
    """
    level, condition = tile.cells[0].level, tile.cells[0].condition
    grader = packs.grader(RECESS) if condition is RECESS else packs.second_grader(condition)
    localiser = packs.localiser("localise_axial")
    if localiser is None or grader is None:
        raise ValueError(f"tiles are scored with a localiser of axial slices and a grader of them ({condition})")
    job = Job(packs, DirectReader(), lambda _: None, lambda: False, Options())
    section = find_section(tile.slice, localiser, job)
    if not isinstance(section, CrossSection):
        return []
    if condition is not RECESS:
        return fuse_views([axial_view(Target(condition, level, None), section, grader, job)], grader.contract, {})
    seen = grade_section(section, [Target(RECESS, level, side) for side in Side], grader, job)
    return fuse_views(seen.views, grader.contract, seen.doubts)


def mirrored_side(config: TrainConfig) -> Side | None:
    """The side of the patient whose crops a grader sees mirrored; None for what has no sides."""
    return MIRRORED if config.task == "grade" and config.has_sides else None


def canal_place(canal: tuple[float, float]) -> AxialPlace:
    """Where the canal is cut: it has no side."""
    return AxialPlace(*canal, None)


def axial_input(config: TrainConfig, surround: float = 1.0) -> NetworkInput:
    """What a network of axial slices sees as the shipped contract states it, or with room around for augmentation.

    The localiser sees one slice, `side` pixels wide and flatter than a square; the grader squares of three.
    """
    plane, weighting = USED_ON[LABELLED[config.data]]
    side = 2 * round(config.side * surround / 2)
    grader = config.task == "grade"
    rows = side if grader or surround > 1 else round(side * FLATTER)
    half_width = config.half_width * side / config.side
    return NetworkInput(
        name="crop" if grader else "picture",
        role="crop" if grader else "picture",
        shape=(None, AXIAL_SLICES if grader else 1, rows, side),
        orientation=plane,
        weighting=weighting,
        working_grid=WorkingGrid(round(FIELD_MM / (2 * config.half_width) * config.side), square=False),
        crop=AxialRule(half_width, mirrored_side(config)),
        normalisation=Normalisation("canal", CROP_PERCENTILES if grader else LOCALISER_PERCENTILES),
    )
