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

    Names are spelt as the system spells them: some show a disc in small letters, or with a version ("IM1;1"). A
    name that leads out of the folder is given as it stands, for the caller to refuse.
    """
    with open_source(Source(path)) as stream, at_the_door(path.name):
        dataset = pydicom.dcmread(open_shell(stream, path.name).stream, specific_tags=["DirectoryRecordSequence"])
        named, listings = [], dict[Path, dict[str, str]]()
        for record in items(dataset, "DirectoryRecordSequence"):
            parts = [part for part in text(record, "ReferencedFileID").split("\\") if part]
            if not parts:
                continue
            outside = any(leaves_root(part) or names_device(part) or "/" in part for part in parts)
            named.append(path.parent.parent / parts[-1] if outside else _on_disk(path.parent, parts, listings))
        return tuple(named)


def _on_disk(folder: Path, parts: list[str], listings: dict[Path, dict[str, str]]) -> Path:
    """`parts` below the folder as they are spelt there. listings: names by folder, filled as they are needed."""
    for part in parts:
        if folder not in listings:
            listings[folder] = _names_in(folder)
        names = listings[folder]
        folder = folder / names.get(part, names.get(_plain(part), part))
    return folder


def _names_in(folder: Path) -> dict[str, str]:
    """The folder's entries by their names, and by these without case and version."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return {}
    return {_plain(name): name for name in names} | {name: name for name in names}


def _plain(name: str) -> str:
    return name.partition(";")[0].rstrip(".").casefold()
