"""The foramina on sagittal T1: each level and side on the slices of the series that show it best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lumbar_core.analysis.job import Job
from lumbar_core.analysis.locate import Located, not_in_slice, why_not
from lumbar_core.analysis.views import Seen, best_slices, see
from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Side, Target
from lumbar_core.findings import NotGraded, SliceLevels
from lumbar_core.geometry import Points3
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.frame import LevelFrame

FORAMEN = Condition.NEURAL_FORAMINAL_NARROWING
# The nerve leaves the foramen 9 to 25 mm aside of the canal's middle; farther out a slice shows other gaps with fat.
FARTHEST_MM = 35.0
# The middle between the foramina is the canal's, but for how coarsely slices lie and how a bowed spine turns: it was at
# most 2.5 mm aside of it in the real study, the sample and 16 phantoms, 6.4 mm in 14 phantoms bowed by 10 to 20 mm. In
# a series moved sideways against that of the canal the first foramina change sides at 12 mm. By hand.
ASIDE_MM = 10.0
_NO_MIDLINE = "no series shows the canal, so that left and right cannot be told"
_UNPLACED = "the files do not tell where their slices lie, so that left and right cannot be told"
_TORN = "two series have the canal aside of each other, so that left and right cannot be told"


def grade_foramina(
    located: Located,
    targets: Iterable[Target],
    frame: LevelFrame | None,
    pack: Pack,
    job: Job,
    *,
    unplaced: bool = False,
) -> Seen:
    """One view per foramen and slice that shows it, and the reason for each that none shows.

    A target without a side is the foramen of a lone slice, whichever side that shows. unplaced: whether no midline is
    known because no file tells where the slices lie that show the canal.
    """
    no_sides = _no_sides(located, frame, unplaced or not located.series.is_placed)
    chosen: dict[Target, list[SliceLevels]] = {}
    missing: list[NotGraded] = []
    for target in targets:
        if target.side is not None and no_sides is not None:
            missing.append(NotGraded(target, Reason.SIDE_UNKNOWN, no_sides))
            continue
        slices = [levels for levels in located.lumbar if _is_on_side(levels, target.level, target.side, frame)]
        chosen[target] = best_slices(located, target.level, slices)
        if not chosen[target]:
            missing.append(_why_not(target, located, slices))
    seen = see(located, chosen, missing, pack, job)
    return replace(seen, doubts={target: (*why, *_side_doubts(target, frame)) for target, why in seen.doubts.items()})


def lies_aside_mm(located: Located, frame: LevelFrame | None) -> float | None:
    """How far to the left of the canal a series has the middle of its foramina, where that is too far to tell sides.

    The patient moved between the series, or a header is wrong. None where the series fits, or nothing tells.
    """
    if frame is None:
        return None
    aside = frame.midway_aside_mm({level: _places(level, located) for level in LEVELS})
    return aside if aside is not None and abs(aside) > ASIDE_MM else None


def _places(level: Level, located: Located) -> list[Points3]:
    """Where in the patient a series shows a foramen of a level, (3,) mm."""
    shown = [(levels.points[level], levels.instance.plane) for levels in located.showing(level, located.lumbar)]
    return [plane.to_patient(np.array([point.row, point.column])) for point, plane in shown if plane is not None]


def _no_sides(located: Located, frame: LevelFrame | None, unplaced: bool) -> str | None:
    """Why left and right cannot be told; None where they can."""
    if unplaced:
        return _UNPLACED
    if frame is None or not frame.has_midline:
        return _TORN if frame is not None and frame.torn else _NO_MIDLINE
    aside = lies_aside_mm(located, frame)
    if aside is None:
        return None
    return (
        f"the sagittal T1 series lies {abs(aside):.0f} mm aside of where the canal is, "
        "so that left and right cannot be told"
    )


def _is_on_side(levels: SliceLevels, level: Level, side: Side | None, frame: LevelFrame | None) -> bool:
    """Whether the level's place on this slice lies on a side of the canal; any slice where no side is asked for."""
    point, plane = levels.points.get(level), levels.instance.plane
    if side is None or point is None or plane is None or frame is None:
        return side is None
    place = plane.to_patient(np.array([point.row, point.column]))
    aside = frame.aside_mm(place, level)
    return aside is not None and abs(aside) <= FARTHEST_MM and frame.side_of(place, level) is side


def _side_doubts(target: Target, frame: LevelFrame | None) -> tuple[str, ...]:
    """What speaks against a foramen's side: two series that could tell it have the canal aside of each other."""
    if target.side is None or frame is None or target.level not in frame.torn:
        return ()
    return (f"two series have the canal {frame.torn[target.level]:.0f} mm aside of each other here",)


def _why_not(target: Target, located: Located, slices: list[SliceLevels]) -> NotGraded:
    if not slices and any(target.level in levels.points for levels in located.lumbar):
        return not_in_slice(target, located, f"no slice shows the {target.side} foramen at this level")
    return why_not(target, located, slices, "foramen")
