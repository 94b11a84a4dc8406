"""By what an input is known again: a digest of its files' names and bytes.

Times and sizes would do for most; but files that a program has made anonymous often share both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from lumbar_core.reading import limits


def fingerprint(names: Iterable[str], base: Path) -> str:
    """Digest of files by their names below `base`; a name may go on into an archive, which then stands for it.

    What cannot be read counts by its name: it is another input once it can be.
    """
    whole = hashlib.sha256()
    for name in sorted(set(names)):
        file = _file_of(base / name)
        whole.update(f"{name}\0{_digest_of(file) if file is not None else ''}\0".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


def _file_of(place: Path) -> Path | None:
    """The file, or the archive that holds it; no pipe, which would be waited for."""
    try:
        return next((path for path in (place, *place.parents) if path.is_file()), None)
    except OSError:
        return None


def _digest_of(file: Path) -> str:
    try:
        status = file.stat()
        return _content(file, status.st_size, status.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=8)
def _content(file: Path, size: int, mtime_ns: int) -> str:
    """Kept for a moment, because an archive may hold many examinations."""
    if size > limits.MAX_FILE_BYTES:  # no such file is read, and a larger archive would take minutes
        return f"{size} {mtime_ns}"
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
