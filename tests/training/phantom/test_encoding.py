"""One scan in every transfer syntax and as one enhanced file: the program reads the same planes and pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import UID, JPEGBaseline8Bit, RLELossless

from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import Series
from training.phantom.body import Patient
from training.phantom.disease import healthy
from training.phantom.encoding import ENCODABLE, encode
from training.phantom.enhanced import enhanced_file
from training.phantom.protocols import STIR_SAGITTAL, T1_SAGITTAL, T2_AXIAL, T2_SAGITTAL, Protocol
from training.phantom.scan import Scan, pose_of, scan
from training.phantom.spine import Variant, build_spine
from training.phantom.writing import write_series

SMALL = {"rows": 96, "columns": 80, "spacing_mm": 2.8, "slices": 3, "cuts": (0.0,), "fine": 1, "ghosts": 0.0}
SPINE = build_spine(6, healthy(6), Variant())


@pytest.fixture(scope="module")
def patient() -> Patient:
    return Patient.of(SPINE)


def scanned(patient: Patient, protocol: Protocol, backwards: bool = False) -> Scan:
    return scan(patient, replace(protocol, **SMALL, backwards=backwards), pose_of(SPINE.seed))


def read_back(folder: Path) -> Series:
    (series,) = read_study([folder]).series
    return series


def assert_shows(series: Series, one: Scan, within: int, *, backwards: bool = False) -> None:
    """The series holds the scan's slices, in the patient's order."""
    step = -1 if backwards else 1
    reader = DirectReader()
    for instance, image, plane in zip(series.instances, one.pixels[::step], one.planes[::step], strict=True):
        assert instance.plane is not None
        np.testing.assert_allclose(instance.plane.origin_mm, plane.origin_mm, atol=1e-4)
        np.testing.assert_allclose(instance.plane.normal, plane.normal, atol=1e-5)
        assert np.abs(reader.read(instance) - image).max() <= within


@pytest.mark.parametrize("syntax", ENCODABLE, ids=lambda uid: uid.keyword)
def test_every_syntax_is_read_to_the_same_pixels(syntax: UID, patient: Patient, tmp_path: Path) -> None:
    one = scanned(patient, T2_SAGITTAL)
    write_series(SPINE, one, 1, tmp_path, syntax)
    assert_shows(read_back(tmp_path), one, ENCODABLE[syntax])


def test_a_syntax_without_an_encoder_is_refused(patient: Patient) -> None:
    with pytest.raises(KeyError, match="JPEG Baseline"):
        encode(enhanced_file(SPINE, scanned(patient, T2_SAGITTAL), 1), JPEGBaseline8Bit)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("protocol", [T2_SAGITTAL, T1_SAGITTAL, STIR_SAGITTAL, T2_AXIAL], ids=lambda p: p.name)
def test_an_enhanced_file_is_read_as_its_classic_series(
    protocol: Protocol, backwards: bool, patient: Patient, tmp_path: Path
) -> None:
    one = scanned(patient, protocol, backwards)
    write_series(SPINE, one, 1, tmp_path / "classic")
    (tmp_path / "enhanced.dcm").write_bytes(encode(enhanced_file(SPINE, one, 1), RLELossless))
    classic, enhanced = read_back(tmp_path / "classic"), read_back(tmp_path / "enhanced.dcm")
    for series in (classic, enhanced):
        assert_shows(series, one, 0, backwards=backwards)
        assert series.kind.orientation is protocol.orientation
        assert series.kind.weighting is protocol.weighting
    assert {frame.source.frame for frame in enhanced.instances} == set(range(len(one.planes)))
