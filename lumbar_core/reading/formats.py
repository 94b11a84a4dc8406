"""What a file is, by its first bytes; names and extensions are not trusted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath

from lumbar_core.errors import Damaged, ReadingError, WrongFormat

ACCEPTED = "DICOM images (single files, folders, ZIP archives, DICOMDIR) and pictures in PNG, JPEG, TIFF or WebP"
ACCEPTED_SUFFIXES: tuple[str, ...] = (
    ".dcm", ".dicom", ".ima", ".zip", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp",
)  # fmt: skip
HEAD_BYTES = 512  # what `sniff` wants to see


class Format(StrEnum):
    """The formats told apart; the value is how the program names them."""

    DICOM = "DICOM"
    DICOM_BARE = "DICOM without preamble"
    PNG = "PNG"
    JPEG = "JPEG"
    TIFF = "TIFF"
    WEBP = "WebP"
    ZIP = "ZIP"
    FOREIGN = "another format"


PICTURES = frozenset({Format.PNG, Format.JPEG, Format.TIFF, Format.WEBP})
DICOMS = frozenset({Format.DICOM, Format.DICOM_BARE})

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"II+\x00", Format.TIFF),
    (b"MM\x00+", Format.TIFF),
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
)

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"NRRD", "an NRRD volume"),
    (b"\x5c\x01\x00\x00", "a NIfTI volume"),
    (b"<", "a web page or XML text"),
    (b"{", "a JSON text"),
)


def sniff(head: bytes) -> Format:
    """The format by the first `HEAD_BYTES` bytes."""
    if head[128:132] == b"DICM":
        return Format.DICOM
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    return Format.DICOM_BARE if _starts_like_a_data_set(head) else Format.FOREIGN


def _starts_like_a_data_set(head: bytes) -> bool:
    """Whether the bytes begin with an element of group 0002 or 0008 of plausible length (PS3.5 §7.1)."""
    if len(head) < 16:
        return False
    group = head[:2]
    if group not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        return False
    if head[4:6].isalpha() and head[4:6].isupper():
        return True
    return group != b"\x00\x08" and int.from_bytes(head[4:8], "little") <= 1024


def describe_foreign(head: bytes, name: str) -> str:
    """What a file that is not accepted seems to be, in words ("a PDF document", "a text file")."""
    for magic, words in _FOREIGN:
        if head.startswith(magic):
            return words
    if head and all(byte in b"\t\n\r\f" or 32 <= byte < 127 or byte >= 160 for byte in head):
        return "a text file"
    suffix = PurePath(name).suffix
    return f"an unknown format ({suffix})" if suffix and len(suffix) <= 8 else "an unknown format"


def wrong_format(head: bytes, name: str) -> ReadingError:
    """The error for a file that is empty or of a format that is not accepted."""
    if not head:
        return Damaged(f"{name} is empty (0 bytes).", "Copy or export it again from its source.")
    return WrongFormat(f"Wrong format: {name} is {describe_foreign(head, name)}.", f"Accepted are {ACCEPTED}.")
