"""Small DICOM files made in the test: `an_image` gives a data set, `write` puts it on disk in any encoding."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit

from training.phantom.encoding import encode

MR, ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"
SAGITTAL, AXIAL, CORONAL = (0, 1, 0, 0, 0, -1), (1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1)
T1_TIMES = {"RepetitionTime": 550, "EchoTime": 11, "ScanningSequence": "SE"}
T2_TIMES = {"RepetitionTime": 3500, "EchoTime": 105, "ScanningSequence": "SE"}


def pattern(rows: int = 64, columns: int = 48, top: int = 4095) -> NDArray[np.uint16]:
    """The picture inside the ready-made files of tests/core/data, scaled below `top`."""
    row, column = np.mgrid[0:rows, 0:columns]
    made = 300 + 20 * row + 30 * column + (row * column) % 7
    return (made * top // 4095).astype(np.uint16)


def an_image(pixels: NDArray[Any] | None = None, **values: Any) -> FileDataset:
    """A sagittal T2 slice of one study; `values` replace attributes, None removes one."""
    stored = pattern() if pixels is None else pixels
    image = FileDataset("", Dataset(), preamble=b"\0" * 128, file_meta=FileMetaDataset())
    image.update(_attributes(stored))
    for keyword, value in values.items():
        if value is None:
            image.pop(keyword, None)
        else:
            setattr(image, keyword, value)
    image.file_meta.MediaStorageSOPClassUID = image.get("SOPClassUID", MR)
    image.file_meta.MediaStorageSOPInstanceUID = image.get("SOPInstanceUID", "1.2.3.4")
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def _attributes(stored: NDArray[Any]) -> Dataset:
    made: Mapping[str, Any] = {
        "SOPClassUID": MR, "SOPInstanceUID": "1.2.3.4", "Modality": "MR", "PatientID": "P1", "PatientName": "Doe^Jane",
        "StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.1", "InstanceNumber": 1,
        "FrameOfReferenceUID": "1.2.3.9", "ImagePositionPatient": [0, -100, 100],
        "ImageOrientationPatient": list(SAGITTAL),
        "PixelSpacing": [0.5, 0.5], "Rows": stored.shape[-2], "Columns": stored.shape[-1], "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": stored.dtype.itemsize * 8,
        "BitsStored": stored.dtype.itemsize * 8, "HighBit": stored.dtype.itemsize * 8 - 1,
        "PixelRepresentation": int(np.issubdtype(stored.dtype, np.signedinteger)), **T2_TIMES,
    }  # fmt: skip
    attributes = Dataset()
    for keyword, value in made.items():
        setattr(attributes, keyword, value)
    attributes.PixelData = stored.tobytes()
    attributes["PixelData"].VR = "OW" if stored.dtype.itemsize > 1 else "OB"
    return attributes


def to_bytes(image: FileDataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The file's bytes in a native or compressed encoding that pydicom can write."""
    return encode(image, pydicom.uid.UID(syntax))


def as_jpeg(pixels: NDArray[np.uint8], syntax: str = JPEGBaseline8Bit, **values: Any) -> bytes:
    """A file with one JPEG-compressed 8-bit frame; as JPEG Extended the frame's marker says so."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    frame = buffer.getvalue()
    if syntax != JPEGBaseline8Bit:
        frame = frame.replace(b"\xff\xc0\x00\x0b", b"\xff\xc1\x00\x0b")
    image = an_image(pixels, **values)
    image.PixelData = encapsulate([frame])
    image["PixelData"].is_undefined_length = True
    image.file_meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    pydicom.dcmwrite(out, image, enforce_file_format=True)
    return out.getvalue()


def write(folder: Path, name: str = "image.dcm", data: bytes | None = None, **values: Any) -> Path:
    """Write `data`, else an image with `values`, as folder/name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_bytes(an_image(**values)) if data is None else data)
    return path


def write_series(
    folder: Path,
    orientation: Sequence[float],
    positions: Sequence[Sequence[float]],
    uid: str = "1.2.3.1",
    **values: Any,
) -> list[Path]:
    """One file per position, each with pixels of its own."""
    return [
        write(
            folder,
            f"{uid}.{number}.dcm",
            pixels=pattern() + np.uint16(number),
            SeriesInstanceUID=uid,
            SOPInstanceUID=f"{uid}.{number}",
            InstanceNumber=number,
            ImageOrientationPatient=list(orientation),
            ImagePositionPatient=list(position),
            **values,
        )
        for number, position in enumerate(positions, start=1)
    ]
