"""Comments in the streams of JPEG, JPEG-LS and JPEG 2000: blanked in place, so that no length and no pixel changes."""

from __future__ import annotations

import re

_JPEG, _J2K = b"\xff\xd8", b"\xff\x4f\xff"
# Comments and application segments (ISO 10918-1 B.2.4.5, B.2.4.6). Behind 0xFF entropy-coded data never holds these.
_JPEG_TEXT = re.compile(rb"\xff[\xfe\xe0-\xef]", re.DOTALL)
_JPEG_SCAN = b"\xff\xda"
# What a decoder needs to know is in the first bytes of these: resolution, colour transform.
_NEEDED = {b"JFIF\0": 14, b"Adobe": 12}
# Start of a tile-part (ISO 15444-1 A.4.2); packets hold no marker above 0xFF8F.
_TILE, _DATA, _J2K_END = b"\xff\x90", b"\xff\x93", b"\xff\xd9"
_J2K_COMMENT = 0x64


def blank_comments(codestream: bytes) -> bytes:
    """The codestream with what is written for people overwritten by blanks, and with zeros behind its end marker."""
    if codestream.startswith(_JPEG):
        return _blank_behind(_blank_jpeg(bytearray(codestream)))
    if codestream.startswith(_J2K):
        return _blank_behind(_blank_j2k(bytearray(codestream)))
    return codestream


def _blank_jpeg(data: bytearray) -> bytearray:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at : at + 2] != _JPEG_SCAN:
        at = _blank_segment(data, at) if _JPEG_TEXT.match(data, at) else at + 2 + _length(data, at)
    while (found := _JPEG_TEXT.search(data, at)) is not None:
        at = _blank_segment(data, found.start())
    return data


def _blank_segment(data: bytearray, at: int) -> int:
    """Blank one segment that is text; returns where the next begins."""
    end = min(at + 2 + _length(data, at), len(data))
    start = at + 4 + _NEEDED.get(bytes(data[at + 4 : at + 9]), 0)
    data[start:end] = b" " * max(0, end - start)
    return max(end, at + 2)


def _blank_j2k(data: bytearray) -> bytearray:
    """Main header, then the header of each tile-part."""
    at = 2
    while 0 <= at <= len(data) - 4 and data[at] == 0xFF and data[at : at + 2] != _J2K_END:
        if data[at : at + 2] == _DATA:
            at = data.find(_TILE, at)
            continue
        end = at + 2 + _length(data, at)
        if data[at + 1] == _J2K_COMMENT:  # behind its length two bytes say whether it is text
            data[at + 6 : end] = b" " * max(0, min(end, len(data)) - at - 6)
        at = end
    return data


def _blank_behind(data: bytearray) -> bytes:
    end = data.rfind(b"\xff\xd9")
    if end >= 0:
        data[end + 2 :] = bytes(len(data) - end - 2)
    return bytes(data)


def _length(data: bytearray, at: int) -> int:
    return int.from_bytes(data[at + 2 : at + 4], "big")
