"""What is told before anything is graded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.analysis.kinds import LOOKS_FOREIGN, LOOKS_TURNED
from lumbar_core.anatomy import Condition, Orientation, Reason, Weighting
from lumbar_core.inference.packs import PackSet
from lumbar_core.study import Exclusion, InputKind, KindBasis, SeriesKind
from lumbar_gui import expectation
from tests.core.fake_packs import a_pack, an_axial_canal_grader
from tests.factories import CANAL
from tests.gui.fakes import a_picture_study, a_study, some_packs

ALL = frozenset(Condition)


def test_a_whole_study_promises_all_three() -> None:
    expected = expectation.expectations(a_study(), ALL)
    assert all(e.will for e in expected)
    assert expected[0].sentence == "Canal, five levels"


def test_without_a_pack_nothing_is_promised_and_the_pack_is_named_as_the_reason() -> None:
    packed = expectation.packed_conditions(some_packs(CANAL))
    canal, foramina, recesses = expectation.expectations(a_study(), packed)
    assert canal.will
    assert "no pack" in foramina.sentence
    assert not recesses.will


def test_without_a_series_the_missing_series_is_named() -> None:
    study = a_study()
    t2, _, axial = study.series
    study = study.with_series((t2, axial))
    assert "no sagittal T1" in expectation.expectations(study, ALL)[1].sentence


def test_an_excluded_series_promises_nothing_and_says_why() -> None:
    study = a_study()
    out = replace(study.series[0], excluded=Exclusion(Reason.NOT_LUMBAR, "CT, not MR."))
    assert not expectation.expectations(study.with_series((out,)), ALL)[0].will
    assert expectation.series_use(study, out, ALL) == (False, "not used: CT, not MR")
    assert not expectation.may_change(out)
    assert not expectation.can_be_graded(study.with_series((out,)))


def test_a_lone_picture_promises_no_more_than_it_shows() -> None:
    assert expectation.expectations(a_picture_study(), ALL)[0].sentence == "Canal, where this picture shows it"
    t1 = expectation.expectations(a_picture_study(Weighting.T1), ALL)
    assert t1[1].sentence == "Foramina, where this picture shows them"


def test_slices_with_a_gap_are_not_called_in_order() -> None:
    series = replace(a_study().series[0], slice_spacing_mm=4.5)
    assert expectation.series_slices(series).endswith("4.5 mm apart, in order")
    torn = expectation.series_slices(replace(series, gap_mm=13.4))
    assert torn.endswith("4.5 mm apart but for a gap of 13 mm")


def test_the_user_s_word_on_a_series_is_taken_and_said() -> None:
    series = expectation.with_role(a_picture_study().series[0], "Axial T2")
    assert series.kind == SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.USER)
    assert expectation.series_slices(series) == "1 picture · set by you"
    assert expectation.used_for(series, ALL) == (Condition.SUBARTICULAR_STENOSIS,)


def test_an_axial_series_that_adds_to_the_canal_says_so() -> None:
    t2, _, axial = a_study().series
    both = frozenset({CANAL})
    assert expectation.series_use(a_study(), axial, ALL, both) == (
        True,
        "will be used for canal stenosis and lateral recess stenosis, left and right",
    )
    assert expectation.used_for(axial, (CANAL,), both) == (CANAL,)
    assert expectation.used_for(t2, ALL, both) == expectation.used_for(t2, ALL) == (CANAL,)
    assert not expectation.series_use(a_study(series=(axial,)), axial, (CANAL,), both)[0]


def test_what_adds_to_a_condition_is_no_pack_for_it() -> None:
    first, second = a_pack(), an_axial_canal_grader(lambda _: (0.0, 0.0, 0.0))
    told = [(expectation.packed_conditions(packs), expectation.packed_for_axial(packs))
            for packs in (PackSet((first,)), PackSet((first, second)), PackSet((second,)))]  # fmt: skip
    assert told == [({CANAL}, set()), ({CANAL}, {CANAL}), (set(), set())]


def test_a_series_left_out_can_be_taken_back() -> None:
    left_out = expectation.with_role(a_study().series[1], expectation.NOT_USED)
    assert not expectation.series_use(a_study(), left_out, ALL)[0]
    assert expectation.may_change(left_out)
    assert not expectation.with_role(left_out, "Sagittal T1").excluded


@pytest.mark.parametrize("opinion", [LOOKS_TURNED, LOOKS_FOREIGN])
def test_the_user_s_word_goes_before_what_a_series_looks_like_and_is_flagged(opinion: Exclusion) -> None:
    doubted = replace(a_study().series[0], excluded=opinion)
    assert expectation.may_change(doubted)
    left_out = expectation.with_role(doubted, expectation.NOT_USED)
    for before in (doubted, left_out):
        taken = expectation.with_role(before, "Sagittal T2")
        assert not taken.excluded
        assert taken.notes == (opinion.overruled,)
        assert expectation.with_role(taken, "Sagittal STIR").notes == taken.notes


def test_a_repeat_may_be_used_instead() -> None:
    repeat = replace(a_study().series[0], excluded=Exclusion(Reason.NO_SERIES, "A repeat.", "s2", overruled=""))
    assert expectation.may_change(repeat)
    taken = expectation.with_role(repeat, "Sagittal T2")
    assert (taken.excluded, taken.notes) == (None, ())


@pytest.mark.parametrize(
    ("study", "title"),
    [
        (a_study(), "Study of 3 series, 55 images"),
        (a_picture_study(), "One picture"),
        (a_study(kind=InputKind.SLICE), "One slice"),
        (a_study(kind=InputKind.SERIES), "Series of 55 images"),
    ],
)
def test_the_title_counts_and_names_nobody(study: object, title: str) -> None:
    assert expectation.study_title(study) == title  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("date", "words"), [("20240503", "3 May 2024"), (None, ""), ("2024", "2024"), ("20249903", "20249903")]
)
def test_dates_are_written_as_people_write_them(date: str | None, words: str) -> None:
    assert expectation.readable_date(date) == words


def test_a_t1_series_alone_promises_no_foramina_because_its_sides_are_unknown() -> None:
    t2, t1, _ = a_study().series
    alone = expectation.expectations(a_study(kind=InputKind.SERIES, series=(t1,)), ALL)
    assert not any(e.will for e in alone)
    assert "left and right cannot be told" in alone[1].sentence
    use = expectation.series_use(a_study(kind=InputKind.SERIES, series=(t1,)), t1, ALL)
    assert use == (False, "not used: without a sagittal T2 left and right cannot be told")
    assert expectation.series_use(a_study(), t1, ALL) == (True, "will be used for foraminal narrowing, left and right")
    lone = a_picture_study(Weighting.T1)
    assert expectation.series_use(lone, lone.series[0], ALL)[1] == "will be used for foraminal narrowing, side unknown"
    assert expectation.expectations(a_study(series=(t1, t2)), ALL)[1].will
    assert expectation.expectations(a_picture_study(Weighting.T1), ALL)[1].will, "a lone picture is graded without side"


@pytest.mark.parametrize(
    ("lost", "promised"), [(0, [True, False, False]), (1, [True, False, True]), (2, [True, True, False])]
)
def test_what_needs_the_place_of_slices_is_not_promised_where_the_files_do_not_tell_it(
    lost: int, promised: list[bool]
) -> None:
    series = list(a_study().series)
    series[lost] = replace(
        series[lost], instances=tuple(replace(image, plane=None) for image in series[lost].instances)
    )
    study = a_study(series=tuple(series))
    expected = expectation.expectations(study, ALL)
    assert [each.will for each in expected] == promised
    assert all("do not tell where their slices lie" in each.sentence for each in expected if not each.will)
    used = [expectation.series_use(study, each, ALL) for each in series]
    assert [will for will, _ in used] == promised
    assert all(words == "not used: the files do not tell where their slices lie" for will, words in used if not will)


def test_axial_slices_without_a_sagittal_t2_promise_no_recesses_because_their_levels_are_unknown() -> None:
    _, t1, axial = a_study().series
    for study in (a_study(series=(t1, axial)), a_study(kind=InputKind.SERIES, series=(axial,))):
        recesses = expectation.expectations(study, ALL)[2]
        assert (recesses.will, "level of an axial slice cannot be told" in recesses.sentence) == (False, True)
        assert expectation.series_use(study, axial, ALL)[1].startswith("not used: without a sagittal T2 the level")
    assert expectation.series_use(a_study(), axial, ALL)[0]


def test_a_lone_axial_slice_promises_what_it_shows_surely_without_a_level() -> None:
    axial = a_study().series[2]
    lone = a_study(kind=InputKind.SLICE, series=(replace(axial, instances=axial.instances[:1]),))
    canal, foramina, recesses = expectation.expectations(lone, ALL)
    assert [each.will for each in (canal, foramina, recesses)] == [False, False, True]
    assert "no pack for it on axial slices" in canal.sentence
    assert recesses.sentence == "Lateral recesses, where this picture shows them surely; level unknown"
    assert expectation.expectations(lone, ALL, frozenset({CANAL}))[0].will
    use = "will be used for lateral recess stenosis, left and right, level unknown"
    assert expectation.series_use(lone, lone.series[0], ALL) == (True, use)


def test_the_slices_beside_a_lone_one_are_recommended_where_they_add_something() -> None:
    t2, t1, axial = a_study().series
    siblings = tuple(Path(f"{n}.dcm") for n in range(14))
    canal = expectation.beside_words(a_study(kind=InputKind.SLICE, series=(t2,), siblings=siblings))
    assert canal[1] == "Load all (recommended)"
    assert "14 more slices" in canal[0]
    assert "for foramina and recesses" in canal[0], "a T2 series alone has no sides"
    for lone in (t1, axial):
        alone = expectation.beside_words(a_study(kind=InputKind.SLICE, series=(lone,), siblings=siblings))
        assert alone[1] is None, "a whole series of it without its study has no side or level, and no grade"
        assert "Open the folder of the whole study, with its sagittal T2" in alone[0]


def test_the_slices_beside_one_that_was_not_recognised_can_be_loaded() -> None:
    unknown = replace(a_study().series[0], excluded=Exclusion(Reason.NOT_LUMBAR, "Not lumbar."))
    beside = expectation.beside_words(
        a_study(kind=InputKind.SLICE, series=(unknown,), siblings=(Path("2.dcm"), Path("3.dcm")))
    )
    assert beside == ("2 more slices of it lie in the same folder.", "Load all")
