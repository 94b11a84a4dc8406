"""Whole files of every kind that the program reads: what the mutations start from."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset

from lumbar_core import self_test
from tests.core.reading.dicom_files import ENHANCED_MR, an_image, as_jpeg, pattern, to_bytes
from tests.core.reading.one_of_each import DATA, SHIPPED
from training.phantom.encoding import ENCODABLE

READY_MADE = (DATA / "jpeg_extended_12bit.dcm", *(path for path, _ in SHIPPED.values()))
HTJ2K = self_test.PICTURES / "htj2k.dcm"
NATIVE, JPEG_LS, J2K, RLE = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",
)
PICTURES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("L", "png", "PNG", {}),
    ("L", "interlaced.png", "PNG", {"interlace": 1}),
    ("I;16", "16.png", "PNG", {}),
    ("P", "palette.png", "PNG", {}),
    ("RGBA", "alpha.png", "PNG", {}),
    ("1", "bits.png", "PNG", {}),
    ("L", "jpg", "JPEG", {}),
    ("RGB", "rgb.jpg", "JPEG", {"progressive": True}),
    ("CMYK", "cmyk.jpg", "JPEG", {}),
    ("L", "tif", "TIFF", {}),
    ("I;16", "16.tif", "TIFF", {}),
    ("L", "lzw.tif", "TIFF", {"compression": "tiff_lzw"}),
    ("RGB", "deflate.tif", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("L", "jpeg.tif", "TIFF", {"compression": "jpeg"}),
    ("1", "fax.tif", "TIFF", {"compression": "group4"}),
    ("RGB", "webp", "WEBP", {}),
    ("RGBA", "lossless.webp", "WEBP", {"lossless": True}),
)


@dataclass(frozen=True, slots=True)
class Seed:
    """A whole file and the name it is given."""

    name: str
    data: bytes


def make_seeds() -> tuple[Seed, ...]:
    """All of them, always the same and in the same order."""
    return (*_dicoms(), *_special_dicoms(), *_ready_made(), *_pictures(), *_archives())


def _dicoms() -> Iterator[Seed]:
    """Each encoding that can be written here: unsigned, signed, three frames."""
    for uid in sorted(ENCODABLE):
        yield Seed(f"{uid}.dcm", to_bytes(an_image(BitsStored=12, HighBit=11), uid))
        yield Seed(f"{uid}.signed.dcm", to_bytes(an_image(pattern().astype(np.int16) - np.int16(1500)), uid))
        frames = np.stack([pattern() + np.uint16(number) for number in range(3)])
        yield Seed(f"{uid}.frames.dcm", to_bytes(an_image(frames, NumberOfFrames=3), uid))
    for uid in ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"):
        yield Seed(f"{uid}.dcm", as_jpeg(pattern(top=255).astype(np.uint8), uid))


def _special_dicoms() -> Iterator[Seed]:
    """Headers out of the ordinary, each natively and compressed."""
    for uid in (NATIVE, JPEG_LS):
        yield Seed(f"enhanced.{uid}.dcm", to_bytes(enhanced(), uid))
        yield Seed(f"lut.{uid}.dcm", to_bytes(an_image(ModalityLUTSequence=[_modality_lut()]), uid))
        yield Seed(f"mono1.{uid}.dcm", to_bytes(an_image(PhotometricInterpretation="MONOCHROME1"), uid))
        yield Seed(f"private.{uid}.dcm", to_bytes(_with_private_tags(), uid))
    colours = np.stack([pattern(top=255).astype(np.uint8)] * 3, axis=-1)
    rgb = an_image(colours, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    rgb.Rows, rgb.Columns = colours.shape[:2]
    yield Seed("rgb.dcm", to_bytes(rgb))
    yield Seed("no preamble.dcm", to_bytes(an_image())[132:])
    data = to_bytes(an_image())
    yield Seed("no meta.dcm", data[data.index(b"\x08\x00\x16\x00UI") :])
    yield Seed("DICOMDIR", index_file([["IMAGES", "IM1"], ["IMAGES", "IM2"]]))


def enhanced() -> pydicom.FileDataset:
    """Two frames with functional groups of their own."""
    frames = np.stack([pattern(), pattern() + np.uint16(5)])
    image = an_image(frames, NumberOfFrames=2, SOPClassUID=ENHANCED_MR)
    groups = []
    for number in range(2):
        group, place, width = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [4.0 * number, -100, 100]
        width.PixelSpacing, width.SliceThickness = [0.5, 0.5], 4
        group.PlanePositionSequence, group.PixelMeasuresSequence = [place], [width]
        groups.append(group)
    image.PerFrameFunctionalGroupsSequence = groups
    return image


def _modality_lut() -> Dataset:
    lut = Dataset()
    lut.LUTDescriptor, lut.ModalityLUTType = [4096, 0, 16], "US"
    lut.add_new("LUTData", "OW", np.arange(4096, dtype="<u2").tobytes())
    return lut


def _with_private_tags() -> pydicom.FileDataset:
    image = an_image()
    block = image.private_block(0x0029, "MADE UP", create=True)
    inner = Dataset()
    inner.PatientComments = "made up"
    block.add_new(1, "SQ", [inner])
    block.add_new(2, "OB", bytes(range(64)))
    return image


def index_file(names: list[list[str]]) -> bytes:
    """A DICOMDIR that names files."""
    index = Dataset()
    index.file_meta = pydicom.dataset.FileMetaDataset()
    index.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    index.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    index.file_meta.TransferSyntaxUID = NATIVE
    index.DirectoryRecordSequence = []
    for name in names:
        record = Dataset()
        record.DirectoryRecordType, record.ReferencedFileID = "IMAGE", name
        index.DirectoryRecordSequence.append(record)
    out = io.BytesIO()
    index.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _ready_made() -> Iterator[Seed]:
    for path in READY_MADE:
        yield Seed(path.name, path.read_bytes())


def _pictures() -> Iterator[Seed]:
    grey = Image.fromarray(pattern(top=255).astype(np.uint8))
    for mode, ending, kind, options in PICTURES:
        image = Image.fromarray(pattern()) if mode == "I;16" else grey.convert(mode)
        out = io.BytesIO()
        image.save(out, kind, **options)
        yield Seed(f"picture.{ending}", out.getvalue())
    out = io.BytesIO()
    grey.save(out, "TIFF", save_all=True, append_images=[grey, grey])
    yield Seed("picture.pages.tif", out.getvalue())


def _archives() -> Iterator[Seed]:
    images = {f"a/{n}.dcm": to_bytes(an_image(SOPInstanceUID=f"1.2.{n}"), JPEG_LS) for n in range(3)}
    for method, name in ((zipfile.ZIP_STORED, "stored.zip"), (zipfile.ZIP_DEFLATED, "deflated.zip")):
        yield Seed(name, pack({**images, "notes.txt": b"made up"}, method))


def pack(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these members, without the time of day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()
