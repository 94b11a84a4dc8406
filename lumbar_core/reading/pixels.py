"""One image → its pixels, in this process: run by the decode process, and by `batch` in its own workers."""

from __future__ import annotations

import io
from dataclasses import replace

from lumbar_core.reading.dicom.pixels import DicomFrames, open_frames
from lumbar_core.reading.formats import DICOMS, HEAD_BYTES, PICTURES, sniff, wrong_format
from lumbar_core.reading.picture import decode_picture
from lumbar_core.reading.source import display_name, open_source
from lumbar_core.study import Pixels, Source

_Signature = tuple[Source, int, int]


class FileDecoder:
    """Decodes images; keeps the last multi-frame file open, so that its frames do not each read it anew."""

    def __init__(self) -> None:
        self._kept: tuple[_Signature, DicomFrames] | None = None

    def decode(self, source: Source) -> Pixels:
        """The image's pixels, float32 (rows, columns). Raises ReadingError naming the file."""
        name = display_name(source)
        with open_source(source) as stream:
            signature = _signature(source)
            if self._kept is not None and self._kept[0] == signature:
                return self._kept[1].decode(source.frame)
            head = stream.read(HEAD_BYTES)
            stream.seek(0)
            kind = sniff(head)
            if kind in PICTURES:
                return decode_picture(io.BytesIO(stream.read()), name)
            if kind not in DICOMS:
                raise wrong_format(head, name)
            frames = open_frames(stream, name)
            self._kept = (signature, frames) if frames.count > 1 else None
            return frames.decode(source.frame)


def _signature(source: Source) -> _Signature:
    """What changes when the file does."""
    status = source.path.stat()
    return replace(source, frame=0), status.st_size, status.st_mtime_ns
