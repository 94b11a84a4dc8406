"""One file without identity: what stays, what options retain, what is refused."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from lumbar_core.dicom_out.deidentify.file import Anonymous, deidentify_file
from lumbar_core.dicom_out.deidentify.profile import Action, Option, rule_for
from lumbar_core.dicom_out.deidentify.pseudonyms import Pseudonyms
from lumbar_core.errors import Damaged, Refused
from tests.core.reading.dicom_files import ENHANCED_MR, an_image, as_jpeg, pattern, to_bytes

NAMES = Pseudonyms(b"k" * 32, "P1")
BASIC: frozenset[Option] = frozenset()


def anonymous(data: bytes, *options: Option, names: Pseudonyms = NAMES) -> Anonymous:
    return deidentify_file(io.BytesIO(data), "image.dcm", names, frozenset(options), 9001)


def copy_of(*options: Option, **values: Any) -> Dataset:
    return pydicom.dcmread(io.BytesIO(anonymous(to_bytes(an_image(**values)), *options).data))


def test_the_copy_says_that_and_how_identity_was_removed() -> None:
    made = copy_of(Option.PATIENT, StudyDate="20240229", PatientSex="F")
    assert (made.PatientIdentityRemoved, made.LongitudinalTemporalInformationModified) == ("YES", "REMOVED")
    assert [item.CodeValue for item in made.DeidentificationMethodCodeSequence] == ["113100", "113108"]
    assert made.PatientID.startswith("ANON-")
    assert "Doe" not in str(made.PatientName)
    assert made.StudyDate == ""


def test_dates_move_back_by_as_many_days_for_one_patient() -> None:
    made = copy_of(
        Option.DATES, StudyDate="20240229", ContentDate="20240301", StudyTime="101112", PatientBirthDate="19600101"
    )
    study, content = (pydicom.valuerep.DA(day) for day in (made.StudyDate, made.ContentDate))
    assert study is not None
    assert content is not None
    assert (content - study).days == 1
    assert str(study) < "20240229"
    assert (made.StudyTime, made.PatientBirthDate, made.LongitudinalTemporalInformationModified) == (
        "101112",
        "",
        "MODIFIED",
    )
    other = Pseudonyms(b"k" * 32, "P2")
    assert other.day("20240229") != made.StudyDate


def test_a_date_that_is_none_does_not_stay() -> None:
    assert copy_of(Option.DATES, StudyDate="CANARY19", AcquisitionDateTime="2024").get("StudyDate") == ""


def test_of_a_patient_sex_age_size_and_weight_may_stay() -> None:
    values = {"PatientSex": "F", "PatientAge": "067Y", "PatientWeight": "71.5", "EthnicGroup": "CANARY"}
    made = copy_of(Option.PATIENT, **values)
    assert (made.PatientSex, made.PatientAge, made.PatientWeight) == ("F", "067Y", 71.5)
    assert not made.get("EthnicGroup"), "a free text"
    assert copy_of(Option.PATIENT, PatientAge="097Y").PatientAge == "090Y", "the oldest are few"
    basic = copy_of(**values)
    assert (basic.PatientSex, "PatientAge" in basic, "PatientWeight" in basic) == ("", False, False)


def test_of_descriptions_the_technical_words_may_stay() -> None:
    said = "Mrs Doe: T2_tse_SAG, L4/5 lumbar spine (Dr Who)"
    assert copy_of(Option.DESCRIPTORS, SeriesDescription=said).SeriesDescription == "T2 TSE SAG L4 LUMBAR SPINE"
    assert "SeriesDescription" not in copy_of(SeriesDescription=said)


def test_known_words_stay_and_others_become_mute_but_told_apart() -> None:
    made = copy_of(ImageType=["ORIGINAL", "PRIMARY", "M", "DOEJANE", "DOEJOHN"], BodyPartExamined="L SPINE")
    assert made.ImageType[:3] == ["ORIGINAL", "PRIMARY", "M"]
    assert len(set(made.ImageType)) == 5
    assert "DOE" not in "".join(made.ImageType)
    assert made.BodyPartExamined == "L SPINE"


@pytest.mark.parametrize("value", ["王 M", "Ö T2"])
def test_a_name_in_another_script_does_not_pass_for_the_term_beside_it(value: str) -> None:
    stored = value.encode().decode("latin-1")  # as the bytes come into a code string, which has no character set
    made = anonymous(to_bytes(an_image(BodyPartExamined=stored))).data
    assert value.split()[0].encode() not in made
    assert pydicom.dcmread(io.BytesIO(made)).BodyPartExamined.startswith("X")


def test_codes_of_public_schemes_stay_with_their_own_meaning() -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "122496007", "SCT", "Mrs Doe's back"
    (item,) = copy_of(AnatomicRegionSequence=Sequence([code])).AnatomicRegionSequence
    assert (item.CodeValue, item.CodeMeaning) == ("122496007", "Lumbar spine structure (body structure)")


def test_that_a_contrast_agent_was_given_stays_known() -> None:
    assert copy_of(ContrastBolusAgent="Gadovist for Mrs Doe").ContrastBolusAgent == "REMOVED"
    assert copy_of(ContrastBolusAgent="none").ContrastBolusAgent == ""


def test_numbers_stay_as_they_are_written() -> None:
    made = copy_of(SliceThickness="4.00", EchoTime="1.05E+02", MagneticFieldStrength="1.5")
    assert made["SliceThickness"].value.original_string == "4.00"
    assert made["EchoTime"].value.original_string == "1.05E+02"


def test_uids_that_the_standard_defines_stay_and_others_are_the_same_under_the_same_key() -> None:
    made = copy_of()
    assert made.SOPClassUID == an_image().SOPClassUID
    assert made.SOPInstanceUID == NAMES.uid("1.2.3.4") == made.file_meta.MediaStorageSOPInstanceUID
    assert NAMES.uid("1.2.3.4") != Pseudonyms(b"l" * 32, "P1").uid("1.2.3.4")
    assert pydicom.uid.UID(NAMES.uid("1.2.3.4")).is_valid


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_pixels_stay_compressed_and_equal_to_the_bit(syntax: str) -> None:
    data = to_bytes(an_image(), syntax)
    before, after = (pydicom.dcmread(io.BytesIO(each)) for each in (data, anonymous(data).data))
    assert after.file_meta.TransferSyntaxUID == syntax
    frames = [next(generate_frames(each.PixelData, number_of_frames=1)) for each in (before, after)]
    if syntax == JPEG2000Lossless:  # its encoder writes its own name as a comment
        assert len(frames[0]) == len(frames[1])
    else:
        assert frames[0] == frames[1]
    assert np.array_equal(before.pixel_array, after.pixel_array)


@pytest.mark.parametrize("pieces", [1, 3])
def test_comments_and_what_follows_the_picture_are_blanked_in_a_jpeg(pieces: int) -> None:
    pixels = pattern(top=255).astype(np.uint8)
    image = pydicom.dcmread(io.BytesIO(as_jpeg(pixels)))
    frame = next(generate_frames(image.PixelData, number_of_frames=1))
    comment = b"\xff\xfe\x00\x10CANARY COMMENT" + b"\xff\xe1\x00\x0eExif\0CANARY "
    written = frame[:2] + comment + frame[2:].rstrip(b"\0") + b"CANARY"
    image.PixelData = encapsulate([written + b"\0" * (len(written) % 2)], fragments_per_frame=pieces)
    buffer = io.BytesIO()
    image.save_as(buffer)
    made = anonymous(buffer.getvalue())
    assert b"CANARY" in buffer.getvalue()
    assert b"CANARY" not in made.data
    assert np.array_equal(pydicom.dcmread(io.BytesIO(made.data)).pixel_array, image.pixel_array)


def test_comments_in_a_jpeg_2000_stream_are_blanked() -> None:
    image = pydicom.dcmread(io.BytesIO(to_bytes(an_image(), JPEG2000Lossless)))
    frame = next(generate_frames(image.PixelData, number_of_frames=1))
    end_of_size = 4 + int.from_bytes(frame[4:6], "big")
    written = frame[:end_of_size] + b"\xff\x64\x00\x0c\x00\x01CANARY12" + frame[end_of_size:]
    image.PixelData = encapsulate([written])
    buffer = io.BytesIO()
    image.save_as(buffer)
    made = anonymous(buffer.getvalue())
    assert b"CANARY" in buffer.getvalue()
    assert b"CANARY" not in made.data
    assert np.array_equal(pydicom.dcmread(io.BytesIO(made.data)).pixel_array, image.pixel_array)


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ({"BurnedInAnnotation": "YES"}, "burned into"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "Modality": "OT"}, "not an MR image"),
        ({"Modality": "OT"}, "a capture or a scan"),
        ({"ConversionType": "WSD"}, "a capture or a scan"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"], "BurnedInAnnotation": "NO"}, "picture of a screen"),
        ({"ImageType": ["DERIVED", "PRIMARY", "MPR"]}, "does not say whether"),
        ({"pixels": np.zeros((8, 8), np.uint8), "SamplesPerPixel": 3, "Columns": 2, "Rows": 10}, "picture of a screen"),
    ],
)  # fmt: skip
def test_what_may_show_a_name_is_refused(values: dict[str, Any], finding: str) -> None:
    with pytest.raises(Refused, match=finding):
        anonymous(to_bytes(an_image(**values)))


def test_a_derived_picture_that_says_it_is_clean_is_taken() -> None:
    made = anonymous(to_bytes(an_image(ImageType=["DERIVED", "PRIMARY", "MPR"], BurnedInAnnotation="NO")))
    assert made.says_clean
    assert not anonymous(to_bytes(an_image(ImageType=["ORIGINAL", "PRIMARY"]))).says_clean


def test_a_file_that_is_cut_short_is_told() -> None:
    with pytest.raises(Damaged, match="cut short"):
        anonymous(to_bytes(an_image())[:-100])


def test_a_header_nested_without_end_is_refused() -> None:
    head = to_bytes(an_image())
    nested = b"".join(b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" for _ in range(3000))
    at = head.index(b"\x10\x00\x10\x00PN")
    with pytest.raises((Refused, Damaged)):
        anonymous(head[:at] + nested)


def test_the_table_is_the_standard_s() -> None:
    def basic(keyword: str, enhanced: bool = False) -> Action:
        rule = rule_for(pydicom.tag.Tag(keyword))
        assert rule is not None
        return rule.action(BASIC, enhanced)

    assert basic("PatientName") is Action.EMPTY
    assert basic("InstitutionAddress") is Action.REMOVE
    assert basic("FrameOfReferenceUID") is Action.NEW_UID
    assert basic("ContentDate") is Action.EMPTY
    assert basic("ContentDate", enhanced=True) is Action.DUMMY
    assert basic("DeviceSerialNumber") is Action.REMOVE
    assert basic("ReferencedImageSequence") is Action.NEW_UID
    assert rule_for(0x60023000) is not None
    assert rule_for(pydicom.tag.Tag("Rows")) is None


def test_an_enhanced_image_keeps_what_it_requires() -> None:
    values = {
        "SOPClassUID": ENHANCED_MR,
        "DeviceSerialNumber": "12345",
        "ContentDate": "20240101",
        "StudyDate": "20240101",
    }
    made = copy_of(**values)
    assert made.DeviceSerialNumber
    assert made.DeviceSerialNumber != "12345"
    assert (made.ContentDate, made.StudyDate) == ("20000101", "")
