"""PixelReaders: in this process, or in a decode process of our own that may die without harm."""

from __future__ import annotations

from lumbar_core.errors import Cancelled
from lumbar_core.reading.pixels import check_shape, decode
from lumbar_core.reading.source import display_name
from lumbar_core.study import Instance, PixelReader, Pixels


class DirectReader(PixelReader):
    """Decodes in this process: for a worker of `batch`, which may itself be killed."""

    def __init__(self) -> None:
        self._closed = False

    def read(self, instance: Instance) -> Pixels:
        """The image's pixels. Raises ReadingError naming the file; Cancelled after `close`."""
        if self._closed:
            raise Cancelled
        pixels = decode(instance.source)
        return check_shape(pixels, instance.rows, instance.columns, display_name(instance.source))

    def close(self) -> None:
        """Refuse further reading."""
        self._closed = True
