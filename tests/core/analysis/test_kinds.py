"""Which series is what, and which one the canal is graded on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.analysis.job import Job, Options
from lumbar_core.analysis.kinds import (
    AXIAL_FRAME_NOTE,
    BLANK,
    FRAME_NOTE,
    LOOKS_FOREIGN,
    LOOKS_TURNED,
    TEXT_NOTE,
    UNDECODABLE,
    recognise_series,
    usable_series,
)
from lumbar_core.anatomy import Condition, Orientation, Reason, Weighting
from lumbar_core.errors import Cancelled, Damaged
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.reading.assemble import exclude_repeats
from lumbar_core.study import Exclusion, Instance, KindBasis, Pixels, Series, SeriesKind, Study
from tests.core.fake_packs import a_recogniser, model_of
from tests.core.fake_studies import STIR, FakePixels, a_picture, a_series, a_study, noise
from tests.core.recognise.texts import with_text

GUESSED_AXIAL = SeriesKind(Orientation.AXIAL, Weighting.T1, KindBasis.NONE)
GUESSED_SAGITTAL = SeriesKind(Orientation.SAGITTAL, Weighting.UNKNOWN, KindBasis.NONE)
BY_USER = SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.USER)
CANAL = Condition.SPINAL_CANAL_STENOSIS


def a_job(
    pack: Pack | None = None,
    read_one: Callable[[Instance], Pixels] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Job:
    packs = PackSet((pack,) if pack else ())
    return Job(packs, FakePixels(read_one), lambda _: None, cancelled, Options())


def recognised(kind: str, probability: float = 0.99, given: SeriesKind | None = None) -> Series:
    study = a_picture(given) if given else a_picture()
    (series,) = recognise_series(study, a_job(a_recogniser(kind, probability))).series
    return series


def test_a_picture_without_header_is_what_it_looks_like() -> None:
    series = recognised("sagittal_t2")
    assert series.kind == SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.PIXELS)
    assert not series.excluded


@pytest.mark.parametrize(("kind", "why"), [("turned", LOOKS_TURNED), ("other", LOOKS_FOREIGN)])
def test_turned_and_foreign_pictures_are_excluded(kind: str, why: str) -> None:
    assert recognised(kind).excluded == why


@pytest.mark.parametrize("given", [STIR, GUESSED_SAGITTAL, None], ids=["a header", "a guess", "a picture"])
def test_a_black_picture_shows_nothing(given: SeriesKind | None) -> None:
    study = a_study(a_series(kind=given)) if given else a_picture()
    job = a_job(a_recogniser("turned"), lambda image: np.zeros((image.rows, image.columns), np.float32))
    (series,) = recognise_series(study, job).series
    assert series.excluded == BLANK


def test_a_picture_that_only_may_be_a_slice_is_excluded() -> None:
    assert recognised("sagittal_t2", 0.55).excluded == LOOKS_FOREIGN


def test_a_turned_slice_is_excluded_even_where_the_header_knows_its_plane() -> None:
    assert recognised("turned", given=GUESSED_SAGITTAL).excluded == LOOKS_TURNED


def test_the_plane_from_the_header_wins_and_keeps_its_weighting() -> None:
    kind = recognised("sagittal_t2", given=GUESSED_AXIAL).kind
    assert (kind.orientation, kind.weighting) == (Orientation.AXIAL, Weighting.T1)


def test_within_the_plane_of_the_header_the_picture_tells_the_weighting() -> None:
    kind = recognised("sagittal_t1", given=GUESSED_SAGITTAL).kind
    assert kind == SeriesKind(Orientation.SAGITTAL, Weighting.T1, KindBasis.PIXELS)


def test_an_unsure_answer_leaves_the_header_as_it_is() -> None:
    series = recognised("other", 0.9, given=GUESSED_SAGITTAL)
    assert series.kind == GUESSED_SAGITTAL
    assert not series.excluded


@pytest.mark.parametrize("given", [GUESSED_SAGITTAL, STIR], ids=["a guess", "a header"])
def test_a_picture_that_is_surely_something_else_is_excluded_whatever_the_header_says(given: SeriesKind) -> None:
    study = a_study(a_series(kind=given))
    (series,) = recognise_series(study, a_job(a_recogniser("other"))).series
    assert series.excluded == LOOKS_FOREIGN


def test_what_the_user_says_is_not_asked_again() -> None:
    pack = a_recogniser("turned")
    study = a_study(a_series(kind=SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.USER)))
    assert recognise_series(study, a_job(pack)).series == study.series
    assert model_of(pack).runs == []


@pytest.mark.parametrize(("kind", "probability"), [("sagittal_t2", 0.99), ("other", 0.9)])
def test_a_header_that_the_picture_does_not_contradict_stands(kind: str, probability: float) -> None:
    study = a_study(a_series(kind=STIR))
    assert recognise_series(study, a_job(a_recogniser(kind, probability))).series == study.series


def test_a_header_that_the_picture_contradicts_stands_with_a_note() -> None:
    job = a_job(a_recogniser("axial_t2"))
    once = recognise_series(a_study(a_series(kind=STIR)), job)
    (series,) = recognise_series(once, job).series
    assert series.kind == STIR
    assert series.notes == ("the header calls this series sagittal STIR, but its picture looks like axial T2",)


def test_a_series_whose_picture_lies_turned_under_an_upright_header_is_excluded() -> None:
    (series,) = recognise_series(a_study(a_series(kind=STIR)), a_job(a_recogniser("turned"))).series
    assert series.excluded == LOOKS_TURNED


def unreadable(*numbers: int) -> Callable[[Instance], Pixels]:
    def read(instance: Instance) -> Pixels:
        if instance.instance_number in numbers or not numbers:
            raise Damaged("cut short")
        return noise()

    return read


def test_a_series_is_recognised_by_the_image_nearest_the_middle_that_can_be_decoded() -> None:
    study = a_study(a_series(5, kind=GUESSED_SAGITTAL))
    (series,) = recognise_series(study, a_job(a_recogniser("sagittal_t2"), unreadable(2, 1))).series
    assert series.kind.weighting is Weighting.T2


def test_a_series_without_a_readable_image_says_so() -> None:
    study = a_study(a_series(5, kind=GUESSED_SAGITTAL))
    (series,) = recognise_series(study, a_job(a_recogniser("sagittal_t2"), unreadable())).series
    assert series.excluded == UNDECODABLE


def test_a_series_that_its_header_names_is_left_to_its_other_slices() -> None:
    study = a_study(a_series(5, kind=STIR))
    assert recognise_series(study, a_job(a_recogniser("sagittal_t2"), unreadable())).series == study.series


def test_a_lone_image_that_cannot_be_decoded_is_an_error_with_its_reason() -> None:
    with pytest.raises(Damaged, match="cut short"):
        recognise_series(a_picture(), a_job(a_recogniser("sagittal_t2"), unreadable()))


def repeats(count: int) -> Study:
    """Series of one plane, weighting and coverage, of which the last one is the best."""
    return a_study(*exclude_repeats(tuple(a_series(15 + n, name=f"s{n + 1}") for n in range(count))))


def broken(*names: str) -> Callable[[Instance], Pixels]:
    """Gives the pixels of all series but these."""

    def read_one(image: Instance) -> Pixels:
        if image.source.path.parent.name in names:
            raise Damaged("It is damaged.", "Export it again.")
        return noise()

    return read_one


@pytest.mark.parametrize(("unused", "used"), [((), "s3"), (("s3",), "s2"), (("s3", "s2"), "s1")])
def test_a_repeat_comes_back_where_the_series_used_instead_cannot_be(unused: tuple[str, ...], used: str) -> None:
    found = recognise_series(repeats(3), a_job(a_recogniser("sagittal_t2"), broken(*unused)))
    assert [series.id for series in usable_series(found, CANAL)] == [used]


def test_a_repeat_comes_back_where_the_user_leaves_the_better_one_out() -> None:
    first, second = repeats(2).series
    left_out = replace(second, excluded=Exclusion(Reason.NO_SERIES, "left out"))
    found = recognise_series(a_study(first, left_out), a_job(a_recogniser("sagittal_t2")))
    assert [series.id for series in usable_series(found, CANAL)] == ["s1"]


def test_a_picture_that_only_may_contradict_its_header_is_no_news() -> None:
    study = a_study(a_series(kind=STIR))
    assert recognise_series(study, a_job(a_recogniser("axial_t2", 0.9))).series == study.series


def test_the_middle_slice_is_looked_at() -> None:
    job = a_job(a_recogniser("sagittal_t2"))
    recognise_series(a_study(a_series(5, GUESSED_SAGITTAL)), job)
    assert isinstance(job.pixels, FakePixels)
    assert [image.instance_number for image in job.pixels.read_images] == [2]


def framed(_: Instance) -> Pixels:
    return np.pad(noise(108, 76), 10, constant_values=250)


def annotated(_: Instance) -> Pixels:
    return with_text(np.zeros((200, 200), np.float32), "W 840 L 428", (5, 5))


@pytest.mark.parametrize(("shown", "note"), [(framed, FRAME_NOTE), (annotated, TEXT_NOTE)])
@pytest.mark.parametrize("study", [a_picture(), a_study(a_series(kind=STIR))], ids=["a picture", "with a header"])
def test_a_frame_and_burned_text_are_noted_once(study: Study, shown: Callable[[Instance], Pixels], note: str) -> None:
    job = a_job(a_recogniser("sagittal_t2"), shown)
    opened = recognise_series(study, job)
    assert [series.notes for series in recognise_series(opened, job).series] == [(note,)]


def test_an_axial_slice_with_a_place_has_a_frame_that_nothing_was_cut_from() -> None:
    axial = a_series(kind=SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.HEADER))
    (series,) = recognise_series(a_study(axial), a_job(a_recogniser("axial_t2"), framed)).series
    assert series.notes == (AXIAL_FRAME_NOTE,)


def test_a_series_with_a_header_is_recognised_inside_its_frame() -> None:
    pack = a_recogniser("sagittal_t2")
    recognise_series(a_study(a_series(kind=STIR)), a_job(pack, framed))
    recognise_series(a_study(a_series(kind=STIR)), a_job(pack, lambda _: noise(108, 76)))
    inside, plain = model_of(pack).runs
    np.testing.assert_allclose(inside, plain, atol=1e-5)


def test_without_a_recogniser_nothing_is_guessed() -> None:
    study = a_picture()
    assert recognise_series(study, a_job()).series == study.series


def test_a_cancel_ends_recognition() -> None:
    with pytest.raises(Cancelled):
        recognise_series(a_picture(), a_job(a_recogniser("other"), cancelled=lambda: True))


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        (a_series(2), a_series(15, name="s2"), "s2"),  # a whole one before a few slices
        (a_series(15, STIR), a_series(15, name="s2"), "s2"),  # T2 before STIR
        (a_series(15, rows=128), a_series(15, name="s2", rows=512), "s2"),  # the finer one
        (a_series(15), a_series(15, name="s2"), "s1"),  # else the first
        (a_series(15, STIR), a_series(1, name="s2"), "s1"),
        (a_series(15, rows=512), a_series(9, BY_USER, name="s2"), "s2"),  # what the user says before all
    ],
)
def test_of_two_sagittal_t2_series_the_best_comes_first(first: Series, second: Series, best: str) -> None:
    found = usable_series(a_study(first, second), CANAL)
    assert found[0].id == best
    assert len(found) == 2


@pytest.mark.parametrize(
    "kind",
    [
        SeriesKind(Orientation.SAGITTAL, Weighting.T1, KindBasis.HEADER),
        SeriesKind(Orientation.SAGITTAL, Weighting.UNKNOWN, KindBasis.HEADER),
        SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.HEADER),
        SeriesKind(Orientation.CORONAL, Weighting.T2, KindBasis.HEADER),
    ],
)
def test_other_planes_and_weightings_are_not_graded_for_the_canal(kind: SeriesKind) -> None:
    assert usable_series(a_study(a_series(kind=kind)), CANAL) == []
