"""Which pictures stand in the report, and where their marks are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level, Orientation, Severity, Side, Weighting
from lumbar_core.errors import Damaged
from lumbar_core.report.key_image import KeyPicture, build_key_images, key_pictures, read_key_pictures
from lumbar_core.report.result import Location
from lumbar_core.study import Identity, InputKind, Instance, KindBasis, Series, SeriesKind, Source, Study
from tests.factories import CANAL, FORAMEN, MODERATE, NORMAL, SEVERE, a_finding, a_mixed_result, a_result


def at(level, row, column, grade=NORMAL, file="a.dcm", condition=CANAL, side=None, patient_mm=None):
    location = Location("s1", file, 0, column, row, patient_mm)
    return a_finding(condition, level, side, grade, location=location, evidence=(location,))


def test_each_condition_shows_its_gravest_picture_and_the_gravest_comes_first():
    result = a_result(
        (
            at(Level.L1_L2, 50, 50, NORMAL, "quiet.dcm"),
            at(Level.L2_L3, 90, 50, MODERATE, "canal.dcm"),
            at(Level.L4_L5, 90, 50, SEVERE, "foramen.dcm", FORAMEN, Side.LEFT),
        )
    )
    assert [file for _, file, _ in key_pictures(result)] == ["foramen.dcm", "canal.dcm"]


def test_at_most_three_pictures_are_shown():
    assert len(key_pictures(a_mixed_result())) == 3


def test_a_quiet_result_still_shows_what_was_looked_at():
    assert len(key_pictures(a_result((at(Level.L1_L2, 50, 50),)))) == 1


def in_stack(level, row, file, grade=NORMAL, side=None, condition=CANAL):
    return at(level, row, 50, grade, file, condition, side, patient_mm=(0.0, 0.0, float(row)))


def test_a_sagittal_picture_marks_what_lies_on_other_slices_of_its_series_too():
    result = a_result(
        (
            in_stack(Level.L2_L3, 20, "8.dcm"),
            in_stack(Level.L3_L4, 60, "8.dcm", MODERATE),
            in_stack(Level.L4_L5, 100, "9.dcm", SEVERE),
        )
    )
    assert [file for _, file, _ in key_pictures(result)] == ["9.dcm"]
    (image,) = build_key_images(result, {("s1", "9.dcm", 0): KeyPicture(np.ones((128, 96), np.float32), 9)})
    assert image.number == 9
    assert {mark.finding.level for mark in image.marks} == {Level.L2_L3, Level.L3_L4, Level.L4_L5}


def test_left_and_right_foramina_are_never_marked_on_one_sagittal_picture():
    result = a_result(
        tuple(
            in_stack(level, row, file, SEVERE, side, FORAMEN)
            for side, file in ((Side.LEFT, "13.dcm"), (Side.RIGHT, "5.dcm"))
            for level, row in ((Level.L3_L4, 60), (Level.L4_L5, 100))
        )
    )
    assert {file for _, file, _ in key_pictures(result)} == {"5.dcm", "13.dcm"}
    pixels = np.ones((128, 96), np.float32)
    images = build_key_images(result, {key: KeyPicture(pixels, 1) for key in key_pictures(result)})
    assert [len({mark.finding.side for mark in image.marks}) for image in images] == [1, 1]


def test_pictures_without_a_place_in_the_patient_carry_only_their_own_marks():
    result = a_result((at(Level.L3_L4, 60, 50, SEVERE, "a.dcm"), at(Level.L4_L5, 60, 50, SEVERE, "b.dcm")))
    assert len(key_pictures(result)) == 2


def test_marks_keep_their_place_in_the_cut_out():
    pixels = np.zeros((400, 300), np.float32)
    findings = tuple(at(level, 100.0 + 40 * i, 150.0 + i) for i, level in enumerate(LEVELS))
    for finding in findings:
        pixels[int(finding.location.row), int(finding.location.column)] = 1000
    (image,) = build_key_images(a_result(findings), {("s1", "a.dcm", 0): KeyPicture(pixels, 1)})
    assert image.grey.shape < pixels.shape
    for mark in image.marks:
        assert image.grey[int(mark.row), int(mark.column)] == 255


def test_brackets_grow_with_the_distance_between_levels():
    def half(step):
        findings = tuple(at(level, 50.0 + step * i, 100.0) for i, level in enumerate(LEVELS))
        (image,) = build_key_images(
            a_result(findings), {("s1", "a.dcm", 0): KeyPicture(np.zeros((800, 300), np.float32), 1)}
        )
        return image.marks[0].half_px

    assert half(80) == pytest.approx(2 * half(40))


def test_brightness_is_taken_from_the_cut_out_not_from_bright_skin_elsewhere():
    pixels = np.full((400, 400), 100, np.float32)
    pixels[150:250, 150:250] = np.linspace(50, 150, 100)
    pixels[:40] = 30000
    (image,) = build_key_images(a_result((at(Level.L4_L5, 200, 200),)), {("s1", "a.dcm", 0): KeyPicture(pixels, 1)})
    assert image.grey.max() == 255
    assert image.grey.min() == 0


def test_a_mark_at_the_edge_stays_inside():
    (image,) = build_key_images(
        a_result((at(Level.L5_S1, 0.0, 0.0, Severity.SEVERE),)),
        {("s1", "a.dcm", 0): KeyPicture(np.ones((64, 64), np.float32), 1)},
    )
    assert (image.marks[0].row, image.marks[0].column) == (0.0, 0.0)


class OneBroken:
    """A reader for which one file is broken."""

    def read(self, instance):
        if instance.source.path.name == "broken.dcm":
            raise Damaged("broken.dcm is cut short.")
        return np.full((2, 2), instance.source.frame, np.float32)

    def close(self):
        """Nothing is held."""


def a_study(root: Path, *sources: Source) -> Study:
    images = tuple(Instance(source, 2, 2, None, "", "", None, "", "") for source in sources)
    kind = SeriesKind(Orientation.SAGITTAL, Weighting.T2, KindBasis.HEADER)
    return Study(root, InputKind.STUDY, (Series("s1", "", "", images, kind, None),), (), 2, Identity())


def test_key_pictures_are_read_by_file_member_and_frame(tmp_path):
    study = a_study(
        tmp_path,
        Source(tmp_path / "x" / "a.dcm", frame=1),
        Source(tmp_path / "a.dcm", frame=3),
        Source(tmp_path / "z.zip", "in/a.dcm"),
    )
    location = Location("s1", "a.dcm", 3, 1.0, 1.0, None)
    packed = Location("s1", "z.zip/in/a.dcm", 0, 1.0, 1.0, None)
    result = a_result(
        (a_finding(location=location), a_finding(FORAMEN, Level.L4_L5, Side.LEFT, NORMAL, location=packed))
    )
    found = read_key_pictures(result, study, OneBroken())
    assert {key: (int(picture.pixels[0, 0]), picture.number) for key, picture in found.items()} == {
        ("s1", "a.dcm", 3): (3, 2),
        ("s1", "z.zip/in/a.dcm", 0): (0, 3),
    }


def test_a_picture_that_can_no_longer_be_read_is_left_out(tmp_path):
    study = a_study(tmp_path, Source(tmp_path / "broken.dcm"))
    result = a_result((at(Level.L4_L5, 1, 1, SEVERE, "broken.dcm"), at(Level.L3_L4, 1, 1, SEVERE, "gone.dcm")))
    assert read_key_pictures(result, study, OneBroken()) == {}
