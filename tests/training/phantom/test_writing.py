"""Generated studies as files: the same every time, and the bundled sample is what its command writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from training.phantom.protocols import PROTOCOLS, STIR_SAGITTAL, T1_SAGITTAL
from training.phantom.spine import build_spine
from training.phantom.study import write_study

REPOSITORY = Path(__file__).resolve().parents[3]
SAMPLE = REPOSITORY / "lumbar_core" / "sample"
SMALL = {"rows": 96, "columns": 96, "spacing_mm": 2.8, "slices": 2, "cuts": (0.0,), "fine": 1}


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    small = replace(T1_SAGITTAL, **SMALL)
    for name in ("a", "b"):
        write_study(build_spine(9), tmp_path / name, (small,))
    first, second = (sorted((tmp_path / name / small.name).iterdir()) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert (tmp_path / "a.truth.json").read_text() == (tmp_path / "b.truth.json").read_text()


def test_the_headers_tell_the_sequence(tmp_path: Path) -> None:
    one = replace(STIR_SAGITTAL, **SMALL)
    write_study(build_spine(9), tmp_path / "study", (one,))
    header = pydicom.dcmread(tmp_path / "study" / one.name / "0001.dcm")
    assert header.InversionTime == 170
    assert header.ScanningSequence == ["SE", "IR"]
    assert (header.EchoTime, header.MagneticFieldStrength) == (60, 1.5)
    assert header.pixel_array.shape == (96, 96)


def test_an_enhanced_study_has_one_file_a_series_and_the_truth_names_it(tmp_path: Path) -> None:
    small = replace(T1_SAGITTAL, **SMALL)
    truth = write_study(build_spine(9), tmp_path / "study", (small,), enhanced=True)
    (file,) = (tmp_path / "study").iterdir()
    assert {point["file"] for point in truth["series"][0]["points"]} == {file.name}
    assert pydicom.dcmread(file).NumberOfFrames == SMALL["slices"]


def test_the_bundled_sample_is_whole_named_as_generated_and_small() -> None:
    truth = json.loads(SAMPLE.with_name("sample.truth.json").read_text())
    assert {series["protocol"] for series in truth["series"]} == {protocol.name for protocol in PROTOCOLS}
    files = sorted(SAMPLE.rglob("*.dcm"))
    assert sum(path.stat().st_size for path in files) <= 6_000_000
    assert {str(pydicom.dcmread(path, stop_before_pixels=True).PatientName) for path in files} == {"Phantom^Generated"}


@pytest.mark.slow
def test_the_bundled_sample_is_what_its_command_writes(tmp_path: Path) -> None:
    truth = json.loads(SAMPLE.with_name("sample.truth.json").read_text())
    write_study(build_spine(truth["seed"]), tmp_path / "sample")
    for path in sorted(SAMPLE.rglob("*.dcm")):
        again = pydicom.dcmread(tmp_path / "sample" / path.relative_to(SAMPLE)).pixel_array
        # The last bits of a sine may differ between processors; a voxel on an edge may tip.
        apart = np.abs(again.astype(int) - pydicom.dcmread(path).pixel_array.astype(int))
        assert np.mean(apart > 1) < 1e-4
