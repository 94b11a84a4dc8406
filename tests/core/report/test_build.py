"""Grades and reasons become findings that point into the original files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lumbar_core.anatomy import Condition, Level, Reason, Severity, Target
from lumbar_core.findings import Grade, ImagePoint, NotGraded, View
from lumbar_core.report.build import build_findings, build_input, locate_on_file, relative_path
from lumbar_core.study import Source, Unreadable
from tests.core.fake_studies import a_series, a_study, an_image, sagittal_plane

CANAL = Condition.SPINAL_CANAL_STENOSIS
UPPER, LOWER = Target(CANAL, Level.L3_L4, None), Target(CANAL, Level.L4_L5, None)
STUDY = a_study(a_series(name="s1"), a_series(name="s2"))


def a_grade(target: Target = LOWER, reasons: tuple[str, ...] = ()) -> Grade:
    images = STUDY.series[1].instances
    views = tuple(
        View(target, image, ImagePoint(30.126, 40.5, 0.9, 0.9), np.zeros(3), np.zeros((1, 2, 2), np.float32))
        for image in images[1:]
    )
    shares = np.array([0.1, 0.2, 0.7])
    return Grade(target, shares, Severity.SEVERE, views, Severity.SEVERE, reasons, False)


def test_findings_come_in_the_order_of_the_targets() -> None:
    gap = NotGraded(UPPER, Reason.NOT_LOCATED, "the level was not found")
    upper, lower = build_findings((UPPER, LOWER), [a_grade()], [gap], STUDY)
    assert (upper.assessed, upper.reason_code, upper.reason) == (False, Reason.NOT_LOCATED, "the level was not found")
    assert (upper.grade, upper.probabilities, upper.location, upper.evidence) == (None, None, None, ())
    assert (lower.assessed, lower.grade, lower.probabilities) == (True, Severity.SEVERE, (0.1, 0.2, 0.7))
    assert lower.reason_code is None


def test_a_finding_points_to_its_first_view_and_keeps_all() -> None:
    (finding,) = build_findings((LOWER,), [a_grade()], [], STUDY)
    assert finding.location == finding.evidence[0]
    assert [place.file for place in finding.evidence] == ["made-up/s2/01.dcm", "made-up/s2/02.dcm"]
    assert {place.series for place in finding.evidence} == {"s2"}


@pytest.mark.parametrize(("reasons", "check"), [((), False), (("metal",), True)])
def test_a_reason_to_check_sets_the_flag(reasons: tuple[str, ...], check: bool) -> None:
    (finding,) = build_findings((LOWER,), [a_grade(reasons=reasons)], [], STUDY)
    assert (finding.check, finding.check_reasons) == (check, reasons)


def test_a_target_without_grade_and_reason_is_never_passed_over() -> None:
    with pytest.raises(KeyError):
        build_findings((UPPER,), [a_grade()], [], STUDY)


def test_a_place_is_given_in_the_file_and_in_the_patient() -> None:
    image = an_image(plane=sagittal_plane(-8.0, spacing_mm=1.0))
    place = locate_on_file(image, ImagePoint(30.126, 40.5, 0.9, 0.9), "s1", Path("made-up"))
    assert (place.row, place.column) == (30.13, 40.5)
    assert place.patient_mm == (-8.0, -59.5, 29.87)  # from (−8, −100, 60): back by the column, down by the row


def test_a_picture_has_no_place_in_the_patient() -> None:
    assert locate_on_file(an_image(), ImagePoint(1, 2, 0.9, 0.9), "s1", Path("made-up")).patient_mm is None


def test_paths_are_relative_to_what_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "study" / "t2").mkdir(parents=True)
    file = tmp_path / "study" / "t2" / "01.dcm"
    file.touch()
    assert relative_path(Source(file), tmp_path / "study") == "t2/01.dcm"
    assert relative_path(Source(file), file) == "01.dcm"
    assert relative_path(Source(tmp_path / "study" / "all.zip", "t2/01.dcm"), tmp_path / "study") == "all.zip/t2/01.dcm"


def test_a_link_that_leads_to_itself_is_named_like_any_file(tmp_path: Path) -> None:
    (tmp_path / "t2").mkdir()
    link = tmp_path / "t2" / "link.dcm"
    link.symlink_to("link.dcm")
    assert relative_path(Source(link), tmp_path) == "t2/link.dcm"


def test_the_folder_one_is_in_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert build_input(replace(a_study(a_series()), root=Path()), {}).path == "study"


def test_a_file_from_elsewhere_gives_no_folder_away(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    assert relative_path(Source(tmp_path / "Jane Doe" / "01.dcm"), tmp_path / "study") == "01.dcm"


def test_the_input_says_what_was_used_and_what_could_not_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    unreadable = (Unreadable(folder / "x.txt", "x.txt is a text.", "Choose images."),)
    study = replace(a_study(a_series(name="s1"), a_series(2, name="s2")), root=folder, unreadable=unreadable)
    given = build_input(study, {"s2": (UPPER, LOWER)})
    assert (given.path, given.files_read) == ("study", 5)
    assert [(used.id, used.slices, used.used_for) for used in given.series] == [("s1", 3, ()), ("s2", 2, (CANAL,))]
    assert [(each.path, each.finding, each.remedy) for each in given.unreadable] == [
        ("x.txt", "x.txt is a text.", "Choose images.")
    ]
