"""Never a grade for what was not seen: pictures of other kinds, all kept out of training, through the program.

Every structure of such a picture that gets a grade is a fault. The kinds: axial T1 and coronal slices, sagittal T2
without canal and sagittal T1 without foramina of Mendeley's held-out patients, SPIDER's held-out midline T1, CT and
ultrasound files of pydicom's test data, scikit-learn's two photographs, and SPIDER's held-out midline T2 turned and
mirrored.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from training.answers import Answer, answers
from training.locate import REFERENCE_SIDE
from training.pictures import kind_pictures, load_picture
from training.refusal_axial import score_axial_places
from training.splits import is_held_spider

CANAL_CLASS = 3  # in SPIDER's masks
BESIDE_PX = 3.0  # of a 250-px picture; the marks lie at the canal's front edge


def score_refusal(data: Path, packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """By kind: pictures, structures the program answered for, and how many of them it graded."""
    with tempfile.TemporaryDirectory() as scratch:
        pictures = list(_pictures(data, Path(scratch)))
        given = answers([path for _, path in pictures], packs, workers)
        rows: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        wrong = []
        for kind, path in pictures:
            graded = sum(answer.assessed for answer in given[path.name])
            row = rows[kind]
            row[0] += 1
            row[1] += max(5, len(given[path.name]))
            row[2] += graded
            if graded:
                wrong.append(f"{kind} {path.name}: {graded}")
    return {
        "by_kind": {kind: {"pictures": p, "structures": s, "assessed": a} for kind, (p, s, a) in rows.items()},
        "pictures": sum(row[0] for row in rows.values()),
        "structures": sum(row[1] for row in rows.values()),
        "absent_assessed": sum(row[2] for row in rows.values()) / sum(row[1] for row in rows.values()),
        "graded_all_the_same": wrong,
        "lateral_slices": score_off_canal(data, packs, workers),
        "beside_the_spine": score_axial_places(data, packs),
    }


def score_off_canal(data: Path, packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """Of the levels assessed on held-out SPIDER slices, the share whose point lies beside the canal's mask.

    Every fourth slice through the canal of a volume: on the outer ones it shows at some levels only. Nobody said
    where the discs are, so what was rightly left out cannot be counted.
    """
    folder = data / "spider_space_masks"
    slices = [path for path in sorted((folder / "images").iterdir()) if is_held_spider(path.name)]
    given = answers(slices, packs, workers)
    beside = [
        _px_to_canal(answer, folder / "masks" / f"{path.stem}.png") > BESIDE_PX
        for path in slices
        for answer in given[path.name]
        if answer.assessed
    ]
    return {"pictures": len(slices), "assessed": len(beside), "beside_the_canal": float(np.mean(beside))}


def _px_to_canal(answer: Answer, mask: Path) -> float:
    """Distance from an answer's point to the canal, in pixels of a picture whose long side is 250."""
    with Image.open(mask) as image:
        classes = np.asarray(image)
    rows, columns = classes.shape
    canal = np.argwhere(classes == CANAL_CLASS)
    place = (answer.row * rows - 0.5, answer.column * columns - 0.5)
    return float(np.hypot(*(canal - place).T).min()) / max(rows, columns) * REFERENCE_SIDE


def _pictures(data: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    for picture in kind_pictures(data, {}):
        shows = picture.kind == "axial_t2" or (picture.kind.startswith("sagittal") and picture.shows is not False)
        if shows or not picture.held:
            continue
        kind = "lateral_t2" if picture.kind == "sagittal_t2" else picture.kind
        yield kind, picture.path
    yield from _pydicom_files()
    yield from _photographs(scratch)
    yield from _turned(data, scratch)


def _pydicom_files() -> Iterator[tuple[str, Path]]:
    import pydicom.data

    root = Path(str(pydicom.data.__file__)).parent / "test_files"
    for pattern, kind in (("CT*.dcm", "ct"), ("*US*.dcm", "ultrasound"), ("examples_palette.dcm", "ultrasound")):
        for path in sorted(root.glob(pattern)):
            yield kind, path


def _photographs(scratch: Path) -> Iterator[tuple[str, Path]]:
    from sklearn.datasets import load_sample_images

    for number, image in enumerate(load_sample_images().images):
        path = scratch / f"photograph{number}.png"
        Image.fromarray(image).save(path)
        yield "photograph", path


def _turned(data: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    ways = {"quarter": lambda a: np.rot90(a), "upside_down": lambda a: np.rot90(a, 2), "mirrored": lambda a: a[:, ::-1]}
    for source in sorted((data / "spider_midsagittal" / "images").iterdir()):
        if not is_held_spider(source.name) or "_t2" not in source.stem.lower():
            continue
        for name, way in ways.items():
            path = scratch / f"{name}_{source.stem}.png"
            Image.fromarray(np.ascontiguousarray(way(load_picture(source))).astype(np.uint8)).save(path)
            yield name, path
