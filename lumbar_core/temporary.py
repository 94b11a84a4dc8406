"""The program's temporary files: in one private folder of its own, removed after use and, if it was killed, later."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

_ABANDONED_S = 3600.0  # nothing that is in use is older


def base_folder() -> Path:
    """Where all of them lie; nobody else may look into it."""
    return Path(platformdirs.user_cache_dir("lumbar-mri", appauthor=False)) / "temporary"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder that goes away with all that is in it."""
    purge()
    base = base_folder()
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


def left_folder() -> Path:
    """An empty folder for what another program has yet to read; it goes away later, with what was abandoned."""
    purge()
    base = base_folder()
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(dir=base))


def purge() -> None:
    """Remove what a killed program left; called at the start, and before each use."""
    with contextlib.suppress(OSError):
        for left in list(base_folder().iterdir()):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(left)
