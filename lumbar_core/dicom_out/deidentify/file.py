"""One file without identity: a new header, a new file meta information, the pixels that it had."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, MRImageStorage

from lumbar_core import __version__
from lumbar_core.dicom_out.deidentify.admit import ENHANCED, admit, sop_class
from lumbar_core.dicom_out.deidentify.clean import Cleaner
from lumbar_core.dicom_out.deidentify.pixels import read_pixels
from lumbar_core.dicom_out.deidentify.profile import EDITION, OPTION_CODES, PROFILE_CODE, Option
from lumbar_core.dicom_out.deidentify.pseudonyms import Pseudonyms
from lumbar_core.reading.dicom.headers import count_frames, pixel_bytes
from lumbar_core.reading.dicom.part10 import open_shell
from lumbar_core.reading.dicom.values import at_the_door, text

# Longer values than a Long String takes are split at these.
_METHOD = (f"DICOM PS3.15 {EDITION} Annex E, basic profile", "other free text and private attributes removed")


@dataclass(frozen=True, slots=True)
class Anonymous:
    """The new file's bytes, and whether the old one said that nothing is burned into its picture."""

    data: bytes
    says_clean: bool


def deidentify_file(
    stream: BinaryIO, name: str, names: Pseudonyms, options: frozenset[Option], series_number: int
) -> Anonymous:
    """The file anew; series_number: for one that has none, so that the series keep their order without their UIDs.

    Raises Refused for what is not an MR image or may show text, Damaged for what cannot be read.
    """
    with at_the_door(name):
        shell = open_shell(stream, name)
        header = _read(shell.stream)  # read twice: to look at a value is to change how it is kept
        says_clean = admit(header, name)
        enhanced = sop_class(header) in ENHANCED
        frames = count_frames(header, name)
        made = Cleaner(names, options, enhanced).clean(_read(shell.stream))
        _describe(made, names, options)
        if not text(made, "SeriesNumber"):
            made.SeriesNumber = series_number
        implicit, little = bool(header.original_encoding[0]), header.original_encoding[1] is not False
        pixels = read_pixels(shell.stream, implicit, little, pixel_bytes(header, frames), frames, name)
        made[pixels.tag] = pixels
        made.file_meta = _meta(sop_class(header), made, shell.transfer_syntax or _syntax(implicit, little))
        buffer = io.BytesIO()
        pydicom.dcmwrite(buffer, made, enforce_file_format=True)
        return Anonymous(buffer.getvalue(), says_clean)


def _read(stream: BinaryIO) -> Dataset:
    """The header; `stream` then stands at the pixels."""
    stream.seek(0)
    return pydicom.dcmread(stream, stop_before_pixels=True, force=True)


def _describe(made: Dataset, names: Pseudonyms, options: frozenset[Option]) -> None:
    """Whose the copy is now, and how the identity was removed (PS3.3 C.7.1.1 and C.12.1; PS3.15 E.1.1, point 6)."""
    made.PatientName, made.PatientID = f"{names.patient}^", names.patient
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = [*_METHOD, f"lumbar {__version__}"]
    applied = (PROFILE_CODE, *(OPTION_CODES[option] for option in Option if option in options))
    made.DeidentificationMethodCodeSequence = [_item(code) for code in applied]
    made.LongitudinalTemporalInformationModified = "MODIFIED" if Option.DATES in options else "REMOVED"


def _item(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item


def _meta(kind: str, made: Dataset, transfer_syntax: str) -> FileMetaDataset:
    """Nothing of the old one but what the file is and how it is encoded: no AE titles, no private part."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(kind or MRImageStorage)
    meta.MediaStorageSOPInstanceUID = UID(text(made, "SOPInstanceUID"))
    meta.TransferSyntaxUID = UID(transfer_syntax)
    return meta


def _syntax(implicit: bool, little: bool) -> str:
    """The syntax of a file that does not name one."""
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
