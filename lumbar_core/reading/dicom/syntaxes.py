"""The transfer syntaxes: who decodes each, which are refused; docs/READING.md shows the same table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Support(StrEnum):
    """How far a transfer syntax is supported."""

    TESTED = "decoded and tested"
    REFUSED = "refused with a message"


@dataclass(frozen=True, slots=True)
class Syntax:
    """One transfer syntax.

    decoder:  pydicom's name of the decoding plug-in; "" where pydicom decodes by itself (native pixels).
    max_bits: bits allocated per sample that the decoder takes.
    """

    uid: str
    name: str
    decoder: str
    support: Support
    max_bits: int = 32


# One decoder each, so that a file gives the same pixels on every machine. pyjpegls and openjpeg survived
# all mutated files; "lumbar" is our own, in jpeg_lossless.py.
SYNTAXES: tuple[Syntax, ...] = (
    Syntax("1.2.840.10008.1.2", "Implicit VR Little Endian", "", Support.TESTED),
    Syntax("1.2.840.10008.1.2.1", "Explicit VR Little Endian", "", Support.TESTED),
    Syntax("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", "", Support.TESTED),
    Syntax("1.2.840.10008.1.2.2", "Explicit VR Big Endian", "", Support.TESTED),
    Syntax("1.2.840.10008.1.2.5", "RLE Lossless", "pydicom", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.50", "JPEG Baseline (8 bit)", "pillow", Support.TESTED, max_bits=8),
    Syntax("1.2.840.10008.1.2.4.51", "JPEG Extended", "pillow", Support.TESTED, max_bits=8),
    Syntax("1.2.840.10008.1.2.4.57", "JPEG Lossless", "lumbar", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.70", "JPEG Lossless, first-order prediction", "lumbar", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", "pyjpegls", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.81", "JPEG-LS Near-lossless", "pyjpegls", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", "pylibjpeg", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.91", "JPEG 2000", "pylibjpeg", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.201", "HTJ2K Lossless", "pylibjpeg", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.202", "HTJ2K Lossless RPCL", "pylibjpeg", Support.TESTED),
    Syntax("1.2.840.10008.1.2.4.203", "HTJ2K", "pylibjpeg", Support.TESTED),
    Syntax("1.2.840.10008.1.2.8.1", "Deflated Image Frame", "", Support.REFUSED),
    Syntax("1.2.840.10008.1.2.4.92", "JPEG 2000 Multi-component Lossless", "", Support.REFUSED),
    Syntax("1.2.840.10008.1.2.4.93", "JPEG 2000 Multi-component", "", Support.REFUSED),
    Syntax("1.2.840.10008.1.2.4.100", "MPEG-2 video", "", Support.REFUSED),
    Syntax("1.2.840.10008.1.2.4.102", "MPEG-4 AVC video", "", Support.REFUSED),
    Syntax("1.2.840.10008.1.2.4.107", "HEVC video", "", Support.REFUSED),
    Syntax("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", "", Support.REFUSED),
    Syntax("1.2.840.10008.1.2.4.112", "JPEG XL", "", Support.REFUSED),
)  # fmt: skip

BY_UID: dict[str, Syntax] = {syntax.uid: syntax for syntax in SYNTAXES}
