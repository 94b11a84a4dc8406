"""The bundled phantom as the window's case: its study, its decoded slices, where its truth has each structure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

import lumbar_core
from lumbar_core.anatomy import LEVELS, Condition, Level, Side
from lumbar_core.geometry import Points3
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import Location
from lumbar_core.study import Instance, Pixels, Series, Study
from tests.factories import CANAL, FORAMEN, RECESS

SAMPLE = Path(lumbar_core.__file__).parent / "sample"
TRUTH = json.loads(SAMPLE.with_name("sample.truth.json").read_text(encoding="utf-8"))
# The sample's series by their folders, which the truth names too.
T2, T1, AXIAL = "t2_tse_sag", "t1_tse_sag", "t2_tse_tra"
GRADED_ON = {CANAL: T2, FORAMEN: T1, RECESS: AXIAL}


@cache
def sample_study() -> Study:
    """The sample as the program reads it; read once for all tests."""
    return read_study([SAMPLE])


def sample_series(folder: str) -> Series:
    """One of its three series."""
    return next(series for series in sample_study().series if series.description == folder)


@cache
def decoded(digest: str) -> Pixels:
    """The slice whose stored pixels have this digest, by which a copy of its instance is known too.

    Decoded once, for all tests: nobody may write to it.
    """
    slices = (instance for series in sample_study().series for instance in series.instances)
    pixels = DirectReader().read(next(instance for instance in slices if instance.digest == digest))
    pixels.setflags(write=False)
    return pixels


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a structure lies in a series: the slice nearest to it, from 0, and the pixel."""

    series: Series = field(repr=False)
    index: int
    row: float
    column: float

    @property
    def instance(self) -> Instance:
        return self.series.instances[self.index]

    def location(self, step: int = 0) -> Location:
        """As a result names it; step: that many slices further on."""
        instance = self.series.instances[self.index + step]
        assert instance.plane is not None
        x, y, z = (float(v) for v in instance.plane.to_patient(np.array([self.row, self.column])))
        file = instance.source.path.relative_to(SAMPLE).as_posix()
        return Location(self.series.id, file, 0, self.column, self.row, (x, y, z))


def spot(condition: Condition, level: Level, side: Side | None = None, folder: str | None = None) -> Spot:
    """Where the truth has a structure: in the series it is graded on, or in that of `folder`."""
    series = sample_series(folder or GRADED_ON[condition])
    told = next(told["points"] for told in TRUTH["series"] if told["protocol"] == series.description)
    point = next(
        point for point in told if (point["condition"], point["level"], point["side"]) == (condition, level, side)
    )
    files = [instance.source.path for instance in series.instances]
    return Spot(series, files.index(SAMPLE / point["file"]), point["row"], point["column"])


def nearest(series: Series, place_mm: Points3 | tuple[float, float, float] | None) -> int:
    """The slice, from 0, that a place of the patient is nearest to."""
    planes = [instance.plane for instance in series.instances]
    return int(np.argmin([abs(plane.distance_mm(np.asarray(place_mm))) for plane in planes if plane is not None]))


def off_midline_mm(series: Series, index: int, level: Level = LEVELS[0]) -> float:
    """How far a sagittal slice lies from where the canal is seen at a level."""
    plane = series.instances[index].plane
    assert plane is not None
    return abs(float(plane.distance_mm(np.array(spot(CANAL, level).location().patient_mm))))


def canal_chain() -> dict[Level, tuple[float, float]]:
    """(row, column) of the canal at the five levels of the sagittal T2 series."""
    spots = {level: spot(CANAL, level) for level in LEVELS}
    return {level: (here.row, here.column) for level, here in spots.items()}
