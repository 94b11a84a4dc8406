"""What goes over the pipes of the decode process: JSON heads and raw arrays, each with its length before it.

Nothing that could run code (no pickle), and nothing longer than the reader expects.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

import numpy as np

from lumbar_core.study import Pixels

_LENGTH = struct.Struct("<I")
_MAX_HEAD = 1 << 20
_WIRE = np.dtype("<f4")


def send_head(pipe: IO[bytes], head: dict[str, Any]) -> None:
    """Write one JSON object."""
    data = json.dumps(head).encode()
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive_head(pipe: IO[bytes]) -> dict[str, Any]:
    """Read one JSON object. Raises EOFError where the other side has gone, ValueError where it talks nonsense."""
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    if length > _MAX_HEAD:
        raise ValueError("The message's head is too long.")
    head = json.loads(_exactly(pipe, length))
    if not isinstance(head, dict):
        raise ValueError("The message's head is not an object.")  # noqa: TRY004 - of the data, not of a call
    return head


def send_pixels(pipe: IO[bytes], pixels: Pixels) -> None:
    """Write the bytes of an array; its shape goes in the head before it."""
    pipe.write(np.ascontiguousarray(pixels, _WIRE).data.cast("B"))
    pipe.flush()


def receive_pixels(pipe: IO[bytes], rows: int, columns: int) -> Pixels:
    """Read an array of the shape that the reader expects. Raises EOFError."""
    pixels = np.empty((rows, columns), _WIRE)
    view = pixels.data.cast("B")
    filled = 0
    while filled < len(view):
        got = pipe.readinto(view[filled:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        filled += got
    return pixels.astype(np.float32, copy=False)


def _exactly(pipe: IO[bytes], count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise EOFError
    return data
