"""Where the findings of a result lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level, Side
from lumbar_gui.places import axial_middle, chain_points, find_instance, opening_points
from tests.factories import CANAL, FORAMEN, RECESS
from tests.gui.fakes import a_placed_result, a_study
from tests.gui.sample import canal_chain, spot

STUDY, RESULT = a_study(), a_placed_result()
T2, T1, AXIAL = STUDY.series


def test_a_location_is_found_by_file_and_frame_only_in_its_own_series() -> None:
    key = (FORAMEN, Side.RIGHT, None, Level.L3_L4)
    location = next(finding.location for finding in RESULT.findings if finding.key == key)
    assert location is not None
    found = find_instance(STUDY, location)
    assert found is not None
    assert found == (T1, spot(FORAMEN, Level.L3_L4, Side.RIGHT).index)


def test_the_chain_of_a_sagittal_series_runs_from_above_down() -> None:
    assert tuple(chain_points(RESULT, T2).values()) == tuple(canal_chain().values())
    assert chain_points(RESULT, AXIAL) == {}


def test_a_series_without_findings_opens_at_the_canal_of_another() -> None:
    without_foramina = RESULT.with_findings(tuple(f for f in RESULT.findings if f.condition is not FORAMEN))
    assert chain_points(without_foramina, T1) == {}
    carried = opening_points(without_foramina, T1)
    assert len(carried) == 5, "of the canal alone: recesses beside it would crowd the chain"
    for level, point in zip(LEVELS, carried, strict=True):
        true = spot(CANAL, level, folder=T1.description)
        assert point == pytest.approx((true.row, true.column), abs=0.01)
    assert opening_points(without_foramina, AXIAL) == ()


def test_an_axial_series_opens_in_the_middle_of_what_was_found() -> None:
    recesses = [spot(RECESS, f.level, f.side) for f in RESULT.assessed if f.condition is RECESS]
    middle = np.mean([(here.row, here.column) for here in recesses], axis=0)
    assert axial_middle(RESULT, AXIAL) == pytest.approx(tuple(middle))
    assert axial_middle(RESULT, T2) is None


def test_an_axial_series_without_findings_opens_round_the_canal_of_another() -> None:
    canal_only = RESULT.with_findings(tuple(f for f in RESULT.findings if f.condition is CANAL))
    middle = axial_middle(canal_only, AXIAL)
    assert middle is not None
    first = AXIAL.instances[0].plane
    assert first is not None
    canals = [finding.location.patient_mm for finding in canal_only.assessed if finding.location is not None]
    assert len(canals) == 5
    assert middle == pytest.approx(tuple(first.to_pixels(np.array(canals)).mean(axis=0)))
    without_geometry = replace(AXIAL, instances=tuple(replace(i, plane=None) for i in AXIAL.instances))
    assert axial_middle(canal_only, without_geometry) is None
