"""One file → its images, whatever its format. Headers only: pixels are decoded elsewhere, late."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO

from lumbar_core.reading.dicom.headers import read_images
from lumbar_core.reading.formats import DICOMS, HEAD_BYTES, PICTURES, sniff, wrong_format
from lumbar_core.reading.picture import read_picture_header
from lumbar_core.reading.records import Acquisition, ImageRecord
from lumbar_core.reading.source import Opener, display_name
from lumbar_core.study import Identity, Instance, Source

_NOBODY = Identity()


def read_file(source: Source, opener: Opener) -> tuple[ImageRecord, ...]:
    """Every image of one file. Raises ReadingError (WrongFormat, Damaged, Refused) naming it."""
    name = display_name(source)
    with opener.open(source) as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        kind = sniff(head)
        if kind in DICOMS:
            return read_images(stream, source, name)
        if kind in PICTURES:
            return (_read_picture(stream, source, name),)
    raise wrong_format(head, name)


def _read_picture(stream: BinaryIO, source: Source, name: str) -> ImageRecord:
    data = stream.read()
    header = read_picture_header(io.BytesIO(data), name)
    instance = Instance(
        source=source,
        rows=header.rows,
        columns=header.columns,
        plane=None,
        series_uid="",
        sop_uid="",
        instance_number=None,
        frame_of_reference_uid="",
        digest=hashlib.sha256(data).hexdigest(),
    )
    notes = ("The file holds several pages; the first is read.",) if header.has_pages else ()
    return ImageRecord(instance, Acquisition(), _NOBODY, picture=True, notes=notes)
