"""One finding graded again at a place that the reader chose, on the slice that it was pointed out on."""

from __future__ import annotations

import math
from dataclasses import replace

from lumbar_core.analysis.aside import aimed_at, look_around_one
from lumbar_core.analysis.axial import Found, read_axial, turned
from lumbar_core.analysis.job import Job, Step
from lumbar_core.analysis.lone_axial import find_lone_section, lone_grader, see_lone, with_canal_at
from lumbar_core.analysis.recesses import RECESS, CrossSection, Why, find_section, grade_section
from lumbar_core.analysis.views import Seen
from lumbar_core.anatomy import Condition, Target
from lumbar_core.errors import LocalisationError
from lumbar_core.findings import AxialPoints, Grade, ImagePoint, View
from lumbar_core.geometry import Points3
from lumbar_core.grade.crops import CropPlace, crop_places
from lumbar_core.grade.flags import APART, says_may_be_severe
from lumbar_core.grade.grader import Sight, fuse_views, grade_slice
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.localise.localiser import localise
from lumbar_core.recognise.border import slice_box
from lumbar_core.study import Instance, Study

# Farther from where the program found it there may be no such structure, or another level's.
FAR_DISCS, FAR_MM = 0.4, 8.0
_FAR = "the reader put it far from where the program found it"
_ELSEWHERE = "The mark is back where it was. Put it on the structure, or say the grade yourself with N, M, S or X."


def grade_at(
    grade: Grade, image: Instance, row: float, column: float, study: Study, canal_mm: Points3 | None, job: Job
) -> Grade:
    """The program's finding with its point at (row, column) of one image; what spoke against it otherwise still does.

    image: one of those that the finding was graded on; of a canal that was seen in two planes a sagittal one. What its
    axial slice shows does not hang on where the sagittal mark lies, so that view stays, and only what the sagittal
    slices said is said anew. canal_mm: the canal at its level in the patient, which tells on a study's axial slice
    where left begins; a lone one is searched for its canal again. Raises LocalisationError where no crop can be cut,
    ReadingError, Cancelled.
    """
    pack, second, localiser = _networks(grade.target.condition, study.is_lone_axial, job.packs)
    if pack is None or localiser is None:
        raise LocalisationError("No model pack for this structure is installed.", _ELSEWHERE)
    if not (0 <= row <= image.rows - 1 and 0 <= column <= image.columns - 1):
        raise LocalisationError("This place lies beyond the picture.", _ELSEWHERE)
    shown = next(each for each in grade.views if each.instance is image)
    if second is not None and shown.axial:
        raise LocalisationError("The canal is put elsewhere on a sagittal slice, not on an axial one.", _ELSEWHERE)
    point = ImagePoint(row, column, confidence=1.0, visibility=1.0)  # the reader says so
    if study.is_lone_axial:
        view, far_px = _lone_view(grade, point, study, localiser, pack, job)
    elif grade.target.condition is RECESS:
        view, far_px = _axial_view(grade, image, point, study, canal_mm, localiser, pack, job)
    else:
        view, far_px = _sagittal_view(grade, image, point, localiser, pack, job)
    far = (_FAR,) if _apart(shown.point, point) > far_px else ()
    kept = [each for each in grade.views if second is not None and each.axial]
    doubts = {grade.target: (*other_doubts(grade), *far)}
    beside = job.contract_of(second) if second is not None else None
    return fuse_views([view, *kept], job.contract_of(pack), doubts, beside)[0]


def other_doubts(grade: Grade) -> tuple[str, ...]:
    """What speaks against a finding beside its own probabilities and views: its count, its side, its study."""
    return tuple(reason for reason in grade.check_reasons if reason != APART and not says_may_be_severe(reason))


def _networks(condition: Condition, lone: bool, packs: PackSet) -> tuple[Pack | None, Pack | None, Pack | None]:
    """What grades a structure, what grades its axial views beside that, and what finds it."""
    if lone:
        return lone_grader(condition, packs), None, packs.localiser_for(RECESS)
    return packs.grader(condition), packs.second_grader(condition), packs.localiser_for(condition)


def _sagittal_view(
    grade: Grade, image: Instance, point: ImagePoint, localiser: Pack, pack: Pack, job: Job
) -> tuple[View, float]:
    pixels = job.read(image)
    content = slice_box(image, pixels)
    with job.clock.timing(Step.LOCALISE):
        levels = localise([(image, pixels)], localiser, content)[0]
    spine = list(crop_places(levels).values())
    if not spine:
        raise LocalisationError("No level was found on this slice, so that a crop would have no scale.", _ELSEWHERE)
    nearest = min(spine, key=lambda place: _apart(place, point))
    place = CropPlace(point.row, point.column, nearest.disc_distance_px)
    with job.clock.timing(Step.GRADE):
        view = grade_slice(image, pixels, [Sight(grade.target, point, place)], spine, pack, content)[0]
    return view, FAR_DISCS * nearest.disc_distance_px


def _axial_view(
    grade: Grade,
    image: Instance,
    point: ImagePoint,
    study: Study,
    canal_mm: Points3 | None,
    localiser: Pack,
    pack: Pack,
    job: Job,
) -> tuple[View, float]:
    found = _in_series(image, study)
    ways = turned(found.plane)
    if canal_mm is None or ways is None:
        raise LocalisationError(
            "Where the canal lies here is not known, and so neither is which side this is.", _ELSEWHERE
        )
    expected_row, expected_column = found.plane.to_pixels(canal_mm)
    slice_ = read_axial(found, (float(expected_row), float(expected_column)), ways, job)
    # The sagittal series may have the canal aside of where this slice was graded.
    slice_ = aimed_at(slice_, look_around_one(slice_, localiser, job))
    section = _shown(find_section(slice_, localiser, job))
    seen = grade_section(_with_recess_at(section, point), [grade.target], pack, job)
    return _only(seen, grade.target), FAR_MM / found.plane.spacing_mm[0]


def _lone_view(
    grade: Grade, point: ImagePoint, study: Study, localiser: Pack, pack: Pack, job: Job
) -> tuple[View, float]:
    section = _shown(find_lone_section(study.series[0], localiser, job))
    with_mark_at = _with_recess_at if grade.target.condition is RECESS else with_canal_at
    seen = see_lone(with_mark_at(section, point), [grade.target], pack, job)
    return replace(_only(seen, grade.target), point=point), FAR_MM / section.slice.plane.spacing_mm[0]


def _shown(section: CrossSection | Why) -> CrossSection:
    if not isinstance(section, CrossSection):
        raise LocalisationError(f"This slice cannot be graded again: {section[1]}.", _ELSEWHERE)
    return section


def _with_recess_at(section: CrossSection, point: ImagePoint) -> CrossSection:
    """The section with one recess, at a point of the file's image; its canal tells the side."""
    row, column = section.slice.other_way((point.row, point.column))
    only = AxialPoints(section.canal, replace(point, row=row, column=column), None, section.points.lumbar)
    return replace(section, points=only)


def _only(seen: Seen, target: Target) -> View:
    if not seen.views:
        side = f"patient's {target.side}" if target.image_side is None else f"picture's {target.image_side}"
        raise LocalisationError(f"This place does not lie on the {side}.", _ELSEWHERE)
    return seen.views[0]


def _apart(one: ImagePoint | CropPlace, other: ImagePoint) -> float:
    return math.hypot(one.row - other.row, one.column - other.column)


def _in_series(image: Instance, study: Study) -> Found:
    for series in study.series:
        for index, each in enumerate(series.instances):
            if each is image and each.plane is not None:
                return Found(series, index, each.plane)
    raise LocalisationError("This slice has no place in the patient.", _ELSEWHERE)
