"""Write `lumbar_core/self_test_data/`: the known picture of the self-test in every kind of file that is read.

    python -m training.make_self_test_data

The files are committed, so that the program decodes what another encoder wrote, not what it wrote itself. Those of
`RAMPS` have no encoder here and are not written anew.
"""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from pathlib import Path

import gdcm
import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    MRImageStorage,
    RLELossless,
)

from lumbar_core.self_test import COLUMNS, PICTURES, ROWS, known_picture

SOF0, SOF1 = b"\xff\xc0\x00\x0b", b"\xff\xc1\x00\x0b"
_ROOT = "2.25.1500000000000000000000000000000000"  # made up once; the files must not differ from run to run


def main() -> None:
    """Write every file anew."""
    PICTURES.mkdir(exist_ok=True)
    for name, data in {**_dicom_files(), **_picture_files()}.items():
        (PICTURES / name).write_bytes(data)


def _dicom_files() -> dict[str, bytes]:
    native = {
        "implicit_little_endian": ImplicitVRLittleEndian,
        "explicit_little_endian": ExplicitVRLittleEndian,
        "explicit_big_endian": ExplicitVRBigEndian,
        "deflated": DeflatedExplicitVRLittleEndian,
    }
    files = {f"{name}.dcm": _written(_data_set(syntax)) for name, syntax in native.items()}
    for name, syntax in (
        ("rle", RLELossless),
        ("jpeg_ls", JPEGLSLossless),
        ("jpeg_2000", JPEG2000Lossless),
    ):
        data_set = _data_set(ExplicitVRLittleEndian)
        data_set.compress(syntax, generate_instance_uid=False)
        files[f"{name}.dcm"] = _written(data_set)
    near = _data_set(ExplicitVRLittleEndian)
    near.compress(JPEGLSNearLossless, jls_error=2, generate_instance_uid=False)
    files["jpeg_ls_near_lossless.dcm"] = _written(near)
    lossy = _data_set(ExplicitVRLittleEndian)
    lossy.compress(JPEG2000, j2k_cr=[2], generate_instance_uid=False)
    files["jpeg_2000_lossy.dcm"] = _written(lossy)
    files["jpeg_baseline.dcm"] = _jpeg(JPEGBaseline8Bit)
    files["jpeg_extended.dcm"] = _jpeg(JPEGExtended12Bit)
    files["jpeg_lossless.dcm"] = _by_gdcm(gdcm.TransferSyntax.JPEGLosslessProcess14_1)
    return files


def _picture_files() -> dict[str, bytes]:
    files = {
        "picture_png.png": _picture("PNG"),
        "picture_jpeg.jpg": _picture("JPEG", quality=95),
        "picture_tiff.tif": _picture("TIFF"),
        "picture_webp.webp": _picture("WEBP", lossless=True),
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        entry = zipfile.ZipInfo("folder/image.dcm", (2026, 1, 1, 0, 0, 0))
        packed.writestr(entry, _written(_data_set(ExplicitVRLittleEndian)), zipfile.ZIP_DEFLATED)
    return {**files, "archive.zip": archive.getvalue()}


def _data_set(syntax: UID) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = UID(f"{_ROOT}.3")
    meta.TransferSyntaxUID = syntax
    data_set = Dataset()
    data_set.file_meta = meta
    data_set.SOPClassUID, data_set.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID = UID(f"{_ROOT}.1"), UID(f"{_ROOT}.2")
    data_set.FrameOfReferenceUID = UID(f"{_ROOT}.4")
    data_set.Modality, data_set.PatientName, data_set.PatientID = "MR", "Self^Test", "SELF-TEST"
    data_set.ImagePositionPatient, data_set.ImageOrientationPatient = [0, 0, 0], [0, 1, 0, 0, 0, -1]
    data_set.PixelSpacing, data_set.SliceThickness = [1, 1], 4
    data_set.RepetitionTime, data_set.EchoTime = 3500, 100
    data_set.Rows, data_set.Columns = ROWS, COLUMNS
    data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
    data_set.BitsAllocated, data_set.BitsStored, data_set.HighBit, data_set.PixelRepresentation = 8, 8, 7, 0
    data_set.PixelData = known_picture().tobytes()
    data_set["PixelData"].VR = "OB"
    return data_set


def _written(data_set: Dataset) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data_set.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _jpeg(syntax: UID) -> bytes:
    """Eight bits; as JPEG Extended only the frame's marker differs."""
    data_set = _data_set(syntax)
    frame = _picture("JPEG", quality=95)
    data_set.PixelData = encapsulate([frame if syntax == JPEGBaseline8Bit else frame.replace(SOF0, SOF1)])
    data_set["PixelData"].is_undefined_length = True
    data_set.LossyImageCompression = "01"
    return _written(data_set)


def _by_gdcm(syntax: int) -> bytes:
    """Encoded by GDCM, which alone writes this syntax; its own header data are replaced by ours."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.dcm", Path(folder) / "after.dcm"
        before.write_bytes(_written(_data_set(ExplicitVRLittleEndian)))
        reader = gdcm.ImageReader()
        reader.SetFileName(str(before))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(after))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        encoded = dcmread(after)
        data_set = _data_set(encoded.file_meta.TransferSyntaxUID)
        data_set.PixelData = encoded.PixelData
        data_set["PixelData"].is_undefined_length = True
        return _written(data_set)


def _picture(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.asarray(known_picture())).save(file, kind, **options)
    return file.getvalue()


if __name__ == "__main__":
    main()
