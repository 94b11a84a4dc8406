"""One study of the download: its marked slices as pictures, and a cell for every mark."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lumbar_core.analysis.axial import AxialSlice, Found, read_axial, turned
from lumbar_core.analysis.job import Job, Options
from lumbar_core.anatomy import USED_ON, Orientation, Side
from lumbar_core.errors import LumbarError
from lumbar_core.inference.packs import PackSet
from lumbar_core.reading import read_studies
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import Instance, Pixels, Series
from training.cells import LABELLED, TILED
from training.localise_axial_data import USUAL_ASIDE_MM
from training.prepare.download import Mark, StudyTables
from training.prepare.gaps import Gap, What
from training.splits import fold_of

SET_OF = {condition: name for name, condition in LABELLED.items()}
TILE_MM = (50.0, 76.0)  # height and width of a tile: what a network sees around the canal, with room to move it
SQUARE = 0.01  # of a pixel: sides that differ by less are alike
COLUMNS = (
    "file", "study_id", "fold", "condition", "side", "level", "grade", "column", "row", "width", "height",
    "original_columns", "original_rows", "spacing_mm",
)  # fmt: skip
CellRow = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class StudyPart:
    """What a study gives: rows of `cells.csv` by set, pictures by set and file, and what it lacks."""

    rows: dict[str, list[CellRow]]
    pictures: dict[tuple[str, str], Pixels]
    gaps: list[Gap]


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    series: Series
    index: int

    @property
    def image(self) -> Instance:
        return self.series.instances[self.index]


def read_part(tables: StudyTables, folder: Path) -> StudyPart:
    """Read a study's folder and make pictures and rows of its marks; what is wrong becomes gaps."""
    part = StudyPart({name: [] for name in LABELLED}, {}, [])
    try:
        series = _read(tables, folder, part)
    except LumbarError as error:
        part.gaps.append(Gap(What.UNREADABLE_STUDY, tables.study, "", error.finding))
        return part
    places = {
        (image.source.path.parent.name, image.source.path.stem): _Place(each, index)
        for each in series
        for index, image in enumerate(each.instances)
    }
    on_slice: dict[tuple[str, str, str], list[Mark]] = defaultdict(list)
    for mark in tables.marks:
        if _is_usable(mark, places.get((mark.series, mark.instance)), tables, part):
            on_slice[SET_OF[mark.condition], mark.series, mark.instance].append(mark)
    job = Job(PackSet(()), DirectReader(), lambda _: None, lambda: False, Options())
    for (name, series_id, instance), marks in sorted(on_slice.items()):
        place = places[series_id, instance]
        try:
            make = _tile if marks[0].condition is TILED else _whole
            make(name, f"{tables.study}_{series_id}_{instance}.png", place, marks, tables.study, job, part)
        except LumbarError as error:
            part.gaps.append(Gap(What.UNREADABLE, tables.study, series_id, f"{instance}: {error.finding}"))
    return part


def write_pictures(part: StudyPart, out: Path) -> None:
    """The pictures, where training looks for them: OUT/<set>/images/<file>."""
    for (name, file), pixels in part.pictures.items():
        folder = out / name / "images"
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{file}.tmp"
        Image.fromarray(pixels).save(temporary, "PNG")
        temporary.replace(folder / file)


def grey(stack: Pixels) -> Pixels:
    """Eight bits from the darkest to the brightest value, all slices of a stack alike, as in the public copies."""
    low, high = float(stack.min()), float(stack.max())
    scaled: Pixels = np.round((stack - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
    return scaled


def _read(tables: StudyTables, folder: Path, part: StudyPart) -> list[Series]:
    """Every series; identifiers that tell one study apart from another are not asked, the folder is."""
    studies = read_studies([folder])
    unreadable = [file for study in studies for file in study.unreadable]
    part.gaps.extend(
        Gap(What.UNREADABLE, tables.study, file.path.parent.name, f"{file.path.stem}: {file.finding}")
        for file in unreadable
    )
    return [series for study in studies for series in study.series]


def _is_usable(mark: Mark, place: _Place | None, tables: StudyTables, part: StudyPart) -> bool:
    """Whether a mark can be learnt from; says why not."""

    def gap(what: What, detail: str = mark.words) -> None:
        part.gaps.append(Gap(what, tables.study, mark.series, detail))

    if place is None:
        gap(What.NO_IMAGE, f"{mark.words}: image {mark.instance}")
        return False
    image, (wanted, weightings) = place.image, USED_ON[mark.condition]
    if not (0 <= mark.row <= image.rows - 1 and 0 <= mark.column <= image.columns - 1):
        gap(What.OUTSIDE)
        return False
    if place.series.kind.orientation not in (wanted, Orientation.UNKNOWN):
        gap(What.OTHER_PLANE)
        return False
    described = tables.kinds.get(mark.series)
    if described is not None and (described[0] != wanted or described[1] not in weightings):
        gap(What.OTHER_SERIES)
    return True


def _whole(name: str, file: str, place: _Place, marks: list[Mark], study: str, job: Job, part: StudyPart) -> None:
    """A sagittal slice as it is. Raises LumbarError if it cannot be decoded."""
    pixels = job.read(place.image)
    rows, columns = pixels.shape
    size = {"width": columns, "height": rows, "original_columns": columns, "original_rows": rows}
    part.pictures[name, file] = grey(pixels)
    for mark in marks:
        part.rows[name].append(_row(file, study, mark, mark.row, mark.column) | size | {"spacing_mm": ""})


def _tile(name: str, file: str, place: _Place, marks: list[Mark], study: str, job: Job, part: StudyPart) -> None:
    """An axial slice between its neighbours, cut out around the canal, side by side. Raises LumbarError likewise."""
    plane = place.image.plane
    ways = None if plane is None else turned(plane)
    if plane is None or ways is None:
        part.gaps.append(Gap(What.SIDEWAYS, study, marks[0].series, marks[0].instance))
        return
    if abs(plane.spacing_mm[0] / plane.spacing_mm[1] - 1) > SQUARE:
        part.gaps.append(Gap(What.OBLONG, study, marks[0].series, marks[0].instance))
        return
    # Two levels marked on one slice are two tiles, as a tile has one recess a side.
    for level in dict.fromkeys(mark.level for mark in marks):
        of_level = [mark for mark in marks if mark.level is level]
        slice_ = read_axial(Found(place.series, place.index, plane), (0.0, 0.0), ways, job)
        seen = [slice_.other_way((mark.row, mark.column)) for mark in of_level]
        middle = _middle(of_level, seen, plane.spacing_mm[1])
        window = _window(slice_, middle)
        tiles = [each[window] for each in slice_.stack]
        named = file if level is marks[0].level else file.replace(".png", f"_{level.replace('/', '')}.png")
        part.pictures[name, named] = grey(np.concatenate(tiles, axis=1))
        rows, columns = tiles[0].shape
        size = {"width": columns, "height": rows, "spacing_mm": plane.spacing_mm[1]}
        size |= {"original_columns": place.image.columns, "original_rows": place.image.rows}
        for mark, (row, column) in zip(of_level, seen, strict=True):
            inside = (row - (window[0].start or 0), column - (window[1].start or 0))
            part.rows[name].append(_row(named, study, mark, *inside) | size)


def _middle(marks: list[Mark], seen: list[tuple[float, float]], spacing_mm: float) -> tuple[float, float]:
    """The canal, between both recesses; from one alone, as far inwards as it usually lies. Right is on the left."""
    if len(marks) > 1:
        return float(np.mean([row for row, _ in seen])), float(np.mean([column for _, column in seen]))
    (row, column), aside = seen[0], USUAL_ASIDE_MM / spacing_mm
    return row, column + (aside if marks[0].side is Side.RIGHT else -aside)


def _window(slice_: AxialSlice, middle: tuple[float, float]) -> tuple[slice, slice]:
    """The part of the slice that a tile shows; at the slice's edge it is moved in, not cut off."""

    def part(centre: float, length_mm: float, spacing: float, of: int) -> slice:
        length = min(of, round(length_mm / spacing))
        start = min(max(0, math.floor(centre - (length - 1) / 2 + 0.5)), of - length)
        return slice(start, start + length)

    rows, columns = slice_.stack[1].shape
    down, across = slice_.plane.spacing_mm
    return part(middle[0], TILE_MM[0], down, rows), part(middle[1], TILE_MM[1], across, columns)


def _row(file: str, study: str, mark: Mark, row: float, column: float) -> CellRow:
    return {
        "file": file,
        "study_id": study,
        "fold": fold_of(study),
        "condition": str(mark.condition),
        "side": str(mark.side) if mark.side else "",
        "level": str(mark.level),
        "grade": mark.grade.label,
        "column": round(column, 2),
        "row": round(row, 2),
    }
