"""Reading tells how far it is, and stops when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbar_core.errors import Cancelled, WrongFormat
from lumbar_core.reading import read_chosen, read_studies, read_study
from lumbar_core.study import Instance
from tests.core.reading.dicom_files import SAGITTAL, write_series


@pytest.fixture
def five(tmp_path: Path) -> Path:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 4, 8, 12, 16)])
    return tmp_path


def test_progress_counts_the_files(five: Path) -> None:
    told: list[tuple[int, int]] = []
    read_study([five], progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_cancelling_stops_between_files(five: Path) -> None:
    told: list[int] = []
    with pytest.raises(Cancelled):
        read_studies([five], progress=lambda done, of: told.append(done), cancelled=lambda: len(told) >= 2)
    assert told == [1, 2]


def test_the_first_series_is_told_as_soon_as_another_begins(tmp_path: Path) -> None:
    for name in "abc":
        write_series(tmp_path / name, SAGITTAL, [(x, -100, 100) for x in (8, 0, 4)], f"1.2.{ord(name)}")
    told: list[tuple[int, tuple[Instance, ...]]] = []
    counted: list[int] = []
    (study,) = read_chosen(
        [tmp_path],
        lambda done, of: counted.append(done),
        lambda: False,
        lambda first: told.append((len(counted), first)),
    )
    assert len(study.series) == 3
    ((after, images),) = told
    assert after == 3, "with the fourth file"
    assert {image.series_uid for image in images} == {f"1.2.{ord('a')}"}
    assert [image.instance_number for image in images] == [1, 2, 3]


def test_of_several_examinations_each_is_given_and_no_file_is_read_twice(tmp_path: Path) -> None:
    for name in "ab":
        write_series(
            tmp_path / name, SAGITTAL, [(0, -100, 100)], f"1.2.{ord(name)}",
            StudyInstanceUID=f"1.3.{ord(name)}", PatientID=name,
        )  # fmt: skip
    counted: list[int] = []
    studies = read_chosen([tmp_path], lambda done, of: counted.append(done), lambda: False, lambda first: None)
    assert len(studies) == 2
    assert counted == [1, 2]


def test_choosing_nothing_is_a_wrong_format() -> None:
    with pytest.raises(WrongFormat, match="Nothing was chosen"):
        read_study([])
