"""The canal on sagittal T2: each level on the slices of the series that show it best."""

from __future__ import annotations

import numpy as np

from lumbar_core.analysis.job import Job
from lumbar_core.analysis.locate import Located, shown, why_not
from lumbar_core.analysis.views import Seen, best_slices, see
from lumbar_core.anatomy import LEVELS, Condition, Target
from lumbar_core.findings import SliceLevels
from lumbar_core.inference.packs import Pack

CANAL = Condition.SPINAL_CANAL_STENOSIS
# The canal of a bowed spine wanders by less from its middle; slices farther off only look as if they showed it.
CANAL_REACH_MM = 20.0


def grade_canal(located: Located, pack: Pack, job: Job) -> Seen:
    """One view per level and slice that shows it, and the reason for each level that none shows."""
    near = near_the_canal(located)
    chosen = {Target(CANAL, level, None): best_slices(located, level, near) for level in LEVELS}
    missing = [why_not(target, located, located.lumbar, "canal") for target, slices in chosen.items() if not slices]
    return see(located, chosen, missing, pack, job)


def near_the_canal(located: Located) -> list[SliceLevels]:
    """The lumbar slices of a series within reach of the canal's middle, which is where most of it shows."""
    slices = located.lumbar
    if any(levels.instance.plane is None for levels in slices):
        return slices
    places = np.array([levels.instance.plane.position_mm for levels in slices if levels.instance.plane is not None])
    order, much = np.argsort(places), np.array([shown(levels) for levels in slices])
    half = np.searchsorted(np.cumsum(much[order]), much.sum() / 2)
    middle = places[order][min(int(half), len(slices) - 1)] if slices else 0.0
    return [levels for levels, place in zip(slices, places, strict=True) if abs(place - middle) <= CANAL_REACH_MM]
