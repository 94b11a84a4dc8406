"""Which files may be de-identified: MR images whose pixels hold no writing."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage, MRImageStorage

from lumbar_core.errors import Refused
from lumbar_core.reading.dicom.values import codes, text, whole
from lumbar_core.recognise.burned_text import has_burned_text
from lumbar_core.study import Pixels

ENHANCED = frozenset({EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage})
_SCREENS = frozenset({"SCREEN SAVE", "SCREENSHOT", "SCREEN CAPTURE", "REPORT", "PASTED", "FUSED"})
_LEAVE_OUT = "It is left out; export the original MR images."
UNKNOWN_BURNED_IN = (
    "The files do not say whether text is burned into their pictures (Burned In Annotation). In those that were copied "
    "none was seen, but not all letters are; look at the pictures before you pass them on."
)


def admit_picture(pixels: Pixels, name: str) -> None:
    """Raises Refused where letters show in a picture whose file does not say that there are none."""
    if has_burned_text(pixels):
        raise Refused(f"{name} seems to have text burned into its picture, which may show a name.", _LEAVE_OUT)


def sop_class(dataset: Dataset) -> str:
    """What the object is: by itself, else by its file's meta information; "" where neither tells."""
    return text(dataset, "SOPClassUID") or text(dataset.file_meta, "MediaStorageSOPClassUID")


def admit(dataset: Dataset, name: str) -> bool:
    """Whether the file says that nothing is burned in; raises Refused where that is not to be trusted.

    What is not an MR image has forms of its own to name a patient. Of an MR image that does not tell, an original is
    taken and a derived one is not: workstations store screens and reports in that form.
    """
    kind, modality = sop_class(dataset), text(dataset, "Modality").upper()
    if kind not in {*ENHANCED, MRImageStorage} and not (kind == "" and modality == "MR"):
        raise Refused(f"{name} is not an MR image, so it cannot be de-identified here.", _LEAVE_OUT)
    if modality not in {"", "MR"} or text(dataset, "ConversionType"):
        raise Refused(f"{name} is a capture or a scan of something, which may show a name.", _LEAVE_OUT)
    said = text(dataset, "BurnedInAnnotation").upper()
    if said == "YES":
        raise Refused(f"{name} says that text is burned into its picture.", _LEAVE_OUT)
    made = codes(dataset, "ImageType")
    if _SCREENS & set(made) or (whole(dataset, "SamplesPerPixel") or 1) > 1:
        raise Refused(f"{name} is a picture of a screen, which may show a name.", _LEAVE_OUT)
    if said != "NO" and made and made[:2] != ("ORIGINAL", "PRIMARY"):
        raise Refused(f"{name} is a derived picture that does not say whether text is burned into it.", _LEAVE_OUT)
    return said == "NO"
