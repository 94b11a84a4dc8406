"""A reader's file while it grows: each judgement is on the disk before the window goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lumbar_core.agreement.readings import Judgement, read_judgements, to_line
from lumbar_core.errors import Refused
from lumbar_core.report.save import saving_error


class ReadingsFile:
    """One reader's file. Raises ReadingError for a file of that name that is none, SavingError where it cannot be
    written, Refused where it holds another reader's judgements.
    """

    def __init__(self, path: Path, reader: str) -> None:
        self.path = path
        self.judgements: list[Judgement] = list(read_judgements([path])) if path.exists() else []
        others = {each.arm.reader for each in self.judgements} - {reader}
        if others:
            raise Refused(f"“{path.name}” holds the readings of {', '.join(sorted(others))}.", "Move it elsewhere.")
        with self._writing():
            self._file = path.open("ab")
            self._drop_half_line()

    def add(self, judgement: Judgement) -> None:
        """Append a line, and have it on the disk. Raises SavingError."""
        with self._writing():
            start = os.fstat(self._file.fileno()).st_size
            try:
                self._file.write(to_line(judgement))
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError:
                self._undo(start)
                raise
        self.judgements.append(judgement)

    def close(self) -> None:
        """Let go of the file; every line is on the disk already."""
        self._file.close()

    def _undo(self, size: int) -> None:
        """A line that half went onto a full disk must not stand before the next one."""
        path, self._file = self.path, self._file
        os.truncate(path, size)
        self._file.close()
        self._file = path.open("ab")

    def _drop_half_line(self) -> None:
        """What a crash cut short was never confirmed."""
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            self._file.truncate(data.rfind(b"\n") + 1)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise saving_error(self.path, error) from error
