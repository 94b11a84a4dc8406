"""How many members a ZIP lists, counted before `zipfile` makes an object of each of a hundred thousand."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

# APPNOTE 4.3.12 to 4.3.16. `zipfile` goes by the directory's size, not by the count beside it, and so do we.
_END = struct.Struct("<4s8xI4xH")
_END_64 = struct.Struct("<4s36xQ8x")
_LOCATOR_BYTES, _LONGEST_COMMENT = 20, 0xFFFF
_ENTRY = struct.Struct("<4s24xHHH12x")


def lists_more_than(most: int, stream: BinaryIO) -> bool:
    """Whether the archive's directory has more entries; False where there is none to be found."""
    start, end = _directory(stream)
    entries = 0
    while start < end and entries <= most:
        stream.seek(start)
        head = stream.read(_ENTRY.size)
        if len(head) < _ENTRY.size or not head.startswith(b"PK\x01\x02"):
            break
        start += _ENTRY.size + sum(_ENTRY.unpack(head)[1:])
        entries += 1
    return entries > most


def _directory(stream: BinaryIO) -> tuple[int, int]:
    """Where the directory begins and ends."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail_start, tail = stream.tell(), stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        return 0, 0
    length, end = _END.unpack_from(tail, at)[1], tail_start + at
    large = at - _LOCATOR_BYTES - _END_64.size
    if large >= 0 and tail[large:].startswith(b"PK\x06\x06"):
        length, end = _END_64.unpack_from(tail, large)[1], tail_start + large
    return max(0, end - length), end
