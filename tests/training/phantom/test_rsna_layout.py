"""Generated studies in RSNA's layout: the program reads them, and their tables say what is true of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lumbar_core.anatomy import LEVELS, Orientation, Weighting
from lumbar_core.geometry import Plane
from lumbar_core.reading import read_study
from training.phantom import build_spine, grade_of, pose_of
from training.phantom.rsna_layout import FIRST_STUDY, StudyRows, write_rsna_studies, write_rsna_study

SEED = 3  # of which two levels are narrow


@pytest.fixture(scope="module", params=[False, True], ids=["from the right", "from the left"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StudyRows]:
    folder = tmp_path_factory.mktemp("rsna")
    return folder, write_rsna_study(SEED, folder, quick=True, from_left=request.param)


def test_both_series_are_read_from_right_to_left_whatever_their_numbers(
    written: tuple[Path, StudyRows],
) -> None:
    study = read_study([written[0]])
    kinds = {(series.kind.orientation, series.kind.weighting) for series in study.series}
    assert kinds == {(Orientation.SAGITTAL, Weighting.T1), (Orientation.SAGITTAL, Weighting.T2)}
    assert study.files_read == sum(len(series.instances) for series in study.series) == 26
    for series in study.series:
        places = [image.plane.origin_mm[0] for image in series.instances if image.plane is not None]
        assert len(places) == 13
        assert (np.diff(places) > 0).all()


def test_identifiers_are_as_confusing_as_rsna_s(written: tuple[Path, StudyRows]) -> None:
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted(written[0].rglob("*.dcm"))]
    assert len({header.SOPInstanceUID for header in headers}) == 13
    assert len({header.FrameOfReferenceUID for header in headers}) == 2
    assert not any("Modality" in header or "PatientName" in header for header in headers)


def test_a_coordinate_names_the_slice_and_the_place_of_the_sac(written: tuple[Path, StudyRows]) -> None:
    root, rows = written
    spine, pose = build_spine(SEED), pose_of(SEED)
    assert [row["level"] for row in rows.coordinates] == list(LEVELS)
    for row, level in zip(rows.coordinates, LEVELS, strict=True):
        path = root / "train_images" / str(row["study_id"]) / str(row["series_id"]) / f"{row['instance_number']}.dcm"
        header = pydicom.dcmread(path, stop_before_pixels=True)
        plane = Plane.from_dicom(header.ImagePositionPatient, header.ImageOrientationPatient, header.PixelSpacing)
        apart = plane.to_patient(np.array([row["y"], row["x"]])) - pose.to_patient(spine.canal_point(level))
        assert np.linalg.norm(apart) < header.SpacingBetweenSlices / 2 + 0.1


def test_the_tables_hold_every_study_and_leave_empty_what_has_no_truth(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_rsna_studies([SEED, SEED + 1], tmp_path, quick=True, workers=2, show=lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]
    with (tmp_path / "train.csv").open(encoding="utf-8") as file:
        grades = list(csv.DictReader(file))
    assert [row["study_id"] for row in grades] == [str(FIRST_STUDY + SEED), str(FIRST_STUDY + SEED + 1)]
    assert len(grades[0]) == 26
    spine = build_spine(SEED)
    for level in LEVELS:
        name = level.lower().replace("/", "_")
        assert grades[0][f"spinal_canal_stenosis_{name}"] == grade_of(spine.sac_depth(level)).label
        assert grades[0][f"left_neural_foraminal_narrowing_{name}"] == ""
    for name, rows in (("train_series_descriptions.csv", 4), ("train_label_coordinates.csv", 10)):
        with (tmp_path / name).open(encoding="utf-8") as file:
            assert len(list(csv.DictReader(file))) == rows
