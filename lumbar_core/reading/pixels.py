"""One image → its pixels, in this process. The decode process runs this; so does `batch` in its workers."""

from __future__ import annotations

from lumbar_core.errors import Damaged
from lumbar_core.reading.dicom.pixels import decode_frame
from lumbar_core.reading.formats import DICOMS, HEAD_BYTES, PICTURES, sniff, wrong_format
from lumbar_core.reading.picture import decode_picture
from lumbar_core.reading.source import display_name, open_source
from lumbar_core.study import Pixels, Source


def decode(source: Source) -> Pixels:
    """The image's pixels, float32 (rows, columns). Raises ReadingError naming the file."""
    name = display_name(source)
    with open_source(source) as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        kind = sniff(head)
        if kind in DICOMS:
            return decode_frame(stream, source.frame, name)
        if kind in PICTURES:
            return decode_picture(stream, name)
    raise wrong_format(head, name)


def check_shape(pixels: Pixels, rows: int, columns: int, name: str) -> Pixels:
    """The pixels, if they are as large as the header said when the study was read. Raises Damaged."""
    if pixels.shape != (rows, columns):
        raise Damaged(f"{name} is not the image that was read before.", "Open the study again.")
    return pixels
