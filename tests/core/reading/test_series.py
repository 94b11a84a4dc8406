"""Grouping and order: by place in the patient, whatever numbers and names say."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumbar_core.anatomy import Orientation, Weighting
from lumbar_core.errors import ReadingError
from lumbar_core.reading import read_study
from lumbar_core.study import InputKind, Series
from tests.core.reading.dicom_files import AXIAL, CORONAL, SAGITTAL, T1_TIMES, pattern, write, write_series


def tilted_axial(degrees: float) -> list[float]:
    """An axial orientation turned about the patient's left–right axis."""
    angle = np.deg2rad(degrees)
    return [1, 0, 0, 0, float(np.cos(angle)), float(np.sin(angle))]


def places(series: Series, axis: int) -> list[float]:
    return [float(image.plane.origin_mm[axis]) for image in series.instances if image.plane is not None]


def test_sagittal_slices_run_from_the_patients_right_to_left(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (8, -4, 4, 0, -8)])
    (series,) = read_study([tmp_path]).series
    assert places(series, 0) == [-8, -4, 0, 4, 8]
    assert series.slice_spacing_mm == pytest.approx(4.0)


def test_a_hole_in_a_sagittal_series_is_told(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (-8, -4, 8, 12, 16)])
    (series,) = read_study([tmp_path]).series
    assert (series.slice_spacing_mm, series.gap_mm) == (pytest.approx(4.0), pytest.approx(12.0))
    assert "a slice seems to be missing between two others 12 mm apart" in series.notes


def test_slices_a_little_unevenly_apart_and_axial_ones_at_the_discs_have_no_hole(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (-8, -4, 0, 5, 9)])
    places_mm = [(-50, -50, z) for z in (40, 36, 32, 0, -4, -8)]
    write_series(tmp_path, AXIAL, places_mm, uid="1.2.3.2")
    sagittal, axial = read_study([tmp_path]).series
    assert sagittal.gap_mm is axial.gap_mm is None
    assert not any("missing" in note for note in (*sagittal.notes, *axial.notes))


def test_axial_slices_run_from_head_to_foot(tmp_path: Path) -> None:
    write_series(tmp_path, AXIAL, [(-50, -50, z) for z in (-10, 20, 5, -20)])
    (series,) = read_study([tmp_path]).series
    assert places(series, 2) == [20, 5, -10, -20]


def test_a_normal_that_points_the_other_way_changes_nothing(tmp_path: Path) -> None:
    mirrored = (0, -1, 0, 0, 0, -1)
    write_series(tmp_path, mirrored, [(x, 100, 100) for x in (3, 9, 6)])
    (series,) = read_study([tmp_path]).series
    assert places(series, 0) == [3, 6, 9]


def test_axial_blocks_tilted_to_their_discs_stay_one_series_from_head_to_foot(tmp_path: Path) -> None:
    for block, (tilt, top) in enumerate([(0, 80), (12, 40), (30, 0)]):
        for step in (2, 0, 1):
            write(
                tmp_path,
                f"{block}{step}.dcm",
                pixels=pattern() + np.uint16(10 * block + step),
                SOPInstanceUID=f"1.2.{block}.{step}",
                ImageOrientationPatient=tilted_axial(tilt),
                ImagePositionPatient=[-50, -50, top - 4 * step],
            )
    (series,) = read_study([tmp_path]).series
    assert places(series, 2) == [80, 76, 72, 40, 36, 32, 0, -4, -8]
    assert series.kind.orientation is Orientation.AXIAL


def test_two_images_at_each_place_become_two_series(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 4, 8, 0, 4, 8)])
    first, second = read_study([tmp_path]).series
    assert places(first, 0) == places(second, 0) == [0, 4, 8]
    assert first.series_uid == second.series_uid


def test_one_repeated_slice_does_not_tear_a_scan_that_was_taken_in_steps(tmp_path: Path) -> None:
    for number, x in enumerate((0, 4, 8, 12, 16, 8)):
        write(
            tmp_path,
            f"{number}.dcm",
            pixels=pattern() + np.uint16(number),
            SOPInstanceUID=f"1.2.{number}",
            InstanceNumber=number,
            ImagePositionPatient=[x, -100, 100],
            AcquisitionNumber=1 + number % 2,
        )
    assert [places(series, 0) for series in read_study([tmp_path]).series] == [[0, 4, 8, 12, 16], [8]]


def test_a_scan_that_was_taken_twice_in_steps_is_two(tmp_path: Path) -> None:
    for number, x in enumerate((0, 4, 8, 12, 0, 4, 8, 12)):
        where = {"SOPInstanceUID": f"1.2.{number}", "ImagePositionPatient": [x, -100, 100]}
        write(tmp_path, f"{number}.dcm", **where, InstanceNumber=number, AcquisitionNumber=1 + number // 2)
    assert [places(series, 0) for series in read_study([tmp_path]).series] == [[0, 4, 8, 12], [0, 4, 8, 12]]


@pytest.mark.parametrize(
    "difference",
    [{"EchoTime": 30}, {"EchoNumbers": 2}, {"PixelSpacing": [0.7, 0.7]}, {"pixels": pattern(80, 60)}],
    ids=["echo time", "echo number", "spacing", "matrix"],
)
def test_what_differs_in_kind_is_not_one_series(difference: dict[str, object], tmp_path: Path) -> None:
    write(tmp_path, "a.dcm", SOPInstanceUID="1.2.1")
    values = {"SOPInstanceUID": "1.2.2", "ImagePositionPatient": [4, -100, 100], **difference}
    write(tmp_path, "b.dcm", **values)
    assert [len(series.instances) for series in read_study([tmp_path]).series] == [1, 1]


def test_a_scout_in_three_planes_is_not_graded(tmp_path: Path) -> None:
    for number, orientation in enumerate((SAGITTAL, AXIAL, CORONAL)):
        write(tmp_path, f"{number}.dcm", SOPInstanceUID=f"1.2.{number}", ImageOrientationPatient=list(orientation))
    series = read_study([tmp_path]).series
    assert len(series) == 3
    assert all(one.excluded and "scout" in one.excluded.words for one in series)


@pytest.mark.parametrize("uid", ["1.2.3.1", None], ids=["one series UID", "no series UID"])
def test_a_study_under_one_series_uid_is_no_scout(uid: str | None, tmp_path: Path) -> None:
    for number, (orientation, echo) in enumerate([(SAGITTAL, 105), (SAGITTAL, 11), (AXIAL, 98)]):
        write(
            tmp_path,
            f"{number}.dcm",
            SOPInstanceUID=f"1.2.{number}",
            SeriesInstanceUID=uid,
            ImageOrientationPatient=list(orientation),
            EchoTime=echo,
        )
    assert [series.excluded for series in read_study([tmp_path]).series] == [None, None, None]


def test_files_with_a_series_uid_each_are_one_series_by_number_and_description(tmp_path: Path) -> None:
    for number, x in enumerate((4, 0, 8, 0, 4, 8)):
        write(
            tmp_path,
            f"{number}.dcm",
            pixels=pattern() + np.uint16(number),
            SeriesInstanceUID=f"1.2.{number}",
            SOPInstanceUID=f"1.3.{number}",
            SeriesNumber=1 + number // 3,
            ImagePositionPatient=[x, -100, 100],
        )
    assert [places(series, 0) for series in read_study([tmp_path]).series] == [[0, 4, 8], [0, 4, 8]]


def test_a_scout_in_the_series_of_another_scan_does_not_make_that_a_scout(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 4, 8)])
    scout = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"], "PixelSpacing": [1.5, 1.5]}
    for number, orientation in enumerate((SAGITTAL, AXIAL, CORONAL)):
        where = {"SOPInstanceUID": f"1.9.{number}", "ImageOrientationPatient": list(orientation)}
        write(tmp_path, f"scout{number}.dcm", **where, **scout)
    series = read_study([tmp_path]).series
    assert [len(one.instances) for one in series if not one.excluded] == [3]
    assert all("scout" in one.excluded.words for one in series if one.excluded)


def test_slices_without_geometry_keep_the_given_order_and_have_no_plane(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, name, SOPInstanceUID=uid, ImagePositionPatient=None, InstanceNumber=number)
        for name, uid, number in (("c.dcm", "1.2.1", 9), ("a.dcm", "1.2.2", 7), ("b.dcm", "1.2.3", 8))
    ]
    (series,) = read_study(paths).series
    assert [image.source.path for image in series.instances] == paths
    assert all(image.plane is None for image in series.instances)
    assert series.slice_spacing_mm is None
    assert series.kind.orientation is Orientation.UNKNOWN


def test_an_exact_copy_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, "a.dcm")
    write(tmp_path, "copy of a.dcm")
    study = read_study([tmp_path])
    assert [len(series.instances) for series in study.series] == [1]
    assert study.files_read == 2


@pytest.mark.parametrize("difference", [{"SeriesInstanceUID": "1.2.3.7"}, {"pixels": pattern() + np.uint16(1)}])
def test_images_that_share_a_sop_uid_by_mistake_are_all_kept(difference: dict[str, object], tmp_path: Path) -> None:
    write(tmp_path, "a.dcm")
    write(tmp_path, "b.dcm", **{"ImagePositionPatient": [4, -100, 100], **difference})
    assert sum(len(series.instances) for series in read_study([tmp_path]).series) == 2


def test_of_a_repeated_series_the_better_one_is_used_and_the_other_says_so(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 6, 12)], uid="1.2.3.1")
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 3, 6, 9, 12)], uid="1.2.3.2")
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 6, 12)], uid="1.2.3.3", **T1_TIMES)
    worse, better, other = read_study([tmp_path]).series
    assert (len(better.instances), better.excluded) == (5, None)
    assert worse.excluded
    assert better.size == "5 slices of 64 × 48 pixels"
    assert f"the series with {better.size}" in worse.excluded.words
    assert worse.excluded.instead == better.id
    assert (other.kind.weighting, other.excluded) == (Weighting.T1, None)


def test_stations_of_a_whole_spine_are_series_of_their_own_and_no_repeats(tmp_path: Path) -> None:
    # 64 rows of 0.5 mm: an image is 32 mm high.
    write_series(tmp_path, SAGITTAL, [(x, -100, z) for z in (100, 75, 125) for x in (0, 4, 8)])
    series = read_study([tmp_path]).series
    assert [places(one, 0) for one in series] == [[0, 4, 8]] * 3
    assert [set(places(one, 2)) for one in series] == [{100}, {75}, {125}]
    assert [one.excluded for one in series] == [None] * 3


def test_a_scan_repeated_a_little_lower_is_a_repeat(tmp_path: Path) -> None:
    for uid, z in (("1.2.3.1", 100), ("1.2.3.2", 90)):
        write_series(tmp_path, SAGITTAL, [(x, -100, z) for x in (0, 4, 8)], uid=uid)
    first, second = read_study([tmp_path]).series
    assert first.excluded
    assert second.excluded is None


def test_series_that_cover_different_levels_are_both_used(tmp_path: Path) -> None:
    write_series(tmp_path, AXIAL, [(-50, -50, z) for z in (60, 55, 50)], uid="1.2.3.1")
    write_series(tmp_path, AXIAL, [(-50, -50, z) for z in (20, 15, 10)], uid="1.2.3.2")
    assert [series.excluded for series in read_study([tmp_path]).series] == [None, None]


@pytest.fixture(scope="module")
def mixed_study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three series, one with two images a place, one of tilted blocks."""
    folder = tmp_path_factory.mktemp("study")
    paths = write_series(folder, SAGITTAL, [(x, -100, 100) for x in (0, 4, 8, 0, 4, 8)], uid="1.2.3.1")
    paths += write_series(folder, SAGITTAL, [(x, -100, 100) for x in (-4, 0, 4, 8)], uid="1.2.3.2", **T1_TIMES)
    paths += write_series(folder, tilted_axial(0), [(-50, -50, z) for z in (60, 56)], uid="1.2.3.3")
    for number, z in enumerate((12, 8, 4)):
        paths.append(
            write(
                folder,
                f"tilted{number}.dcm",
                SeriesInstanceUID="1.2.3.3",
                SOPInstanceUID=f"1.2.9.{number}",
                ImageOrientationPatient=tilted_axial(20),
                ImagePositionPatient=[-50, -50, z],
            )
        )
    return paths


def outline(paths: list[Path]) -> list[tuple[str, list[str]]]:
    return [(one.id, [image.source.path.name for image in one.instances]) for one in read_study(paths).series]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_shuffled_files_give_the_same_series(mixed_study: list[Path], seed: int) -> None:
    shuffled = list(mixed_study)
    random.Random(seed).shuffle(shuffled)
    assert outline(shuffled) == outline(mixed_study)


def test_the_kind_of_input_is_told_by_what_it_holds(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "one", SAGITTAL, [(x, -100, 100) for x in (0, 4)])
    paths += write_series(tmp_path / "two", AXIAL, [(-50, -50, z) for z in (0, 4)], uid="1.2.3.2")
    assert read_study(paths[:1]).kind is InputKind.SLICE
    assert read_study(paths[:2]).kind is InputKind.SERIES
    assert read_study(paths).kind is InputKind.STUDY
    assert read_study([tmp_path / "one"]).kind is InputKind.STUDY


def test_a_lone_slice_knows_the_files_of_its_series_beside_it(tmp_path: Path) -> None:
    first, second, third = write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 4, 8)])
    write(tmp_path, "other.dcm", SeriesInstanceUID="1.2.3.8")
    (tmp_path / "notes.txt").write_text("not an image")
    assert read_study([second]).siblings == ()  # nobody asked, and a folder may hold a thousand files
    study = read_study([second], look_beside=True)
    assert study.siblings == (first, third)
    assert study.files_read == 1


def test_a_study_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="holds no image"):
        read_study([tmp_path])
