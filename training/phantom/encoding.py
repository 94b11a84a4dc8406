"""A data set as the bytes of a DICOM file, in every transfer syntax for which there is an encoder."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

# What each may do to a grey value of 12 bits, at the settings below.
ENCODABLE: dict[UID, int] = {
    ImplicitVRLittleEndian: 0,
    ExplicitVRLittleEndian: 0,
    DeflatedExplicitVRLittleEndian: 0,
    ExplicitVRBigEndian: 0,
    RLELossless: 0,
    JPEGLSLossless: 0,
    JPEGLSNearLossless: 2,
    JPEG2000Lossless: 0,
    JPEG2000: 8,
}


def encode(dataset: FileDataset, syntax: UID = ExplicitVRLittleEndian) -> bytes:
    """The file (PS3.10 7.1) of a data set with native pixels, which is changed. Raises KeyError for other syntaxes."""
    if syntax not in ENCODABLE:
        raise KeyError(f"nothing here encodes {UID(syntax).name}")
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False, **_settings(syntax))
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        dataset["PixelData"].value = _swapped(dataset.PixelData, dataset.BitsAllocated)
        dataset = _without_encoding(dataset)
    buffer = io.BytesIO()
    dcmwrite(
        buffer,
        dataset,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
        enforce_file_format=True,
    )
    return buffer.getvalue()


def _settings(syntax: UID) -> dict[str, Any]:
    if syntax == JPEG2000:
        return {"j2k_cr": [2]}
    if syntax == JPEGLSNearLossless:
        return {"jls_error": 2}
    return {"encoding_plugin": "gdcm"} if syntax == RLELossless else {}


def _without_encoding(dataset: FileDataset) -> FileDataset:
    """The same elements; pydicom remembers the byte order that a data set was made with."""
    fresh = FileDataset("", Dataset(), preamble=b"\0" * 128, file_meta=dataset.file_meta)
    fresh.update(dataset)
    return fresh


def _swapped(data: bytes, bits: int) -> bytes:
    return np.frombuffer(data, f"<u{bits // 8}").astype(f">u{bits // 8}").tobytes()
