"""Plane, weighting, exclusions and flags from what a header says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.reading import read_study
from lumbar_core.reading.kinds import (
    NOT_UPRIGHT,
    kind_from_header,
    notes_on,
    weighting_from_times,
    weighting_from_words,
    why_excluded,
)
from lumbar_core.reading.records import Acquisition
from lumbar_core.study import KindBasis, SeriesKind
from tests.core.reading.dicom_files import write_series

SE, GR, IR = frozenset({"SE"}), frozenset({"GR"}), frozenset({"SE", "IR"})


def made(repetition: float | None, echo: float | None, sequence: frozenset[str] = SE, **more: Any) -> Acquisition:
    return Acquisition(repetition_time_ms=repetition, echo_time_ms=echo, scanning_sequence=sequence, **more)


@pytest.mark.parametrize(
    ("acquisition", "weighting"),
    [
        (made(550, 11), Weighting.T1),
        (made(1050, 20), Weighting.T1),  # turbo spin echo at 3 T
        (made(3500, 105), Weighting.T2),
        (made(1000, 120), Weighting.T2),  # 3D T2
        (made(2500, 30), Weighting.PD),
        (made(4000, 60, IR, inversion_time_ms=150), Weighting.STIR),
        (made(5000, 45, IR, inversion_time_ms=220), Weighting.STIR),  # 3 T
        (made(2000, 9, IR, inversion_time_ms=860), Weighting.T1),  # T1 FLAIR
        (made(9000, 110, IR, inversion_time_ms=2500), Weighting.UNKNOWN),  # T2 FLAIR
        (made(500, 15, GR, flip_angle_deg=20), Weighting.UNKNOWN),  # T2*
        (made(150, 5, GR, flip_angle_deg=70), Weighting.T1),
        (made(4000, 80, frozenset({"SE", "EP"})), Weighting.UNKNOWN),
        (made(None, 105), Weighting.UNKNOWN),
        (made(550, None), Weighting.UNKNOWN),
        (made(4000, 60, IR), Weighting.UNKNOWN),  # inverted, but not said for how long
    ],
)
def test_times_tell_the_weighting(acquisition: Acquisition, weighting: Weighting) -> None:
    assert weighting_from_times(acquisition) is weighting


@pytest.mark.parametrize(
    ("words", "weighting"),
    [
        ("T2_TSE_sag", Weighting.T2),
        ("t1w tse ax", Weighting.T1),
        ("SAG STIR", Weighting.STIR),
        ("T2 TIRM", Weighting.STIR),
        ("T1 and T2", Weighting.UNKNOWN),
        ("LWS sagittal", Weighting.UNKNOWN),
        ("FT2000", Weighting.UNKNOWN),
        ("", Weighting.UNKNOWN),
    ],
)
def test_words_are_read_whole(words: str, weighting: Weighting) -> None:
    assert weighting_from_words(words) is weighting


@pytest.mark.parametrize("words", ["", "Wirbelsäule A", "LSWK", "T2 sag", "сагиттальная"])
def test_which_words_a_hospital_uses_does_not_matter(words: str) -> None:
    kind = kind_from_header(Orientation.SAGITTAL, made(3500, 105, words=words))
    assert kind == SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.HEADER)


def test_words_that_contradict_the_times_leave_the_picture_to_decide() -> None:
    kind = kind_from_header(Orientation.SAGITTAL, made(3500, 105, words="T1 sag"))
    assert kind == SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.NONE)


def test_words_alone_are_a_guess_that_waits_for_the_picture() -> None:
    kind = kind_from_header(Orientation.AXIAL, Acquisition(words="T2"))
    assert kind == SeriesKind(Orientation.AXIAL, Weighting.T2, KindBasis.NONE)


def test_a_silent_header_leaves_everything_to_the_picture() -> None:
    kind = kind_from_header(Orientation.UNKNOWN, Acquisition())
    assert kind == SeriesKind(Orientation.UNKNOWN, Weighting.UNKNOWN, KindBasis.NONE)


def test_without_a_plane_the_picture_is_asked_though_the_times_are_known() -> None:
    assert kind_from_header(Orientation.UNKNOWN, made(550, 11)).basis is KindBasis.NONE


def test_the_declared_contrast_counts_where_times_are_missing() -> None:
    kind = kind_from_header(Orientation.SAGITTAL, Acquisition(declared_contrast="STIR"))
    assert kind == SeriesKind(Orientation.SAGITTAL, Weighting.STIR, KindBasis.HEADER)


@pytest.mark.parametrize(
    ("orientation", "planes", "acquisition", "word"),
    [
        (Orientation.SAGITTAL, 1, Acquisition(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")), "scout"),
        (Orientation.SAGITTAL, 3, Acquisition(), "scout"),
        (Orientation.AXIAL, 1, Acquisition(words="3-plane Localizer"), "scout"),
        (Orientation.CORONAL, 1, Acquisition(), "Coronal"),
        (Orientation.OBLIQUE, 1, Acquisition(), "Oblique"),
        (Orientation.SAGITTAL, 1, Acquisition(body_part="CSPINE"), "another part"),
        (Orientation.SAGITTAL, 1, Acquisition(body_part="T-SPINE"), "another part"),
        (Orientation.AXIAL, 1, Acquisition(body_part="KNEE"), "another part"),
        (Orientation.SAGITTAL, 1, Acquisition(diffusion=True), "Diffusion"),
        (Orientation.SAGITTAL, 1, Acquisition(image_type=("DERIVED", "SECONDARY", "SUBTRACTION")), "Subtracted"),
        (Orientation.SAGITTAL, 1, Acquisition(image_type=("DERIVED", "PRIMARY", "DIXON", "FAT")), "Fat"),
        (Orientation.SAGITTAL, 1, Acquisition(image_type=("DERIVED", "PRIMARY", "F", "F", "DERIVED")), "Fat"),
        (
            Orientation.SAGITTAL,
            1,
            Acquisition(image_type=("DERIVED", "PRIMARY", "DIXON", "OUT_PHASE")),
            "opposed-phase",
        ),
        (Orientation.SAGITTAL, 1, Acquisition(image_type=("ORIGINAL", "PRIMARY", "P", "ND")), "phase images"),
    ],
)
def test_what_must_not_be_graded_is_excluded(
    orientation: Orientation, planes: int, acquisition: Acquisition, word: str
) -> None:
    why = why_excluded(orientation, planes, True, acquisition)
    assert why is not None
    assert word in why.words


UPRIGHT = [0, 1, 0, 0, 0, -1]  # column to the back, row to the feet


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (UPRIGHT, True),
        ([0.2, 0.97, 0.1, 0, 0.1, -0.99], True),
        ([0, -1, 0, 0, 0, -1], False),
        ([0, 1, 0, 0, 0, 1], False),
        ([0, -1, 0, 0, 0, 1], False),
        ([0, 0, -1, 0, 1, 0], False),
    ],
    ids=["upright", "leaning", "mirrored", "upside down", "turned half", "turned a quarter"],
)
def test_a_sagittal_series_that_is_not_stored_upright_is_excluded(
    tmp_path: Path, orientation: list[float], upright: bool
) -> None:
    write_series(tmp_path, orientation, [(x, -100, 100) for x in (0, 4, 8)])
    (series,) = read_study([tmp_path]).series
    assert series.kind.orientation is Orientation.SAGITTAL
    assert series.excluded == (None if upright else NOT_UPRIGHT)


@pytest.mark.parametrize("part", ["WATER", "W", "IN_PHASE", "IP", "M"])
def test_the_parts_of_a_dixon_scan_that_look_like_its_weighting_pass(part: str) -> None:
    made = Acquisition(image_type=("DERIVED", "PRIMARY", "DIXON", part))
    assert why_excluded(Orientation.SAGITTAL, 1, True, made) is None


@pytest.mark.parametrize("body_part", ["", "LSPINE", "L-SPINE", "LSSPINE", "SPINE", "TLSPINE", "ABDOMEN", "PELVIS"])
def test_a_body_part_that_can_hold_the_lumbar_spine_passes(body_part: str) -> None:
    assert why_excluded(Orientation.SAGITTAL, 1, True, Acquisition(body_part=body_part)) is None


T1, T2 = (SeriesKind(Orientation.SAGITTAL, weighting, KindBasis.HEADER) for weighting in (Weighting.T1, Weighting.T2))


@pytest.mark.parametrize(
    ("kind", "acquisition", "word"),
    [
        (T1, Acquisition(contrast_agent=True), "contrast"),
        (T2, Acquisition(contrast_agent=True), "contrast"),
        (T1, Acquisition(words="T1 GD"), "contrast"),
        (T1, Acquisition(words="SAG T1 POST"), "contrast"),
        (T1, Acquisition(words="sag T1+C"), "contrast"),
        (T1, Acquisition(words="T1 TSE sag C+"), "contrast"),
        (T1, Acquisition(fat_suppressed=True), "fat"),
        (T1, Acquisition(words="T1 FS"), "fat"),
        (T1, Acquisition(image_type=("DERIVED", "PRIMARY", "DIXON", "WATER")), "fat"),
        (T2, Acquisition(screen_capture=True), "capture"),
    ],
)
def test_what_makes_a_grade_doubtful_is_noted(kind: SeriesKind, acquisition: Acquisition, word: str) -> None:
    (note,) = notes_on(kind, acquisition)
    assert word in note


@pytest.mark.parametrize(
    ("kind", "acquisition"),
    [(T2, Acquisition(fat_suppressed=True)), (T1, Acquisition()), (T1, Acquisition(words="T1 +Coil, C-L spine"))],
)
def test_ordinary_series_have_no_note(kind: SeriesKind, acquisition: Acquisition) -> None:
    assert notes_on(kind, acquisition) == ()
