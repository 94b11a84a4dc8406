"""Generated studies in the layout of the RSNA 2024 Lumbar Spine data: folders, tables, and its sparse headers.

`train_images/<study>/<series>/<instance>.dcm` beside `train.csv`, `train_label_coordinates.csv` and
`train_series_descriptions.csv`. As there, SOP instance UIDs repeat from series to series, every series has a frame of
reference of its own, and no header names the modality. What the phantom has no truth for is left empty.
"""

from __future__ import annotations

import csv
import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from lumbar_core.anatomy import LEVELS, Condition, Side, Weighting
from training.phantom.scan import PROTOCOLS, Protocol, Scan, fast, pose_of, scan
from training.phantom.spine import build_spine
from training.phantom.truth import study_truth
from training.phantom.writing import add_pixels, add_place, empty_file, uid

FIRST_STUDY = 5_000_000_000  # of seed 0; RSNA's numbers end below 2³²
SERIES_WORDS = {Weighting.T1: "Sagittal T1", Weighting.T2: "Sagittal T2/STIR"}
SIDED = (Condition.NEURAL_FORAMINAL_NARROWING, Condition.SUBARTICULAR_STENOSIS)
SERIES_COLUMNS = ("study_id", "series_id", "series_description")
COORDINATE_COLUMNS = ("study_id", "series_id", "instance_number", "condition", "level", "x", "y")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StudyRows:
    """A study's rows of the three tables."""

    grades: Row
    series: list[Row]
    coordinates: list[Row]


def write_rsna_studies(
    seeds: Sequence[int], root: Path, *, quick: bool, workers: int, show: Callable[[int, int], None]
) -> None:
    """Write one study a seed below `root`, in several processes, and the tables of all of them.

    quick: small pictures without a slice profile. show: told (done, of) after each study.
    """
    rows = []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for done, study in enumerate(pool.map(partial(write_rsna_study, root=root, quick=quick), seeds), start=1):
            rows.append(study)
            show(done, len(seeds))
    _write_table(root / "train.csv", ("study_id", *_grade_columns()), (study.grades for study in rows))
    series = (row for study in rows for row in study.series)
    _write_table(root / "train_series_descriptions.csv", SERIES_COLUMNS, series)
    coordinates = (row for study in rows for row in study.coordinates)
    _write_table(root / "train_label_coordinates.csv", COORDINATE_COLUMNS, coordinates)


def write_rsna_study(seed: int, root: Path, *, quick: bool = False, from_left: bool | None = None) -> StudyRows:
    """Write the images of one study; returns its rows.

    from_left: whether instance 1 is the patient's left end; without it the seed decides, as scanners differ.
    """
    protocols = tuple(fast(protocol) if quick else protocol for protocol in PROTOCOLS)
    spine, pose = build_spine(seed), pose_of(seed)
    study = FIRST_STUDY + seed
    backwards = seed % 2 == 1 if from_left is None else from_left
    scans = [scan(spine, protocol, pose) for protocol in protocols]
    series_ids = {one.protocol.name: study * 10 + number for number, one in enumerate(scans, start=1)}
    files = {one.protocol.name: _instances(one, backwards) for one in scans}
    for one in scans:
        folder = root / "train_images" / str(study) / str(series_ids[one.protocol.name])
        folder.mkdir(parents=True, exist_ok=True)
        for index, instance in enumerate(files[one.protocol.name]):
            dataset = _dataset(one, index, int(instance), study, series_ids[one.protocol.name])
            dataset.compress(RLELossless, generate_instance_uid=False)
            dataset.save_as(folder / f"{instance}.dcm", enforce_file_format=True)
    truth = study_truth(spine, pose, scans, files)
    return StudyRows(
        grades={"study_id": study, **{_column(each["level"]): each["grade"] for each in truth["levels"]}},
        series=[
            {"study_id": study, "series_id": series_ids[one.protocol.name], "series_description": _words(one.protocol)}
            for one in scans
        ],
        coordinates=[
            {
                "study_id": study,
                "series_id": series_ids[each["protocol"]],
                "instance_number": point["file"],
                "condition": "Spinal Canal Stenosis",
                "level": point["level"],
                "x": point["column"],
                "y": point["row"],
            }
            for each in truth["series"]
            if each["weighting"] == Weighting.T2
            for point in each["points"]
        ],
    )


def _instances(one: Scan, from_left: bool) -> list[str]:
    """The instance number of each slice of a scan, which runs from the patient's right to left."""
    numbers = range(1, len(one.planes) + 1)
    return [str(number) for number in (reversed(numbers) if from_left else numbers)]


def _dataset(one: Scan, index: int, instance: int, study: int, series: int) -> Dataset:
    """One image with the few tags that RSNA left in."""
    sop = f"{study}.1.{instance}"
    dataset = empty_file(sop)
    dataset.SOPInstanceUID = sop
    dataset.SeriesDescription = str(one.protocol.weighting)
    dataset.PatientID = str(study)
    dataset.SliceThickness = one.protocol.thickness_mm
    dataset.SpacingBetweenSlices = one.protocol.thickness_mm + one.protocol.gap_mm
    dataset.PatientPosition = "HFS"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = str(study), f"{study}.{series}"
    dataset.FrameOfReferenceUID = uid(study, series, "frame")
    dataset.InstanceNumber = instance
    add_place(dataset, one.planes[index])
    add_pixels(dataset, one.pixels[index], one.pixels[len(one.pixels) // 2])
    return dataset


def _words(protocol: Protocol) -> str:
    return SERIES_WORDS[protocol.weighting]


def _column(level: str) -> str:
    return f"{Condition.SPINAL_CANAL_STENOSIS}_{_underscored(level)}"


def _underscored(level: str) -> str:
    return level.lower().replace("/", "_")


def _grade_columns() -> list[str]:
    """The 25 columns of train.csv in RSNA's order."""
    canal = [_column(level) for level in LEVELS]
    sided = [f"{side}_{kind}_{_underscored(level)}" for kind in SIDED for side in Side for level in LEVELS]
    return canal + sided


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        table.writerows(rows)
