"""A scanned series as MR Image Storage files with conventional headers and true geometry (PS3.3 A.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLSLossless, MRImageStorage, generate_uid

from lumbar_core.geometry import Plane
from training.phantom.encoding import encode
from training.phantom.protocols import Protocol
from training.phantom.scan import Scan
from training.phantom.spine import Spine

PATIENT = "Phantom^Generated"


def write_series(spine: Spine, one: Scan, number: int, folder: Path, syntax: UID = JPEGLSLossless) -> list[str]:
    """Write a scan's slices as files of their own; returns their names below `folder`."""
    names = [f"{one.protocol.name}/{index:04d}.dcm" for index in range(1, len(one.planes) + 1)]
    (folder / one.protocol.name).mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        (folder / name).write_bytes(encode(_dataset(spine, one, number, index), syntax))
    return names


def uid(*parts: object) -> str:
    """The same parts give the same identifier."""
    return str(generate_uid(entropy_srcs=["lumbar phantom", *map(str, parts)]))


def empty_file(sop: str, sop_class: UID = MRImageStorage) -> FileDataset:
    """An MR image's file without any tag."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, sop
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)


def _dataset(spine: Spine, one: Scan, number: int, index: int) -> FileDataset:
    sop = uid(spine.seed, one.protocol.name, index)
    dataset = empty_file(sop)
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, sop
    add_study(dataset, spine)
    _add_series(dataset, one.protocol, spine, number)
    dataset.InstanceNumber = index + 1
    add_place(dataset, one.planes[index])
    add_pixels(dataset, one.pixels[index], one.pixels[len(one.pixels) // 2])
    return dataset


def add_study(dataset: Dataset, spine: Spine) -> None:
    """Whose study it is; nobody's."""
    dataset.PatientName = PATIENT
    dataset.PatientID = f"PHANTOM-{spine.seed}"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.StudyInstanceUID = uid(spine.seed, "study")
    dataset.StudyID = str(spine.seed)
    dataset.StudyDate, dataset.StudyTime = "", ""
    dataset.StudyDescription = "Generated lumbar spine"
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.Manufacturer = "Generated"
    dataset.ManufacturerModelName = "training.phantom"
    dataset.FrameOfReferenceUID = uid(spine.seed, "frame")
    dataset.PositionReferenceIndicator = ""
    dataset.PatientPosition = "HFS"


def _add_series(dataset: Dataset, protocol: Protocol, spine: Spine, number: int) -> None:
    dataset.Modality = "MR"
    dataset.BodyPartExamined = "LSPINE"
    dataset.SeriesInstanceUID = uid(spine.seed, protocol.name)
    dataset.SeriesNumber = number
    dataset.SeriesDescription = protocol.name
    dataset.ProtocolName = protocol.name
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    dataset.ScanningSequence = "SE" if protocol.sequence.inversion_ms is None else ["SE", "IR"]
    dataset.SequenceVariant = "SK"
    if protocol.sequence.inversion_ms is not None:
        dataset.InversionTime = protocol.sequence.inversion_ms
    dataset.ScanOptions, dataset.MRAcquisitionType = "", "2D"
    dataset.RepetitionTime, dataset.EchoTime = protocol.sequence.repetition_ms, protocol.sequence.echo_ms
    dataset.EchoTrainLength, dataset.FlipAngle = protocol.echo_train, 150
    dataset.NumberOfAverages, dataset.MagneticFieldStrength = 2, protocol.tesla
    dataset.SliceThickness = protocol.thickness_mm
    dataset.SpacingBetweenSlices = protocol.step_mm


def add_place(dataset: Dataset, plane: Plane) -> None:
    """Where the image lies in the patient."""
    dataset.ImagePositionPatient = decimals(plane.origin_mm)
    dataset.ImageOrientationPatient = decimals(np.concatenate([plane.right, plane.down]))
    dataset.PixelSpacing = list(plane.spacing_mm)
    dataset.SliceLocation = round(plane.position_mm, 4)


def add_pixels(dataset: Dataset, pixels: np.ndarray[Any, Any], middle: np.ndarray[Any, Any]) -> None:
    """The image itself, or its frames, 12 bits; the middle slice of its series gives all of them one window."""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    white = int(np.percentile(middle, 99.5))
    dataset.WindowCenter, dataset.WindowWidth = white / 2, white
    dataset.PixelData = pixels.tobytes()


def decimals(values: np.ndarray[Any, Any]) -> list[float]:
    """Short enough for a DICOM decimal string (16 characters)."""
    return [round(float(value), 7) for value in values]
