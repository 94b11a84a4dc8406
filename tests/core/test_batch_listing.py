"""Folder by folder the same tasks are found as all at once, whatever lies across folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lumbar_core.batch import listing as listing_module
from lumbar_core.batch.listing import Listing, find_studies, list_folder, list_here
from lumbar_core.batch.task import Task
from lumbar_core.errors import ReadingError
from lumbar_core.reading import limits
from tests.core.reading.dicom_files import pattern, write

Write = Callable[..., Path]


def nothing(*_: int) -> None:
    pass


class Lister:
    """In the place of a cluster: lists here, the last folder first, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Path] = []
        self.listings: list[Listing] = []

    def __call__(self, folders: Sequence[Path], root: Path, secret: bytes) -> Iterator[tuple[Path, Listing]]:
        for folder in reversed(folders):
            self.asked.append(folder)
            self.listings.append(list_folder(folder, root, secret))
            yield folder, self.listings[-1]


@pytest.fixture
def image(tmp_path: Path) -> Write:
    """Writes one image below in/, of the study and patient that its first folder is named for unless told otherwise."""
    written: list[Path] = []

    def write_one(place: str, **values: str | None) -> Path:
        owner = place.split("/")[0]
        number = len(written)
        own = {"StudyInstanceUID": f"1.2.{sum(map(ord, owner))}", "PatientID": owner, "PatientName": f"{owner}^X"}
        own |= {"SOPInstanceUID": f"1.9.{number}"}
        written.append(write(tmp_path / "in", place, pixels=pattern() + number, **(own | values)))  # type: ignore[operator]
        return written[-1]

    return write_one


def both(root: Path) -> tuple[set[Task], Lister]:
    """The tasks, which have to be the same either way."""
    lister = Lister()
    by_folders = find_studies(root, nothing, lister)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing_module, "_folders", lambda root: (root, []))
        at_once = find_studies(root, nothing, lister)
    assert len(set(by_folders)) == len(by_folders)
    assert set(by_folders) == set(at_once)
    return set(at_once), lister


def test_folders_of_one_examination_each_are_not_read_again(
    image: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in "abc":
        image(f"{owner}/1.dcm")
        image(f"{owner}/series/2.dcm")
    (tmp_path / "in" / "empty").mkdir()
    tasks, lister = both(tmp_path / "in")
    assert [folder.name for folder in lister.asked] == ["empty", "c", "b", "a"]
    assert {task.path for task in tasks} == {"a", "b", "c"}
    monkeypatch.setattr(listing_module, "_tasks", lambda *_: pytest.fail("read again"))
    assert set(find_studies(tmp_path / "in", nothing, Lister())) == tasks


def test_a_folder_that_alone_lies_in_another_is_gone_into(image: Write, tmp_path: Path) -> None:
    image("train_images/a/1.dcm")
    image("train_images/b/1.dcm", StudyInstanceUID="1.2.7")
    image("train_images/b/2.dcm", StudyInstanceUID="1.2.7")
    tasks, lister = both(tmp_path / "in")
    assert [folder.name for folder in lister.asked] == ["b", "a"]
    assert {task.path for task in tasks} == {"train_images/a/1.dcm", "train_images/b"}


def test_a_study_in_two_folders_is_one_task(image: Write, tmp_path: Path) -> None:
    for place in ("a/1.dcm", "b/1.dcm"):
        image(place, StudyInstanceUID="1.2.7", PatientID="P", PatientName="P")
    image("c/1.dcm")
    tasks, _ = both(tmp_path / "in")
    assert sorted(len(task.files) for task in tasks) == [1, 2]
    shutil.rmtree(tmp_path / "in" / "c")
    (task,) = both(tmp_path / "in")[0]
    assert task.path == "."


@pytest.mark.parametrize(
    ("values", "files"),
    [
        ({"StudyInstanceUID": None, "PatientID": "P", "PatientName": "P"}, [1, 2]),  # joins the patient's only study
        ({"StudyInstanceUID": None, "PatientID": None, "PatientName": "P"}, [1, 2]),
        ({"StudyInstanceUID": "1.2.7", "PatientID": None, "PatientName": None}, [1, 2]),
        ({"StudyInstanceUID": None, "PatientID": None, "PatientName": None}, [1, 1, 1]),  # may be of either
    ],
)
def test_an_image_that_leaves_out_whose_it_is_finds_its_examination(
    image: Write, tmp_path: Path, values: dict[str, str | None], files: list[int]
) -> None:
    image("a/1.dcm", StudyInstanceUID="1.2.7", PatientID="P", PatientName="P")
    image("b/1.dcm")
    image("c/stray.dcm", **values)
    tasks, _ = both(tmp_path / "in")
    assert sorted(len(task.files) for task in tasks) == files


def test_a_name_of_two_patients_is_not_taken_for_either(image: Write, tmp_path: Path) -> None:
    image("a/1.dcm", PatientID="P", PatientName="Doe", StudyInstanceUID="1.2.7")
    image("a/2.dcm", PatientID=None, PatientName="Doe", StudyInstanceUID="1.2.7")
    assert len(both(tmp_path / "in")[0]) == 1
    image("b/1.dcm", PatientID="Q", PatientName="Doe")
    both(tmp_path / "in")


def test_what_cannot_be_read_stays_with_its_folder(image: Write, tmp_path: Path) -> None:
    for owner in "ab":
        image(f"{owner}/1.dcm")
        image(f"{owner}/2.dcm")
    damaged = image("a/3.dcm")
    damaged.write_bytes(damaged.read_bytes()[:300])
    (tmp_path / "in" / "c").mkdir()
    shutil.copy(damaged, tmp_path / "in" / "c" / "lone.dcm")
    (tmp_path / "in" / "c" / "picture.png").write_bytes(b"none")
    tasks, _ = both(tmp_path / "in")
    assert {task.path: len(task.unreadable) for task in tasks} == {"a": 1, "b": 0, "c": 1, "c/picture.png": 1}


def test_a_folder_that_may_not_be_entered_is_an_input_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> Iterator[None]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    (task,) = find_studies(tmp_path, nothing, list_here)
    assert not task.files
    assert "may not be opened" in task.unreadable[0].finding


def test_files_beside_the_folders_are_read_with_all(image: Write, tmp_path: Path) -> None:
    for owner in "ab":
        image(f"{owner}/1.dcm")
    image("loose.dcm")
    tasks, lister = both(tmp_path / "in")
    assert lister.asked == []
    assert len(tasks) == 3


def test_nothing_at_all_is_said_as_ever(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(ReadingError, match="no image"):
        find_studies(tmp_path / "in", nothing, Lister())
    for name in "ab":
        (tmp_path / "in" / name).mkdir()
    assert find_studies(tmp_path / "in", nothing, Lister()) == []


def test_no_patient_is_named_by_what_comes_back(image: Write, tmp_path: Path) -> None:
    image("folder/1.dcm", PatientID="SECRET-ID", PatientName="Secret^Name", StudyInstanceUID="1.2.840.99")
    image("other/1.dcm", StudyInstanceUID=None, PatientID=None, PatientName="Secret^Name")
    _, lister = both(tmp_path / "in")
    said = repr(lister.listings).casefold()
    assert "secret" not in said
    assert "1.2.840.99" not in said
    (folder,) = (each for each in lister.listings if each.studies)
    again = list_folder(tmp_path / "in" / "folder", tmp_path / "in", b"of another run")
    assert not folder.studies & again.studies
    assert not folder.patients & again.patients


def test_an_archive_of_more_files_than_are_read_at_once_is_listed_whole(
    image: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in "abc":
        image(f"{owner}/1.dcm")
        image(f"{owner}/2.dcm")
    monkeypatch.setattr(limits, "MAX_FILES", 4)
    assert {task.path for task in find_studies(tmp_path / "in", nothing, list_here)} == {"a", "b", "c"}
