"""Made-up label sets, recipes and networks, small enough to train and export in a test."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from lumbar_core.anatomy import LEVELS, Condition, Level, Severity, Side
from lumbar_core.findings import ImagePoint, SliceLevels
from training import localise
from training.cells import Cell
from training.config import TrainConfig
from training.crop_store import UNCHANGED, CropData, to_bytes
from training.pictures import KINDS, picture_instance
from training.tiles import FIELD_MM, FLATTER

CANAL = Condition.SPINAL_CANAL_STENOSIS
SIDE = 250  # of a made-up picture
ROWS = {level: 60.0 + 30.0 * index for index, level in enumerate(LEVELS)}  # of the levels' marks
COLUMN = 130.0


def a_config(task: str = "grade", **changes: Any) -> TrainConfig:
    """A recipe with small numbers."""
    knobs: dict[str, Any] = {
        "name": {"grade": "canal", "localise": "localise_t2", "recognise": "recognise"}[task],
        "task": task,
        "data": "rsna_canal",
        "seed": 3,
        "side": {"grade": 40, "localise": 128, "recognise": 32}[task],
        "epochs": 2,
        "batch": 4,
        "learning_rate": 1e-2,
        "weight_decay": 0.01,
    }
    if task == "grade":
        knobs |= {"half_width": 1.15, "long_side": 192, "localiser": "localise_t2", "operating_point": "argmax"}
        knobs |= {"thresholds": {"check_p_severe": 0.15, "borderline_gap": 0.15}}
    if task == "localise":
        knobs |= {"thresholds": {"lumbar": 0.5, "visibility": 0.5, "confidence": 0.3, "numbering_margin": 1.0}}
    if task == "recognise":
        knobs |= {"thresholds": {"kind": 0.5, "turned": 0.6, "contradiction": 0.95}}
    return TrainConfig(**(knobs | changes))


def a_cell(file: str = "11_22_3.png", level: Level = Level.L4_L5, grade: int | None = 0, **changes: Any) -> Cell:
    """A marked cell of a made-up picture; grade None: absent."""
    values: dict[str, Any] = {
        "file": file,
        "study_id": file.split("_")[0],
        "fold": 1,
        "condition": CANAL,
        "side": None,
        "level": level,
        "grade": None if grade is None else Severity(grade),
        "row": ROWS[level],
        "column": COLUMN,
        "width": SIDE,
        "height": SIDE,
        "reference": None,
    }
    return Cell(**(values | changes))


def five_cells(file: str, grades: Sequence[int] = (0, 0, 0, 0, 0), **changes: Any) -> list[Cell]:
    """A picture's five cells, from above down."""
    return [a_cell(file, level, grade, **changes) for level, grade in zip(LEVELS, grades, strict=True)]


def crops_of(crops: NDArray[np.float32], cells: Sequence[Cell]) -> CropData:
    """Crops (N, slices, S, S) of these cells, seen as they are kept."""
    return CropData(
        to_bytes(crops),
        np.tile(np.float32(UNCHANGED), (len(cells), 1)),
        np.array([int(cell.grade or 0) for cell in cells]),
        np.array([cell.fold for cell in cells]),
        [cell.study_id for cell in cells],
    )


def write_cells(folder: Path, cells: Sequence[Cell]) -> None:
    """folder/cells.csv with these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["file", "study_id", "fold", "condition", "side", "level", "grade", "column", "row", "width", "height"]
    names += ["original_columns", "original_rows"]
    names += [f"reference_p_{name}" for name in ("normal_mild", "moderate", "severe")]
    with (folder / "cells.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(names)
        for cell in cells:
            absent = cell.grade is None
            grade = "absent" if cell.grade is None else cell.grade.label
            place = ["", ""] if absent else [cell.column, cell.row]
            original = cell.original_columns or cell.width * cell.stretch
            table.writerow([
                cell.file, cell.study_id, cell.fold, cell.condition, cell.side or "", cell.level, grade, *place,
                cell.width, cell.height, original, cell.height, *(cell.reference or ("", "", "")),
            ])  # fmt: skip


def a_picture(seed: int = 0, side: int = SIDE) -> NDArray[np.uint8]:
    """A smooth grey picture with a bright stripe where the made-up canal runs."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.uniform(20, 180, (12, 12)).astype(np.float32)).resize((side, side), Image.BICUBIC)
    pixels = np.asarray(coarse).copy()
    stripe = round(COLUMN / SIDE * side)
    pixels[:, stripe - side // 50 : stripe + side // 50] += 60
    return np.clip(pixels, 1, 255).astype(np.uint8)


# Made-up tiles: three side by side, with a bright spot in the canal and a dimmer one in each recess of the middle one.
TILE_ROWS, TILE_COLUMNS, AXIAL_COLUMNS = 64, 96, 320
TILE_ROW, TILE_MIDDLE, TILE_ASIDE = 31.0, 47.0, 15.0
RECESS = Condition.SUBARTICULAR_STENOSIS


def an_axial_config(task: str, **changes: Any) -> TrainConfig:
    """The recipe of a localiser of axial slices or of a grader of recesses, with small numbers."""
    knobs: dict[str, Any] = {"data": "rsna_subarticular", "name": "subarticular", "half_width": 8.0, "long_side": 0}
    knobs |= {"localiser": "localise_axial"}
    if task == "localise":
        knobs |= {"name": "localise_axial", "side": 128, "half_width": 18.7, "localiser": ""}
        knobs |= {"thresholds": {"lumbar": 0.5, "confidence": 0.3}}
    return a_config(task, **(knobs | changes))


def tile_cells(file: str = "11_22_3.png", grades: Sequence[int | None] = (0, 0), **changes: Any) -> list[Cell]:
    """The right and the left recess of a tile; a grade of None leaves that side unmarked."""
    places = {Side.RIGHT: TILE_MIDDLE - TILE_ASIDE, Side.LEFT: TILE_MIDDLE + TILE_ASIDE}
    usual: dict[str, Any] = {"condition": RECESS, "row": TILE_ROW, "width": TILE_COLUMNS, "height": TILE_ROWS}
    usual |= {"original_columns": AXIAL_COLUMNS}
    return [
        a_cell(file, grade=grade, **(usual | {"side": side, "column": column} | changes))
        for (side, column), grade in zip(places.items(), grades, strict=True)
        if grade is not None
    ]


def a_tile(seed: int = 0, dimmed: Side | None = None) -> NDArray[np.uint8]:
    """Three tiles (rows, 3 × columns); the recess of a side may be dark."""
    pixels = a_picture(seed, 3 * TILE_COLUMNS)[:TILE_ROWS] // 3
    for side, aside in ((None, 0.0), (Side.RIGHT, -TILE_ASIDE), (Side.LEFT, TILE_ASIDE)):
        row, column = round(TILE_ROW), round(TILE_COLUMNS + TILE_MIDDLE + aside)
        bright = 250 if side is None else 30 if side is dimmed else 180
        pixels[row - 2 : row + 3, column - 2 : column + 3] = bright
    return pixels


def write_tiles(folder: Path, cells: Sequence[Cell]) -> None:
    """One picture in folder/images for every file that the cells name; a Severe recess is dark."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    severe = {cell.file: cell.side for cell in cells if cell.grade is Severity.SEVERE}
    for number, file in enumerate(sorted({cell.file for cell in cells})):
        Image.fromarray(a_tile(number, severe.get(file))).save(folder / "images" / file)


def write_pictures(folder: Path, cells: Sequence[Cell]) -> None:
    """One picture in folder/images for every file that the cells name."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(sorted({cell.file for cell in cells})):
        Image.fromarray(a_picture(number)).save(folder / "images" / file)


def a_slice(file: str = "11_22_3.png", **levels: tuple[float, float]) -> SliceLevels:
    """Located levels of a made-up picture, at the marks unless told otherwise (L4_L5=(row, column))."""
    places = {level: (ROWS[level], COLUMN) for level in LEVELS}
    places |= {Level[name]: place for name, place in levels.items()}
    points = {level: ImagePoint(row, column, 0.9, 0.9) for level, (row, column) in places.items()}
    return SliceLevels(picture_instance(Path(file), SIDE, SIDE), points, None, None, 0.99, 5.0, 30.0)


class FixedLevels(nn.Module):
    """In the localiser's place: always the made-up marks, whatever the picture."""

    def __init__(self, side: int) -> None:
        super().__init__()
        cells = side // localise.STRIDE
        heat = torch.full((1, localise.MAPS, cells, cells), -8.0)
        for index, level in enumerate(LEVELS):
            row = (ROWS[level] + 0.5) / SIDE * cells - 0.5
            column = (COLUMN + 0.5) / SIDE * cells - 0.5
            down, right = torch.arange(cells)[:, None] - row, torch.arange(cells)[None] - column
            bump = 14 * torch.exp(-(down**2 + right**2) / 2)
            heat[0, index] += bump
            heat[0, -1] += bump
        self.heat = nn.Parameter(heat)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        nothing = picture.mean(dim=(1, 2, 3), keepdim=True) * 0
        return self.heat + nothing, nothing[:, :, 0, 0] + 6.0


class FixedRecesses(nn.Module):
    """In the place of a localiser of axial slices: always the made-up marks of a tile."""

    def __init__(self, side: int, half_width_mm: float) -> None:
        super().__init__()
        rows, columns = round(side * FLATTER) // localise.STRIDE, side // localise.STRIDE
        heat = torch.full((1, 3, rows, columns), -8.0)
        per_cell = half_width_mm / (FIELD_MM / AXIAL_COLUMNS) * 2 / columns  # pixels of the tile
        # The tile's middle is the middle of what is seen.
        row = (TILE_ROW - (TILE_ROWS - 1) / 2) / per_cell + (rows - 1) / 2
        for index, aside in enumerate((0.0, -TILE_ASIDE, TILE_ASIDE)):
            column = (TILE_MIDDLE + aside - (TILE_COLUMNS - 1) / 2) / per_cell + (columns - 1) / 2
            down, right = torch.arange(rows)[:, None] - row, torch.arange(columns)[None] - column
            heat[0, index] += 14 * torch.exp(-(down**2 + right**2) / 2)
        self.heat = nn.Parameter(heat)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        nothing = picture.mean(dim=(1, 2, 3), keepdim=True) * 0
        return self.heat + nothing, nothing[:, :, 0, 0] + 6.0


class FixedKind(nn.Module):
    """In the recogniser's place: always sagittal T2."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([[9.0 * (kind == "sagittal_t2") for kind in KINDS]]))

    def forward(self, picture: Tensor) -> Tensor:
        return self.logits + picture.mean(dim=(1, 2, 3))[:, None] * 0


class TinyGrader(nn.Module):
    """In the grader's place: a few weights that do depend on the crop."""

    def __init__(self, slices: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(slices, 4, 5, 2)
        self.classifier = nn.Linear(4, 3)

    def forward(self, crop: Tensor) -> Tensor:
        given: Tensor = self.classifier(torch.relu(self.conv(crop)).mean(dim=(2, 3)))
        return given


def tiny_network(config: TrainConfig) -> nn.Module:
    """A stand-in for the task's network."""
    torch.manual_seed(config.seed)
    if config.task == "localise":
        return FixedRecesses(config.side, config.half_width) if config.is_axial else FixedLevels(config.side)
    return FixedKind() if config.task == "recognise" else TinyGrader(3 if config.is_axial else 1)


def save_checkpoint(folder: Path, config: TrainConfig, model: nn.Module, trained_on: Sequence[str] = ()) -> Path:
    """A checkpoint as the training loop leaves one, with a grader's calibration beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        "model": model.state_dict(),
        "epoch": config.epochs,
        "epochs": config.epochs,
        "config": asdict(config),
        "config_digest": config.digest,
        "code": "abc1234",
        "trained_on": list(trained_on),
    }
    torch.save(state, folder / "checkpoint.pt")
    if config.task == "grade":
        text = '{"temperature": [1.5], "fitted_on": "made up", "ece": 0.01, "ece_bound": 0.02}'
        (folder / "calibration.json").write_text(text, encoding="utf-8")
    return folder / "checkpoint.pt"
