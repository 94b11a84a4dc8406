"""Which structures a result speaks of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.analysis.targets import not_graded, targets_of
from lumbar_core.anatomy import LEVELS, STUDY_TARGETS, Condition, Level, Orientation, Reason, Side, Target, Weighting
from lumbar_core.inference.packs import PackSet
from lumbar_core.study import Exclusion, InputKind, KindBasis, SeriesKind
from tests.core.fake_packs import a_pack
from tests.core.fake_studies import a_picture, a_series, a_study

CANAL, FORAMEN, RECESS = Condition
AXIAL = SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.PIXELS)
T1 = SeriesKind(Orientation.SAGITTAL, Weighting.T1, KindBasis.PIXELS)
T2 = SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.PIXELS)


@pytest.mark.parametrize("kind", [InputKind.STUDY, InputKind.SERIES])
def test_a_study_or_series_has_25_structures(kind: InputKind) -> None:
    assert targets_of(replace(a_study(a_series()), kind=kind)) == STUDY_TARGETS
    assert len(STUDY_TARGETS) == 25


def test_a_sagittal_t2_picture_shows_the_canal_at_five_levels() -> None:
    assert targets_of(a_picture(T2)) == tuple(Target(CANAL, level, None) for level in LEVELS)


def test_a_sagittal_t1_picture_shows_one_foramen_a_level_whose_side_is_unknown() -> None:
    assert targets_of(a_picture(T1)) == tuple(Target(FORAMEN, level, None) for level in LEVELS)


def test_an_axial_picture_has_sides_of_the_picture_not_of_the_patient() -> None:
    assert targets_of(a_picture(AXIAL)) == (
        Target(CANAL, Level.UNKNOWN, None),
        *(Target(RECESS, Level.UNKNOWN, None, side) for side in (Side.RIGHT, Side.LEFT)),
    )


def test_an_axial_slice_with_geometry_has_the_patients_sides() -> None:
    slice_ = replace(a_study(a_series(1, AXIAL)), kind=InputKind.SLICE)
    assert targets_of(slice_) == (
        Target(CANAL, Level.UNKNOWN, None),
        *(Target(RECESS, Level.UNKNOWN, side) for side in (Side.RIGHT, Side.LEFT)),
    )


@pytest.mark.parametrize(
    ("condition", "code", "word"),
    [(CANAL, Reason.NO_SERIES, "T2"), (FORAMEN, Reason.NO_PACK, "pack"), (RECESS, Reason.NO_PACK, "pack")],
)
def test_why_nothing_was_tried(condition: Condition, code: Reason, word: str) -> None:
    gap = not_graded(Target(condition, Level.L4_L5, None), a_study(), PackSet((a_pack(),)))
    assert gap.code is code
    assert word in gap.reason


def test_an_excluded_picture_says_why_it_was_excluded() -> None:
    study = a_picture()
    study = study.with_series((replace(study.series[0], excluded=Exclusion(Reason.NOT_LUMBAR, "a photograph")),))
    gap = not_graded(Target(CANAL, Level.L4_L5, None), study, PackSet(()))
    assert (gap.code, gap.reason) == (Reason.NOT_LUMBAR, "a photograph")
