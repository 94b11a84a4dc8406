"""The foramina of the public RSNA study lie where its radiologists marked them, each on its side.

The shipped networks have seen this study; what is tested is the geometry around them. How networks do that have not
seen it is told by `python -m training study-table`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Condition, Level, Side
from lumbar_core.geometry import Points3
from lumbar_core.inference.packs import load_packs
from lumbar_core.pipeline import Options, analyse
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import Alternative, StudyResult
from lumbar_core.study import Study

FORAMEN = Condition.NEURAL_FORAMINAL_NARROWING
WITHIN_MM = 6.0
SLICES_MM = 9.0  # two slices of this series: beyond it lies the other side or another structure


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "dicom" / "rsna_100206310"


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return read_study([folder])


def graded(study: Study, numbering: Alternative | None = None) -> StudyResult:
    return analyse(study, load_packs("cpu", 1), pixels=DirectReader(), options=Options(numbering))


@pytest.fixture(scope="module")
def result(study: Study) -> StudyResult:
    return graded(study)


def marks(folder: Path, study: Study) -> Iterator[tuple[Side, Level, Points3]]:
    """The radiologists' foramina in patient millimetres."""
    planes = {image.source.path.relative_to(folder).as_posix(): image.plane
              for series in study.series for image in series.instances}  # fmt: skip
    with folder.with_name(f"{folder.name}_coordinates.csv").open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            plane = planes[f"{row['series_id']}/{row['instance_number']}.dcm"]
            if "Foraminal" in row["condition"] and plane is not None:
                place = plane.to_patient(np.array([float(row["y"]), float(row["x"])]))
                yield Side(row["condition"].split()[0].lower()), Level(row["level"]), place


def places(result: StudyResult) -> dict[tuple[Side | None, Level], Points3]:
    return {
        (finding.side, finding.level): np.array(finding.location.patient_mm)
        for finding in result.findings
        if finding.condition is FORAMEN and finding.location is not None and finding.location.patient_mm
    }


def test_the_ten_foramina_are_found_on_their_side(folder: Path, study: Study, result: StudyResult) -> None:
    found = places(result)
    marked = list(marks(folder, study))
    assert len(marked) == len(found) == 10
    for side, level, place in marked:
        aside, back, up = np.abs(found[side, level] - place)
        assert np.hypot(back, up) < WITHIN_MM
        assert aside < SLICES_MM


def test_a_shift_by_the_user_moves_every_finding_and_is_told(study: Study, result: StudyResult) -> None:
    shifted = graded(study, "up")
    before, after = places(result), places(shifted)
    for side in Side:
        for above, below in pairwise(LEVELS):
            np.testing.assert_allclose(after[side, above], before[side, below], atol=4.5)
    assert "shifted up by the user" in shifted.numbering.basis
