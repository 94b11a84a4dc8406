"""Files of the same series beside a lone slice, for "load all"."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from lumbar_core.errors import Cancelled, ReadingError
from lumbar_core.reading import limits
from lumbar_core.reading.dicom.headers import read_series_uid
from lumbar_core.reading.formats import DICOMS, HEAD_BYTES, sniff
from lumbar_core.reading.source import open_source
from lumbar_core.study import Source


def find_siblings(path: Path, series_uid: str, cancelled: Callable[[], bool] | None) -> tuple[Path, ...]:
    """Up to `MAX_SIBLINGS` files looked at in the slice's own folder; those of its series, by name."""
    if not series_uid:
        return ()
    try:
        beside = sorted(islice((one for one in path.parent.iterdir() if one != path), limits.MAX_SIBLINGS))
    except OSError:
        return ()
    siblings = []
    for file in beside:
        if cancelled is not None and cancelled():
            raise Cancelled
        if _series_of(file) == series_uid:
            siblings.append(file)
    return tuple(siblings)


def _series_of(file: Path) -> str:
    try:
        if file.is_symlink() or not file.is_file():
            return ""
        with open_source(Source(file)) as stream:
            if sniff(stream.read(HEAD_BYTES)) not in DICOMS:
                return ""
            stream.seek(0)
            return read_series_uid(stream, file.name)
    except (ReadingError, OSError):
        return ""
