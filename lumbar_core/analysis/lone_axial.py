"""One axial T2 slice without its study: canal and recesses are looked for on all of it, and graded with a flag.

Nothing tells its level. A file with geometry tells the patient's sides; of a picture only the picture's are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lumbar_core.analysis.axial import AxialSlice, as_usual, turned
from lumbar_core.analysis.axial_canal import axial_view
from lumbar_core.analysis.canal import CANAL
from lumbar_core.analysis.job import Job, Progress, Step
from lumbar_core.analysis.kinds import usable_series
from lumbar_core.analysis.recesses import NO_CANAL, QUARTER, RECESS, UNDECODABLE, CrossSection, Why, grade_section
from lumbar_core.analysis.targets import no_pack, not_graded
from lumbar_core.analysis.views import Seen
from lumbar_core.anatomy import Condition, Reason, Target
from lumbar_core.errors import ReadingError
from lumbar_core.findings import AxialPoints, Grade, ImagePoint, NotGraded
from lumbar_core.geometry import Plane
from lumbar_core.grade.grader import fuse_views
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.localise.whole_axial import (
    WholeSlice,
    is_sure,
    locate_on_whole_slice,
    middle_of_sac,
    searches_whole_slices,
    usual_field_mm,
)
from lumbar_core.picture import Box
from lumbar_core.recognise.border import content_box, slice_box
from lumbar_core.recognise.recogniser import recognise
from lumbar_core.study import KindBasis, Pixels, Series, Study

_NOT_TRIED = (Reason.NO_PACK, "the installed localiser of axial slices was not tried on slices without their study")
_NOT_GRADED_ALONE = (Reason.NO_PACK, "the installed model for it was not tried on slices without their study")
_UNSURE = (Reason.NOT_LOCATED, "no lumbar canal stands out on the slice; open it together with its sagittal T2 series")
_NOT_PLACED = (Reason.NOT_LOCATED, "it could not be placed with enough confidence")
ALONE = "a single axial slice: its level is unknown, and finding the canal on it was tried on few patients"


def grade_lone(
    study: Study, targets: Sequence[Target], doubts: Sequence[str], job: Job
) -> tuple[list[Grade], list[NotGraded]]:
    """Grades of a lone axial slice's structures, all of them flagged, and the reason for each without one.

    doubts: what flags every finding of the study. Raises Cancelled if stopped.
    """
    usable, localiser = usable_series(study, RECESS), job.packs.localiser_for(RECESS)
    if not usable:
        return [], [replace(not_graded(replace(each, condition=RECESS), study, job.packs), target=each)
                    for each in targets]  # fmt: skip
    graders = {condition: lone_grader(condition, job.packs) for condition in (RECESS, CANAL)}
    if localiser is None or not any(graders.values()):
        return [], [no_pack(target) for target in targets]
    section = find_lone_section(usable[0], localiser, job)
    grades: list[Grade] = []
    missing: list[NotGraded] = []
    for condition in dict.fromkeys(target.condition for target in targets):
        wanted, grader = [target for target in targets if target.condition is condition], graders.get(condition)
        if grader is None:
            missing += [no_pack(target) for target in wanted]
        elif not _is_tried_alone(grader):
            missing += [NotGraded(target, *_NOT_GRADED_ALONE) for target in wanted]
        elif not isinstance(section, CrossSection):
            missing += [NotGraded(target, *section) for target in wanted]
        else:
            seen = see_lone(section, wanted, grader, job)
            flagged = dict.fromkeys(wanted, (*doubts, *_doubts(section, grader)))
            grades += fuse_views(seen.views, job.contract_of(grader), flagged)
            missing += seen.missing
    return grades, missing


def lone_grader(condition: Condition, packs: PackSet) -> Pack | None:
    """The network for a structure of a lone axial slice; None where none is installed.

    A canal's axial view is otherwise fused with sagittal ones; here it speaks alone.
    """
    return packs.second_grader(CANAL) if condition is CANAL else packs.grader(condition)


def find_lone_section(series: Series, localiser: Pack, job: Job) -> CrossSection | Why:
    """Canal and recesses of a series' only slice, or why none is graded. Raises Cancelled if stopped."""
    if not searches_whole_slices(localiser):
        return _NOT_TRIED
    slice_ = read_lone(series, localiser, job)
    if not isinstance(slice_, AxialSlice):
        return slice_
    with job.clock.timing(Step.LOCALISE):
        found, kind = search(slice_, localiser), _kind(series, slice_, job)
    canal = found.points.canal
    if canal is None or found.points.lumbar < localiser.contract.threshold("lumbar"):
        return NO_CANAL
    if not is_sure(found, localiser, kind):
        return _UNSURE
    points = tuple(
        slice_.in_file(point) for point in (canal, found.points.image_left, found.points.image_right) if point
    )
    job.report(Progress(Step.LOCALISE, 1, 1, "canal and recesses of one slice", slice_.instance, points))
    return CrossSection(replace(slice_, expected=(canal.row, canal.column)), found.points, canal)


def search(slice_: AxialSlice, localiser: Pack) -> WholeSlice:
    """The likeliest canal of a slice that nothing else tells of."""
    pixels, image = slice_.stack[1], slice_.instance
    spacing_mm = slice_.plane.spacing_mm if image.plane is not None else None
    return locate_on_whole_slice(pixels, spacing_mm, localiser, slice_box(image, pixels))


def see_lone(section: CrossSection, wanted: Sequence[Target], grader: Pack, job: Job) -> Seen:
    """One view per structure of one condition; the reason for each that could not be placed. Raises Cancelled."""
    job.raise_if_cancelled()
    see = _canal if wanted[0].condition is CANAL else _recesses
    return see(section, wanted, grader, job)


def with_canal_at(section: CrossSection, point: ImagePoint) -> CrossSection:
    """The section with the canal's mark at a point of the file's image, its recesses as far aside as they were.

    Their distance tells how far the mark lies behind the place that its crop is cut about: both go equally far.
    """
    shown, (row, column) = _mark(section), section.slice.other_way((point.row, point.column))

    def along(one: ImagePoint) -> ImagePoint:
        return replace(one, row=one.row + row - shown.row, column=one.column + column - shown.column)

    left, right = (one and along(one) for one in (section.points.image_left, section.points.image_right))
    canal = along(section.canal)
    return replace(section, points=AxialPoints(canal, left, right, section.points.lumbar), canal=canal)


def _is_tried_alone(grader: Pack) -> bool:
    calibration = grader.contract.calibration
    return calibration is not None and calibration.alone is not None


def _canal(section: CrossSection, targets: Sequence[Target], grader: Pack, job: Job) -> Seen:
    shown = section.slice.in_file(_mark(section))
    views = [axial_view(target, section, grader, job) for target in targets]
    return Seen([replace(view, point=shown) for view in views], [], {})


def _mark(section: CrossSection) -> ImagePoint:
    """Where the canal is pointed to, on the slice as it is seen."""
    return middle_of_sac(section.points) or section.canal


def _recesses(section: CrossSection, targets: Sequence[Target], grader: Pack, job: Job) -> Seen:
    """A picture's sides are graded as the patient's that they usually are, for crops of one side are mirrored."""
    as_patients = {replace(target, side=target.usual_side, image_side=None): target for target in targets}
    seen = grade_section(section, list(as_patients), grader, job)
    views = [replace(view, target=as_patients[view.target]) for view in seen.views]
    graded = {view.target for view in views}
    missing = [NotGraded(target, *_NOT_PLACED) for target in targets if target not in graded]
    return Seen(views, missing, {})


def _doubts(section: CrossSection, grader: Pack) -> tuple[str, ...]:
    doubts = (*section.slice.notes, ALONE)
    if section.slice.instance.plane is not None:
        return doubts
    return (
        *doubts,
        f"nothing tells the picture's scale: it counts as {usual_field_mm(grader.contract.inputs[0]):.0f} mm wide",
    )


def read_lone(series: Series, localiser: Pack, job: Job) -> AxialSlice | Why:
    """A series' only slice, seen as usual, or why it cannot be."""
    image = series.instances[0]
    ways = turned(image.plane) if image.plane is not None else (False, False)
    if ways is None:
        return QUARTER
    try:
        with job.clock.timing(Step.DECODE):
            pixels = job.read(image)
    except ReadingError:
        return UNDECODABLE
    plane = image.plane or _usual_plane(pixels, content_box(pixels), localiser)
    seen = as_usual(pixels, ways)
    return AxialSlice(image, plane, (seen, seen, seen), ways, (0.0, 0.0), series.notes)


def _usual_plane(pixels: Pixels, content: Box | None, localiser: Pack) -> Plane:
    """Of a picture that lies as usual, the patient's right on its left, and is as wide as usual."""
    width = content[3] - content[1] if content else pixels.shape[1]
    spacing = usual_field_mm(localiser.contract.inputs[0]) / width
    return Plane(np.zeros(3), np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), (spacing, spacing))


def _kind(series: Series, slice_: AxialSlice, job: Job) -> float:
    """How probably it is axial T2 at all; sure where the header or the user says so."""
    recogniser = job.packs.recogniser
    if series.kind.basis is not KindBasis.PIXELS or recogniser is None:
        return 1.0
    seen = recognise(slice_.stack[1], recogniser, content_box(slice_.stack[1]))
    same = (seen.orientation, seen.weighting) == (series.kind.orientation, series.kind.weighting)
    return seen.probability if same else 0.0
