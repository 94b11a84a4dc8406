"""Lossless JPEG (ISO 10918-1 process 14) → samples, in NumPy: the one decoder of our own.

The libraries that decode it carry code under the GPL, and die or hang on damaged files (docs/decisions/0020).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import DecodeRunner, JPEGLosslessDecoder, JPEGLosslessSV1Decoder

from lumbar_core.reading.dicom.jpeg_huffman import Bytes, HuffmanTable, read_differences, read_tables
from lumbar_core.reading.dicom.jpeg_prediction import Samples, undo_prediction

PLUGIN = "lumbar"  # its name among pydicom's plug-ins

_SOF3, _DHT, _EOI, _SOS, _DRI = 0xC3, 0xC4, 0xD9, 0xDA, 0xDD
_OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - {_SOF3, _DHT}
_RESTARTS = frozenset(range(0xD0, 0xD8))
_STANDALONE = _RESTARTS | {0x01, 0xD8}
_FILL = 0xFF


@dataclass(slots=True)
class _Header:
    """What the segments before a scan have said."""

    precision: int = 0
    rows: int = 0
    columns: int = 0
    components: list[int] = field(default_factory=list)
    tables: dict[int, HuffmanTable] = field(default_factory=dict)
    restart_interval: int = 0


@dataclass(frozen=True, slots=True)
class _Scan:
    """What a scan header says: its components, their tables, how they were predicted."""

    components: list[int]
    tables: list[HuffmanTable]
    predictor: int
    transform: int


def decode(codestream: bytes) -> NDArray[np.uint16]:
    """(rows, columns, components). Raises ValueError where the codestream is damaged or of another kind."""
    header = _Header()
    samples: dict[int, Samples] = {}
    for marker, segment, after in _segments(codestream):
        if marker == _SOS:
            samples |= _decode_scan(header, _read_scan(header, segment), np.frombuffer(codestream, np.uint8)[after:])
            if set(samples) == set(header.components):
                return np.stack([samples[name] for name in header.components], axis=-1)
        else:
            _read_segment(header, marker, segment)
    raise ValueError("A component is missing.")


def is_available(uid: str) -> bool:
    """Asked by pydicom of every plug-in."""
    return uid in {JPEGLosslessDecoder.UID, JPEGLosslessSV1Decoder.UID}


def decode_frame(frame: bytes, runner: DecodeRunner) -> bytes:
    """Called by pydicom with one compressed frame; gives its pixels, the components of each side by side."""
    samples = decode(frame)
    if samples.shape != (runner.rows, runner.columns, runner.samples_per_pixel):
        raise ValueError("The codestream holds another image than the header says.")
    if runner.samples_per_pixel > 1:
        runner.set_option("planar_configuration", 0)
    size = runner.bits_allocated // 8
    if samples.max() >> (8 * size):
        raise ValueError("The codestream holds larger values than the header allows.")
    return samples.astype(f"<u{size}").tobytes()


def register() -> None:
    """Make it known to pydicom."""
    for decoder in (JPEGLosslessDecoder, JPEGLosslessSV1Decoder):
        if PLUGIN not in decoder.available_plugins:
            decoder.add_plugin(PLUGIN, (__name__, decode_frame.__name__))


def _segments(codestream: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Each marker with its segment, and where the segment ends."""
    at = codestream.find(b"\xff")
    while 0 <= at < len(codestream) - 1:
        marker = codestream[at + 1]
        if marker == _EOI:
            return
        if marker == _FILL or marker in _STANDALONE or not marker:
            at += 1
        else:
            end = at + 2 + int.from_bytes(codestream[at + 2 : at + 4], "big")
            if not at + 4 <= end <= len(codestream):
                raise ValueError("A segment is cut off.")
            yield marker, codestream[at + 4 : end], end
            at = end
        at = codestream.find(b"\xff", at)


def _read_segment(header: _Header, marker: int, segment: bytes) -> None:
    if marker == _SOF3:
        _read_frame(header, segment)
    elif marker == _DHT:
        header.tables |= dict(read_tables(segment))
    elif marker == _DRI:
        header.restart_interval = int.from_bytes(segment[:2], "big")
    elif marker in _OTHER_FRAMES:
        raise ValueError("This is another kind of JPEG.")


def _read_frame(header: _Header, segment: bytes) -> None:
    if len(segment) < 6 or len(segment) != 6 + 3 * segment[5]:
        raise ValueError("The frame header is nonsense.")
    header.precision, header.components = segment[0], list(segment[6::3])
    header.rows, header.columns = int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big")
    if not (2 <= header.precision <= 16 and header.rows and header.columns):
        raise ValueError("The frame header is nonsense.")
    if len(set(segment[7::3])) != 1 or len(set(header.components)) != len(header.components):
        raise ValueError("Its components are not of one size.")


def _read_scan(header: _Header, segment: bytes) -> _Scan:
    count = segment[0] if segment else 0
    if not count or len(segment) != 4 + 2 * count:
        raise ValueError("A scan header is nonsense.")
    components, numbers = list(segment[1:-3:2]), [byte >> 4 for byte in segment[2:-3:2]]
    predictor, transform = segment[-3], segment[-1] & 0xF
    known = set(components) <= set(header.components) and set(numbers) <= set(header.tables)
    if not known or not 1 <= predictor <= 7 or transform >= header.precision:
        raise ValueError("A scan header is nonsense.")
    return _Scan(components, [header.tables[number] for number in numbers], predictor, transform)


def _decode_scan(header: _Header, scan: _Scan, data: Bytes) -> dict[int, Samples]:
    """The samples of the scan's components; `data` begin with its coded data."""
    if header.restart_interval % header.columns:
        raise ValueError("A restart falls inside a row.")
    most, missing = header.restart_interval // header.columns or header.rows, header.rows
    parts: list[NDArray[np.uint16]] = []
    for coded in _between_restarts(data):
        rows = min(most, missing)
        shape = (rows, header.columns, len(scan.components))
        differences = read_differences(coded, scan.tables, rows * header.columns * len(scan.components))
        parts.append(_undo(differences.reshape(shape), scan, header.precision))
        missing -= rows
        if not missing:
            whole = np.concatenate(parts)
            return {name: whole[..., index] for index, name in enumerate(scan.components)}
    raise ValueError("Rows are missing.")


def _undo(differences: NDArray[np.uint16], scan: _Scan, precision: int) -> NDArray[np.uint16]:
    start = 1 << (precision - scan.transform - 1)
    each = [undo_prediction(differences[..., at], scan.predictor, start) for at in range(differences.shape[-1])]
    return np.stack(each, axis=-1) << np.uint16(scan.transform)


def _between_restarts(data: Bytes) -> Iterator[Bytes]:
    """Coded data up to each restart marker, and up to the marker or the end that closes the scan; without stuffing."""
    after = np.append(data[1:], np.uint8(0))
    begin = 0
    for place in np.flatnonzero((data == _FILL) & (after != 0)).tolist():
        if after[place] == _FILL:
            continue
        yield _unstuffed(data[begin:place])
        if int(after[place]) not in _RESTARTS:
            return
        begin = place + 2
    yield _unstuffed(data[begin:])


def _unstuffed(data: Bytes) -> Bytes:
    """A zero after 255 says that this is no marker, and is no data."""
    before = np.concatenate([np.zeros(1, np.uint8), data[:-1]]) if len(data) else data
    kept: Bytes = data[(data != 0) | (before != _FILL)]
    return kept
