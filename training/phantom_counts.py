"""Is the count of levels right on phantoms, and doubted where the spine is unusual? (DESIGN.md §2, §8.)

Six lumbar vertebrae cannot be told from five on a phantom, which has no ribs; what can be seen is a lowest vertebra
that has grown to the sacrum, and a well-formed disc between S1 and S2.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lumbar_core.anatomy import Condition
from lumbar_core.reading import read_study
from training.phantom.body import Patient
from training.phantom.protocols import fast, protocols_of
from training.phantom.rsna_layout import FIRST_STUDY, write_scan
from training.phantom.scan import pose_of, scan
from training.phantom.spine import Variant, build_spine
from training.phantom.truth import structures_of
from training.program_pool import analyse_here, program_pool

VARIANTS = {
    "usual": Variant(),
    "transitional": Variant(transitional=True),
    "remnant": Variant(remnant=True),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One study: how many levels have a place, how many lie nearest to the true one, and whether it is flagged."""

    variant: str
    placed: int
    right: int
    flagged: bool


def phantom_counts(studies: int, packs: Sequence[Path] | None, workers: int) -> dict[str, Any]:
    """By variant: of the studies with a placed level the share counted right, and the share flagged."""
    asked = [(name, seed) for name in VARIANTS for seed in range(studies)]
    with program_pool(packs, workers) as pool:
        counted = list(pool.map(_ask, *zip(*asked, strict=True)))
    return {name: summed([each for each in counted if each.variant == name]) for name in VARIANTS}


def summed(counted: Sequence[Counted]) -> dict[str, Any]:
    """Figures of one variant's studies; a study is counted right if all its placed levels are."""
    placed = [each for each in counted if each.placed]
    wrong = [each for each in placed if each.right < each.placed]
    return {
        "studies": len(counted),
        "placed": len(placed),
        "counted_right": float(np.mean([each.right == each.placed for each in placed])) if placed else None,
        "flagged": float(np.mean([each.flagged for each in placed])) if placed else None,
        "wrong_and_flagged": f"{sum(each.flagged for each in wrong)} of {len(wrong)}",
    }


def _ask(name: str, seed: int) -> Counted:
    patient, pose = Patient.of(build_spine(seed, variant=VARIANTS[name])), pose_of(seed)
    one = scan(patient, fast(protocols_of(seed)[0]), pose)
    with tempfile.TemporaryDirectory() as folder:
        write_scan(one, range(1, len(one.planes) + 1), Path(folder), FIRST_STUDY + seed, 1)
        result = analyse_here(read_study([Path(folder)]))
    canal = Condition.SPINAL_CANAL_STENOSIS
    places = {f.level: f.location.patient_mm for f in result.findings if f.condition is canal and f.location}
    true = {each.level: pose.to_patient(each.point_mm) for each in structures_of(patient) if each.condition is canal}
    nearest = {level: min(true, key=lambda at: math.dist(place, true[at])) for level, place in places.items() if place}
    right = [level is at for level, at in nearest.items()]
    return Counted(name, len(places), sum(right), result.numbering.doubtful)
