"""Two real slices in four dresses: the DICOM file, its 8-bit picture, the picture at twice and at half the size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumbar_core.anatomy import Level
from lumbar_core.inference.packs import PackSet, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import Finding

LARGEST_DP = 0.1  # between the DICOM slice and a picture of it
LARGEST_PX = 3.0  # of the DICOM slice, between their points
STUDY = Path("dicom") / "rsna_100206310"
SLICES = {"T2 midline": STUDY / "1792451510" / "9.dcm", "T1 through foramina": STUDY / "2092806862" / "13.dcm"}
LEAST_LEVELS = {"T2 midline": 5, "T1 through foramina": 3}

Findings = dict[Level, Finding]


@pytest.fixture(scope="module")
def packs() -> PackSet:
    return load_packs("cpu", 1)


@pytest.fixture(scope="module", params=SLICES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def slice_file(real_data: Path, name: str) -> Path:
    return real_data / SLICES[name]


def findings(path: Path, packs: PackSet) -> Findings:
    result = analyse(read_study([path]), packs, pixels=DirectReader())
    return {finding.level: finding for finding in result.findings if finding.assessed}


@pytest.fixture(scope="module")
def from_dicom(slice_file: Path, packs: PackSet) -> Findings:
    return findings(slice_file, packs)


def picture_of(slice_file: Path, size: float, out: Path) -> Path:
    """The slice as a viewer would export it: the middle 99 % of its greys in 8 bits."""
    pixels = DirectReader().read(read_study([slice_file]).series[0].instances[0])
    low, high = np.percentile(pixels, [0.5, 99.5])
    grey = Image.fromarray((np.clip((pixels - low) / (high - low), 0, 1) * 255).astype(np.uint8))
    grey.resize((round(grey.width * size), round(grey.height * size)), Image.Resampling.LANCZOS).save(out)
    return out


def test_the_slice_is_graded_where_it_shows_what_is_graded(from_dicom: Findings, name: str) -> None:
    assert len(from_dicom) >= LEAST_LEVELS[name]


# Half of the T1 slice's size is what the pictures of rsna_foraminal have.
@pytest.mark.parametrize("size", [1.0, 2.0, 0.5])
def test_a_picture_of_the_slice_is_graded_like_the_slice(
    slice_file: Path, from_dicom: Findings, packs: PackSet, size: float, tmp_path: Path
) -> None:
    given = findings(picture_of(slice_file, size, tmp_path / "slice.png"), packs)
    for level, finding in from_dicom.items():
        dressed = given[level]
        assert finding.location is not None
        assert dressed.location is not None
        back = np.array([dressed.location.row + 0.5, dressed.location.column + 0.5]) / size - 0.5
        assert np.hypot(*(back - (finding.location.row, finding.location.column))) < LARGEST_PX
        assert finding.probabilities is not None
        assert dressed.probabilities is not None
        assert np.abs(np.subtract(finding.probabilities, dressed.probabilities)).max() < LARGEST_DP
