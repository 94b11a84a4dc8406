"""Files handed on as they are: linked, or copied where the file system has no links."""

from __future__ import annotations

import shutil
from pathlib import Path

from lumbar_core.errors import ReadingError
from lumbar_core.study import Pixels
from training.pictures import load_picture
from training.prepare.gaps import What

PICTURES = frozenset({".webp", ".png", ".jpg", ".jpeg"})


def is_picture(path: Path) -> bool:
    """Whether a file of a set is one of its pictures, by its name."""
    return path.suffix.lower() in PICTURES and not path.name.startswith(".")


def opened(path: Path) -> Pixels | What:
    """A picture's pixels as training reads them, or what is wrong with it."""
    if not path.is_file():
        return What.MISSING
    try:
        return load_picture(path)
    except ReadingError:
        return What.UNREADABLE


def hand_on(source: Path, target: Path) -> None:
    """Put a file where training looks for it; one that an earlier call put there is replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(source.absolute())
    except OSError:
        shutil.copyfile(source, temporary)
    temporary.replace(target)
