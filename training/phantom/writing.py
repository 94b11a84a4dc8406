"""A generated study as DICOM files (MR Image Storage, JPEG-LS lossless), with true geometry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, MRImageStorage, generate_uid

from lumbar_core.geometry import Plane
from training.phantom.body import Patient
from training.phantom.protocols import PROTOCOLS, Protocol
from training.phantom.scan import Scan, pose_of, scan
from training.phantom.spine import Spine
from training.phantom.truth import study_truth

PATIENT = "Phantom^Generated"


def write_study(spine: Spine, folder: Path, protocols: tuple[Protocol, ...] = PROTOCOLS) -> dict[str, Any]:
    """Write a series per protocol below `folder`, and what is true of it beside it; returns the truth."""
    pose = pose_of(spine.seed)
    patient = Patient.of(spine)
    scans = [scan(patient, protocol, pose) for protocol in protocols]
    files = {one.protocol.name: _write_series(spine, one, number, folder) for number, one in enumerate(scans, 1)}
    truth = study_truth(patient, pose, scans, files)
    folder.with_name(folder.name + ".truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return truth


def _write_series(spine: Spine, one: Scan, number: int, folder: Path) -> list[str]:
    names = [f"{one.protocol.name}/{index:04d}.dcm" for index in range(1, len(one.planes) + 1)]
    (folder / one.protocol.name).mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        dataset = _dataset(spine, one, number, index)
        dataset.compress(JPEGLSLossless, encoding_plugin="pyjpegls", generate_instance_uid=False)
        dataset.save_as(folder / name, enforce_file_format=True)
    return names


def uid(*parts: object) -> str:
    """The same parts give the same identifier."""
    return str(generate_uid(entropy_srcs=["lumbar phantom", *map(str, parts)]))


def empty_file(sop: str) -> FileDataset:
    """An MR image's file without any tag."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = MRImageStorage, sop
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)


def _dataset(spine: Spine, one: Scan, number: int, index: int) -> FileDataset:
    sop = uid(spine.seed, one.protocol.name, index)
    dataset = empty_file(sop)
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, sop
    _add_study(dataset, spine)
    _add_series(dataset, one.protocol, spine, number)
    dataset.InstanceNumber = index + 1
    add_place(dataset, one.planes[index])
    add_pixels(dataset, one.pixels[index], one.pixels[len(one.pixels) // 2])
    return dataset


def _add_study(dataset: Dataset, spine: Spine) -> None:
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
    dataset.ImagePositionPatient = _decimals(plane.origin_mm)
    dataset.ImageOrientationPatient = _decimals(np.concatenate([plane.right, plane.down]))
    dataset.PixelSpacing = list(plane.spacing_mm)
    dataset.SliceLocation = round(plane.position_mm, 4)


def add_pixels(dataset: Dataset, pixels: np.ndarray[Any, Any], middle: np.ndarray[Any, Any]) -> None:
    """The image itself, 12 bits; the middle slice of its series gives all of them one window."""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    white = int(np.percentile(middle, 99.5))
    dataset.WindowCenter, dataset.WindowWidth = white / 2, white
    dataset.PixelData = pixels.tobytes()


def _decimals(values: np.ndarray[Any, Any]) -> list[float]:
    """Short enough for a DICOM decimal string (16 characters)."""
    return [round(float(value), 7) for value in values]
