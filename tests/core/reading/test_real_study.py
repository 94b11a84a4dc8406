"""The public RSNA study: sparse headers, 60 SOP Instance UIDs for 96 files, three frames of reference."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.study import InputKind, KindBasis, Study

SERIES = {
    ("100206310.1792451510", Orientation.SAGITTAL, Weighting.T2, 18),
    ("100206310.2092806862", Orientation.SAGITTAL, Weighting.T1, 18),
    ("100206310.1012284084", Orientation.AXIAL, Weighting.T2, 60),
}


@pytest.fixture(scope="module")
def study(real_data: Path) -> Study:
    return read_study([real_data / "dicom" / "rsna_100206310"])


def outline(study: Study) -> set[tuple[str, Orientation, Weighting, int]]:
    return {(one.series_uid, one.kind.orientation, one.kind.weighting, len(one.instances)) for one in study.series}


def test_all_images_of_the_three_series_are_there(study: Study) -> None:
    assert outline(study) == SERIES
    assert study.files_read == sum(len(series.instances) for series in study.series) == 96
    assert len({image.sop_uid for series in study.series for image in series.instances}) == 60
    assert (study.kind, study.unreadable) == (InputKind.STUDY, ())


def test_the_weighting_waits_for_the_picture_as_only_words_name_it(study: Study) -> None:
    assert {series.kind.basis for series in study.series} == {KindBasis.NONE}


def test_sagittal_slices_run_to_the_left_and_axial_ones_down(study: Study) -> None:
    for series in study.series:
        origins = np.array([image.plane.origin_mm for image in series.instances if image.plane is not None])
        along = origins[:, 0] if series.kind.orientation is Orientation.SAGITTAL else -origins[:, 2]
        assert (np.diff(along) > 0).all()


def test_the_study_is_the_same_from_an_archive(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "dicom" / "rsna_100206310"
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for file in folder.rglob("*.dcm"):
            archive.write(file, file.relative_to(folder))
    assert outline(read_study([tmp_path / "study.zip"])) == SERIES


def test_every_image_is_decoded_at_its_size(study: Study) -> None:
    reader = DecodeProcess()
    try:
        for series in study.series:
            for image in series.instances:
                pixels = reader.read(image)
                assert pixels.shape == (image.rows, image.columns)
                assert pixels.max() > pixels.min()
    finally:
        reader.close()


def test_headers_of_the_study_are_read_in_time(real_data: Path) -> None:
    begun = time.perf_counter()
    read_study([real_data / "dicom" / "rsna_100206310"])
    assert time.perf_counter() - begun < 1.5
