"""What is drawn over a picture, in image pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.anatomy import LEVELS, Level, Side
from lumbar_gui import overlay
from tests.factories import CANAL, RECESS
from tests.gui.fakes import CHAIN, a_picture_study, a_placed_picture_result, a_placed_result, a_study

STUDY, RESULT = a_study(), a_placed_result()
T1, T2, AXIAL = STUDY.series


def finding(condition: object, level: Level, side: Side | None = None) -> object:
    return next(f for f in RESULT.findings if (f.condition, f.level, f.side) == (condition, level, side))


def test_every_finding_is_placed_on_the_slices_it_was_seen_on() -> None:
    places = overlay.placed(STUDY, RESULT)
    canal = finding(CANAL, Level.L4_L5)
    assert {place for place, here in places.items() if canal in [f for f, _ in here]} == {
        ("s2", 6),
        ("s2", 7),
        ("s2", 8),
    }


def test_the_chosen_bracket_is_larger_and_drawn_last() -> None:
    canal = finding(CANAL, Level.L2_L3)
    here = overlay.placed(STUDY, RESULT)["s2", 7]
    drawn = overlay.brackets(here, 10.0, canal.key)  # type: ignore[attr-defined]
    assert [b.chosen for b in drawn] == [False] * 4 + [True]
    assert drawn[-1].half > drawn[0].half == 10.0


def test_level_names_stand_in_front_of_the_bodies() -> None:
    names = overlay.level_names(RESULT, T2, T2.instances[7], None)
    assert [n.text for n in names] == [level.value for level in LEVELS]
    for name, (row, column) in zip(names, CHAIN.values(), strict=True):
        assert name.row == row
        assert 40 < column - name.column < 60  # the disc distance is 38 pixels


def test_only_the_chosen_finding_s_level_carries_its_grade_and_only_in_its_own_series() -> None:
    canal = finding(CANAL, Level.L4_L5)
    names = overlay.level_names(RESULT, T2, T2.instances[7], canal)  # type: ignore[arg-type]
    assert [n.text for n in names if n.chosen] == ["L4/L5 Severe"]
    elsewhere = overlay.level_names(RESULT, T1, T1.instances[3], canal)  # type: ignore[arg-type]
    assert not [n.text for n in elsewhere if n.chosen]
    assert [n.text for n in elsewhere] == [level.value for level in LEVELS]


def test_a_finding_without_a_place_is_framed_nowhere_and_the_picture_says_so() -> None:
    lost = next(f for f in RESULT.findings if not f.assessed)
    for series in STUDY.series:
        assert not [n for n in overlay.level_names(RESULT, series, series.instances[3], lost) if n.chosen]
        assert overlay.NOT_HERE in overlay.corner_words(RESULT, series, 3, lost)[1]
    assert overlay.corner_words(RESULT, T1, 3, lost)[1] == f"RIGHT of midline 16 mm · {overlay.NOT_HERE}"
    found = finding(CANAL, Level.L4_L5)
    assert overlay.NOT_HERE not in overlay.corner_words(RESULT, T1, 3, found)[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("index", "words"), [(3, "RIGHT of midline 16 mm"), (7, "midline"), (11, "LEFT of midline 16 mm")]
)
def test_a_sagittal_slice_says_where_it_lies(index: int, words: str) -> None:
    assert overlay.corner_words(RESULT, T1, index, None) == (f"Sagittal T1   {index + 1} / 15", words)


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


def test_a_picture_without_geometry_claims_no_side() -> None:
    study = a_picture_study()
    assert overlay.corner_words(a_placed_picture_result(), study.series[0], 0, None)[1] == ""
    assert overlay.bracket_half(a_placed_picture_result(), study.series[0], study.series[0].instances[0]) > 5


def test_a_slice_is_drawn_as_a_line_where_it_cuts_another() -> None:
    line = overlay.reference_line(AXIAL.instances[19], T2.instances[7])
    assert line is not None
    # The axial slice lies at z = -44 mm; the sagittal picture begins at z = 140 with rows of 0.9 mm.
    assert [row for row, _ in line] == pytest.approx([184 / 0.9] * 2)
    assert overlay.reference_line(T1.instances[3], T2.instances[7]) is None


def test_without_geometry_there_is_no_line() -> None:
    picture = a_picture_study().series[0].instances[0]
    assert overlay.reference_line(picture, T2.instances[7]) is None
    assert overlay.reference_line(T2.instances[7], picture) is None
