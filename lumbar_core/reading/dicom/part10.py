"""The outer shell of a DICOM file: preamble, file meta information, transfer syntax, where the pixels lie.

Done by hand and before pydicom sees the file, so that a deflated file is inflated under a limit
(pydicom has none) and a cut-off file is known without decoding it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from lumbar_core.errors import Damaged
from lumbar_core.reading import limits
from lumbar_core.reading.source import inflate

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"

_LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_TRANSFER_SYNTAX = 0x0010


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around the data set.

    transfer_syntax: UID, or "" where the file does not name one.
    stream:          the file from its first byte, in a form that pydicom may read (never deflated).
    """

    transfer_syntax: str
    stream: BinaryIO


def open_shell(stream: BinaryIO, name: str) -> Shell:
    """Read the file meta information. Raises Damaged or Refused for a deflated part that cannot be inflated."""
    transfer_syntax, kept = "", bytearray()
    stream.seek(128)
    start = 132 if stream.read(4) == b"DICM" else 0
    stream.seek(start)
    end = start
    for element, vr, value in _meta_elements(stream):
        end = stream.tell()
        if element == _TRANSFER_SYNTAX:
            transfer_syntax = value.rstrip(b"\0 ").decode("ascii", "replace")
        elif element != 0:
            kept += _encode_meta(element, vr, value)
    if transfer_syntax != DEFLATED:
        stream.seek(0)
        return Shell(transfer_syntax, stream)
    stream.seek(end)
    inflated = inflate(stream, name)
    kept += _encode_meta(_TRANSFER_SYNTAX, b"UI", EXPLICIT_LITTLE.encode() + b"\0")
    return Shell(transfer_syntax, io.BytesIO(b"\0" * 128 + b"DICM" + bytes(kept) + inflated))


def _meta_elements(stream: BinaryIO) -> Iterator[tuple[int, bytes, bytes]]:
    """(element, VR, value) of group 0002, which is always explicit little endian (PS3.10 §7.1)."""
    while len(head := stream.read(8)) == 8:
        if head[:2] != b"\x02\x00":
            break
        vr, length = head[4:6], int.from_bytes(head[6:8], "little")
        if vr in _LONG_VRS:
            length = int.from_bytes(stream.read(4), "little")
        if length > limits.MIB:
            break
        yield int.from_bytes(head[2:4], "little"), vr, stream.read(length)


def _encode_meta(element: int, vr: bytes, value: bytes) -> bytes:
    tag = b"\x02\x00" + element.to_bytes(2, "little")
    if vr in _LONG_VRS:
        return tag + vr + b"\0\0" + len(value).to_bytes(4, "little") + value
    return tag + vr + len(value).to_bytes(2, "little") + value


@dataclass(frozen=True, slots=True)
class PixelSpan:
    """Where the pixel data's value lies in the stream; `fragments`: into how many it is cut, None if native."""

    start: int
    length: int
    fragments: int | None


def locate_pixels(stream: BinaryIO, implicit: bool, little: bool, name: str) -> PixelSpan | None:
    """The value of the pixel data element at which `stream` stands; None at the end of the file.

    Some compressed files are implicit in spite of their transfer syntax: then there is no VR in capitals.
    Raises Damaged where the file ends before its pixels do.
    """
    order: Literal["little", "big"] = "little" if little else "big"
    head = stream.read(8)
    if len(head) < 8 or int.from_bytes(head[:2], order) != 0x7FE0:
        return None
    implicit = implicit or not (head[4:6].isalpha() and head[4:6].isupper())
    length = int.from_bytes(head[4:8] if implicit else stream.read(4), order)
    start = stream.tell()
    size = stream.seek(0, io.SEEK_END)
    if length != 0xFFFFFFFF:
        if start + length > size:
            raise cut_short(name)
        return PixelSpan(start, length, None)
    stream.seek(start)
    items = _walk_fragments(stream, size, name)
    return PixelSpan(start, stream.tell() - start, items - 1)  # the first item is the offset table


def _walk_fragments(stream: BinaryIO, size: int, name: str) -> int:
    """Step over the items of encapsulated pixel data (PS3.5 A.4) to behind their delimiter; returns their number.

    Some writers leave out the delimiter: the end of the file behind an offset table and a fragment will do.
    """
    for item in range(limits.MAX_FRAGMENTS):
        head = stream.read(8)
        if head[:4] == b"\xfe\xff\xdd\xe0" or (not head and item >= 2):
            return item
        if len(head) < 8 or head[:4] != b"\xfe\xff\x00\xe0":
            raise cut_short(name)
        if stream.seek(int.from_bytes(head[4:8], "little"), io.SEEK_CUR) > size:
            raise cut_short(name)
    raise Damaged(f"{name} is damaged: its image is cut into too many parts.", "Export it again.")


def cut_short(name: str) -> Damaged:
    """The error for a file that ends before its image does."""
    return Damaged(f"{name} is cut short: the image data ends too early.", "Copy or export it again from its source.")
