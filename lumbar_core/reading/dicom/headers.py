"""A DICOM file's header → its images, without decoding a pixel."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset

from lumbar_core.errors import Damaged, GeometryError, Refused
from lumbar_core.geometry import Plane
from lumbar_core.reading import limits
from lumbar_core.reading.dicom.acquisition import WANTED as ACQUISITION_TAGS
from lumbar_core.reading.dicom.acquisition import read_acquisition
from lumbar_core.reading.dicom.frames import FrameView, frame_views
from lumbar_core.reading.dicom.part10 import PixelSpan, Shell, cut_short, locate_pixels, open_shell
from lumbar_core.reading.dicom.refusals import refuse_foreign_object, refuse_syntax
from lumbar_core.reading.dicom.values import at_the_door, element, numbers, text, whole
from lumbar_core.reading.dicom.windows import read_windows
from lumbar_core.reading.records import ImageRecord
from lumbar_core.study import Identity, Instance, Source

_WANTED = [
    *ACQUISITION_TAGS,
    "SOPClassUID", "SOPInstanceUID", "Modality", "MIMETypeOfEncapsulatedDocument",
    "PatientName", "PatientID", "PatientBirthDate", "StudyDate", "AccessionNumber",
    "StudyInstanceUID", "SeriesInstanceUID", "InstanceNumber", "FrameOfReferenceUID",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
    "Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "PixelRepresentation", "NumberOfFrames",
    "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth",
    "WindowCenterWidthExplanation", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "DirectoryRecordSequence",
]  # fmt: skip
_HASH_CHUNK = 1 << 20


def read_images(stream: BinaryIO, source: Source, name: str) -> tuple[ImageRecord, ...]:
    """Every frame of the file. Raises Damaged, Refused or WrongFormat."""
    with at_the_door(name):
        shell = open_shell(stream, name)
        dataset = pydicom.dcmread(shell.stream, stop_before_pixels=True, specific_tags=list(_WANTED), force=True)
        refuse_foreign_object(dataset, name)
        refuse_syntax(shell.transfer_syntax, whole(dataset, "BitsAllocated"), name)
        span = _find_pixels(dataset, shell, name)
        digest = _digest(shell.stream, span)
        return _build_records(dataset, source, digest, count_frames(dataset, name))


def read_series_uid(stream: BinaryIO, name: str) -> str:
    """The Series Instance UID alone, for looking at a file's neighbours. Raises as `read_images`."""
    with at_the_door(name):
        shell = open_shell(stream, name)
        dataset = pydicom.dcmread(
            shell.stream, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"], force=True
        )
        return text(dataset, "SeriesInstanceUID")


def count_frames(dataset: Dataset, name: str) -> int:
    """How many frames the header claims, once its sizes are within the limits. Raises Refused."""
    rows, columns = whole(dataset, "Rows") or 0, whole(dataset, "Columns") or 0
    frames = 1 if element(dataset, "NumberOfFrames") is None else whole(dataset, "NumberOfFrames") or 0
    if rows < 1 or columns < 1 or frames < 1:
        raise Damaged(f"{name} holds no usable image size.", "Export it again from its source.")
    decoded = pixel_bytes(dataset, frames)
    if max(rows, columns) > limits.MAX_SIDE_PX or frames > limits.MAX_FRAMES or decoded > limits.MAX_DECODED_BYTES:
        raise Refused(
            f"{name} claims {columns} × {rows} pixels in {frames} frame(s), more than any MR image has.",
            "Export the lumbar series alone, or ask its sender for a clean copy.",
        )
    return frames


def pixel_bytes(dataset: Dataset, frames: int) -> int:
    """How many bytes the pixels of all frames take uncompressed."""
    bits = (whole(dataset, "BitsAllocated") or 16) * (whole(dataset, "SamplesPerPixel") or 1)
    return frames * (whole(dataset, "Rows") or 0) * (whole(dataset, "Columns") or 0) * max(1, bits // 8)


def _find_pixels(dataset: Dataset, shell: Shell, name: str) -> PixelSpan:
    implicit, little = dataset.original_encoding
    span = locate_pixels(shell.stream, bool(implicit), little is not False, name)
    if span is None:
        raise Refused(f"{name} holds no image.", "Choose the images of the lumbar MR examination.")
    frames = count_frames(dataset, name)
    if span.fragments is not None and span.fragments < frames:  # each frame has one at least (PS3.5 A.4)
        raise cut_short(name)
    expected = pixel_bytes(dataset, frames)
    if span.fragments is None and span.length < expected and "422" not in text(dataset, "PhotometricInterpretation"):
        raise cut_short(name)
    return span


def _digest(stream: BinaryIO, span: PixelSpan) -> str:
    """SHA-256 of the stored pixel bytes."""
    digest, left = hashlib.sha256(), span.length
    stream.seek(span.start)
    while left > 0 and (chunk := stream.read(min(left, _HASH_CHUNK))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def _build_records(dataset: Dataset, source: Source, digest: str, frames: int) -> tuple[ImageRecord, ...]:
    identity = _read_identity(dataset)
    rows, columns = whole(dataset, "Rows") or 0, whole(dataset, "Columns") or 0
    series_uid, sop_uid = text(dataset, "SeriesInstanceUID"), text(dataset, "SOPInstanceUID")
    records = []
    for index, view in enumerate(frame_views(dataset, frames)):
        plane, notes = _read_plane(view)
        instance = Instance(
            source=Source(source.path, source.member, index),
            rows=rows,
            columns=columns,
            plane=plane,
            series_uid=series_uid,
            sop_uid=sop_uid,
            instance_number=whole(dataset, "InstanceNumber"),
            frame_of_reference_uid=text(dataset, "FrameOfReferenceUID"),
            digest=digest,
            windows=read_windows(view),
        )
        records.append(ImageRecord(instance, read_acquisition(view), identity, picture=False, notes=notes))
    return tuple(records)


def _read_plane(view: FrameView) -> tuple[Plane | None, tuple[str, ...]]:
    """The frame's place in the patient, or None with a note where the header contradicts itself."""
    position = numbers(view.holder("PlanePositionSequence", "ImagePositionPatient"), "ImagePositionPatient", 3)
    orientation = numbers(
        view.holder("PlaneOrientationSequence", "ImageOrientationPatient"), "ImageOrientationPatient", 6
    )
    spacing = numbers(view.holder("PixelMeasuresSequence", "PixelSpacing"), "PixelSpacing", 2)
    if position is None or orientation is None or spacing is None:
        return None, ()
    try:
        return Plane.from_dicom(position, orientation, spacing), ()
    except GeometryError as error:
        return None, (f"The header's geometry is not usable: {error.finding}",)


def _read_identity(dataset: Dataset) -> Identity:
    return Identity(
        patient_name=text(dataset, "PatientName") or None,
        patient_id=text(dataset, "PatientID") or None,
        birth_date=text(dataset, "PatientBirthDate") or None,
        study_date=text(dataset, "StudyDate") or None,
        accession_number=text(dataset, "AccessionNumber") or None,
        study_uid=text(dataset, "StudyInstanceUID") or None,
    )
