"""A lone axial slice of a phantom keeps its sides, however a scanner stores it, and as a picture has the picture's.

Places are painted in as spots (`test_recess_combinations`): the canal brightest, the left recess brighter than the
right, and called Severe.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lumbar_core.anatomy import Condition, Level, Severity, Side
from lumbar_core.inference.packs import PackSet
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import Finding
from lumbar_core.study import InputKind, Study
from tests.core.fake_packs import a_recess_grader, a_recogniser, an_axial_localiser, by_spots
from tests.training.phantom.test_combinations import SEED, WAYS, Storing, coarse, stored
from tests.training.phantom.test_recess_combinations import RECESS, by_side, painted, true_places
from training.phantom.body import Patient
from training.phantom.disease import healthy
from training.phantom.protocols import T2_AXIAL
from training.phantom.rsna_layout import write_scan
from training.phantom.scan import Scan, pose_of, scan
from training.phantom.spine import build_spine

ONE = T2_AXIAL.slices // 2  # the middle slice of the first block


@pytest.fixture(scope="module")
def made() -> Scan:
    """One slice through L1/L2 with its canal and recesses painted."""
    patient, pose = Patient.of(build_spine(SEED, healthy(SEED))), pose_of(SEED)
    whole = painted(scan(patient, coarse(T2_AXIAL), pose), true_places(patient, pose))
    return Scan(whole.protocol, whole.pixels[ONE : ONE + 1], whole.planes[ONE : ONE + 1])


def by_lone_spots(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """As `by_spots`, but for pieces whose brightest part is no spot: a canal is not painted in them."""
    brightest = np.argwhere(picture > 0.98)
    if len(brightest) == 0 or np.ptp(brightest, axis=0).max() > 6 or np.mean(picture > 0.4) > 0.1:
        return np.zeros((3, 8, 12), np.float32), 0.1
    return by_spots(picture)


def found_in(study: Study) -> dict[tuple[Side | None, Side | None], Finding]:
    packs = PackSet((an_axial_localiser(by_lone_spots), a_recess_grader(by_side), a_recogniser("axial_t2")))
    result = analyse(study, packs, pixels=DirectReader())
    assert {each.level for each in result.findings} == {Level.UNKNOWN}
    return {(each.side, each.image_side): each for each in result.findings if each.condition is RECESS}


@pytest.mark.parametrize("way", [way for way in WAYS if not (way.backwards or way.numbers_fall)], ids=str)
def test_a_file_has_the_patients_sides(way: Storing, made: Scan, tmp_path: Path) -> None:
    write_scan(stored(made, way), [1], tmp_path, SEED, 1)
    study = read_study([next(path for path in tmp_path.rglob("*") if path.is_file())])
    assert study.kind is InputKind.SLICE
    found = found_in(study)
    grades = {sides: each.grade for sides, each in found.items()}
    assert grades == {(Side.LEFT, None): Severity.SEVERE, (Side.RIGHT, None): Severity.NORMAL_MILD}
    assert all(each.check for each in found.values())


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_picture_has_its_own_sides_and_not_the_patients(mirrored: bool, made: Scan, tmp_path: Path) -> None:
    pixels = made.pixels[0][:, ::-1] if mirrored else made.pixels[0]
    path = tmp_path / "slice.png"
    Image.fromarray((pixels / pixels.max() * 255).astype(np.uint8)).save(path)
    found = found_in(read_study([path]))
    # The patient's left, called Severe, lies on the picture's right unless the picture is mirrored.
    severe = Side.LEFT if mirrored else Side.RIGHT
    grades = {sides: each.grade for sides, each in found.items()}
    other = Side.RIGHT if mirrored else Side.LEFT
    assert grades == {(None, severe): Severity.SEVERE, (None, other): Severity.NORMAL_MILD}


def test_the_canal_is_a_target_of_its_own(made: Scan, tmp_path: Path) -> None:
    write_scan(made, [1], tmp_path, SEED, 1)
    study = read_study([next(path for path in tmp_path.rglob("*") if path.is_file())])
    result = analyse(
        study, PackSet((an_axial_localiser(by_lone_spots), a_recess_grader(by_side))), pixels=DirectReader()
    )
    canal = [each for each in result.findings if each.condition is Condition.SPINAL_CANAL_STENOSIS]
    assert [each.assessed for each in canal] == [False], "no pack looks at it on axial slices"
