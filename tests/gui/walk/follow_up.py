"""A later examination of the generated sample's patient: the same pictures under new identifiers and dates."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

LATER = "20270301"


def write_follow_up(sample: Path, folder: Path) -> None:
    """Copy every DICOM file of a folder; UIDs are new and go together as before."""
    for path in sorted(each for each in sample.rglob("*") if each.suffix == ".dcm"):
        image = pydicom.dcmread(path)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            if keyword in image:
                setattr(image, keyword, generate_uid(entropy_srcs=["follow-up", str(image[keyword].value)]))
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.StudyDate = image.SeriesDate = LATER
        target = folder / path.relative_to(sample)
        target.parent.mkdir(parents=True, exist_ok=True)
        image.save_as(target)
