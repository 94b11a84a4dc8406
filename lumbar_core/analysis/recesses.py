"""The lateral recesses on axial T2: each level on the slice nearest to it, each side told on that slice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lumbar_core.analysis.aside import FAR_MM, aimed_alike, is_outvoted, look_around, off_mm_of
from lumbar_core.analysis.axial import AxialSlice, nearest_slice, read_axial, turned
from lumbar_core.analysis.job import Job, Progress, Step
from lumbar_core.analysis.views import Seen
from lumbar_core.anatomy import Condition, Level, Reason, Side, Target
from lumbar_core.errors import ReadingError
from lumbar_core.findings import AxialPoints, ImagePoint, NotGraded, View
from lumbar_core.geometry import Points2, Points3
from lumbar_core.grade.axial_crops import AxialPlace, cut_axial_crops
from lumbar_core.grade.grader import grade_crops
from lumbar_core.inference.packs import Pack
from lumbar_core.localise.frame import REACH_MM, LevelFrame, side_on_slice
from lumbar_core.localise.recesses import locate_recesses
from lumbar_core.localise.whole_axial import Around
from lumbar_core.study import Series

RECESS = Condition.SUBARTICULAR_STENOSIS

Why = tuple[Reason, str]

_NO_FRAME = (Reason.NOT_LOCATED, "no sagittal T2 series tells at which level, and where in it, the canal lies")
_TORN = (Reason.NOT_LOCATED, "two sagittal series have the canal aside of each other")
UNPLACED = (
    Reason.UNSUPPORTED_GEOMETRY,
    "the files do not tell where their slices lie, so that the level of an axial slice cannot be told",
)
_NO_LEVEL = (Reason.NOT_LOCATED, "the level was not found on the sagittal series")
_NO_SLICE = (Reason.OUTSIDE_COVERAGE, f"no axial slice within {REACH_MM:.0f} mm")
_BESIDE = (Reason.OUTSIDE_COVERAGE, "the level lies beyond the axial slice's edge")
QUARTER = (Reason.UNSUPPORTED_GEOMETRY, "the axial slice lies turned by a quarter in its file")
UNDECODABLE = (Reason.POOR_QUALITY, "the axial slice could not be decoded")
_TWO_SIDES = (Reason.SIDE_UNKNOWN, "the axial slice and the sagittal series disagree on its side")
_ELSEWHERE = (Reason.NOT_LOCATED, "the canal on the axial slice stands out far from where the sagittal series has it")
NO_CANAL = (Reason.NOT_LOCATED, "no lumbar canal was recognised on the axial slice")


@dataclass(frozen=True, slots=True, eq=False)
class CrossSection:
    """A level's axial slice with its canal and recesses; points: in the pixels of the slice as it is seen."""

    slice: AxialSlice
    points: AxialPoints
    canal: ImagePoint

    @property
    def canal_mm(self) -> Points3:
        """(3,) mm in the patient."""
        return self.slice.plane.to_patient(_file_place(self.slice, self.canal))


Sections = Mapping[Level, CrossSection | Why]


def find_sections(
    series: Sequence[Series], levels: Iterable[Level], frame: LevelFrame | None, localiser: Pack, job: Job
) -> Sections:
    """Each level on its slice, or why there is none; series: those that may be graded, best first. Raises Cancelled."""
    aimed: dict[Level, AxialSlice | Why] = {}
    for level in levels:
        job.raise_if_cancelled()
        aimed[level] = _aim(level, series, frame, job)
    slices = {level: each for level, each in aimed.items() if isinstance(each, AxialSlice)}
    missing = {level: each for level, each in aimed.items() if not isinstance(each, AxialSlice)}
    seen = look_around(slices, localiser, job)
    found = {
        level: checked(find_section(each, localiser, job), seen.get(level))
        for level, each in aimed_alike(slices, seen).items()
    }
    return {**missing, **found}


def find_section(slice_: AxialSlice, localiser: Pack, job: Job) -> CrossSection | Why:
    """Canal and recesses of one slice, or why it shows no level. Raises Cancelled if stopped."""
    with job.clock.timing(Step.LOCALISE):
        points = locate_recesses(slice_.stack[1], slice_.expected, slice_.plane.spacing_mm, localiser)
    if points.canal is None or points.lumbar < localiser.contract.threshold("lumbar"):
        return NO_CANAL
    return CrossSection(slice_, points, points.canal)


def checked(section: CrossSection | Why, around: Around | None) -> CrossSection | Why:
    """The section, or that most of its slice speaks for another canal than the one that was found near by."""
    if isinstance(section, CrossSection) and is_outvoted(section.slice, section.canal, around):
        return _ELSEWHERE
    return section


def without_sides(sections: Sections) -> Sections:
    """The same levels where no side can be told: none of them has a slice to be graded on."""
    return dict.fromkeys(sections, _TORN)


def canals_of(sections: Sections) -> dict[Level, Points3]:
    """Where the axial slices have the canal, (3,) mm in the patient, at the levels that they show."""
    return {level: each.canal_mm for level, each in sections.items() if isinstance(each, CrossSection)}


def grade_recesses(sections: Sections, targets: Sequence[Target], grader: Pack, job: Job) -> Seen:
    """One view per recess, and the reason for each without one. Raises Cancelled if stopped."""
    seen = Seen([], [], {})
    for level in dict.fromkeys(target.level for target in targets):
        job.raise_if_cancelled()
        section, wanted = sections[level], [target for target in targets if target.level is level]
        if isinstance(section, CrossSection):
            here = _on_their_sides(grade_section(section, wanted, grader, job), section.slice)
        else:
            here = Seen([], [NotGraded(target, *section) for target in wanted], {})
        seen = seen.joined(here)
        _show(here, len(seen.views) + len(seen.missing), len(targets), job)
    return seen


def grade_section(section: CrossSection, targets: Sequence[Target], grader: Pack, job: Job) -> Seen:
    """The recesses of one slice on which their level is known. Raises Cancelled if stopped."""
    slice_, canal = section.slice, section.canal
    located = _by_side(section)
    known = {target: target.side for target in targets if target.side is not None and target.side in located}
    missing = [NotGraded(target, *_unsure(target)) for target in targets if target not in known]
    if not known:
        return Seen([], missing, {})
    places = [AxialPlace(located[side].row, located[side].column, side) for side in known.values()]
    with job.clock.timing(Step.GRADE):
        middle = (canal.row, canal.column)
        crops = cut_axial_crops(slice_.stack, places, middle, slice_.plane.spacing_mm, grader.contract.inputs[0])
        in_file = {target: slice_.in_file(located[side]) for target, side in known.items()}
        views = grade_crops(slice_.instance, in_file, crops, grader)
    return Seen(views, missing, dict.fromkeys(known, section_doubts(section)))


def section_doubts(section: CrossSection) -> tuple[str, ...]:
    """What flags a slice's series, and whether its canal lies elsewhere than the sagittal series has it."""
    slice_, canal = section.slice, section.canal
    off_mm = math.hypot(*off_mm_of(slice_, canal))
    if off_mm <= FAR_MM:
        return slice_.notes
    return (*slice_.notes, f"the canal on the axial slice lies {off_mm:.0f} mm from where the sagittal series has it")


def _aim(level: Level, series: Sequence[Series], frame: LevelFrame | None, job: Job) -> AxialSlice | Why:
    """The decoded slice on which a level is looked for, or why there is none."""
    # Where two sagittal series disagree the axial slices may tell which of them is right.
    if frame is None or not (frame.has_midline or frame.torn):
        return _NO_FRAME
    if level not in frame.places:
        return _NO_LEVEL
    found = nearest_slice(level, series, frame)
    if found is None:
        return _NO_SLICE
    image, plane = found.image, found.plane
    if image.frame_of_reference_uid != frame.uid:
        job.note("the axial slices have a frame of reference of their own; their levels are told by position")
    row, column = plane.to_pixels(frame.places[level])
    if not (0 <= row < image.rows and 0 <= column < image.columns):
        return _BESIDE
    ways = turned(plane)
    if ways is None:
        return QUARTER
    try:
        with job.clock.timing(Step.DECODE):
            return read_axial(found, (float(row), float(column)), ways, job)
    except ReadingError:
        return UNDECODABLE


def _show(here: Seen, done: int, of: int, job: Job) -> None:
    picture = here.views[0].instance if here.views else None
    points = tuple(view.point for view in here.views)
    job.report(Progress(Step.GRADE, done, of, f"{done} of {of} recesses", picture, points))


def _by_side(section: CrossSection) -> dict[Side, ImagePoint]:
    """The located recesses, in the pixels of the slice as it is seen, by the side of the patient they lie on."""
    slice_, found = section.slice, dict[Side, ImagePoint]()
    for point in (section.points.image_left, section.points.image_right):
        if point is None:
            continue
        side = side_on_slice(slice_.plane, _file_place(slice_, point), _file_place(slice_, section.canal))
        if side is not None:
            found[side] = point
    return found


def _on_their_sides(seen: Seen, slice_: AxialSlice) -> Seen:
    """Without the recesses that do not lie clearly on their side of where the sagittal series has the canal.

    A canal that was located beside the true one would turn left into right.
    """
    expected = np.array(slice_.other_way(slice_.expected))

    def agrees(view: View) -> bool:
        place = np.array([view.point.row, view.point.column])
        return side_on_slice(slice_.plane, place, expected) is view.target.side

    lost = [NotGraded(view.target, *_TWO_SIDES) for view in seen.views if not agrees(view)]
    return replace(seen, views=[view for view in seen.views if agrees(view)], missing=[*seen.missing, *lost])


def _file_place(slice_: AxialSlice, point: ImagePoint) -> Points2:
    return np.array(slice_.other_way((point.row, point.column)))


def _unsure(target: Target) -> Why:
    side = f"{target.side} " if target.side is not None else ""
    return Reason.NOT_LOCATED, f"the {side}recess could not be placed with enough confidence"
