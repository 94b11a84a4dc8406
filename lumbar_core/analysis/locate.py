"""Levels on the slices of one sagittal series: decoded, searched, counted once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lumbar_core.analysis.job import Job, Progress, Step
from lumbar_core.anatomy import LEVELS, Level, Reason, Target
from lumbar_core.errors import ReadingError
from lumbar_core.findings import NotGraded, SliceLevels
from lumbar_core.inference.contract import THRESHOLDS, Contract
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.localiser import localise
from lumbar_core.localise.numbering import SeriesNumbering, Shift, number_series, shift_levels, votes
from lumbar_core.picture import Box
from lumbar_core.recognise.border import slice_box
from lumbar_core.study import Instance, Pixels, Series, missing_slice

MOST_SLICES = 24  # of one series that are searched; a stack of thin slices is thinned out
# A lumbar vertebra is 25 to 30 mm high and its disc 8 to 12: a third is left on either side.
DISC_DISTANCE_MM = (22.0, 56.0)
# Below the lowest disc of a picture that reaches the sacrum there is more: at least 1.09 disc distances on each of
# 4,006 whole pictures (rsna_canal and a third of rsna_foraminal) whose count nothing else doubted. Where pictures cut
# off above L5/S1 or L4/L5 were counted wrong without a doubt, there was less on 95 % (T2) and 85 % (T1). By hand.
LEAST_BELOW_DISCS = 0.9


@dataclass(frozen=True, slots=True)
class Limits:
    """The localiser's thresholds: below these a structure is not assessed, or the count is in doubt.

    disc_below: from which a further disc below L5/S1 puts the count in doubt. A localiser of foramina has none: those
    of the sacrum show in most spines.
    """

    lumbar: float
    visibility: float
    confidence: float
    numbering_margin: float
    disc_below: float

    @staticmethod
    def of(contract: Contract) -> Limits:
        """What the contract asks for."""
        always = {name: contract.threshold(name) for name in THRESHOLDS[contract.task]}
        return Limits(**always, disc_below=contract.thresholds.get("disc_below", math.inf))


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A sagittal series with the pixels of its slices, by id(instance), and its levels under one count.

    content: the part of its pictures that is the slice, where a frame surrounds it. lost: that slices between others
    are missing or could not be decoded, which may be those that show a level best.
    """

    series: Series
    pixels: dict[int, Pixels]
    numbering: SeriesNumbering
    limits: Limits
    content: Box | None
    lost: tuple[str, ...]

    @property
    def lumbar(self) -> list[SliceLevels]:
        """The slices that look like lumbar ones with the structure that is looked for."""
        return [levels for levels in self.numbering.slices if levels.lumbar >= self.limits.lumbar]

    @property
    def has_levels(self) -> bool:
        """Whether any level was placed."""
        return any(levels.points for levels in self.lumbar)

    def showing(self, level: Level, slices: Sequence[SliceLevels]) -> list[SliceLevels]:
        """Those of the slices on which a level's structure shows and has a sure place, the clearest first."""
        seen = [
            levels
            for levels in slices
            if level in levels.points
            and levels.points[level].visibility >= self.limits.visibility
            and levels.points[level].confidence >= self.limits.confidence
        ]
        return sorted(seen, key=lambda levels: -levels.points[level].visibility)

    def shifted(self, shift: Shift) -> Located:
        """The same places, counted one level up or down."""
        slices = tuple(shift_levels(levels, shift) for levels in self.numbering.slices)
        return replace(self, numbering=replace(self.numbering, slices=slices, margin=-self.numbering.margin))


def locate(series: Series, pack: Pack, job: Job) -> Located | None:
    """Levels of a series under one count, the user's where one was chosen; None if no slice could be decoded."""
    slices, undecoded = _decode(series, job)
    if not slices:
        return None
    series = replace(series, notes=(*series.notes, *undecoded))
    limits = Limits.of(pack.contract)
    middle, shown = slices[len(slices) // 2]
    content = slice_box(middle, shown)
    with job.clock.timing(Step.LOCALISE):
        found = localise(slices, pack, content, lambda part: _show(part, len(slices), job))
    numbering = number_series(found, limits.lumbar, limits.visibility)
    pixels, lost = {id(instance): image for instance, image in slices}, (*missing_slice(series.gap_mm), *undecoded)
    located = Located(series, pixels, numbering, limits, content, lost)
    return located if job.options.numbering is None else located.shifted(job.options.numbering)


def count_doubts(located: Located, job: Job) -> tuple[str, ...]:
    """Why a series' own count may be wrong; once the user has chosen a count, it is the user's."""
    if job.options.numbering is not None:
        return ()
    if located.numbering.voting == 0:
        return ("too few discs are seen to count the levels",)
    doubts = []
    if located.numbering.margin < located.limits.numbering_margin:
        doubts.append("the counting of levels is in doubt")
    if not located.numbering.agreed:
        doubts.append("slices of the series count the levels differently")
    if located.numbering.below >= located.limits.disc_below:
        doubts.append("a disc shows below L5/S1, as in a spine without five free lumbar vertebrae")
    if _ends_close_below(located):
        doubts.append("the picture ends close below the lowest disc, so that the count may be off by a level")
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


def why_not(target: Target, located: Located, slices: Sequence[SliceLevels], looked_for: str) -> NotGraded:
    """Why a structure ("canal", "foramen") has no grade, though these slices were searched for it."""
    if not located.lumbar:
        kind = f"sagittal {located.series.kind.weighting}"
        words = f"no slice looks like a {kind} slice through a lumbar {looked_for}"
        return NotGraded(target, Reason.NOT_LUMBAR, words)
    places = [levels.points[target.level] for levels in slices if target.level in levels.points]
    if any(place.visibility >= located.limits.visibility for place in places):
        return NotGraded(target, Reason.NOT_LOCATED, "the level could not be placed with enough confidence")
    if places:
        return not_in_slice(target, located, f"the {looked_for} does not show at this level")
    if _lies_outside(target.level, located):
        return NotGraded(target, Reason.OUTSIDE_COVERAGE, "the level lies beyond the picture's edge")
    return NotGraded(target, Reason.NOT_LOCATED, "the level was not found")


def not_in_slice(target: Target, located: Located, words: str) -> NotGraded:
    """A structure that none of the slices at hand shows; another might have, where some are missing."""
    return NotGraded(target, Reason.NOT_IN_SLICE, "; ".join((words, *located.lost)))


def shown(levels: SliceLevels) -> float:
    """How much of what is looked for a slice shows, over all levels."""
    return sum(point.visibility for point in levels.points.values())


def _decode(series: Series, job: Job) -> tuple[list[tuple[Instance, Pixels]], tuple[str, ...]]:
    """The slices with their pixels, and the note on those between them that could not be decoded."""
    chosen = series.instances[:: -(-len(series.instances) // MOST_SLICES)]
    slices: list[tuple[Instance, Pixels]] = []
    decoded: list[int] = []
    for done, instance in enumerate(chosen, start=1):
        job.raise_if_cancelled()
        try:
            with job.clock.timing(Step.DECODE):
                slices.append((instance, job.read(instance)))
        except ReadingError:
            pass  # the job remembers which
        else:
            decoded.append(done)
        job.report(Progress(Step.DECODE, done, len(chosen), picture=instance))
    if len(decoded) == len(chosen):
        return slices, ()
    kind = f"{series.kind.orientation} {series.kind.weighting}"
    words = f"{len(chosen) - len(decoded)} of {len(chosen)} slices of the {kind} series could not be decoded"
    job.note(words)
    torn = decoded and decoded[-1] - decoded[0] >= len(decoded)
    return slices, (words,) if torn else ()


def _show(found: Sequence[SliceLevels], of: int, job: Job) -> None:
    # A cancel that came while the network was being loaded found nothing to stop.
    job.raise_if_cancelled()
    best = max(found, key=shown)
    points = tuple(best.points.values())
    job.report(Progress(Step.LOCALISE, len(found), of, picture=best.instance, points=points))


def _ends_close_below(located: Located) -> bool:
    """Whether most slices that vote on the count end where below L5/S1 the sacrum should show."""
    limits = located.limits
    left = [
        (_bottom(levels, located) - max(point.row for point in levels.points.values())) / levels.disc_distance_px
        for levels in located.numbering.slices
        if votes(levels, limits.lumbar, limits.visibility)
    ]
    return bool(left) and float(np.median(left)) < LEAST_BELOW_DISCS


def _bottom(levels: SliceLevels, located: Located) -> int:
    """The last row of a slice, without the frame around it."""
    return (located.content[2] if located.content else located.pixels[id(levels.instance)].shape[0]) - 1


def _lies_outside(level: Level, located: Located) -> bool:
    """Whether the chain, carried on at its own spacing, reaches this level only beyond the image."""
    levels = max(located.lumbar, key=lambda each: len(each.points))
    if not levels.points:
        return False
    wanted = LEVELS.index(level)
    nearest = min(levels.points, key=lambda each: abs(LEVELS.index(each) - wanted))
    row = levels.points[nearest].row + (wanted - LEVELS.index(nearest)) * levels.disc_distance_px
    return not 0 <= row < located.pixels[id(levels.instance)].shape[0]
