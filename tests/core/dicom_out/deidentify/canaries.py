"""A file that holds a canary wherever one fits: every attribute of the dictionary, and all that is no attribute."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pydicom
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from tests.core.reading.dicom_files import an_image

CANARY = "CANARY"
UID_CANARY = "1.2.826.0.1.3680043.77707770"
# Without these the file is no image, or not the one that it is.
NEEDED = frozenset(an_image().keys()) - {Tag(keyword) for keyword in ("PatientName", "PatientID")}
# Encoded by length and offset, not by content: a text there is a broken file.
_STRUCTURE = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00003, 0x00283006})
# Such a file would be refused, or could not be made.
_REFUSALS = {
    "SpecificCharacterSet",
    "ConversionType",
    "BurnedInAnnotation",
    "ImageType",
    "NumberOfFrames",
    "MIMETypeOfEncapsulatedDocument",
}


def bytes_for(vr: str, number: int) -> bytes:
    """A value with a canary of its own; texts in number fields are longer than any number there."""
    if vr == "UI":
        return f"{UID_CANARY}.{number}".encode().ljust(40, b"\0")
    if vr == "DA":
        return b"19670412"
    return f"{CANARY}{number:05d}^{CANARY}".ljust(64).encode()


def everything() -> Iterator[RawDataElement]:
    """Each attribute that the dictionary knows, with a canary."""
    for number, (tag, (vr, vm, _, _, keyword)) in enumerate(DicomDictionary.items()):
        many = "n" in vm or int(vm.split("-")[-1]) > 1
        is_number = vr[:2] in {"US", "SS", "UL", "SL", "FL", "FD", "SV", "UV", "AT"}
        if tag in NEEDED or tag in _STRUCTURE or keyword in _REFUSALS or tag >> 16 in {0, 2} or tag >> 16 >= 0x7FE0:
            continue
        if vr in {"SQ", "NONE"} or (is_number and many):
            continue
        value = bytes_for(vr, number)
        yield RawDataElement(Tag(tag), vr[:2], len(value), value, 0, False, True)


def filled(image: Dataset) -> Dataset:
    """The data set with a canary in every attribute that it need not have, and in sequences three deep."""
    for element in everything():
        image[element.tag] = element
    item = Dataset()
    for element in everything():
        item[element.tag] = element
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "CANARY-1", "99CANARY", "CANARY in a code"
    item.AnatomicRegionSequence = Sequence([code])
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = f"{UID_CANARY}.1", f"{UID_CANARY}.2"
    reference.PurposeOfReferenceCodeSequence = Sequence([code])
    item.SourceImageSequence = Sequence([reference])
    outer = Dataset()
    outer.SharedFunctionalGroupsSequence = Sequence([item])
    image.SharedFunctionalGroupsSequence = Sequence([outer])
    image.ReferencedImageSequence = Sequence([reference])
    image.RequestAttributesSequence = Sequence([item])
    for group in (0x6000, 0x601E, 0x5000):
        image.add_new(Tag(group, 0x0022), "LO", "CANARY overlay")
        image.add_new(Tag(group, 0x3000), "OW", b"CANARY overlay data ")
    for holder in (image, item):
        block = holder.private_block(0x0029, "CANARY MEDICAL", create=True)
        block.add_new(0x10, "LO", "CANARY private")
        block.add_new(0x11, "SQ", Sequence([code]))
        block.add_new(0x12, "UN", b"CANARY unknown ")
    return image


def canary_file(syntax: str, **values: object) -> bytes:
    """Such a file in one encoding: preamble, meta information, header, what stands behind the pixels."""
    image: FileDataset = an_image(**values)
    filled(image)
    image.PixelData = image.PixelData + b"CANARY behind the pixels"
    image.preamble = b"CANARY in the preamble".ljust(128, b"\0")
    image.file_meta.TransferSyntaxUID = syntax
    image.file_meta.SourceApplicationEntityTitle = "CANARYAE"
    image.file_meta.SendingApplicationEntityTitle = "CANARYSEND"
    image.file_meta.MediaStorageSOPInstanceUID = f"{UID_CANARY}.9"
    image.file_meta.PrivateInformationCreatorUID = f"{UID_CANARY}.8"
    image.file_meta.PrivateInformation = b"CANARY in the meta information"
    image.add_new(Tag(0xFFFC, 0xFFFC), "OB", b"CANARY in the padding")
    out = io.BytesIO()
    pydicom.dcmwrite(out, image, enforce_file_format=True)
    deflated = syntax == pydicom.uid.DeflatedExplicitVRLittleEndian
    return out.getvalue() + (b"" if deflated else b"CANARY behind the end")
