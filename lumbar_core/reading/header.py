"""The header of one file, to be looked through."""

from __future__ import annotations

from contextlib import closing

from lumbar_core.reading.dicom.tags import TagLine, list_tags
from lumbar_core.reading.formats import DICOMS, HEAD_BYTES, sniff
from lumbar_core.reading.source import Opener, display_name
from lumbar_core.study import Source


def list_header(source: Source) -> tuple[TagLine, ...]:
    """A DICOM file's elements before the pixels; none for a picture. Raises ReadingError naming the file."""
    with closing(Opener()) as opener, opener.open(source) as stream:
        kind = sniff(stream.read(HEAD_BYTES))
        stream.seek(0)
        return list_tags(stream, display_name(source)) if kind in DICOMS else ()
