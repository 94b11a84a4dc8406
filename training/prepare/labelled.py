"""The labelled sets as they are handed around (`rsna_canal`, `rsna_foraminal`, `rsna_subarticular`), checked.

Rows are read by `cells` and pictures by `pictures`, as training reads them: what these refuse is a gap here, and what
is left is what training gets. One adapter for the three: they differ in the condition, and one is made of tiles.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.inference.contract import AXIAL_SLICES
from training.cells import LABELLED, TILED, Cell, cells_of_rows, study_of
from training.pictures import files_of
from training.prepare.download import Row, number_of, read_table
from training.prepare.gaps import Gap, What
from training.prepare.hand_on import hand_on, is_picture, opened
from training.prepare.study import StudyPart
from training.splits import FOLDS, fold_of

TABLE, IMAGES = "cells.csv", "images"
NEEDED = ("file", "condition", "level", "grade", "column", "row")


@dataclass(frozen=True, slots=True)
class SetStudy:
    """What the sets hold of one study. rows: by set and file; a file that no table names has none."""

    study: str
    rows: dict[str, dict[str, list[Row]]]


def read_labelled(root: Path) -> tuple[list[SetStudy], list[Gap]]:
    """The tables of the labelled sets below `root`, and their folders. Raises ReadingError for one that is no table."""
    studies: dict[str, dict[str, dict[str, list[Row]]]] = defaultdict(dict)
    folds: dict[str, int] = {}
    gaps: list[Gap] = []
    for name in LABELLED:
        if not (root / name).is_dir():
            continue
        named = _usable(name, read_table(root / name / TABLE, NEEDED), folds, gaps)
        for path in files_of(root / name / IMAGES):
            where = f"{name}/{IMAGES}/{path.name}"
            if not is_picture(path):
                gaps.append(Gap(What.STRAY, "", "", where))
            elif path.name not in named:
                gaps.append(Gap(What.UNNAMED, study_of(path.name), "", where))
                named[path.name] = []
        for file, rows in named.items():
            study = rows[0]["study_id"] if rows else study_of(file)
            studies[study].setdefault(name, {})[file] = rows
    gaps += [Gap(What.NO_FOLD, study) for study, fold in folds.items() if fold not in FOLDS]
    return [SetStudy(study, studies[study]) for study in sorted(studies, key=number_of)], gaps


def read_set_study(study: SetStudy, root: Path, out: Path) -> StudyPart:
    """Open a study's pictures, hand on what can be learnt from, and tell the rest."""
    part = StudyPart({name: [] for name in LABELLED}, {}, [])
    for name, files in study.rows.items():
        for file, rows in files.items():
            where = f"{name}/{IMAGES}/{file}"
            pixels = opened(root / name / IMAGES / file)
            if isinstance(pixels, What):
                part.gaps.append(Gap(pixels, study.study, "", where))
                continue
            hand_on(root / name / IMAGES / file, out / name / IMAGES / file)
            for row in rows:
                what = _misfit(cells_of_rows([row]), pixels.shape)
                if what is None:
                    part.rows[name].append(dict(row))
                else:
                    words = " ".join(filter(None, (row.get("side"), row["level"])))
                    part.gaps.append(Gap(what, study.study, "", f"{where}: {words}"))
    return part


def _usable(name: str, table: list[Row], folds: dict[str, int], gaps: list[Gap]) -> dict[str, list[Row]]:
    """A table's rows by file, with study and fold filled in; rows that cannot be used become gaps."""
    named: dict[str, list[Row]] = {}
    seen: set[tuple[object, ...]] = set()
    for number, row in enumerate(table, start=2):
        try:
            cells = cells_of_rows([row])
            _refuse_other(cells, LABELLED[name])
        except (KeyError, ValueError) as error:
            gaps.append(Gap(What.BAD_ROW, row.get("study_id") or "", "", f"{name}/{TABLE}, line {number}: {error}"))
            continue
        cell = cells[0]
        fold = fold_of(cell.study_id) if not row.get("fold") else cell.fold
        if folds.setdefault(cell.study_id, fold) != fold:
            gaps.append(Gap(What.TWO_FOLDS, cell.study_id, "", f"{name}/{TABLE}, line {number}: fold {fold}"))
            fold = folds[cell.study_id]
        # A tile has one recess a side; a whole slice one structure a level and side.
        key = (cell.file, cell.side, None if cell.condition is TILED else row["level"])
        if key in seen:
            gaps.append(Gap(What.MARKED_TWICE, cell.study_id, "", f"{name}/{TABLE}, line {number}"))
            continue
        seen.add(key)
        named.setdefault(cell.file, []).append(row | {"study_id": cell.study_id, "fold": str(fold)})
    return named


def _refuse_other(cells: list[Cell], condition: object) -> None:
    """Raises ValueError for a row that is not of its set, or a tile that cannot be brought to scale."""
    for cell in cells:
        if cell.condition is not condition and cell.grade is not None:
            raise ValueError(f"{cell.condition} is not what this set grades")
        if cell.condition is TILED and cell.grade is not None and cell.side is None:
            raise ValueError("no side")
        if cell.condition is TILED and not (cell.spacing_mm or cell.original_columns):
            raise ValueError("neither original_columns nor spacing_mm")


def _misfit(cells: list[Cell], shape: tuple[int, ...]) -> What | None:
    """What keeps a row from being learnt from beside its picture (rows, columns)."""
    cell = cells[0]
    rows, columns = shape[0], shape[1] // (AXIAL_SLICES if cell.condition is TILED else 1)
    if cell.width and cell.height and (cell.height, cell.width) != (rows, columns):
        return What.OTHER_SIZE
    if cell.grade is None:
        return None
    inside = 0 <= cell.row <= rows - 1 and 0 <= cell.column <= columns - 1  # not so for a place that is no number
    return None if inside else What.OUTSIDE
