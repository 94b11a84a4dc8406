"""Temporary files of a save that was killed: found and removed by the next one in the same folder.

A program that is ended from outside cannot clean up after itself. What another program is writing right now is
left alone: it is young, and locked (Windows itself refuses to remove an open file).
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import BinaryIO

PREFIX, SUFFIX = ".lumbar-", ".part"
_YOUNG_S = 60.0

if sys.platform == "win32":

    def claim(file: BinaryIO) -> None:
        """Nothing to do: an open file cannot be removed."""

    def _is_claimed(path: Path) -> bool:
        return False

else:
    import fcntl

    def claim(file: BinaryIO) -> None:
        """Lock a temporary file for as long as it is open; some network folders know no locks."""
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _is_claimed(path: Path) -> bool:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False


def remove_leftovers(folder: Path) -> None:
    """Remove what killed saves left in `folder`; what cannot be removed stays."""
    with contextlib.suppress(OSError):
        for path in list(folder.glob(f"{PREFIX}*{SUFFIX}")):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _YOUNG_S and not _is_claimed(path):
                    path.unlink()
