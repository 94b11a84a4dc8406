"""What is done of a study, kept as one file: so a preparation that was killed goes on, and ends the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.prepare.download import StudyTables
from training.prepare.gaps import Gap, What
from training.prepare.labelled import SetStudy
from training.prepare.study import CellRow

FORM = 1  # of these files and of what is made of a study: counted up when either changes


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """A study's rows and crops by set, and its gaps. crops: (N, slices, S, S) in the order of `crop_order`."""

    rows: dict[str, list[CellRow]]
    crops: dict[str, NDArray[np.uint8]]
    gaps: list[Gap]


def fingerprint(tables: StudyTables | SetStudy, recipe: Mapping[str, Any]) -> str:
    """Of all that a part depends on but its images: the tables' words, the recipes, the packs that cut."""
    words = json.dumps([FORM, asdict(tables), recipe], sort_keys=True, default=str)
    return hashlib.sha256(words.encode()).hexdigest()


def write_done(path: Path, done: Done, of: str) -> None:
    """All or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = json.dumps({"of": of, "rows": done.rows, "gaps": [asdict(gap) for gap in done.gaps]})
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez_compressed(file, words=np.array(words), **done.crops)  # type: ignore[arg-type]  # numpy takes any name
    temporary.replace(path)


def read_done(path: Path, of: str) -> Done | None:
    """None where there is none, or one of other tables, recipes or packs."""
    if not path.exists():
        return None
    with np.load(path) as stored:
        words = json.loads(str(stored["words"]))
        if words["of"] != of:
            return None
        gaps = [Gap(What(gap["what"]), gap["study"], gap["series"], gap["detail"]) for gap in words["gaps"]]
        return Done(words["rows"], {name: stored[name] for name in stored.files if name != "words"}, gaps)
