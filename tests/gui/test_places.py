"""Where the findings of a result lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import Level, Side
from lumbar_gui.places import axial_middle, chain_points, find_instance, opening_points
from tests.factories import CANAL, FORAMEN
from tests.gui.fakes import CHAIN, a_placed_result, a_study

STUDY, RESULT = a_study(), a_placed_result()
T1, T2, AXIAL = STUDY.series


def test_a_location_is_found_by_file_and_frame_only_in_its_own_series() -> None:
    key = (FORAMEN, Side.RIGHT, None, Level.L3_L4)
    location = next(finding.location for finding in RESULT.findings if finding.key == key)
    assert location is not None
    found = find_instance(STUDY, location)
    assert found is not None
    assert (found[0].id, found[1]) == ("s1", 3)


def test_the_chain_of_a_sagittal_series_runs_from_above_down() -> None:
    assert chain_points(RESULT, T2) == tuple(CHAIN.values())
    assert chain_points(RESULT, AXIAL) == ()


def test_a_series_without_findings_opens_at_the_canal_of_another() -> None:
    without_foramina = RESULT.with_findings(tuple(f for f in RESULT.findings if f.condition is not FORAMEN))
    assert chain_points(without_foramina, T1) == ()
    carried = opening_points(without_foramina, T1)
    assert len(carried) == 5, "of the canal alone: recesses beside it would crowd the chain"
    for point, drawn in zip(carried, CHAIN.values(), strict=True):
        assert point == pytest.approx(drawn)
    assert opening_points(without_foramina, AXIAL) == ()


def test_an_axial_series_opens_in_the_middle_of_what_was_found() -> None:
    assert axial_middle(RESULT, AXIAL) == pytest.approx((142.0, 126.2), abs=2.5)
    assert axial_middle(RESULT, T2) is None


def test_an_axial_series_without_findings_opens_round_the_canal_of_another() -> None:
    canal_only = RESULT.with_findings(tuple(f for f in RESULT.findings if f.condition is CANAL))
    middle = axial_middle(canal_only, AXIAL)
    assert middle is not None
    rows = [(-140.0 + 0.9 * column + 100.0) / 0.8 for _, column in CHAIN.values()]
    assert middle == pytest.approx((sum(rows) / 5, 125.0))
    without_geometry = replace(AXIAL, instances=tuple(replace(i, plane=None) for i in AXIAL.instances))
    assert axial_middle(canal_only, without_geometry) is None
