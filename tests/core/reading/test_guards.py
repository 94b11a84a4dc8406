"""Input guards that a header can tell (DESIGN.md §8): each is refused, left out, or flagged, in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.ExifTags import Base

from lumbar_core.errors import ReadingError, Refused, SeveralStudies, WrongFormat
from lumbar_core.reading import read_studies, read_study
from lumbar_core.study import InputKind
from tests.core.reading.dicom_files import SAGITTAL, T1_TIMES, pattern, write, write_series

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def two_patients(folder: Path) -> None:
    write(folder, "a.dcm", PatientID="P1")
    write(folder, "b.dcm", PatientID="P2", SOPInstanceUID="1.2.5")


def two_patients_by_name(folder: Path) -> None:
    write(folder, "a.dcm", PatientID=None, PatientName="Doe^Jane")
    write(folder, "b.dcm", PatientID=None, PatientName="Roe^Richard", SOPInstanceUID="1.2.5")


def two_studies(folder: Path) -> None:
    write(folder, "a.dcm")
    write(folder, "b.dcm", StudyInstanceUID="1.2.9", SOPInstanceUID="1.2.5")


def two_pictures(folder: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("L", (64, 64), 7).save(folder / name)


@pytest.mark.parametrize("make", [two_patients, two_patients_by_name, two_studies, two_pictures])
def test_two_examinations_are_never_mixed(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(SeveralStudies) as error:
        read_study([tmp_path])
    assert "Doe" not in str(error.value)
    assert [len(study.series) for study in read_studies([tmp_path])] == [1, 1]


def test_a_file_without_patient_or_study_joins_the_only_examination(tmp_path: Path) -> None:
    write(tmp_path, "a.dcm")
    write(tmp_path, "b.dcm", PatientID=None, SOPInstanceUID="1.2.5")
    write(tmp_path, "c.dcm", PatientID=None, PatientName=None, StudyInstanceUID=None, SOPInstanceUID="1.2.6")
    assert read_study([tmp_path]).files_read == 3


def test_the_same_patient_spelt_differently_is_one(tmp_path: Path) -> None:
    write(tmp_path, "a.dcm", PatientID=None, PatientName="Doe^Jane")
    write(tmp_path, "b.dcm", PatientID=None, PatientName="DOE JANE", SOPInstanceUID="1.2.5")
    assert read_study([tmp_path]).files_read == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"Modality": "CT"}, "a CT image"),
        ({"Modality": "US"}, "an ultrasound image"),
        ({"Modality": "DX"}, "an X-ray image"),
        ({"Modality": "XC"}, "a photograph"),
        ({"Modality": "QQ"}, r"another kind \(QQ\)"),
        ({"Modality": None, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "a CT image"),
        ({"Modality": None, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1"}, "an ultrasound image"),
        ({"Modality": "DOC", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, "a document"),
        ({"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, "a document"),
        ({"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "a segmentation"),
        ({"Modality": "SR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.22"}, "a structured report"),
    ],
)
def test_what_is_not_mr_is_refused_by_its_name(values: dict[str, str | None], words: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=words) as error:
        read_study([write(tmp_path, **values)])
    assert error.value.remedy


def save_with_exif(path: Path, own: dict[int, object], exposure: dict[int, object]) -> Path:
    """A grey picture whose EXIF says so much of its making, and of its exposure."""
    exif = Image.Exif()
    for tag, value in own.items():
        exif[tag] = value
    directory = exif.get_ifd(ExifTags.IFD.Exif)
    directory.update(exposure)
    exif[ExifTags.IFD.Exif] = directory  # Pillow writes it into a TIFF only if it stands here too
    Image.new("L", (64, 64), 7).save(path, exif=exif)
    return path


CAMERA = {Base.Make: "Made up", Base.DateTime: "2024:05:06 07:08:09", Base.Orientation: 6}


@pytest.mark.parametrize(
    "exposure",
    [
        {Base.ExposureTime: 0.02},
        {Base.FNumber: 1.8},
        {Base.ISOSpeedRatings: 400},
        {Base.ISOSpeedRatings: (400, 800)},
        {Base.FocalLength: 4.25},
    ],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_a_camera_s_photograph_is_refused(name: str, exposure: dict[int, object], tmp_path: Path) -> None:
    path = save_with_exif(tmp_path / name, CAMERA, exposure)
    with pytest.raises(Refused, match=rf"{name} is a photograph taken with a camera\. MRI is grey: export the slice"):
        read_study([path])


@pytest.mark.parametrize(
    "exposure",
    [
        {},
        {Base.UserComment: b"ASCII\0\0\0Screenshot", Base.DateTimeOriginal: "2024:05:06 07:08:09"},
        {Base.ExifImageWidth: 64, Base.ExifImageHeight: 64, Base.ColorSpace: 1},
        {Base.ExposureTime: 0.0, Base.ISOSpeedRatings: 0},
    ],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_what_a_scanner_or_a_screenshot_tool_notes_is_none(
    name: str, exposure: dict[int, object], tmp_path: Path
) -> None:
    path = save_with_exif(tmp_path / name, {**CAMERA, Base.Software: "Scan 3"}, exposure)
    assert read_study([path]).kind is InputKind.PICTURE


@pytest.mark.parametrize("values", [{"Modality": None}, {"Modality": None, "SOPClassUID": None}])
def test_a_missing_modality_is_tolerated(values: dict[str, str | None], tmp_path: Path) -> None:
    assert len(read_study([write(tmp_path, **values)]).series) == 1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "scout"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "Coronal"),
        ({"BodyPartExamined": "CSPINE"}, "another part of the body"),
        ({"BodyPartExamined": "TSPINE"}, "another part of the body"),
        ({"ScanningSequence": "EP"}, "Diffusion"),
    ],
)
def test_what_is_not_assessed_stays_in_the_list_with_its_reason(
    values: dict[str, object], word: str, tmp_path: Path
) -> None:
    (series,) = read_study([write(tmp_path, **values)]).series
    assert series.excluded
    assert word in series.excluded.words


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"ContrastBolusAgent": "Gadolinium"}, "contrast agent"),
        ({**T1_TIMES, "ScanOptions": ["FS"]}, "fat suppressed"),
        ({"Modality": "OT", "SOPClassUID": CAPTURE}, "screen capture"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 1, 0]}, "geometry is not usable"),
        ({"BurnedInAnnotation": "YES"}, "burned into"),
        ({"PixelSpacing": [0.5, 0.8]}, "0.50 × 0.80 mm"),
    ],
)
def test_what_makes_grades_doubtful_is_noted(values: dict[str, object], word: str, tmp_path: Path) -> None:
    (series,) = read_study([write(tmp_path, **values)]).series
    assert any(word in note for note in series.notes)
    assert series.excluded is None


def test_no_contrast_agent_is_not_one(tmp_path: Path) -> None:
    (series,) = read_study([write(tmp_path, pixels=pattern(128, 96), ContrastBolusAgent="NONE")]).series
    assert series.notes == ()


@pytest.mark.parametrize(
    ("rows", "columns", "small"), [(64, 48, True), (99, 99, True), (60, 100, False), (100, 60, False)]
)
def test_a_very_small_picture_is_noted(rows: int, columns: int, small: bool, tmp_path: Path) -> None:
    (series,) = read_study([write(tmp_path, pixels=pattern(rows, columns))]).series
    assert series.notes == ((f"the picture is very small ({rows} × {columns} pixels)",) if small else ())


def test_a_screen_capture_is_not_assessed_beside_original_images(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 4)])
    write(
        tmp_path,
        "capture.dcm",
        SOPClassUID=CAPTURE,
        SOPInstanceUID="1.2.77",
        SeriesInstanceUID="1.2.3.7",
        ImagePositionPatient=None,
    )
    original, capture = read_study([tmp_path]).series
    assert original.excluded is None
    assert capture.excluded
    assert "screen capture" in capture.excluded.words


def test_a_picture_beside_dicom_images_is_left_out_and_said(tmp_path: Path) -> None:
    write(tmp_path)
    Image.new("L", (64, 64), 7).save(tmp_path / "logo.png")
    study = read_study([tmp_path])
    (left_out,) = study.unreadable
    assert (study.kind, left_out.path.name) == (InputKind.SLICE, "logo.png")
    assert "picture" in left_out.finding


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    write_series(tmp_path, SAGITTAL, [(x, -100, 100) for x in (0, 4, 8)])
    write(tmp_path, "ct.dcm", Modality="CT", SOPInstanceUID="1.2.5")
    write(tmp_path, "cut.dcm", (tmp_path / "1.2.3.1.1.dcm").read_bytes()[:-900])
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "text.dcm").write_text("This is a letter, renamed.\n" * 20)
    study = read_study([tmp_path])
    assert [len(series.instances) for series in study.series] == [3]
    found = {unreadable.path.name: unreadable.finding for unreadable in study.unreadable}
    assert set(found) == {"ct.dcm", "cut.dcm", "empty.dcm", "text.dcm"}
    assert "CT" in found["ct.dcm"]
    assert "cut short" in found["cut.dcm"]
    assert "empty" in found["empty.dcm"]
    assert "a text file" in found["text.dcm"]
    assert all(unreadable.remedy for unreadable in study.unreadable)


def test_files_that_come_with_a_viewer_are_no_news(tmp_path: Path) -> None:
    write(tmp_path)
    for name in ("readme.txt", "viewer.exe", "autorun.inf", ".DS_Store", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"MZ or whatever")
    assert read_study([tmp_path]).unreadable == ()


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("letter.txt", b"Dear colleague", "a text file"),
        ("letter.pdf", b"%PDF-1.7 ...", "a PDF document"),
        ("scan.bmp", b"BM" + bytes(60), "a BMP picture"),
        ("scan.xyz", bytes(range(256)), r"an unknown format \(\.xyz\)"),
        ("scan.dcm", b"renamed text", "a text file"),
    ],
)
def test_a_wrong_format_says_what_was_found_and_what_is_accepted(
    name: str, data: bytes, found: str, tmp_path: Path
) -> None:
    with pytest.raises(WrongFormat, match=f"Wrong format: {name} is {found}") as error:
        read_study([write(tmp_path, name, data)])
    assert "DICOM" in error.value.remedy
    assert "PNG" in error.value.remedy


def test_a_wrong_extension_does_not_hide_an_image(tmp_path: Path) -> None:
    path = write(tmp_path, "image.txt")
    assert read_study([path]).kind is InputKind.SLICE


def test_several_bad_files_alone_give_the_error_of_their_kind(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{number}.dcm", Modality="CT") for number in range(3)]
    with pytest.raises(Refused, match=r"None of 3 files.*CT"):
        read_study(paths)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match=r"gone\.dcm is not there"):
        read_study([tmp_path / "gone.dcm"])


def test_a_path_that_the_system_refuses_is_no_fault(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="cannot be read"):
        read_study([tmp_path / ("long" * 100)])


def test_an_unreadable_file_goes_to_the_nearest_examination(tmp_path: Path) -> None:
    write(tmp_path / "one", "a.dcm")
    write(tmp_path / "two", "b.dcm", StudyInstanceUID="1.2.9", pixels=pattern() + np.uint16(3))
    write(tmp_path / "two" / "more", "bad.dcm", b"\0" * 200)
    first, second = read_studies([tmp_path])
    assert first.unreadable == ()
    assert [unreadable.path.name for unreadable in second.unreadable] == ["bad.dcm"]
