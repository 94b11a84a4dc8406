"""Axial slices that their files have at another height are flagged: the generated sample, by the shipped networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lumbar_core
from lumbar_core.anatomy import Condition, Orientation, Weighting
from lumbar_core.inference.packs import PackSet, load_packs
from lumbar_core.pipeline import analyse, recognise_study
from lumbar_core.reading import read_study
from lumbar_core.reading.decoding import DirectReader
from lumbar_core.report.result import Finding
from lumbar_core.study import Instance, Study

SAMPLE = Path(lumbar_core.__file__).parent / "sample"
SAID = "mm along the spine from where their files say"
CANAL, FORAMEN, RECESS = Condition


@pytest.fixture(scope="module")
def reader() -> Iterator[DirectReader]:
    reader = DirectReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def packs() -> PackSet:
    return load_packs("cpu")


@pytest.fixture(scope="module")
def study(packs: PackSet, reader: DirectReader) -> Study:
    return recognise_study(read_study([SAMPLE]), packs, reader)


def moved(study: Study, up_mm: float) -> Study:
    """The study with its axial slices so far headwards."""

    def along(image: Instance) -> Instance:
        plane = image.plane
        if plane is None or plane.orientation is not Orientation.AXIAL:
            return image
        return replace(image, plane=replace(plane, origin_mm=plane.origin_mm + np.array([0.0, 0.0, up_mm])))

    series = [replace(each, instances=tuple(map(along, each.instances))) for each in study.series]
    return replace(study, series=tuple(series))


def flagged(study: Study, packs: PackSet, reader: DirectReader) -> tuple[list[Finding], list[Finding]]:
    """What was assessed, and what of it says so."""
    assessed = [finding for finding in analyse(study, packs, pixels=reader).findings if finding.assessed]
    return assessed, [finding for finding in assessed if any(SAID in reason for reason in finding.check_reasons)]


@pytest.mark.parametrize("up_mm", [36.0, -36.0])
def test_slices_a_disc_off_flag_all_that_they_show_and_nothing_else(
    study: Study, packs: PackSet, reader: DirectReader, up_mm: float
) -> None:
    assessed, said = flagged(moved(study, up_mm), packs, reader)
    assert [each for each in said if each.condition is RECESS] == [
        each for each in assessed if each.condition is RECESS
    ]
    assert any(finding.condition is CANAL for finding in said)
    assert not any(finding.condition is FORAMEN for finding in said)
    assert f"{abs(up_mm):.0f} {SAID}" in said[0].check_reasons[-1]


def test_slices_where_they_belong_are_not_flagged(study: Study, packs: PackSet, reader: DirectReader) -> None:
    assert not flagged(study, packs, reader)[1]


def test_stir_is_not_compared_with_t2(study: Study, packs: PackSet, reader: DirectReader) -> None:
    kinds = [replace(each.kind, weighting=Weighting.STIR) if each.kind.orientation is Orientation.SAGITTAL
             and each.kind.weighting is Weighting.T2 else each.kind for each in study.series]  # fmt: skip
    stir = replace(study, series=tuple(map(lambda each, kind: each.with_kind(kind), study.series, kinds)))
    assert not flagged(moved(stir, 36.0), packs, reader)[1]
