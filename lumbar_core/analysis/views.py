"""Structures of a searched series, each graded on the slices that show it best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lumbar_core.analysis.job import Job, Progress, Step
from lumbar_core.analysis.locate import Located, shown, size_doubts
from lumbar_core.anatomy import Level, Target
from lumbar_core.findings import NotGraded, SliceLevels, View
from lumbar_core.grade.crops import crop_places
from lumbar_core.grade.grader import Sight, grade_slice
from lumbar_core.inference.packs import Pack

MOST_VIEWS = 3  # slices fused for one finding
AS_GOOD = 0.15  # a slice joins in if the structure shows there less clearly by no more than this


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was seen of one condition: views, structures without one, and by target what speaks against its finding."""

    views: list[View]
    missing: list[NotGraded]
    doubts: Mapping[Target, tuple[str, ...]]

    def joined(self, other: Seen) -> Seen:
        """With what was seen of other structures."""
        return Seen(self.views + other.views, self.missing + other.missing, {**self.doubts, **other.doubts})


def best_slices(located: Located, level: Level, slices: Sequence[SliceLevels]) -> list[SliceLevels]:
    """Those of the slices that show a level best, the best first; none where none shows it well enough."""
    ranked = located.showing(level, slices)[:MOST_VIEWS]
    least = ranked[0].points[level].visibility - AS_GOOD if ranked else 0.0
    return [levels for levels in ranked if levels.points[level].visibility >= least]


def see(
    located: Located, chosen: Mapping[Target, Sequence[SliceLevels]], missing: list[NotGraded], pack: Pack, job: Job
) -> Seen:
    """One view per structure and slice chosen for it."""
    doubts = (*located.series.notes, *size_doubts(located))
    return Seen(_grade_views(located, chosen, pack, job), missing, dict.fromkeys(chosen, doubts))


def _grade_views(located: Located, chosen: Mapping[Target, Sequence[SliceLevels]], pack: Pack, job: Job) -> list[View]:
    by_slice: dict[int, tuple[SliceLevels, list[Sight]]] = {}
    for target, slices in chosen.items():
        for levels in slices:
            sight = Sight(target, levels.points[target.level], crop_places(levels)[target.level])
            by_slice.setdefault(id(levels.instance), (levels, []))[1].append(sight)
    views: list[View] = []
    total = sum(len(sights) for _, sights in by_slice.values())
    # Slices that show most first: among equals a finding then points to the slice its neighbours point to.
    for levels, sights in sorted(by_slice.values(), key=lambda entry: -shown(entry[0])):
        job.raise_if_cancelled()
        with job.clock.timing(Step.GRADE):
            image = located.pixels[id(levels.instance)]
            spine = list(crop_places(levels).values())
            views += grade_slice(levels.instance, image, sights, spine, pack, located.content)
        points = tuple(levels.points.values())
        job.report(Progress(Step.GRADE, len(views), total, f"{len(views)} of {total} crops", levels.instance, points))
    return views
