"""The canal on sagittal T2: each level on the slices through its middle there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lumbar_core.analysis.job import Job
from lumbar_core.analysis.locate import Located, shown, why_not
from lumbar_core.analysis.views import MOST_VIEWS, Seen, best_slices, see
from lumbar_core.anatomy import LEVELS, Condition, Level, Target
from lumbar_core.findings import SliceLevels
from lumbar_core.inference.packs import Pack

CANAL = Condition.SPINAL_CANAL_STENOSIS
# The canal of a bowed spine wanders by less from its middle; slices farther off only look as if they showed it.
CANAL_REACH_MM = 20.0
# Farther aside a slice cuts the edge of the canal, which looks narrow in anyone.
MIDDLE_MM = 6.0


def grade_canal(located: Located, pack: Pack, job: Job) -> Seen:
    """One view per level and slice that shows it, and the reason for each level that none shows."""
    near = near_the_canal(located)
    chosen = {Target(CANAL, level, None): through_the_middle(located, level, near) for level in LEVELS}
    missing = [why_not(target, located, located.lumbar, "canal") for target, slices in chosen.items() if not slices]
    return see(located, chosen, missing, pack, job)


def through_the_middle(located: Located, level: Level, near: Sequence[SliceLevels]) -> list[SliceLevels]:
    """The slices through the middle of where a level shows its canal, the nearest first.

    The clearest ones where slices have no place in the patient.
    """
    showing = located.showing(level, near)
    planes = [levels.instance.plane for levels in showing]
    if len(showing) < 2 or any(plane is None for plane in planes):
        return best_slices(located, level, near)
    places = np.array([plane.position_mm for plane in planes if plane is not None])
    much = np.array([levels.points[level].visibility for levels in showing])
    aside = np.abs(places - _middle(places, much))
    order = [index for index in np.argsort(aside, kind="stable") if aside[index] <= MIDDLE_MM]
    return [showing[index] for index in order[:MOST_VIEWS]]


def _middle(places: NDArray[np.float64], much: NDArray[np.float64]) -> float:
    """One of the places: that which has as much on either side."""
    order = np.argsort(places)
    half = np.searchsorted(np.cumsum(much[order]), much.sum() / 2)
    return float(places[order][min(int(half), len(places) - 1)])


def near_the_canal(located: Located) -> list[SliceLevels]:
    """The lumbar slices of a series within reach of the canal's middle, which is where most of it shows."""
    slices = located.lumbar
    if any(levels.instance.plane is None for levels in slices):
        return slices
    places = np.array([levels.instance.plane.position_mm for levels in slices if levels.instance.plane is not None])
    middle = _middle(places, np.array([shown(levels) for levels in slices])) if slices else 0.0
    return [levels for levels, place in zip(slices, places, strict=True) if abs(place - middle) <= CANAL_REACH_MM]
