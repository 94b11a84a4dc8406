"""Generated studies in RSNA's layout: the program reads them, and their tables say what is true of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lumbar_core.anatomy import STUDY_TARGETS, Condition, Orientation, Weighting
from lumbar_core.geometry import Plane
from lumbar_core.reading import read_study
from training.phantom.body import Patient
from training.phantom.rsna_layout import FIRST_STUDY, StudyRows, write_rsna_studies, write_rsna_study
from training.phantom.scan import pose_of
from training.phantom.spine import build_spine
from training.phantom.truth import Structure, structures_of

SEED = 3  # of which some structures are narrow


@pytest.fixture(scope="module")
def structures() -> tuple[Structure, ...]:
    return structures_of(Patient.of(build_spine(SEED)))


@pytest.fixture(scope="module", params=[False, True], ids=["forwards", "backwards"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StudyRows]:
    folder = tmp_path_factory.mktemp("rsna")
    return folder, write_rsna_study(SEED, folder, quick=True, backwards=request.param)


def test_all_series_are_read_in_the_order_of_the_patient_whatever_their_numbers(
    written: tuple[Path, StudyRows],
) -> None:
    study = read_study([written[0]])
    kinds = {(series.kind.orientation, series.kind.weighting) for series in study.series}
    assert kinds == {
        (Orientation.SAGITTAL, Weighting.T1),
        (Orientation.SAGITTAL, Weighting.T2),
        (Orientation.AXIAL, Weighting.T2),
    }
    assert study.files_read == sum(len(series.instances) for series in study.series)
    for series in study.series:
        if series.kind.orientation is Orientation.SAGITTAL:
            places = [image.plane.origin_mm[0] for image in series.instances if image.plane is not None]
            assert len(places) > 10
            assert (np.diff(places) > 0).all()


def test_identifiers_are_as_confusing_as_rsna_s(written: tuple[Path, StudyRows]) -> None:
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted(written[0].rglob("*.dcm"))]
    assert len({header.SOPInstanceUID for header in headers}) < len(headers)
    assert len({header.FrameOfReferenceUID for header in headers}) == 3
    assert not any("Modality" in header or "PatientName" in header for header in headers)


def test_a_coordinate_names_the_slice_and_the_place_of_its_structure(
    written: tuple[Path, StudyRows], structures: tuple[Structure, ...]
) -> None:
    root, rows = written
    pose = pose_of(SEED)
    places = {(each.condition.replace("_", " "), each.level, each.side): each.point_mm for each in structures}
    assert len(rows.coordinates) == len(places) == 25
    for row in rows.coordinates:
        words = row["condition"].lower()
        side = next((side for side in ("left", "right") if words.startswith(side)), None)
        place = places.pop((words.removeprefix(f"{side} "), row["level"], side))
        path = root / "train_images" / str(row["study_id"]) / str(row["series_id"]) / f"{row['instance_number']}.dcm"
        header = pydicom.dcmread(path, stop_before_pixels=True)
        plane = Plane.from_dicom(header.ImagePositionPatient, header.ImageOrientationPatient, header.PixelSpacing)
        apart = plane.to_patient(np.array([row["y"], row["x"]])) - pose.to_patient(place)
        assert np.linalg.norm(apart) < header.SpacingBetweenSlices / 2 + 0.2
    assert not places


def test_the_tables_hold_every_study_and_every_grade(tmp_path: Path, structures: tuple[Structure, ...]) -> None:
    told: list[tuple[int, int]] = []
    write_rsna_studies([SEED, SEED + 1], tmp_path, quick=True, workers=2, show=lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]
    with (tmp_path / "train.csv").open(encoding="utf-8") as file:
        grades = list(csv.DictReader(file))
    assert [row["study_id"] for row in grades] == [str(FIRST_STUDY + SEED), str(FIRST_STUDY + SEED + 1)]
    assert len(grades[0]) == 26
    for each in structures:
        level = each.level.lower().replace("/", "_")
        assert grades[0][f"{each.side}_{each.condition}_{level}".removeprefix("None_")] == each.grade.label
    assert {each.condition for each in structures} == set(Condition)
    assert len(structures) == len(STUDY_TARGETS)
    for name, rows in (("train_series_descriptions.csv", 6), ("train_label_coordinates.csv", 50)):
        with (tmp_path / name).open(encoding="utf-8") as file:
            assert len(list(csv.DictReader(file))) == rows
