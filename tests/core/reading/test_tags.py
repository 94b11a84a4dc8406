"""A header as lines: every element once, values cut, sequences and bytes counted, damage named."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from lumbar_core.errors import ReadingError
from lumbar_core.reading import list_header
from lumbar_core.reading.dicom.tags import LONGEST, TagLine, list_tags
from lumbar_core.study import Source
from tests.core.reading.dicom_files import an_image, to_bytes, write


def lines(**values: Any) -> dict[str, TagLine]:
    return {line.keyword or line.tag: line for line in list_tags(io.BytesIO(to_bytes(an_image(**values))), "image.dcm")}


def test_each_element_is_a_line_with_its_name_kind_and_value() -> None:
    found = lines(PatientID="P-7", ImagePositionPatient=[1.5, -2, 3])
    assert found["PatientID"] == TagLine("(0010,0020)", "PatientID", "LO", "P-7")
    assert found["ImagePositionPatient"].value == "1.5 \\ -2.0 \\ 3.0"
    tags = [line.tag for line in found.values()]
    assert tags == sorted(tags)
    assert "PixelData" not in found


def test_long_values_are_cut_and_what_cannot_be_printed_is_left_out() -> None:
    found = lines(ImageComments="x" * 5000, SeriesDescription="a\x1bb")
    assert found["ImageComments"].value == "x" * LONGEST + "…"
    assert found["SeriesDescription"].value == "a b"


def test_sequences_and_bytes_are_counted_and_never_unfolded() -> None:
    item = Dataset()
    item.PatientName = "CANARY^INSIDE"
    image = an_image(ReferencedImageSequence=Sequence([item, item]))
    image.add_new(0x00111001, "OB", b"\0" * 300)
    found = {line.tag: line for line in list_tags(io.BytesIO(to_bytes(image)), "image.dcm")}
    assert found["(0008,1140)"].value == "2 item(s)"
    assert found["(0011,1001)"].value == "300 bytes"
    assert found["(0011,1001)"].keyword == ""
    assert not [line for line in found.values() if "CANARY" in line.value]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (TagLine("(0010,0020)", "PatientID", "LO", ""), True),
        (TagLine("(0008,0090)", "ReferringPhysicianName", "PN", ""), True),
        (TagLine("(0008,0050)", "AccessionNumber", "SH", ""), True),
        (TagLine("(0008,0020)", "StudyDate", "DA", ""), True),
        (TagLine("(0011,1001)", "", "LO", "a name again"), True),
        (TagLine("(0020,4000)", "ImageComments", "LT", ""), True),
        (TagLine("(0018,0081)", "EchoTime", "DS", ""), False),
    ],
)
def test_what_tells_who_somebody_is_can_be_left_out(line: TagLine, told: bool) -> None:
    assert line.is_identity is told


@pytest.mark.parametrize(
    ("words", "found"), [("patient", True), ("0010,0020", True), ("lo p-7", True), ("p-7 sh", False), ("", True)]
)
def test_words_are_looked_for_in_the_whole_line(words: str, found: bool) -> None:
    assert TagLine("(0010,0020)", "PatientID", "LO", "P-7").matches(words) is found


def test_a_picture_has_no_header_and_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.new("L", (8, 8)).save(picture)
    assert list_header(Source(picture)) == ()
    with pytest.raises(ReadingError, match=r"gone\.dcm"):
        list_header(Source(tmp_path / "gone.dcm"))


def test_the_header_of_a_file_is_read_again_from_the_disk(tmp_path: Path) -> None:
    path = write(tmp_path, PatientID="P-8")
    assert [line.value for line in list_header(Source(path)) if line.keyword == "PatientID"] == ["P-8"]
