"""One numbering for a study, and sides told from the canal: never from the sign of a coordinate."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level, Side
from lumbar_core.geometry import Plane, Points3
from lumbar_core.localise.frame import LEAST_ASIDE_MM, LevelFrame, Vote, fit_frame, side_on_slice

DISC_MM = 35.0


def spine(middle_mm: float = 0.0, bow_mm: float = 0.0, levels: tuple[Level, ...] = LEVELS) -> dict[Level, Points3]:
    """Canal points, 35 mm apart, with the middle level's canal `bow_mm` aside of the outer ones'."""
    return {
        level: np.array([middle_mm + bow_mm * (1 - abs(index - 2) / 2), 3.0 * index, 70.0 - DISC_MM * index])
        for index, level in enumerate(LEVELS)
        if level in levels
    }


def a_vote(places: dict[Level, Points3], series: str = "t2", weight: float = 10.0, canal: bool = True) -> Vote:
    return Vote(series, f"frame of {series}", places, weight, canal)


def fitted(*votes: Vote) -> LevelFrame:
    frame = fit_frame(votes)
    assert frame is not None
    return frame


def moved(places: dict[Level, Points3], by_levels: int) -> dict[Level, Points3]:
    """The same discs, counted `by_levels` further down."""
    pairs = zip(LEVELS[: len(LEVELS) - by_levels], LEVELS[by_levels:], strict=True)
    return {lower: places[upper] for upper, lower in pairs}


def axial(z: float, tilt_deg: float = 0.0) -> Plane:
    back = np.array([0.0, np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))])
    return Plane(np.array([-80.0, 0.0, z]) - 80 * back, back, np.array([1.0, 0.0, 0.0]), (0.6, 0.6))


def test_without_a_level_there_is_no_frame() -> None:
    assert fit_frame([]) is None
    assert fit_frame([a_vote({})]) is None


def test_the_canal_s_own_series_leads_however_sure_another_is() -> None:
    beside = {level: place + np.array([14.0, -4.0, 6.0]) for level, place in spine().items()}
    frame = fitted(a_vote(beside, "t1", weight=99.0, canal=False), a_vote(spine()))
    assert frame.agreed == ("t2", "t1")
    assert frame.disagreed == ()
    assert frame.places[Level.L3_L4] == pytest.approx(spine()[Level.L3_L4])
    assert frame.disc_mm == pytest.approx(np.hypot(DISC_MM, 3.0))


@pytest.mark.parametrize("by_levels", [1, 2])
def test_a_planted_off_by_one_is_a_disagreement(by_levels: int) -> None:
    frame = fitted(a_vote(spine()), a_vote(moved(spine(), by_levels), "t1", weight=3.0))
    assert frame.disagreed == ("t1",)
    assert frame.agreed == ("t2",)


@pytest.mark.parametrize(("discs", "disagreed"), [(0.45, ()), (0.55, ("t1",)), (-0.45, ()), (-0.55, ("t1",))])
def test_series_that_lie_more_than_half_a_disc_apart_along_the_spine_disagree(
    discs: float, disagreed: tuple[str, ...]
) -> None:
    shift = discs * np.array([0.0, 3.0, -DISC_MM])
    beside = {level: place + shift for level, place in spine().items()}
    assert fitted(a_vote(spine()), a_vote(beside, "t1", 3.0)).disagreed == disagreed


def test_series_without_a_level_in_common_are_compared_by_where_the_levels_would_be() -> None:
    upper, lower = spine(levels=LEVELS[:3]), spine(levels=LEVELS[3:])
    assert fitted(a_vote(upper), a_vote(lower, "t1", 3.0)).disagreed == ()
    wrong = {Level.L4_L5: lower[Level.L4_L5] - np.array([0.0, 0.0, DISC_MM])}
    assert fitted(a_vote(upper), a_vote(wrong, "t1", 3.0)).disagreed == ("t1",)


def test_a_series_of_another_frame_of_reference_is_used_and_named() -> None:
    same = Vote("stir", "frame of t2", spine(), 5.0, True)
    frame = fitted(a_vote(spine()), same, a_vote(spine(2.0), "t1", 3.0, canal=False))
    assert frame.agreed == ("t2", "stir", "t1")
    assert frame.strangers == ("t1",)


def test_an_axial_slice_belongs_to_the_level_nearest_along_its_normal() -> None:
    frame = fitted(a_vote(spine()))
    for level, place in spine().items():
        for off in (-4.0, 0.0, 4.0):
            assert frame.level_of(axial(place[2] + off)) is level
        assert frame.level_of(axial(place[2] + 9.0)) is None
    # Tilted by 25° it cuts the canal elsewhere than the picture's middle lies.
    low = spine()[Level.L5_S1]
    assert frame.level_of(axial(low[2] - low[1] * np.tan(np.deg2rad(-25)), -25.0)) is Level.L5_S1


@pytest.mark.parametrize("middle_mm", [-30.0, 0.0, 30.0])
def test_a_side_is_told_from_the_canal_wherever_the_patient_lies(middle_mm: float) -> None:
    frame, aside = fitted(a_vote(spine(middle_mm))), np.array([14.0, 0.0, 0.0])
    for level in LEVELS:
        place = frame.places[level]
        assert frame.side_of(place + aside, level) is Side.LEFT
        assert frame.side_of(place - aside, level) is Side.RIGHT
        assert frame.side_of(place + 0.3 * aside, level) is None


def test_a_bowed_spine_has_its_middle_at_each_level_and_between_placed_ones() -> None:
    bowed = spine(bow_mm=20.0)
    del bowed[Level.L3_L4]
    frame = fitted(a_vote(bowed))
    assert frame.side_of(np.array([0.0, 0.0, 0.0]), Level.L3_L4) is Side.RIGHT, "ten to the left is the middle there"
    assert frame.side_of(np.array([12.0, 0.0, 70.0]), Level.L1_L2) is Side.LEFT


def across(frame: LevelFrame, moved_mm: dict[Level, float]) -> dict[Level, Points3]:
    """Where axial slices have the canal: so far to the left of where the frame has it."""
    return {level: frame.places[level] + np.array([by, 5.0, 0.0]) for level, by in moved_mm.items()}


def test_sides_are_told_from_where_axial_slices_have_the_canal() -> None:
    frame = fitted(a_vote(spine(middle_mm=-20.0)))
    told = frame.with_canals(across(frame, {Level.L4_L5: 4.0, Level.L5_S1: -5.0}))
    assert told.torn == {}
    assert [told.aside_mm(frame.places[level], level) for level in LEVELS] == pytest.approx([0, 0, 0, -4, 5])
    assert told.places == frame.places, "levels are still counted on the sagittal series"


def test_the_midline_is_where_sides_are_told_from() -> None:
    frame = fitted(a_vote(spine()))
    told = frame.with_canals(across(frame, {Level.L4_L5: 4.0}))
    assert all(told.aside_mm(place, level) == pytest.approx(0.0) for level, place in told.midline.items())
    assert told.midline[Level.L4_L5] == pytest.approx(frame.places[Level.L4_L5] + np.array([4.0, 0.0, 0.0]))
    assert fitted(a_vote(spine(), canal=False)).midline == {}


@pytest.mark.parametrize("of_axial", [False, True])
def test_at_a_level_where_one_series_is_wrong_the_others_tell_the_sides(of_axial: bool) -> None:
    true, wrong = spine(), spine()
    wrong[Level.L5_S1] = true[Level.L5_S1] + np.array([12.0, 0.0, 0.0])
    frame = fitted(a_vote(true if of_axial else wrong)).with_canals(wrong if of_axial else true)
    assert frame.torn == {Level.L5_S1: 12.0}
    for side, aside in ((Side.LEFT, 9.0), (Side.RIGHT, -9.0)):
        assert frame.side_of(true[Level.L5_S1] + np.array([aside, 0.0, 0.0]), Level.L5_S1) is side


def test_two_sagittal_series_that_have_the_canal_aside_of_each_other_tell_no_side() -> None:
    """A T1 series that was taken for T2 shows what looks like the canal on slices through the foramina."""
    frame = fitted(a_vote(spine()), a_vote(spine(middle_mm=12.0), "t1 taken for t2", weight=40.0))
    assert set(frame.torn.values()) == {12.0}
    assert not frame.has_midline
    assert frame.side_of(frame.places[Level.L3_L4] + np.array([14.0, 0.0, 0.0]), Level.L3_L4) is None


def test_axial_slices_that_bear_the_leading_series_out_settle_it() -> None:
    """The other one was taken after the patient had moved on the table."""
    frame = fitted(a_vote(spine(), weight=40.0), a_vote(spine(middle_mm=9.0), "repeated"))
    told = frame.with_canals(across(frame, dict.fromkeys(LEVELS[:3], 1.0)))
    assert told.has_midline
    assert set(told.torn) == set(LEVELS[3:])
    assert told.side_of(frame.places[Level.L3_L4] + np.array([14.0, 0.0, 0.0]), Level.L3_L4) is Side.LEFT
    assert not frame.with_canals(across(frame, dict.fromkeys(LEVELS[:2], 1.0))).has_midline, "too few to settle it"


def test_of_a_patient_who_moved_between_the_series_the_sagittal_one_keeps_its_middle() -> None:
    frame = fitted(a_vote(spine()))
    told = frame.with_canals(across(frame, dict.fromkeys(LEVELS, -11.0) | {Level.L1_L2: 0.0}))
    assert set(told.torn) == set(LEVELS) - {Level.L1_L2}
    assert told.middles == frame.middles


def test_axial_slices_that_agree_at_half_of_the_levels_tell_the_sides_there() -> None:
    frame = fitted(a_vote(spine()))
    told = frame.with_canals(across(frame, dict.fromkeys(LEVELS[:2], 3.0) | dict.fromkeys(LEVELS[2:4], -11.0)))
    assert set(told.torn) == set(LEVELS[2:4])
    assert told.middles == {**dict.fromkeys(LEVELS[:2], 3.0), Level.L5_S1: 0.0}


def test_without_a_series_of_the_canal_nothing_tells_the_sides() -> None:
    frame = fitted(a_vote(spine(), "t1", canal=False))
    assert frame.side_of(np.array([40.0, 0.0, 0.0]), Level.L3_L4) is None
    assert not frame.with_canals(across(frame, {Level.L3_L4: 0.0})).has_midline


def foramina(frame: LevelFrame, *aside_mm: float) -> dict[Level, list[Points3]]:
    """Where a series shows the foramina of each level: so far to the left of the canal."""
    return {level: [place + np.array([off, 8.0, 0.0]) for off in aside_mm] for level, place in frame.places.items()}


@pytest.mark.parametrize("moved_mm", [-20.0, 0.0, 20.0])
def test_foramina_lie_evenly_about_the_canal_however_many_slices_show_either(moved_mm: float) -> None:
    frame = fitted(a_vote(spine(middle_mm=-35.0, bow_mm=12.0)))
    shown = foramina(frame, *(off + moved_mm for off in (-22.0, -18.0, -14.0, 14.0)))
    assert frame.midway_aside_mm(shown) == pytest.approx(moved_mm)


def test_the_middle_of_the_foramina_is_that_of_most_levels() -> None:
    frame = fitted(a_vote(spine()))
    odd = {level: foramina(frame, -5.0, 25.0)[level] for level in LEVELS[:2]}
    assert frame.midway_aside_mm({**foramina(frame, -15.0, 15.0), **odd}) == pytest.approx(0.0)


@pytest.mark.parametrize("aside_mm", [(), (14.0,), (14.0, 18.0, 22.0), (-5.0, 6.0)])
def test_where_no_level_shows_both_foramina_nothing_tells_their_middle(aside_mm: tuple[float, ...]) -> None:
    frame = fitted(a_vote(spine()))
    assert frame.midway_aside_mm(foramina(frame, *aside_mm)) is None
    no_middle = fitted(a_vote(spine(), "t1", canal=False))
    assert no_middle.midway_aside_mm(foramina(frame, -15.0, 15.0)) is None


@pytest.mark.parametrize("right", [1.0, -1.0])
@pytest.mark.parametrize("origin_mm", [-90.0, 40.0])
def test_on_an_axial_slice_the_side_is_the_patient_s_whichever_way_its_columns_run(
    right: float, origin_mm: float
) -> None:
    plane = Plane.from_dicom([origin_mm, 0.0, 0.0], [right, 0, 0, 0, 1, 0], [0.5, 0.5])
    canal, beside = np.array([30.0, 60.0]), np.array([26.0, 80.0])
    assert side_on_slice(plane, beside, canal) is (Side.LEFT if right > 0 else Side.RIGHT)
    assert side_on_slice(plane, canal, beside) is (Side.RIGHT if right > 0 else Side.LEFT)
    near = canal + np.array([0.0, 1.9 * LEAST_ASIDE_MM])
    assert side_on_slice(plane, near, canal) is None
