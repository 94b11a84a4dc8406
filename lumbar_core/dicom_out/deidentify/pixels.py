"""The pixels' element as it is stored, without what may hide behind and between the pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from pydicom.dataelem import DataElement
from pydicom.tag import Tag

from lumbar_core.dicom_out.deidentify.comments import blank_comments
from lumbar_core.errors import Refused
from lumbar_core.reading.dicom.part10 import locate_pixels

_PIXEL_DATA = Tag("PixelData")
_ITEM = b"\xfe\xff\x00\xe0"


def read_pixels(stream: BinaryIO, implicit: bool, little: bool, size: int, frames: int, name: str) -> DataElement:
    """The element at which `stream` stands; size: bytes of all frames, uncompressed.

    Uncompressed pixels are equal to the bit; what follows them goes. Compressed ones stay compressed as they are: of
    their streams only comments are blanked. Raises Refused where there are no pixels, Damaged where they are cut short.
    """
    at = stream.tell()
    head = stream.read(6)
    stream.seek(at)
    span = locate_pixels(stream, implicit, little, name)
    if span is None or head[:4] != (b"\xe0\x7f\x10\x00" if little else b"\x7f\xe0\x00\x10"):
        raise Refused(f"{name} holds no image.", "Choose the images of the lumbar MR examination.")
    stream.seek(span.start)
    if span.fragments is None:
        value = stream.read(min(span.length, size + size % 2))
        return DataElement(_PIXEL_DATA, "OB" if head[4:6] == b"OB" else "OW", value)
    table, *fragments = _fragments(stream.read(span.length))
    table = table if len(table) == 4 * frames else b""
    value = b"".join(
        _ITEM + len(each).to_bytes(4, "little") + each for each in (table, *_without_comments(fragments, frames))
    )
    return DataElement(_PIXEL_DATA, "OB", value, is_undefined_length=True)


def _fragments(stored: bytes) -> Iterator[bytes]:
    """The offset table and the fragments behind it."""
    at = 0
    while stored[at : at + 4] == _ITEM:
        length = int.from_bytes(stored[at + 4 : at + 8], "little")
        yield stored[at + 8 : at + 8 + length]
        at += 8 + length


def _without_comments(fragments: list[bytes], frames: int) -> Iterator[bytes]:
    """The fragments, as long as they were; a lone frame may be cut into several anywhere."""
    if frames > 1:
        yield from map(blank_comments, fragments)
        return
    whole, at = blank_comments(b"".join(fragments)), 0
    for fragment in fragments:
        yield whole[at : at + len(fragment)]
        at += len(fragment)
