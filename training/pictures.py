"""Pictures of the real data sets, as the program's reader would give them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lumbar_core.reading.pixels import FileDecoder
from lumbar_core.study import Instance, Pixels, Source
from training.splits import KindLabel, fold_of, is_held_spider, mendeley_labels

log = logging.getLogger(__name__)

KINDS = ("sagittal_t1", "sagittal_t2", "axial_t1", "axial_t2", "other", "turned")


@dataclass(frozen=True, slots=True)
class KindPicture:
    """A picture whose plane and weighting are known.

    kind:  one of `KINDS`.
    shows: whether a sagittal slice shows what is graded on it, the canal on T2, a foramen on T1; None if unknown.
    group: study or patient, for the split.
    held:  kept out of all training.
    """

    path: Path
    kind: str
    shows: bool | None
    group: str
    fold: int
    held: bool
    tile: bool = False


def load_picture(path: Path) -> Pixels:
    """A picture's grey values, decoded as the program does it. Raises ReadingError."""
    return FileDecoder().decode(Source(path))


def middle_tile(pixels: Pixels) -> Pixels:
    """The middle one of three axial tiles lying side by side."""
    width = pixels.shape[1] // 3
    return pixels[:, width : 2 * width]


def load_kind_picture(picture: KindPicture) -> Pixels:
    """Pixels of a known picture; of an axial triple, its middle tile."""
    pixels = load_picture(picture.path)
    return middle_tile(pixels) if picture.tile else pixels


def files_of(folder: Path) -> list[Path]:
    """A set's pictures, sorted; none, with a warning, where the set is not there: a download of RSNA's is enough."""
    if not folder.is_dir():
        log.warning("%s is not there and left out", folder)
        return []
    return sorted(folder.iterdir())


def mendeley_pictures(data: Path) -> list[KindLabel]:
    """The labelled Mendeley slices of known patients; none, with a warning, where the set is not there."""
    there = {path.name for path in files_of(data / "mendeley_mixed")}
    return [label for label in mendeley_labels() if label.patient is not None and label.file in there]


def kind_pictures(data: Path, study_folds: dict[str, int]) -> Iterator[KindPicture]:
    """All pictures of known kind: RSNA's three sets, SPIDER's and the labelled Mendeley slices."""
    for folder, kind, shows, tile in (
        ("rsna_canal", "sagittal_t2", True, False),
        ("rsna_foraminal", "sagittal_t1", True, False),
        ("rsna_subarticular", "axial_t2", None, True),
    ):
        for path in files_of(data / folder / "images"):
            study = path.name.split("_")[0]
            yield KindPicture(path, kind, shows, study, study_folds.get(study, fold_of(study)), False, tile)
    for path in files_of(data / "spider_midsagittal" / "images"):
        patient, sequence = path.stem.split("_", 1)
        t1 = sequence.lower().startswith("t1")
        kind, shows = ("sagittal_t1", False) if t1 else ("sagittal_t2", None)
        yield KindPicture(path, kind, shows, f"spider{patient}", fold_of(patient), is_held_spider(path.name))
    for path in files_of(data / "spider_space_masks" / "images"):
        patient = path.stem.split("_")[0]
        yield KindPicture(path, "sagittal_t2", True, f"spider{patient}", fold_of(patient), is_held_spider(path.name))
    for label in mendeley_pictures(data):
        path, group = data / "mendeley_mixed" / label.file, f"mendeley{label.patient}"
        yield KindPicture(path, label.kind, label.shows, group, fold_of(group), label.held)


def pictures_to_learn_from(data: Path, study_folds: dict[str, int]) -> list[KindPicture]:
    """The pictures of known kind that no network is kept from; RSNA's sets hold several a study: one of a kind."""
    chosen, studies = [], set()
    for picture in kind_pictures(data, study_folds):
        if picture.held:
            continue
        if picture.path.parent.parent.name.startswith("rsna"):
            if (picture.group, picture.kind) in studies:
                continue
            studies.add((picture.group, picture.kind))
        chosen.append(picture)
    return chosen


def picture_instance(path: Path, rows: int, columns: int) -> Instance:
    """A picture file as the domain sees it: no plane, no identifiers."""
    return Instance(Source(path), rows, columns, None, path.stem, path.stem, None, "", "")
