"""One slice of the bundled phantom through the shipped packs, as a DICOM file and as a picture of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lumbar_core
from lumbar_core.anatomy import LEVELS, Condition
from lumbar_core.inference.packs import PackSet, load_packs
from lumbar_core.pipeline import analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.study import InputKind

SAMPLE = Path(lumbar_core.__file__).parent / "sample"
SERIES = "t2_tse_sag"
FARTHEST_MM = 8.0  # from the true place; a level is 35 mm from the next
CANAL = Condition.SPINAL_CANAL_STENOSIS


@pytest.fixture(scope="module")
def packs() -> PackSet:
    return load_packs("cpu", 1)


@pytest.fixture(scope="module")
def canals() -> list[dict[str, Any]]:
    """The canal at the five levels of the sagittal T2 series, as the phantom's truth has it."""
    truth = json.loads(SAMPLE.with_name("sample.truth.json").read_text(encoding="utf-8"))
    points = next(series["points"] for series in truth["series"] if series["protocol"] == SERIES)
    return [point for point in points if point["condition"] == CANAL]


def picture_of(slice_file: Path, out: Path) -> Path:
    """The slice as a viewer would export it: the middle 99 % of its greys in 8 bits."""
    pixels = DirectReader().read(read_study([slice_file]).series[0].instances[0])
    low, high = np.percentile(pixels, [0.5, 99.5])
    Image.fromarray((np.clip((pixels - low) / (high - low), 0, 1) * 255).astype(np.uint8)).save(out)
    return out


@pytest.mark.parametrize("kind", [InputKind.SLICE, InputKind.PICTURE])
def test_every_canal_of_a_lone_slice_is_graded_where_the_phantom_has_it(
    kind: InputKind, packs: PackSet, canals: list[dict[str, Any]], tmp_path: Path
) -> None:
    (file,) = {SAMPLE / point["file"] for point in canals}
    path = file if kind is InputKind.SLICE else picture_of(file, tmp_path / "slice.png")
    study = read_study([path])
    assert study.kind is kind
    found = {finding.level: finding for finding in analyse(study, packs, pixels=DirectReader()).assessed}
    assert list(found) == list(LEVELS)
    spacing_mm = read_study([file]).series[0].instances[0].plane.spacing_mm  # type: ignore[union-attr]
    for point in canals:
        location = found[point["level"]].location
        assert location is not None
        off_px = np.array([location.row, location.column]) - (point["row"], point["column"])
        assert np.hypot(*(off_px * spacing_mm)) < FARTHEST_MM
    assert {finding.condition for finding in found.values()} == {CANAL}
