"""DICOMDIR: an index of files, nothing more (PS3.3 F.3); every path is checked by the caller."""

from __future__ import annotations

from pathlib import Path

import pydicom

from lumbar_core.reading.dicom.part10 import open_shell
from lumbar_core.reading.dicom.values import at_the_door, items, text
from lumbar_core.reading.source import leaves_root, names_device, open_source
from lumbar_core.study import Source


def read_directory(path: Path) -> tuple[Path, ...]:
    """The image files that the index names, existing or not, in its order. Raises ReadingError.

    A name that leads out of the folder is given as it stands, for the caller to refuse.
    """
    with open_source(Source(path)) as stream, at_the_door(path.name):
        dataset = pydicom.dcmread(open_shell(stream, path.name).stream, specific_tags=["DirectoryRecordSequence"])
        named = []
        for record in items(dataset, "DirectoryRecordSequence"):
            parts = [part for part in text(record, "ReferencedFileID").split("\\") if part]
            if not parts:
                continue
            outside = any(leaves_root(part) or names_device(part) or "/" in part for part in parts)
            named.append(path.parent.parent / parts[-1] if outside else path.parent.joinpath(*parts))
        return tuple(named)
