"""Write a file all or nothing: the new bytes stand there completely, or the old ones do."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from lumbar_core.errors import SavingError
from lumbar_core.report.leftovers import PREFIX, SUFFIX, claim, remove_leftovers
from lumbar_core.report.result import StudyResult

# Windows says these while a virus scanner or a viewer holds the file; most let go within a second.
_BUSY_WINERRORS = frozenset({5, 32, 33})  # ERROR_ACCESS_DENIED, _SHARING_VIOLATION, _LOCK_VIOLATION
_RETRY_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8)

_CAUSES: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "Free some space or choose another disk, then save again."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space or choose another disk, then save again."),
    errno.EROFS: ("the disk can only be read", "Choose a folder on another disk, then save again."),
    errno.EACCES: ("writing there is not allowed", "Choose a folder of your own, then save again."),
    errno.EPERM: ("writing there is not allowed", "Choose a folder of your own, then save again."),
    errno.ENOENT: ("the folder is not there", "Choose a folder that exists, then save again."),
    errno.ENOTDIR: ("the folder is not there", "Choose a folder that exists, then save again."),
    errno.EISDIR: ("a folder of that name is there", "Choose another file name, then save again."),
    errno.ENAMETOOLONG: ("the file name is too long", "Choose a shorter file name, then save again."),
}
_BUSY = ("another program has it open", "Close it there or choose another file name, then save again.")
_OTHER = ("the system refused", "Choose another folder or file name, then save again.")


def save(path: Path, data: bytes) -> None:
    """Write `data` to `path` by way of a temporary file in the same folder.

    Raises SavingError; what stood at `path` is then unchanged and no temporary file is left.
    """
    with _replacing(path) as file:
        file.write(data)


def check_target(path: Path) -> None:
    """Raise SavingError where nothing can be saved: before the work of which saving is the end."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        try_folder(path.parent)
    except OSError as error:
        raise saving_error(path, error) from error


def try_folder(folder: Path) -> None:
    """Raise OSError where no file can be made in a folder; what its rights say is not the whole truth."""
    with tempfile.TemporaryFile(prefix=PREFIX, suffix=SUFFIX, dir=folder):
        pass


@contextmanager
def save_by(path: Path) -> Iterator[TextIO]:
    """The same for a text that is written piece by piece: `path` is replaced when the block ends without error."""
    with _replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
        yield text
        text.flush()
        text.detach()


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    temporary: Path | None = None
    try:
        remove_leftovers(path.parent)
        handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            claim(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_usual_mode(temporary, path)
        _replace(temporary, path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise saving_error(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def suggested_name(result: StudyResult, suffix: str) -> str:
    """A file name that tells results apart and holds nothing of the patient: day of the run and the keyed hash."""
    day = result.program.started_at[:10]
    return f"lumbar-{day}-{result.study_key[:8]}".rstrip("-") + suffix


def unused(path: Path) -> Path:
    """The path, or the first of name-2, name-3 … that no file has yet."""
    tried, number = path, 1
    while tried.exists():
        number += 1
        tried = path.with_stem(f"{path.stem}-{number}")
    return tried


def _give_usual_mode(temporary: Path, path: Path) -> None:
    """mkstemp makes files for the owner only; the saved file gets the mode it had, or that of a new file."""
    if os.name == "nt":
        return
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    temporary.chmod(mode)


def _replace(temporary: Path, path: Path) -> None:
    for wait_s in _RETRY_WAITS_S:
        try:
            temporary.replace(path)
        except OSError as error:
            if not _is_busy(error):
                raise
            time.sleep(wait_s)
        else:
            return
    temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut; Windows offers no such call, some network folders refuse it.

    The file is there and whole by now: a refusal here must not be told as "not saved".
    """
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_busy(error: OSError) -> bool:
    return getattr(error, "winerror", None) in _BUSY_WINERRORS


def saving_error(path: Path, error: OSError) -> SavingError:
    """What the system's refusal means, and what to do about it."""
    if _is_busy(error):
        cause, remedy = _BUSY
    else:
        cause, remedy = _CAUSES.get(error.errno or 0, _OTHER)
    return SavingError(f"“{path.name}” could not be saved in “{path.parent}”: {cause}.", remedy)
