"""The canal on sagittal T2: locate the levels on every slice, count them once, grade the slices that show them best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lumbar_core.analysis.job import Job, Progress, Step
from lumbar_core.anatomy import LEVELS, Condition, Level, Reason, Target
from lumbar_core.errors import ReadingError
from lumbar_core.findings import NotGraded, SliceLevels, View
from lumbar_core.grade.crops import crop_places
from lumbar_core.grade.grader import Sight, grade_slice
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.localiser import localise
from lumbar_core.localise.numbering import SeriesNumbering, number_series, shift_levels
from lumbar_core.picture import Box
from lumbar_core.recognise.border import content_box
from lumbar_core.study import Instance, Pixels, Series

CANAL = Condition.SPINAL_CANAL_STENOSIS
MOST_SLICES = 24  # of one series that are searched; a stack of thin slices is thinned out
MOST_VIEWS = 3  # slices fused for one finding
# A lumbar vertebra is 25 to 30 mm high and its disc 8 to 12: a third is left on either side.
DISC_DISTANCE_MM = (22.0, 56.0)
# The canal of a bowed spine wanders by less from its middle; slices farther off only look as if they showed it.
CANAL_REACH_MM = 20.0
AS_GOOD = 0.15  # a slice joins in if the level's canal shows there less clearly by no more than this


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A sagittal T2 series with the pixels of its slices, by id(instance), and its levels under one count.

    content: the part of its pictures that is the slice, where a frame surrounds it.
    """

    series: Series
    pixels: dict[int, Pixels]
    numbering: SeriesNumbering
    limits: Limits
    content: Box | None

    @property
    def lumbar(self) -> list[SliceLevels]:
        """The slices that look like sagittal T2 slices through the lumbar canal."""
        return [levels for levels in self.numbering.slices if levels.lumbar >= self.limits.lumbar]


@dataclass(frozen=True, slots=True)
class Limits:
    """The localiser's thresholds: below these a structure is not assessed, or the count is in doubt."""

    lumbar: float
    visibility: float
    confidence: float
    numbering_margin: float


def locate(series: Series, pack: Pack, job: Job) -> Located | None:
    """Levels of a series under one count, the user's where one was chosen; None if no slice could be decoded."""
    slices = _decode(series, job)
    if not slices:
        return None
    limits = Limits(*(pack.contract.threshold(name) for name in Limits.__slots__))
    content = content_box(slices[0][1]) if slices[0][0].plane is None else None
    with job.clock.timing(Step.LOCALISE):
        found = localise(slices, pack, content, lambda part: _show(part, len(slices), job))
    numbering = number_series(found, limits.lumbar, limits.visibility)
    if job.options.numbering is not None:
        shifted = tuple(shift_levels(levels, job.options.numbering) for levels in numbering.slices)
        numbering = replace(numbering, slices=shifted, margin=-numbering.margin)
    return Located(series, {id(instance): image for instance, image in slices}, numbering, limits, content)


def grade_canal(located: Located, pack: Pack, job: Job) -> tuple[list[View], list[NotGraded]]:
    """One view per level and slice that shows it, and the reason for each level that none shows."""
    chosen = {level: _best_slices(located, level) for level in LEVELS}
    missing = [_why_not(level, located) for level, slices in chosen.items() if not slices]
    by_slice: dict[int, tuple[SliceLevels, list[Sight]]] = {}
    for level, slices in chosen.items():
        for levels in slices:
            sight = Sight(Target(CANAL, level, None), levels.points[level], crop_places(levels)[level])
            by_slice.setdefault(id(levels.instance), (levels, []))[1].append(sight)
    views: list[View] = []
    total = sum(len(sights) for _, sights in by_slice.values())
    # Slices that show most first: among equals a finding then points to the slice its neighbours point to.
    for levels, sights in sorted(by_slice.values(), key=lambda entry: -_shown(entry[0])):
        job.raise_if_cancelled()
        with job.clock.timing(Step.GRADE):
            image = located.pixels[id(levels.instance)]
            spine = list(crop_places(levels).values())
            views += grade_slice(levels.instance, image, sights, spine, pack, located.content)
        points = tuple(levels.points.values())
        job.report(Progress(Step.GRADE, len(views), total, f"{len(views)} of {total} crops", levels.instance, points))
    return views, missing


def count_doubts(located: Located, job: Job) -> tuple[str, ...]:
    """Why the count may be wrong; once the user has chosen a count, it is the user's."""
    if job.options.numbering is not None:
        return ()
    if located.numbering.voting == 0:
        return ("too few discs are seen to count the levels",)
    doubts = []
    if located.numbering.margin < located.limits.numbering_margin:
        doubts.append("the counting of levels is in doubt")
    if not located.numbering.agreed:
        doubts.append("slices of the series count the levels differently")
    return tuple(doubts)


def size_doubts(located: Located) -> tuple[str, ...]:
    """What speaks against the file's pixel spacing, or the count: levels closer or farther than a spine's can be.

    The crops do not need the spacing, so nothing is refused for it.
    """
    distances = [
        levels.disc_distance_px * levels.instance.plane.spacing_mm[0]
        for levels in located.lumbar
        if levels.instance.plane is not None and len(levels.points) > 1
    ]
    if not distances or DISC_DISTANCE_MM[0] <= (middle := float(np.median(distances))) <= DISC_DISTANCE_MM[1]:
        return ()
    return (f"by the file's pixel spacing the levels lie {middle:.0f} mm apart, which fits no adult spine",)


def _decode(series: Series, job: Job) -> list[tuple[Instance, Pixels]]:
    chosen = series.instances[:: -(-len(series.instances) // MOST_SLICES)]
    slices, failed = [], 0
    for done, instance in enumerate(chosen, start=1):
        job.raise_if_cancelled()
        try:
            with job.clock.timing(Step.DECODE):
                slices.append((instance, job.read(instance)))
        except ReadingError:
            failed += 1
        job.report(Progress(Step.DECODE, done, len(chosen), picture=instance))
    if failed:
        job.note(f"{failed} of {len(chosen)} slices of {series.id} could not be decoded")
    return slices


def _show(found: Sequence[SliceLevels], of: int, job: Job) -> None:
    # A cancel that came while the network was being loaded found nothing to stop.
    job.raise_if_cancelled()
    best = max(found, key=_shown)
    points = tuple(best.points.values())
    job.report(Progress(Step.LOCALISE, len(found), of, picture=best.instance, points=points))


def _shown(levels: SliceLevels) -> float:
    """How much of the canal a slice shows, over all levels."""
    return sum(point.visibility for point in levels.points.values())


def _best_slices(located: Located, level: Level) -> list[SliceLevels]:
    """The slices on which a level's canal shows, best first."""
    limits = located.limits
    seen = [
        levels
        for levels in _near_the_canal(located.lumbar)
        if level in levels.points
        and levels.points[level].visibility >= limits.visibility
        and levels.points[level].confidence >= limits.confidence
    ]
    ranked = sorted(seen, key=lambda levels: -levels.points[level].visibility)[:MOST_VIEWS]
    best = ranked[0].points[level].visibility if ranked else 0.0
    return [levels for levels in ranked if levels.points[level].visibility >= best - AS_GOOD]


def _near_the_canal(slices: list[SliceLevels]) -> list[SliceLevels]:
    """The slices of a series within reach of the canal's middle, which is where most of it shows."""
    if any(levels.instance.plane is None for levels in slices):
        return slices
    places = np.array([levels.instance.plane.position_mm for levels in slices if levels.instance.plane is not None])
    order, shown = np.argsort(places), np.array([_shown(levels) for levels in slices])
    half = np.searchsorted(np.cumsum(shown[order]), shown.sum() / 2)
    middle = places[order][min(int(half), len(slices) - 1)] if slices else 0.0
    return [levels for levels, place in zip(slices, places, strict=True) if abs(place - middle) <= CANAL_REACH_MM]


def _why_not(level: Level, located: Located) -> NotGraded:
    target = Target(CANAL, level, None)
    if not located.lumbar:
        return NotGraded(target, Reason.NOT_LUMBAR, "no slice looks like a sagittal T2 slice through the lumbar canal")
    places = [levels.points[level] for levels in located.lumbar if level in levels.points]
    if any(place.visibility >= located.limits.visibility for place in places):
        return NotGraded(target, Reason.NOT_LOCATED, "the level could not be placed with enough confidence")
    if places:
        return NotGraded(target, Reason.NOT_IN_SLICE, "the canal does not show at this level")
    if _lies_outside(level, located):
        return NotGraded(target, Reason.OUTSIDE_COVERAGE, "the level lies beyond the picture's edge")
    return NotGraded(target, Reason.NOT_LOCATED, "the level was not found")


def _lies_outside(level: Level, located: Located) -> bool:
    """Whether the chain, carried on at its own spacing, reaches this level only beyond the image."""
    levels = max(located.lumbar, key=lambda each: len(each.points))
    if not levels.points:
        return False
    wanted = LEVELS.index(level)
    nearest = min(levels.points, key=lambda each: abs(LEVELS.index(each) - wanted))
    row = levels.points[nearest].row + (wanted - LEVELS.index(nearest)) * levels.disc_distance_px
    return not 0 <= row < located.pixels[id(levels.instance)].shape[0]
