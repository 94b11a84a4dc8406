"""Nothing that names a patient is in the copy: canaries in every attribute, and in all that is no attribute."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)  # fmt: skip

from lumbar_core.dicom_out.deidentify import Option, deidentify
from lumbar_core.reading import read_study
from lumbar_core.reading.dicom.part10 import open_shell
from tests.core.dicom_out.deidentify.canaries import UID_CANARY, canary_file, everything
from tests.core.reading.dicom_files import ENHANCED_MR, MR, write

SYNTAXES = (
    ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian,
)  # fmt: skip
GIVEN_AWAY = re.compile(rb"canary|77707770|19670412|doe\^?jane", re.IGNORECASE)


def plain(path: Path) -> bytes:
    """The file's bytes, inflated where they are deflated."""
    with path.open("rb") as stream:
        shell = open_shell(stream, path.name)
        shell.stream.seek(0)
        return path.read_bytes() + shell.stream.read()


def copied(folder: Path, data: bytes, options: frozenset[Option] = frozenset()) -> list[Path]:
    """The files of the copy of an examination with one such file, in folders that name the patient."""
    source = write(folder / "CANARY^Jane 19670412", "CANARY.dcm", data)
    out = folder / "out"
    out.mkdir()
    deidentify(read_study([source.parent]), out, options=options)
    return sorted(out.rglob("*"))


def test_the_canaries_are_many_and_of_every_kind() -> None:
    kinds = {element.VR for element in everything()}
    assert len(list(everything())) > 3000
    assert kinds >= {"AE", "AS", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OW", "PN", "SH", "ST"}
    assert kinds >= {"SL", "SS", "TM", "UC", "UI", "UL", "UR", "US", "UT", "OF", "OD", "OV"}


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("kind", [MR, ENHANCED_MR], ids=["classic", "enhanced"])
def test_no_canary_comes_through(tmp_path: Path, syntax: pydicom.uid.UID, kind: str) -> None:
    data = canary_file(syntax, SOPClassUID=kind)
    assert syntax == DeflatedExplicitVRLittleEndian or len(GIVEN_AWAY.findall(data)) > 3000
    *_, file = paths = copied(tmp_path, data)
    assert not GIVEN_AWAY.search(plain(file))
    assert not [path for path in paths if GIVEN_AWAY.search(str(path.relative_to(tmp_path)).encode())]
    assert file.read_bytes()[:128] == bytes(128)
    assert pydicom.dcmread(file).file_meta.TransferSyntaxUID == syntax


def test_no_canary_comes_through_whatever_is_retained(tmp_path: Path) -> None:
    *_, file = copied(tmp_path, canary_file(ExplicitVRLittleEndian), frozenset(Option))
    assert not GIVEN_AWAY.search(plain(file))


def test_the_canary_s_picture_is_read_as_before(tmp_path: Path) -> None:
    data = canary_file(ExplicitVRLittleEndian)
    before = pydicom.dcmread(io.BytesIO(data))
    *_, file = copied(tmp_path, data)
    after = pydicom.dcmread(file)
    assert after.PixelData == before.PixelData[: before.Rows * before.Columns * 2]
    assert after.ImagePositionPatient == before.ImagePositionPatient
    assert after.PixelSpacing == before.PixelSpacing


def test_references_lead_to_the_new_names(tmp_path: Path) -> None:
    data = canary_file(ExplicitVRLittleEndian, SOPInstanceUID=f"{UID_CANARY}.2", SOPClassUID=MR)
    *_, file = copied(tmp_path, data)
    made = pydicom.dcmread(file)
    assert made.ReferencedImageSequence[0].ReferencedSOPInstanceUID == made.SOPInstanceUID
