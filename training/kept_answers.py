"""Answers kept on the disk as they come, so that an evaluation that was killed goes on and ends the same.

One file for the packs and the program that gave them, one line a picture, appended whole. A line is found by what the
picture holds, not by where it lies; with another pack, another program or another picture there is no line to be found,
so nothing stale is ever taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import lumbar_core
from lumbar_core.batch.journal import drop_half_line
from lumbar_core.inference.packs import CONTRACT
from training import pictures, program_pool, tiles
from training.cells import Cell

FOLDER = "answers"
# What a contract tells about its network without deciding an answer; the salt among it is new with every export.
ABOUT = ("trained_on", "training", "metrics", "parity", "terms")


class KeptAnswers:
    """The open file. Two evaluations at once write some lines twice; the first of them counts."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        drop_half_line(path)
        self._lines: dict[str, list[dict[str, Any]]] = {}
        for line in path.read_bytes().splitlines():
            document = json.loads(line)
            self._lines.setdefault(document["picture"], document["answers"])

    def get(self, key: str) -> list[dict[str, Any]] | None:
        """What the program said of a picture, as it was added; None where it was not asked yet."""
        return self._lines.get(key)

    def add(self, key: str, answers: list[dict[str, Any]]) -> None:
        """Append one picture's answers, at once."""
        self._file.write(json.dumps({"picture": key, "answers": answers}).encode() + b"\n")
        self._lines[key] = answers

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def keep_answers(runs: Path, packs: Iterable[Path]) -> KeptAnswers:
    """The answers of these packs, where they are kept among the runs."""
    digest = hashlib.sha256(_program().encode())
    for pack in sorted(packs, key=lambda pack: pack.name):
        contract = json.loads((pack / CONTRACT).read_bytes())
        decides = {name: value for name, value in contract.items() if name not in ABOUT}
        digest.update(json.dumps(decides, sort_keys=True).encode())
    return KeptAnswers(runs / FOLDER / f"{digest.hexdigest()[:24]}.jsonl")


def key_of(picture: Path, cells: Sequence[Cell]) -> str:
    """A digest of a picture, and of what the program is told beside it. cells: of a tile, as `tiles` asks for them."""
    told = [(cell.level, cell.spacing_mm, cell.original_columns) for cell in cells]
    words = json.dumps([picture.suffix, told]).encode()
    return hashlib.sha256(words + picture.read_bytes()).hexdigest()


@cache
def _program() -> str:
    """A digest of the source that answers."""
    package = Path(lumbar_core.__file__).parent
    files = [*sorted(package.rglob("*.py")), *(Path(module.__file__) for module in (pictures, program_pool, tiles))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
