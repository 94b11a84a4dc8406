"""Are levels and sides right on phantoms, and doubted where the spine is unusual? (DESIGN.md §2, §8.)

A phantom has no ribs. What can be seen of a spine with four or six free lumbar vertebrae is what makes it one: a lowest
vertebra that has grown to the sacrum, or a well-formed disc between S1 and S2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from training.phantom.body import Patient
from training.phantom.spine import Variant, build_spine, variant_of
from training.phantom.truth import structures_of
from training.phantom_answers import grade_phantom
from training.program_pool import program_pool

KINDS = {
    "usual": Variant(),
    "transitional": Variant(transitional=True),
    "remnant": Variant(remnant=True),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One study: how many structures have a place, how many of these lie nearest to a true one of another level, how
    many to one of the other side, and whether the study's numbering is flagged.
    """

    kind: str
    placed: int
    off: int
    swapped: int
    flagged: bool


def phantom_counts(studies: int, kinds: Sequence[str], packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """By kind of spine: structures placed, sides swapped, studies counted wrong, and flagged."""
    with program_pool(packs, workers) as pool:
        return {kind: summed(list(pool.map(_ask, repeat(kind), range(studies)))) for kind in kinds}


def summed(counted: Sequence[Counted]) -> dict[str, Any]:
    """Figures of one kind of spine; a study is counted right if all its placed structures are at their level."""
    placed = [each for each in counted if each.placed]
    wrong = [each for each in placed if each.off]
    return {
        "studies": len(counted),
        "studies_placed": len(placed),
        "structures_placed": sum(each.placed for each in placed),
        "sides_swapped": sum(each.swapped for each in placed),
        "flagged": float(np.mean([each.flagged for each in placed])) if placed else None,
        "counted_wrong": len(wrong),
        "counted_wrong_without_flag": sum(not each.flagged for each in wrong),
    }


def _ask(kind: str, seed: int) -> Counted:
    variant = replace(KINDS[kind], scoliosis_mm=variant_of(seed).scoliosis_mm)
    patient = Patient.of(build_spine(seed, variant=variant))
    result, pose = grade_phantom(seed, patient)
    true = [(each.condition, each.level, each.side, pose.to_patient(each.point_mm)) for each in structures_of(patient)]
    off, swapped, placed = 0, 0, 0
    for finding in result.findings:
        if finding.location is None or (place := finding.location.patient_mm) is None:
            continue
        alike = [each for each in true if each[0] is finding.condition]
        _, level, side, _ = min(alike, key=lambda each: math.dist(place, each[3]))
        placed, off, swapped = placed + 1, off + (level is not finding.level), swapped + (side is not finding.side)
    return Counted(kind, placed, off, swapped, result.numbering.doubtful)
