"""Which series each pane shows, at which slice, and where the panes stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import Level, Orientation, Reason, Side, Weighting
from lumbar_core.study import Exclusion, KindBasis, Series, SeriesKind, Study
from lumbar_gui.panes import (
    LEAST_WIDTH,
    Layout,
    arrange,
    at_place,
    by_need,
    exchanged,
    in_own_places,
    nearest_slice,
    opened,
    series_by_slot,
    with_active_large,
    with_next_active,
    with_next_series,
    with_slice,
    with_views,
)
from lumbar_gui.state import Pane, Panes, Slot
from tests.factories import FORAMEN
from tests.gui.fakes import a_picture_study, a_study
from tests.gui.sample import nearest, spot

STUDY = a_study()
T2, T1, AXIAL = STUDY.series
SECOND_T2 = replace(T2, id="s4", instances=T2.instances[:5])
AXIAL_T1 = replace(AXIAL, id="s5", instances=AXIAL.instances[:5], kind=replace(AXIAL.kind, weighting=Weighting.T1))


def of(*series: Series) -> Study:
    return a_study(series=series)


def panes_of(study: Study) -> Panes:
    panes = opened(study)
    assert panes is not None
    return panes


def without_geometry(series: Series) -> Series:
    return replace(series, instances=tuple(replace(instance, plane=None) for instance in series.instances))


def beside(series: Series, index: int, row: float, column: float) -> tuple[float, float, float]:
    """A place a third of the way from a pixel of one slice to the next."""
    plane, spacing_mm = series.instances[index].plane, series.slice_spacing_mm
    assert plane is not None
    assert spacing_mm is not None
    x, y, z = plane.to_patient(np.array([row, column])) + spacing_mm / 3 * plane.normal
    return float(x), float(y), float(z)


def test_a_study_opens_with_a_pane_for_each_of_its_three_series() -> None:
    panes = panes_of(STUDY)
    assert list(panes.shown) == [Slot.SAGITTAL_T2, Slot.AXIAL, Slot.SAGITTAL_T1]
    assert panes.shown == {
        Slot.SAGITTAL_T2: Pane(T2.id, 7),
        Slot.AXIAL: Pane(AXIAL.id, 12),
        Slot.SAGITTAL_T1: Pane(T1.id, 7),
    }


@pytest.mark.parametrize(
    ("series", "slots"),
    [
        ((T2,), [Slot.SAGITTAL_T2]),
        ((T1,), [Slot.SAGITTAL_T1]),
        ((T1, T2), [Slot.SAGITTAL_T2, Slot.SAGITTAL_T1]),
        ((AXIAL, T2), [Slot.SAGITTAL_T2, Slot.AXIAL]),
        ((AXIAL, T1), [Slot.SAGITTAL_T1, Slot.AXIAL]),
    ],
)
def test_panes_exist_only_for_what_the_study_has(series: tuple[Series, ...], slots: list[Slot]) -> None:
    assert list(panes_of(of(*series)).shown) == slots


def test_a_study_without_pictures_has_no_panes() -> None:
    assert opened(of()) is None
    assert opened(of(replace(T2, instances=()))) is None


def test_a_lone_picture_of_an_unknown_kind_has_one_pane() -> None:
    picture = a_picture_study().series[0]
    unknown = picture.with_kind(SeriesKind(Orientation.UNKNOWN, Weighting.UNKNOWN, KindBasis.NONE))
    assert panes_of(of(unknown)).shown == {Slot.SAGITTAL_T2: Pane("s1", 0)}


def test_further_series_of_a_plane_are_brought_into_its_pane() -> None:
    study = of(AXIAL_T1, SECOND_T2, *STUDY.series)
    panes = panes_of(study)
    assert panes.shown[Slot.AXIAL] == Pane(AXIAL.id, 12), "T2 before T1"
    axial = with_next_series(study, replace(panes, active=Slot.AXIAL), 1)
    assert axial.shown[Slot.AXIAL] == Pane("s5", 2)
    assert with_next_series(study, axial, 1).shown == panes.shown
    assert axial.shown[Slot.SAGITTAL_T2] == panes.shown[Slot.SAGITTAL_T2]
    alone = replace(panes, active=Slot.SAGITTAL_T1)
    assert with_next_series(study, alone, 1) is alone


def test_what_must_not_be_graded_opens_no_pane_but_can_be_looked_at() -> None:
    scout = replace(AXIAL_T1, excluded=Exclusion(Reason.NO_SERIES, "a scout"))
    study = of(T2, T1, scout)
    assert list(series_by_slot(study)) == [Slot.SAGITTAL_T2, Slot.SAGITTAL_T1]
    assert with_next_series(study, panes_of(study), 1).current == Pane("s5", 2)
    assert panes_of(of(scout)).shown == {Slot.AXIAL: Pane("s5", 2)}, "better than nothing"


def test_a_place_is_shown_in_every_pane_that_has_geometry() -> None:
    left = spot(FORAMEN, Level.L3_L4, Side.LEFT)
    place = left.location().patient_mm
    panes = at_place(STUDY, panes_of(STUDY), T1, left.index, place)
    assert panes.active is Slot.SAGITTAL_T1
    assert {slot: pane.index for slot, pane in panes.shown.items()} == {
        Slot.SAGITTAL_T2: nearest(T2, place),
        Slot.AXIAL: nearest(AXIAL, place),
        Slot.SAGITTAL_T1: left.index,
    }


def test_what_was_seen_in_another_plane_too_is_shown_in_its_pane() -> None:
    before = with_slice(STUDY, panes_of(STUDY), 5)
    after = with_views(STUDY, before, [(T2, 9), (AXIAL, 3), (AXIAL, 4)])
    assert after.shown == {**before.shown, Slot.AXIAL: Pane(AXIAL.id, 3)}, "the first, and not in the active pane"
    assert after.active is before.active


def test_without_geometry_a_pane_stays_where_it_is() -> None:
    study = of(T1, T2, without_geometry(AXIAL))
    before = with_slice(study, replace(panes_of(study), active=Slot.AXIAL), 3)
    place = T2.instances[2].plane.to_patient(np.array([100.0, 100.0]))  # type: ignore[union-attr]
    after = at_place(study, before, T2, 2, tuple(place.tolist()))
    assert after.shown == {
        Slot.SAGITTAL_T2: Pane(T2.id, 2),
        Slot.AXIAL: Pane(AXIAL.id, 3),
        Slot.SAGITTAL_T1: Pane(T1.id, 2),
    }
    nowhere = at_place(study, before, T2, 5, None)
    assert nowhere.shown == {**before.shown, Slot.SAGITTAL_T2: Pane(T2.id, 5)}


def test_a_place_in_a_second_series_brings_that_series_into_its_pane() -> None:
    study = of(*STUDY.series, SECOND_T2)
    panes = at_place(study, panes_of(study), SECOND_T2, 1, None)
    assert panes.current == Pane("s4", 1)


def test_the_nearest_slice_is_that_along_the_normal() -> None:
    assert nearest_slice(T2, beside(T2, 9, 700.0, -500.0)) == 9
    assert nearest_slice(AXIAL, beside(AXIAL, 7, 160.0, 900.0)) == 7
    assert nearest_slice(without_geometry(T2), (0.0, 0.0, 0.0)) is None


def test_scrolling_stops_at_the_ends() -> None:
    panes = panes_of(STUDY)
    assert with_slice(STUDY, panes, -3).current.index == 0
    assert with_slice(STUDY, panes, 99).current.index == 14


def test_the_active_pane_goes_round() -> None:
    panes = panes_of(STUDY)
    seen = [panes.active]
    for _ in range(3):
        panes = with_next_active(panes, 1)
        seen.append(panes.active)
    assert seen == [Slot.SAGITTAL_T2, Slot.AXIAL, Slot.SAGITTAL_T1, Slot.SAGITTAL_T2]
    assert with_next_active(panes, -1).active is Slot.SAGITTAL_T1


def test_what_is_shown_is_decoded_first_and_each_slice_once() -> None:
    panes = replace(panes_of(STUDY), active=Slot.AXIAL)
    order = by_need(STUDY, panes)
    assert order[:3] == [AXIAL.instances[12], T2.instances[7], T1.instances[7]]
    assert len(order) == len(set(order)) == 15 + 15 + 25


def test_the_layout_gives_the_canal_s_series_the_most_room() -> None:
    three = arrange(panes_of(STUDY), 784)
    assert (three.large, three.column) == (Slot.SAGITTAL_T2, (Slot.AXIAL, Slot.SAGITTAL_T1))
    assert three.share > 0.5
    two = arrange(panes_of(of(T1, T2)), 784)
    assert (two.large, two.column, two.share) == (Slot.SAGITTAL_T2, (Slot.SAGITTAL_T1,), 0.5)
    assert arrange(panes_of(of(T1)), 784) == Layout(Slot.SAGITTAL_T1)


def test_an_enlarged_pane_stands_alone() -> None:
    panes = replace(panes_of(STUDY), active=Slot.SAGITTAL_T1, enlarged=True)
    assert arrange(panes, 2000) == Layout(Slot.SAGITTAL_T1)


def test_in_a_narrow_window_the_active_pane_stands_alone() -> None:
    panes = replace(panes_of(STUDY), active=Slot.AXIAL)
    assert arrange(panes, LEAST_WIDTH - 1) == Layout(Slot.AXIAL)
    assert len(arrange(panes, LEAST_WIDTH).visible) == 3


def test_two_panes_exchange_their_places_and_keep_what_they_show() -> None:
    before = with_slice(STUDY, panes_of(STUDY), 5)
    after = exchanged(before, Slot.SAGITTAL_T2, Slot.SAGITTAL_T1)
    assert arrange(after, 784).visible == (Slot.SAGITTAL_T1, Slot.AXIAL, Slot.SAGITTAL_T2)
    assert (after.shown, after.active) == (before.shown, before.active)
    assert list(in_own_places(STUDY, after).shown) == list(before.shown)


def test_the_active_pane_becomes_the_large_one_and_there_goes_back() -> None:
    panes = replace(panes_of(STUDY), active=Slot.AXIAL)
    large = with_active_large(STUDY, panes)
    assert list(large.shown) == [Slot.AXIAL, Slot.SAGITTAL_T2, Slot.SAGITTAL_T1]
    assert list(with_active_large(STUDY, large).shown) == list(panes.shown)
    first = replace(panes, active=Slot.SAGITTAL_T2)
    assert next(iter(with_active_large(STUDY, first).shown)) is Slot.AXIAL, "the large one gives its place to the next"
    alone = panes_of(of(T1))
    assert with_active_large(of(T1), alone).shown == alone.shown


def test_arrows_go_through_exchanged_panes_as_they_lie_and_places_are_found_in_them() -> None:
    left = spot(FORAMEN, Level.L3_L4, Side.LEFT)
    panes = exchanged(panes_of(STUDY), Slot.SAGITTAL_T2, Slot.AXIAL)
    assert with_next_active(replace(panes, active=Slot.AXIAL), 1).active is Slot.SAGITTAL_T2
    gone = at_place(STUDY, panes, T1, left.index, left.location().patient_mm)
    assert gone.active is Slot.SAGITTAL_T1
    assert list(gone.shown) == list(panes.shown)
