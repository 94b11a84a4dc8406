"""What is drawn over a picture, in image pixels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level, Reason, Side
from lumbar_gui import overlay
from tests.factories import CANAL, FORAMEN, RECESS, not_assessed
from tests.gui.fakes import a_picture_study, a_placed_picture_result, a_placed_result, a_study
from tests.gui.sample import canal_chain, off_midline_mm, spot

STUDY, RESULT = a_study(), a_placed_result()
T2, T1, AXIAL = STUDY.series
RIGHT, MIDDLE, LEFT = (
    spot(FORAMEN, Level.L3_L4, Side.RIGHT).index,
    spot(CANAL, Level.L3_L4).index,
    spot(FORAMEN, Level.L3_L4, Side.LEFT).index,
)


def finding(condition: object, level: Level, side: Side | None = None) -> object:
    return next(f for f in RESULT.findings if (f.condition, f.level, f.side) == (condition, level, side))


def test_every_finding_is_placed_on_the_slices_it_was_seen_on() -> None:
    places = overlay.placed(STUDY, RESULT)
    canal = finding(CANAL, Level.L4_L5)
    seen_on = {place for place, here in places.items() if canal in [f for f, _ in here]}
    assert seen_on == {(T2.id, index) for index in (MIDDLE - 1, MIDDLE, MIDDLE + 1)}


def test_the_chosen_bracket_is_larger_and_drawn_last() -> None:
    canal = finding(CANAL, Level.L2_L3)
    here = overlay.placed(STUDY, RESULT)[T2.id, MIDDLE]
    drawn = overlay.brackets(here, 10.0, canal.key)  # type: ignore[attr-defined]
    assert [b.chosen for b in drawn] == [False] * 4 + [True]
    assert drawn[-1].half > drawn[0].half == 10.0


def test_level_names_stand_in_front_of_the_bodies() -> None:
    names = overlay.level_names(RESULT, T2, T2.instances[MIDDLE], None)
    assert [n.text for n in names] == [level.value for level in LEVELS]
    chain = list(canal_chain().values())
    discs_px = (chain[-1][0] - chain[0][0]) / 4
    for name, (row, column) in zip(names, chain, strict=True):
        assert name.row == row
        assert 1.05 * discs_px < column - name.column < 1.58 * discs_px


def test_a_level_that_a_series_does_not_show_has_no_name_there() -> None:
    lost = not_assessed(CANAL, Level.L1_L2, code=Reason.NOT_LOCATED)
    result = RESULT.with_findings(tuple(lost if each.key == lost.key else each for each in RESULT.findings))
    names = overlay.level_names(result, T2, T2.instances[MIDDLE], None)
    shown = [(level.value, row) for level, (row, _) in canal_chain().items() if level is not Level.L1_L2]
    assert [(name.text, name.row) for name in names] == shown


def test_only_the_chosen_finding_s_level_carries_its_grade_and_only_in_its_own_series() -> None:
    canal = finding(CANAL, Level.L4_L5)
    names = overlay.level_names(RESULT, T2, T2.instances[MIDDLE], canal)  # type: ignore[arg-type]
    assert [n.text for n in names if n.chosen] == ["L4/L5 Severe"]
    elsewhere = overlay.level_names(RESULT, T1, T1.instances[RIGHT], canal)  # type: ignore[arg-type]
    assert not [n.text for n in elsewhere if n.chosen]
    assert [n.text for n in elsewhere] == [level.value for level in LEVELS]


def test_a_finding_without_a_place_is_framed_nowhere_and_the_picture_says_so() -> None:
    lost = next(f for f in RESULT.findings if not f.assessed)
    for series in STUDY.series:
        assert not [n for n in overlay.level_names(RESULT, series, series.instances[RIGHT], lost) if n.chosen]
        assert overlay.NOT_HERE in overlay.corner_words(RESULT, series, RIGHT, lost)[1]
    words = f"RIGHT of midline {off_midline_mm(T1, RIGHT, lost.level):.0f} mm"
    assert overlay.corner_words(RESULT, T1, RIGHT, lost)[1] == f"{words} · {overlay.NOT_HERE}"
    found = finding(CANAL, Level.L4_L5)
    assert overlay.NOT_HERE not in overlay.corner_words(RESULT, T1, RIGHT, found)[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (RIGHT, f"RIGHT of midline {off_midline_mm(T1, RIGHT):.0f} mm"),
        (MIDDLE, "midline"),
        (LEFT, f"LEFT of midline {off_midline_mm(T1, LEFT):.0f} mm"),
    ],
)
def test_a_sagittal_slice_says_where_it_lies(index: int, words: str) -> None:
    assert overlay.corner_words(RESULT, T1, index, None) == (f"Sagittal T1   {index + 1} / 15", words)


def test_a_sagittal_slice_lies_aside_of_where_its_sides_were_told_from() -> None:
    """The canal on the axial slices, and not the T2 slice on which it was graded."""
    midline = {level: (x + 4.0, y, z) for level, (x, y, z) in RESULT.midline.items()}
    words = f"RIGHT of midline {off_midline_mm(T1, RIGHT) + 4:.0f} mm"
    assert overlay.corner_words(replace(RESULT, midline=midline), T1, RIGHT, None)[1] == words
    assert overlay.corner_words(replace(RESULT, midline={}), T1, RIGHT, None)[1] == "", "no side was told"


def test_an_axial_slice_says_its_own_level_whatever_is_chosen() -> None:
    recess = finding(RECESS, Level.L1_L2, Side.LEFT)
    words = [overlay.corner_words(RESULT, AXIAL, index, recess)[1] for index in range(len(AXIAL.instances))]
    named = [word for word in words if word != "between levels"]
    assert named == sorted(named), "from head to foot"
    assert set(named) == {f"at {level}" for level in LEVELS}
    assert "between levels" in words
    assert words == [overlay.corner_words(RESULT, AXIAL, index, None)[1] for index in range(len(AXIAL.instances))]


def test_without_a_placed_canal_an_axial_slice_claims_no_level() -> None:
    nowhere = replace(RESULT, findings=tuple(f for f in RESULT.findings if f.condition is RECESS))
    assert overlay.corner_words(nowhere, AXIAL, 12, None)[1] == ""


def test_a_lone_axial_slice_says_that_its_level_is_unknown() -> None:
    canal = replace(finding(CANAL, Level.L4_L5), level=Level.UNKNOWN)  # type: ignore[type-var]
    index = spot(CANAL, Level.L4_L5, folder=AXIAL.description).index
    lone = replace(RESULT, findings=(canal,))
    assert overlay.corner_words(lone, AXIAL, index, canal)[1] == "level unknown"  # type: ignore[arg-type]


def test_a_picture_without_geometry_claims_no_side() -> None:
    study = a_picture_study()
    assert overlay.corner_words(a_placed_picture_result(), study.series[0], 0, None)[1] == ""
    assert overlay.bracket_half(a_placed_picture_result(), study.series[0], study.series[0].instances[0]) > 5


def test_a_slice_is_drawn_as_a_line_where_it_cuts_another() -> None:
    axial = spot(CANAL, Level.L4_L5, folder=AXIAL.description).instance
    line = overlay.reference_line(axial, T2.instances[MIDDLE])
    assert line is not None
    # The slice was laid through the disc, so that its line runs through the canal, and it is as long as the slice.
    canal = canal_chain()[Level.L4_L5]
    (top, left), (bottom, right) = line
    assert np.interp(canal[1], (left, right), (top, bottom)) == pytest.approx(canal[0], abs=0.2)
    length_mm = math.hypot(bottom - top, right - left) * T2.instances[MIDDLE].plane.spacing_mm[0]  # type: ignore[union-attr]
    assert length_mm == pytest.approx(axial.rows * axial.plane.spacing_mm[0], rel=0.01)  # type: ignore[union-attr]
    assert overlay.reference_line(T1.instances[RIGHT], T2.instances[MIDDLE]) is None


def test_without_geometry_there_is_no_line() -> None:
    picture = a_picture_study().series[0].instances[0]
    assert overlay.reference_line(picture, T2.instances[MIDDLE]) is None
    assert overlay.reference_line(T2.instances[MIDDLE], picture) is None
