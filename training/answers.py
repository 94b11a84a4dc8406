"""What the program says of labelled pictures, through its own pipeline.

Every picture is read, recognised, located, cropped, graded and calibrated as the program would do it for a doctor;
nothing is told to it but the file. A tile is no whole picture: it is handed in as the piece of an axial slice that it
is, with its level, and the recesses are located in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lumbar_core.anatomy import Condition, Level, Severity, Side
from lumbar_core.errors import LumbarError
from lumbar_core.reading import read_study
from training.cells import Cell, by_file
from training.kept_answers import KeptAnswers, key_of
from training.program_pool import analyse_here, packs_here, program_pool
from training.tiles import Tile, assess_tile, load_tile

AT_ONCE = 8  # pictures a process is handed at a time: what it loses when it is killed
Question = tuple[Path, tuple[Cell, ...]]  # a picture; of a tile, the cells marked on it


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program said of one structure of one picture.

    side: of the patient; None where the program was not to tell it.
    row, column: share of the picture, 0–1. size: (rows, columns) of the picture.
    """

    condition: Condition
    level: Level
    assessed: bool
    probabilities: tuple[float, float, float] | None
    grade: Severity | None
    row: float
    column: float
    check: bool
    margin: float | None
    size: tuple[int, int]
    side: Side | None = None

    @classmethod
    def from_words(cls, words: dict[str, Any]) -> Answer:
        """From what `asdict` made of one, by way of JSON."""
        probabilities, grade, side = words["probabilities"], words["grade"], words["side"]
        return cls(
            **words
            | {
                "condition": Condition(words["condition"]),
                "level": Level(words["level"]),
                "probabilities": None if probabilities is None else tuple(probabilities),
                "grade": None if grade is None else Severity(grade),
                "size": tuple(words["size"]),
                "side": None if side is None else Side(side),
            }
        )


def answers_to(
    cells: Sequence[Cell],
    images: Path,
    pack_folders: Sequence[Path] | None,
    workers: int,
    kept: KeptAnswers | None = None,
    show: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, list[Answer]]:
    """The program's answers for the pictures of these cells, by file name; pack_folders None: of its own packs.

    kept: where they are kept as they come; what is there already is not asked again. show: told (done, of) pictures.
    Raises FileNotFoundError: a picture that is not there is no refusal; ValueError: a tile of unknown scale.
    """
    questions = {
        file: (images / file, tuple(cell for cell in group if cell.is_tile)) for file, group in by_file(cells).items()
    }
    missing = [path for path, _ in questions.values() if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {len(questions)} pictures that cells.csv names are missing: {missing[0]}"
        )
    unscaled = [cell.file for cell in cells if cell.is_tile and not (cell.spacing_mm or cell.original_columns)]
    if unscaled:
        raise ValueError(f"cells.csv has neither original_columns nor spacing_mm of {unscaled[0]}, a tile")
    return _asked(questions, pack_folders, workers, kept, show)


def answers(paths: Sequence[Path], pack_folders: Sequence[Path] | None, workers: int) -> dict[str, list[Answer]]:
    """The same for whole pictures without cells."""
    return _asked({path.name: (path, ()) for path in paths}, pack_folders, workers, None, lambda *_: None)


def _asked(
    questions: Mapping[str, Question],
    pack_folders: Sequence[Path] | None,
    workers: int,
    kept: KeptAnswers | None,
    show: Callable[[int, int], None],
) -> dict[str, list[Answer]]:
    given: dict[str, list[Answer]] = {}
    left: list[tuple[str, str, Question]] = []
    for name, (path, cells) in questions.items():
        key = "" if kept is None else key_of(path, cells)
        earlier = None if kept is None else kept.get(key)
        if earlier is None:
            left.append((name, key, (path, cells)))
        else:
            given[name] = [Answer.from_words(words) for words in earlier]
    show(len(given), len(questions))
    if not left:
        return given
    with program_pool(pack_folders, workers) as pool:
        found = pool.map(_answer, [question for _, _, question in left], chunksize=AT_ONCE)
        for (name, key, _), answer in zip(left, found, strict=True):
            if kept is not None:
                kept.add(key, [asdict(each) for each in answer])
            given[name] = answer
            show(len(given), len(questions))
    return given


def _answer(question: Question) -> list[Answer]:
    path, cells = question
    return _tile_answer(path, cells) if cells else _whole_answer(path)


def _whole_answer(path: Path) -> list[Answer]:
    try:
        study = read_study([path])
        result = analyse_here(study)
    except LumbarError:
        return []
    image = study.series[0].instances[0]
    return [
        Answer(
            condition=finding.condition,
            level=finding.level,
            assessed=finding.assessed,
            probabilities=finding.probabilities,
            grade=finding.grade,
            row=(finding.location.row + 0.5) / image.rows if finding.location else math.nan,
            column=(finding.location.column + 0.5) / image.columns if finding.location else math.nan,
            check=finding.check,
            margin=result.numbering.margin,
            size=(image.rows, image.columns),
        )
        for finding in result.findings
    ]


def _tile_answer(path: Path, cells: Sequence[Cell]) -> list[Answer]:
    """Of every level that it is asked for: a tile that shows nothing may be listed under all of them."""
    levels = dict.fromkeys(cell.level for cell in cells)
    try:
        tiles = [load_tile(path, [cell for cell in cells if cell.level is level]) for level in levels]
    except LumbarError:
        return []
    return [answer for tile in tiles for answer in _level_answers(tile)]


def _level_answers(tile: Tile) -> list[Answer]:
    rows, columns = tile.slice.stack[1].shape
    return [
        Answer(
            condition=grade.target.condition,
            level=grade.target.level,
            assessed=True,
            probabilities=(float(grade.probabilities[0]), float(grade.probabilities[1]), float(grade.probabilities[2])),
            grade=grade.severity,
            row=(grade.views[0].point.row + 0.5) / rows,
            column=(grade.views[0].point.column + 0.5) / columns,
            check=bool(grade.check_reasons),
            margin=None,
            size=(rows, columns),
            side=grade.target.side,
        )
        for grade in assess_tile(tile, packs_here())
    ]
