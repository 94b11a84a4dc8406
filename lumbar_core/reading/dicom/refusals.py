"""DICOM objects that are not MR images, and encodings that are not decoded: refused with a reason."""

from __future__ import annotations

from pydicom.dataset import Dataset

from lumbar_core.errors import Refused
from lumbar_core.reading.dicom.syntaxes import BY_UID, Support
from lumbar_core.reading.dicom.values import text

_CHOOSE_MR = "Choose the images of a lumbar MR examination."

# What may carry an MR image: MR itself, a screen capture of one, and files without the tag.
_ACCEPTED_MODALITIES = frozenset({"", "MR", "OT", "SC"})

_MODALITY_NAMES = {
    "CT": "a CT image", "US": "an ultrasound image", "CR": "an X-ray image", "DX": "an X-ray image",
    "RF": "a fluoroscopy image", "XA": "an angiography image", "MG": "a mammography image", "PT": "a PET image",
    "NM": "a nuclear medicine image", "XC": "a photograph", "ES": "an endoscopy image", "SR": "a structured report",
    "PR": "a presentation state, not an image", "KO": "a key object note, not an image", "DOC": "a document",
    "SEG": "a segmentation, not an image", "REG": "a registration, not an image", "RTSTRUCT": "a contour set",
    "RTDOSE": "a dose map", "RTPLAN": "a treatment plan", "SM": "a microscopy image", "ECG": "an ECG",
}  # fmt: skip

# SOP classes that say what the missing Modality does not (PS3.4 B.5), by the start of the UID.
_STORAGE = "1.2.840.10008.5.1.4.1.1."
_CLASS_NAMES: tuple[tuple[str, str], ...] = (
    ("104.", "a document (PDF or the like) in a DICOM shell"),
    ("88.", "a structured report"),
    ("11.", "a presentation state, not an image"),
    ("66.4", "a segmentation, not an image"),
    ("66", "raw data, not an image"),
    ("2", "a CT image"),
    ("3.1", "an ultrasound image"),
    ("6.1", "an ultrasound image"),
    ("6.2", "an ultrasound image"),
    ("1", "an X-ray image"),
    ("12.", "an X-ray image"),
    ("13.", "an X-ray or CT image"),
    ("20", "a nuclear medicine image"),
    ("128", "a PET image"),
    ("130", "a PET image"),
    ("77.1.", "a photograph or film"),
    ("481.", "a radiotherapy object"),
    ("4.2", "an MR spectrum, not an image"),
)
_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"


def refuse_foreign_object(dataset: Dataset, name: str) -> None:
    """Raise Refused for what is not an MR image; a missing Modality is tolerated unless the SOP class tells."""
    modality = text(dataset, "Modality").upper()
    sop_class = text(dataset, "SOPClassUID") or text(dataset.file_meta, "MediaStorageSOPClassUID")
    if sop_class == _DIRECTORY_CLASS:
        raise Refused(f"{name} is a DICOMDIR, an index without images.", "Open it where its image files are beside it.")
    found = _by_class(sop_class, only_documents=modality == "MR")
    if found is None and modality not in _ACCEPTED_MODALITIES:
        found = _MODALITY_NAMES.get(modality, f"an object of another kind ({modality[:16]})")
    if text(dataset, "MIMETypeOfEncapsulatedDocument"):
        found = "a document (PDF or the like) in a DICOM shell"
    if found is not None:
        raise Refused(f"{name} is {found}.", _CHOOSE_MR)


def _by_class(sop_class: str, only_documents: bool) -> str | None:
    """What the SOP class says; for an object declared MR only classes that can hold no image count."""
    tail = sop_class.removeprefix(_STORAGE)
    if tail == sop_class:
        return None
    for start, words in _CLASS_NAMES:
        whole_class = tail == start or tail.startswith(start if start.endswith(".") else start + ".")
        if whole_class and (not only_documents or "not an image" in words or "document" in words):
            return words
    return None


def refuse_syntax(transfer_syntax: str, bits: int | None, name: str) -> None:
    """Raise Refused for what cannot be decoded, by transfer syntax and bits allocated; a missing one is guessed."""
    if not transfer_syntax:
        return
    syntax = BY_UID.get(transfer_syntax)
    if syntax is None or syntax.support is Support.REFUSED or (bits or 0) > syntax.max_bits:
        kind = f"{syntax.name}, {bits} bit" if syntax else f"an encoding not known here ({transfer_syntax[:64]})"
        raise Refused(
            f"{name} is compressed as {kind}, which the program does not decode.",
            "Export it uncompressed or as JPEG 2000 or JPEG-LS.",
        )
