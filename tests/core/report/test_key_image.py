"""Which pictures stand in the report, and where their marks are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level, Orientation, Severity, Side, Weighting
from lumbar_core.errors import Damaged
from lumbar_core.report.key_image import build_key_images, key_pictures, read_key_pictures
from lumbar_core.report.result import Location
from lumbar_core.study import Identity, InputKind, Instance, KindBasis, Series, SeriesKind, Source, Study
from tests.factories import CANAL, FORAMEN, MODERATE, NORMAL, SEVERE, a_finding, a_mixed_result, a_result


def at(level, row, column, grade=NORMAL, file="a.dcm", condition=CANAL, side=None):
    location = Location("s1", file, 0, column, row, None)
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


def test_marks_keep_their_place_in_the_cut_out():
    pixels = np.zeros((400, 300), np.float32)
    findings = tuple(at(level, 100.0 + 40 * i, 150.0 + i) for i, level in enumerate(LEVELS))
    for finding in findings:
        pixels[int(finding.location.row), int(finding.location.column)] = 1000
    (image,) = build_key_images(a_result(findings), {("s1", "a.dcm", 0): pixels})
    assert image.grey.shape < pixels.shape
    for mark in image.marks:
        assert image.grey[int(mark.row), int(mark.column)] == 255


def test_brackets_grow_with_the_distance_between_levels():
    def half(step):
        findings = tuple(at(level, 50.0 + step * i, 100.0) for i, level in enumerate(LEVELS))
        (image,) = build_key_images(a_result(findings), {("s1", "a.dcm", 0): np.zeros((800, 300), np.float32)})
        return image.marks[0].half_px

    assert half(80) == pytest.approx(2 * half(40))


def test_brightness_is_taken_from_the_cut_out_not_from_bright_skin_elsewhere():
    pixels = np.full((400, 400), 100, np.float32)
    pixels[150:250, 150:250] = np.linspace(50, 150, 100)
    pixels[:40] = 30000
    (image,) = build_key_images(a_result((at(Level.L4_L5, 200, 200),)), {("s1", "a.dcm", 0): pixels})
    assert image.grey.max() == 255
    assert image.grey.min() == 0


def test_a_mark_at_the_edge_stays_inside():
    (image,) = build_key_images(
        a_result((at(Level.L5_S1, 0.0, 0.0, Severity.SEVERE),)), {("s1", "a.dcm", 0): np.ones((64, 64), np.float32)}
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
    assert {key: int(pixels[0, 0]) for key, pixels in found.items()} == {
        ("s1", "a.dcm", 3): 3,
        ("s1", "z.zip/in/a.dcm", 0): 0,
    }


def test_a_picture_that_can_no_longer_be_read_is_left_out(tmp_path):
    study = a_study(tmp_path, Source(tmp_path / "broken.dcm"))
    result = a_result((at(Level.L4_L5, 1, 1, SEVERE, "broken.dcm"), at(Level.L3_L4, 1, 1, SEVERE, "gone.dcm")))
    assert read_key_pictures(result, study, OneBroken()) == {}
