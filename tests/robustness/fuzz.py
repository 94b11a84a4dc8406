"""R1: broken files by the thousand. Each is decoded or gives a typed error; the program neither dies nor hangs."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lumbar_core.study import PixelReader
from tests.robustness.children import DIED, HUNG, attack_each
from tests.robustness.gate import Check, Gate, Outcome, told
from tests.robustness.mutations import mutate
from tests.robustness.reader import RAW, look_at, warm_reader
from tests.robustness.seeds import Seed, make_seeds

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Material:
    """What a child needs for all its files."""

    seeds: tuple[Seed, ...]
    folder: Path
    pixels: PixelReader


def prepare(folder: Path) -> Material:
    """Seeds, a folder below `folder` and a decode process."""
    return Material(make_seeds(), Path(tempfile.mkdtemp(dir=folder)), warm_reader())


def read_mutant(number: int, material: Material) -> str:
    """Write the mutant and read it as the program would."""
    mutant = mutate(material.seeds, number)
    path = material.folder / mutant.name
    path.write_bytes(mutant.data)
    try:
        return look_at(path, material.pixels)
    finally:
        path.unlink()  # a broken DICOMDIR has its whole folder read


def run(count: int, folder: Path, subject: Callable[[int, Any], str] = read_mutant) -> Outcome:
    """Attack with this many mutants."""
    seeds, answers, faults, slowest = make_seeds(), Counter[str](), [], 0.0
    for attacked in attack_each(subject, partial(prepare, folder), range(count), PATIENCE_S):
        if attacked.answer == HUNG:  # a busy machine is silent too; a hang hangs again
            (attacked,) = attack_each(subject, partial(prepare, folder), [attacked.case], PATIENCE_S)
        bad = attacked.answer in (DIED, HUNG) or attacked.answer.startswith(RAW)
        answers[attacked.answer] += 1
        slowest = max(slowest, attacked.seconds)
        if bad:
            faults.append(f"{attacked.answer}: mutant {mutate(seeds, attacked.case).made_by}")
    raw = sum(number for answer, number in answers.items() if answer.startswith(RAW))
    spread = ", ".join(f"{answer} {number}" for answer, number in answers.most_common() if not answer.startswith(RAW))
    checks = (
        Check("deaths", answers[DIED], 0),
        Check("hangs over 10 s", answers[HUNG], 0),
        Check("raw errors", raw, 0),
        Check("slowest", round(slowest, 2), PATIENCE_S, " s"),
    )
    return Outcome(f"{count:,} mutants of {len(seeds)} seeds ({spread})", checks, told(faults))


GATE = Gate("R1", "broken files", 400, 100_000, run)
