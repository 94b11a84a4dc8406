"""Generated studies in the layout of the RSNA 2024 Lumbar Spine data: folders, tables, and its sparse headers.

`train_images/<study>/<series>/<instance>.dcm` beside `train.csv`, `train_label_coordinates.csv` and
`train_series_descriptions.csv`. As there, SOP instance UIDs repeat from series to series, every series has a frame of
reference of its own, and no header names the modality.
"""

from __future__ import annotations

import csv
import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from lumbar_core.anatomy import LEVELS, USED_ON, Condition, Orientation, Side, Weighting
from training.orphans import end_with_parent
from training.phantom.body import Patient
from training.phantom.encoding import encode
from training.phantom.protocols import Protocol, fast, protocols_of
from training.phantom.scan import Scan, pose_of, scan
from training.phantom.spine import build_spine
from training.phantom.truth import study_truth
from training.phantom.writing import add_pixels, add_place, empty_file, uid

FIRST_STUDY = 5_000_000_000  # of seed 0; RSNA's numbers end below 2³²
SERIES_WORDS = {
    (Orientation.SAGITTAL, Weighting.T1): "Sagittal T1",
    (Orientation.SAGITTAL, Weighting.T2): "Sagittal T2/STIR",
    (Orientation.SAGITTAL, Weighting.STIR): "Sagittal T2/STIR",
    (Orientation.AXIAL, Weighting.T2): "Axial T2",
}
CONDITION_WORDS = {
    Condition.SPINAL_CANAL_STENOSIS: "Spinal Canal Stenosis",
    Condition.NEURAL_FORAMINAL_NARROWING: "Neural Foraminal Narrowing",
    Condition.SUBARTICULAR_STENOSIS: "Subarticular Stenosis",
}
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
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), end_with_parent) as pool:
        for done, study in enumerate(pool.map(partial(write_rsna_study, root=root, quick=quick), seeds), start=1):
            rows.append(study)
            show(done, len(seeds))
    _write_table(root / "train.csv", ("study_id", *_grade_columns()), (study.grades for study in rows))
    series = (row for study in rows for row in study.series)
    _write_table(root / "train_series_descriptions.csv", SERIES_COLUMNS, series)
    coordinates = (row for study in rows for row in study.coordinates)
    _write_table(root / "train_label_coordinates.csv", COORDINATE_COLUMNS, coordinates)


def write_rsna_study(seed: int, root: Path, *, quick: bool = False, backwards: bool | None = None) -> StudyRows:
    """Write the images of one study; returns its rows.

    backwards: whether instance 1 is the patient's left or lower end; without it the seed decides, as scanners differ.
    """
    protocols = tuple(fast(protocol) if quick else protocol for protocol in protocols_of(seed))
    if backwards is not None:
        protocols = tuple(replace(protocol, backwards=backwards) for protocol in protocols)
    patient, pose = Patient.of(build_spine(seed)), pose_of(seed)
    study = FIRST_STUDY + seed
    scans = [scan(patient, protocol, pose) for protocol in protocols]
    series_ids = {one.protocol.name: study * 10 + number for number, one in enumerate(scans, start=1)}
    files = {one.protocol.name: [str(number) for number in range(1, len(one.planes) + 1)] for one in scans}
    for one in scans:
        numbers = [int(name) for name in files[one.protocol.name]]
        write_scan(one, numbers, root / "train_images" / str(study), study, series_ids[one.protocol.name])
    truth = study_truth(patient, pose, scans, files)
    return StudyRows(
        grades={"study_id": study, **{_column(each): each["grade"] for each in truth["structures"]}},
        series=[
            {"study_id": study, "series_id": series_ids[one.protocol.name], "series_description": _words(one.protocol)}
            for one in scans
        ],
        coordinates=[
            {
                "study_id": study,
                "series_id": series_ids[each["protocol"]],
                "instance_number": point["file"],
                "condition": _condition_words(point),
                "level": point["level"],
                "x": point["column"],
                "y": point["row"],
            }
            for each in truth["series"]
            for point in each["points"]
            if _is_marked_on(point["condition"], each)
        ],
    )


def write_scan(one: Scan, numbers: Sequence[int], folder: Path, study: int, series: int) -> None:
    """Write a scan's slices below `folder`/`series`, under these instance numbers."""
    (folder / str(series)).mkdir(parents=True, exist_ok=True)
    for index, instance in enumerate(numbers):
        dataset = _dataset(one, index, instance, study, series)
        (folder / str(series) / f"{instance}.dcm").write_bytes(encode(dataset, RLELossless))


def _dataset(one: Scan, index: int, instance: int, study: int, series: int) -> Dataset:
    """One image with the few tags that RSNA left in."""
    sop = f"{study}.1.{instance}"
    dataset = empty_file(sop)
    dataset.SOPInstanceUID = sop
    dataset.SeriesDescription = str(one.protocol.weighting)
    dataset.PatientID = str(study)
    dataset.SliceThickness = one.protocol.thickness_mm
    dataset.SpacingBetweenSlices = one.protocol.step_mm
    dataset.PatientPosition = "HFS"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = str(study), f"{study}.{series}"
    dataset.FrameOfReferenceUID = uid(study, series, "frame")
    dataset.InstanceNumber = instance
    add_place(dataset, one.planes[index])
    add_pixels(dataset, one.pixels[index], one.pixels[len(one.pixels) // 2])
    return dataset


def _words(protocol: Protocol) -> str:
    return SERIES_WORDS[protocol.orientation, protocol.weighting]


def _condition_words(point: Row) -> str:
    side = f"{point['side'].capitalize()} " if point["side"] else ""
    return side + CONDITION_WORDS[Condition(point["condition"])]


def _is_marked_on(condition: str, series: Row) -> bool:
    """Readers mark a structure on the series that it is graded on."""
    orientation, weightings = USED_ON[Condition(condition)]
    return series["orientation"] == orientation and series["weighting"] in weightings


def _column(structure: Row) -> str:
    """The column of train.csv for a structure of the truth."""
    side = f"{structure['side']}_" if structure["side"] else ""
    return f"{side}{structure['condition']}_{_underscored(structure['level'])}"


def _underscored(level: str) -> str:
    return level.lower().replace("/", "_")


def _grade_columns() -> list[str]:
    """The 25 columns of train.csv in RSNA's order."""
    canal = [f"{Condition.SPINAL_CANAL_STENOSIS}_{_underscored(level)}" for level in LEVELS]
    sided = [f"{side}_{kind}_{_underscored(level)}" for kind in SIDED for side in Side for level in LEVELS]
    return canal + sided


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        table.writerows(rows)
