"""`results.jsonl`: one line an input, appended whole, taken up again after a stop."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Container, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from lumbar_core.errors import Damaged, Refused
from lumbar_core.report.result import BatchInput
from lumbar_core.report.save import save_by, saving_error


class Journal:
    """The open file of lines. `done`: by what each input that has its line is known again; None where it does not say.

    Raises Damaged for a file of that name that is not one of ours, Refused while another batch writes it, SavingError
    where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = _claimed(path)
        try:
            with _saving(path):
                drop_half_line(path)
            self.done = {str(document["input"]["path"]): _batch_of(document) for document in self.documents()}
        except BaseException:
            self._file.close()
            raise

    def add(self, line: bytes) -> None:
        """Append the line of one input, at once."""
        with _saving(self.path):
            self._file.write(line)
            self._file.flush()

    def drop(self, names: Container[str]) -> None:
        """Take out the lines of these inputs: all of them are gone, or none is."""
        if sys.platform == "win32":  # which replaces no open file
            self._file.close()
        with _saving(self.path), save_by(self.path) as kept, self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if _parsed(line, self.path, number)["input"]["path"] not in names:
                    kept.write(line.decode("utf-8"))
        with closing(self._file):  # until the new file is ours, so that nobody writes into the old one
            self._file = _claimed(self.path)

    def documents(self) -> Iterator[dict[str, Any]]:
        """Every result object, one at a time."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield _parsed(line, self.path, number)

    def close(self) -> None:
        """Make sure that all lines are on the disk."""
        if self._file.closed:  # where it could not be taken up again after `drop`
            return
        with _saving(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()


def _claimed(path: Path) -> BinaryIO:
    """The file, open to append to: two batches that write it would grade every input twice. Raises Refused."""
    with _saving(path):
        file = path.open("ab")
    if not _lock(file, path):
        file.close()
        raise Refused(f"Another batch is writing {path}.", "Wait until it is done, or choose another folder for --out.")
    return file


if sys.platform == "win32":
    import msvcrt

    _FAR_BEHIND = 1 << 40  # a lock keeps others from reading what it covers, so that it lies where nothing is

    def _lock(file: BinaryIO, path: Path) -> bool:
        """Claim the file for as long as it is open; False while another process has it."""
        file.seek(_FAR_BEHIND)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: BinaryIO, path: Path) -> bool:
        """Claim the file for as long as it is open; False while another process has it, or has just replaced it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.path.samestat(os.fstat(file.fileno()), path.stat())
        except BlockingIOError:
            return False
        except OSError:  # some network folders know no locks
            return True


@contextmanager
def _saving(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise saving_error(path, error) from error


def _batch_of(document: dict[str, Any]) -> BatchInput | None:
    batch = document["input"].get("batch")
    return None if batch is None else BatchInput(batch["as"], batch["folder"], batch["digest"])


def _parsed(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(line)
        _ = document["input"]["path"], document["findings"]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"Line {number} of {path} is not a result.", "Choose another folder for --out.") from error
    return document


def drop_half_line(path: Path) -> None:
    """Cut what a stopped run left unfinished at the end."""
    with path.open("r+b") as file:
        position = file.seek(0, os.SEEK_END)
        while position > 0:
            start = max(0, position - 65536)
            file.seek(start)
            newline = file.read(position - start).rfind(b"\n")
            if newline >= 0:
                position = start + newline + 1
                break
            position = start
        file.truncate(position)
