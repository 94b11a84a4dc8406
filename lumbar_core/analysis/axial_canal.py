"""The canal on axial T2 too: a level that sagittal slices show is seen once more on the axial slice nearest to it."""

from __future__ import annotations

from dataclasses import replace

from lumbar_core.analysis.job import Job, Progress, Step
from lumbar_core.analysis.recesses import CrossSection, Sections, section_doubts
from lumbar_core.analysis.views import Seen
from lumbar_core.anatomy import Target
from lumbar_core.findings import View
from lumbar_core.grade.axial_crops import AxialPlace, cut_axial_crops
from lumbar_core.grade.grader import grade_crops
from lumbar_core.inference.packs import Pack


def with_axial_views(seen: Seen, sections: Sections, grader: Pack, job: Job) -> Seen:
    """What sagittal slices show of the canal, with one view more of each level that has an axial slice.

    What speaks against that slice speaks against the finding. A level that no sagittal slice shows stays without a
    grade: the share of either plane was fitted where both were there. Raises Cancelled if stopped.
    """
    targets = dict.fromkeys(view.target for view in seen.views)
    both = {target: each for target in targets if isinstance(each := sections.get(target.level), CrossSection)}
    views, doubts = list(seen.views), dict(seen.doubts)
    for done, (target, section) in enumerate(both.items(), start=1):
        job.raise_if_cancelled()
        view = axial_view(target, section, grader, job)
        views.append(view)
        doubts[target] = tuple(dict.fromkeys((*doubts[target], *section_doubts(section))))
        words = f"{done} of {len(both)} axial slices of the canal"
        job.report(Progress(Step.GRADE, done, len(both), words, view.instance, (view.point,)))
    return replace(seen, views=views, doubts=doubts)


def axial_view(target: Target, section: CrossSection, grader: Pack, job: Job) -> View:
    """A level's canal where it was located on its axial slice."""
    slice_, canal = section.slice, section.canal
    with job.clock.timing(Step.GRADE):
        places, middle = [AxialPlace(canal.row, canal.column, None)], (canal.row, canal.column)
        crops = cut_axial_crops(slice_.stack, places, middle, slice_.plane.spacing_mm, grader.contract.inputs[0])
        return grade_crops(slice_.instance, {target: slice_.in_file(canal)}, crops, grader)[0]
