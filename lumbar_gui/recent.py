"""Where the last examinations lay, for who asked the program to remember it; named without their patient."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lumbar_core.errors import SavingError
from lumbar_core.report.save import save

log = logging.getLogger(__name__)

MOST = 8


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was opened: its paths, which no screen shows, and words that name no patient.

    opened: when, as local time, "2026-11-26 14:05".
    """

    paths: tuple[str, ...]
    words: str
    opened: str


class Recent:
    """A small file beside the settings; absent until something is to be remembered."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "recent.json"

    def read(self) -> tuple[Remembered, ...]:
        """The latest first; none where the file is missing or broken."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            entries = [Remembered(**each) for each in kept]
            return tuple(replace(each, paths=tuple(map(str, each.paths))) for each in entries)[:MOST]
        except (OSError, ValueError, TypeError):
            return ()

    def add(self, paths: Sequence[Path], words: str, opened: str) -> tuple[Remembered, ...]:
        """Put one first, and in the list once only; where that cannot be kept it is known until the program ends."""
        entry = Remembered(tuple(str(path.absolute()) for path in paths), words, opened)
        kept = (entry, *(each for each in self.read() if each.paths != entry.paths))[:MOST]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save(self._path, json.dumps([asdict(each) for each in kept]).encode("utf-8", "surrogateescape"))
        except (OSError, SavingError) as error:
            log.warning("What was opened could not be remembered: %s", type(error).__name__)
        return kept

    def forget(self) -> None:
        """Remove the file."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("What was remembered could not be removed: %s", type(error).__name__)
