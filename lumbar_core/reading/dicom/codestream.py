"""The size that a compressed frame claims for itself; a decoder would believe it and allocate it."""

from __future__ import annotations

_J2K_START = b"\xff\x4f\xff\x51"  # SOC, SIZ (ISO 15444-1 A.4, A.5)
_JPEG_START = b"\xff\xd8"
# Start-of-frame markers of JPEG (ISO 10918-1 table B.1) and JPEG-LS (ISO 14495-1 C.1); C4, C8, CC are others.
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})


def claimed_size(codestream: bytes) -> tuple[int, int] | None:
    """(rows, columns) by the codestream's own header; None where it is not a JPEG or JPEG 2000 one."""
    start = codestream.find(_J2K_START, 0, 4096)
    if start >= 0:
        size = codestream[start + 8 : start + 24]
        width, height, left, top = (int.from_bytes(size[at : at + 4], "big") for at in (0, 4, 8, 12))
        return height - top, width - left
    return _jpeg_size(codestream) if codestream.startswith(_JPEG_START) else None


def _jpeg_size(codestream: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(codestream):
        if codestream[at] != 0xFF:
            return None
        marker = codestream[at + 1]
        if marker in _FRAME_MARKERS:
            return int.from_bytes(codestream[at + 5 : at + 7], "big"), int.from_bytes(
                codestream[at + 7 : at + 9], "big"
            )
        if marker == 0xFF:
            at += 1
        elif marker in _STANDALONE:
            at += 2
        else:
            at += 2 + int.from_bytes(codestream[at + 2 : at + 4], "big")
    return None
