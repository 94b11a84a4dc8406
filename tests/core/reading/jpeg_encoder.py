"""A lossless JPEG encoder for tests: sample by sample, as ISO 10918-1 Annex H says it, and nothing shared with ours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Categories 0 to 16, all with codes of five bits but one: short enough for any picture.
CATEGORIES = bytes(range(17))
COUNTS = bytes([0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])


def encode(
    picture: NDArray[np.integer],
    predictor: int = 1,
    precision: int = 16,
    restart_rows: int = 0,
    transform: int = 0,
    interleaved: bool = True,
) -> bytes:
    """(rows, columns, components) → a codestream, the components in one scan or in one scan each."""
    rows, columns, count = picture.shape
    names = list(range(1, count + 1))
    out = bytearray(b"\xff\xd8")
    frame = bytes([precision]) + rows.to_bytes(2, "big") + columns.to_bytes(2, "big") + bytes([count])
    out += _segment(0xC3, frame + b"".join(bytes([name, 0x11, 0]) for name in names))
    out += _segment(0xC4, b"\x00" + COUNTS + CATEGORIES)
    if restart_rows:
        out += _segment(0xDD, (restart_rows * columns).to_bytes(2, "big"))
    for scan in [names] if interleaved else [[name] for name in names]:
        head = bytes([len(scan)]) + b"".join(bytes([name, 0]) for name in scan) + bytes([predictor, 0, transform])
        out += _segment(0xDA, head)
        values = picture[..., scan[0] - 1 : scan[-1]].astype(int) >> transform
        height = restart_rows or rows
        for number, top in enumerate(range(0, rows, height)):
            out += b"" if not number else bytes([0xFF, 0xD0 + (number - 1) % 8])
            out += _coded(values[top : top + height], predictor, 1 << (precision - transform - 1))
    return bytes(out + b"\xff\xd9")


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _coded(values: NDArray[np.integer], predictor: int, start: int) -> bytes:
    rows, columns, count = values.shape
    bits = "".join(
        _code(int(values[row, column, part]) - _predicted(values[..., part], row, column, predictor, start))
        for row in range(rows)
        for column in range(columns)
        for part in range(count)
    )
    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    return data.replace(b"\xff", b"\xff\x00")


def _predicted(values: NDArray[np.integer], row: int, column: int, predictor: int, start: int) -> int:
    if not row and not column:
        return start
    if not row:
        return int(values[0, column - 1])
    above = int(values[row - 1, column])
    if not column:
        return above
    left, diagonal = int(values[row, column - 1]), int(values[row - 1, column - 1])
    return {
        1: left,
        2: above,
        3: diagonal,
        4: left + above - diagonal,
        5: left + ((above - diagonal) >> 1),
        6: above + ((left - diagonal) >> 1),
        7: (left + above) >> 1,
    }[predictor]


def _code(difference: int) -> str:
    difference = (difference + 32767) % 65536 - 32767  # −32767 … 32768
    category = abs(difference).bit_length()
    code = f"{category:05b}"
    if category in {0, 16}:
        return code
    value = difference if difference > 0 else difference + (1 << category) - 1
    return code + f"{value:0{category}b}"
