"""Which series is what: the picture decides where the header does not, and contradicts it where it must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lumbar_core.analysis.job import Job
from lumbar_core.anatomy import USED_ON, Condition, Orientation, Reason, Weighting
from lumbar_core.errors import ReadingError
from lumbar_core.inference.contract import Contract
from lumbar_core.reading.assemble import exclude_repeats
from lumbar_core.recognise.border import content_box, frame_box
from lumbar_core.recognise.burned_text import has_burned_text
from lumbar_core.recognise.recogniser import TURNED, Recognition, recognise
from lumbar_core.study import Exclusion, KindBasis, Pixels, Series, SeriesKind, Study

LOOKS_TURNED = Exclusion(
    Reason.UNSUPPORTED_GEOMETRY,
    "the picture looks turned or mirrored; open it as it is usually seen: a sagittal one with the front of the body to "
    "the left, an axial one with it above",
    overruled="the series was chosen by the user though it looks turned or mirrored",
)
LOOKS_FOREIGN = Exclusion(
    Reason.NOT_LUMBAR,
    "this does not look like a lumbar spine MRI",
    overruled="the series was chosen by the user though it does not look like a lumbar spine MRI",
)
BLANK = Exclusion(Reason.POOR_QUALITY, "the picture shows nothing")
MOST_TRIED = 5  # images of a series that are tried before it counts as unreadable
UNDECODABLE = Exclusion(Reason.POOR_QUALITY, "its images could not be decoded")
FRAME_NOTE = "the picture has a frame around it (a screenshot?), which was cut off"
# Of a study's axial slice only what lies about the canal is looked at, so that a frame is outside it anyway.
AXIAL_FRAME_NOTE = "the picture has a frame around it (a screenshot?)"
TEXT_NOTE = "text seems to be burned into the picture"


def recognise_series(study: Study, job: Job) -> Study:
    """Fill in plane and weighting of every series whose header does not tell, and check those whose header does.

    Raises ReadingError if the only image of the study cannot be decoded.
    """
    lone = sum(len(series.instances) for series in study.series) == 1
    spared = _stand_ins(study.series)
    found = tuple(_recognised(series, lone, series.id in spared, job) for series in study.series)
    while back := _without_stand_in(found):
        fresh = exclude_repeats(tuple(replace(one, excluded=None) if one.id in back else one for one in found))
        spared, pairs = _stand_ins(fresh), zip(found, fresh, strict=True)
        found = tuple(_recognised(new, lone, new.id in spared, job) if new.id in back else old for old, new in pairs)
    return study.with_series(found)


def _stand_ins(series: tuple[Series, ...]) -> set[str | None]:
    """The series, by id, that are used instead of repeats."""
    return {one.excluded.instead for one in series if one.excluded}


def _without_stand_in(series: tuple[Series, ...]) -> set[str]:
    """The repeats, by id, of a series that is not used after all: its picture, or the user, says otherwise."""
    unused = {one.id for one in series if one.excluded}
    return {one.id for one in series if one.excluded and one.excluded.instead in unused}


def usable_series(study: Study, condition: Condition) -> list[Series]:
    """The series that a condition can be graded on, best first: the user's choice, a whole one, T2, the finer one."""
    return sorted((one for one in _of_kind(study, condition) if not one.excluded), key=_rank, reverse=True)


def repeats_for(study: Study, condition: Condition) -> list[Series]:
    """The series that a condition would be graded on, were they no repeats of others."""
    return [one for one in _of_kind(study, condition) if one.excluded and one.excluded.instead is not None]


def _of_kind(study: Study, condition: Condition) -> list[Series]:
    orientation, weightings = USED_ON[condition]
    return [
        series
        for series in study.series
        if series.kind.orientation is orientation and series.kind.weighting in weightings
    ]


def _rank(series: Series) -> tuple[bool, bool, bool, int]:
    chosen, kind = series.kind.basis is KindBasis.USER, series.kind
    return chosen, len(series.instances) > 2, kind.weighting is Weighting.T2, series.instances[0].rows


def _recognised(series: Series, lone: bool, spare: bool, job: Job) -> Series:
    """lone: its image is the only one of the study. spare: a repeat of it waits to be used instead."""
    pack = job.packs.recogniser
    if series.excluded or series.kind.basis not in (KindBasis.NONE, KindBasis.HEADER) or pack is None:
        return series
    job.raise_if_cancelled()
    try:
        image = _near_the_middle(series, job)
    except ReadingError:
        if lone:
            raise
        # Of a series that its header names the other slices may do; without a name there is nothing to go by.
        named = series.kind.basis is KindBasis.HEADER
        return series if named and not spare else replace(series, excluded=UNDECODABLE)
    if np.ptp(image) == 0:
        return replace(series, excluded=BLANK)
    frame, has_text = frame_box(image), has_burned_text(image)
    if series.kind.basis is KindBasis.HEADER:
        found = _checked(series, recognise(image, pack, frame), pack.contract)
    else:
        found = _decided(series, recognise(image, pack, content_box(image)), pack.contract)
    framed = (_frame_note(found),) if frame else ()
    return _noted(found, *framed, *((TEXT_NOTE,) if has_text else ()))


def _frame_note(series: Series) -> str:
    placed = series.kind.orientation is Orientation.AXIAL and series.instances[0].plane is not None
    return AXIAL_FRAME_NOTE if placed else FRAME_NOTE


def _noted(series: Series, *notes: str) -> Series:
    """The series with these notes, each once: the window recognises a study when opened and when graded."""
    fresh = tuple(note for note in notes if note not in series.notes)
    return replace(series, notes=(*series.notes, *fresh)) if fresh else series


def _near_the_middle(series: Series, job: Job) -> Pixels:
    """The middle image, or the nearest that can be decoded. Raises ReadingError of the last one tried."""
    middle = len(series.instances) // 2
    order = sorted(range(len(series.instances)), key=lambda index: abs(index - middle))[:MOST_TRIED]
    for index in order[:-1]:
        try:
            return job.read(series.instances[index])
        except ReadingError:
            job.raise_if_cancelled()
    return job.read(series.instances[order[-1]])


def _checked(series: Series, seen: Recognition, contract: Contract) -> Series:
    """A series named by its header: left out if its picture is surely turned or foreign, noted if of another kind."""
    if seen.probability < contract.threshold("contradiction"):
        return series
    if seen.orientation is Orientation.UNKNOWN:
        return replace(series, excluded=LOOKS_TURNED if seen.kind == TURNED else LOOKS_FOREIGN)
    kind = series.kind
    weighting = Weighting.T2 if kind.weighting is Weighting.STIR else kind.weighting
    if (seen.orientation, seen.weighting) == (kind.orientation, weighting):
        return series
    note = (
        f"the header calls this series {kind.orientation} {kind.weighting}, "
        f"but its picture looks like {seen.orientation} {seen.weighting}"
    )
    return _noted(series, note)


def _decided(series: Series, seen: Recognition, contract: Contract) -> Series:
    if seen.kind == TURNED and seen.probability >= contract.threshold("turned"):
        return replace(series, excluded=LOOKS_TURNED)
    known = series.kind.orientation is not Orientation.UNKNOWN
    if seen.orientation is Orientation.UNKNOWN and seen.probability >= contract.threshold("contradiction"):
        return replace(series, excluded=LOOKS_FOREIGN)
    if seen.probability < contract.threshold("kind") or seen.orientation is Orientation.UNKNOWN:
        # With a plane from the file the header's guess at the weighting stands; without one there is nothing.
        return series if known else replace(series, excluded=LOOKS_FOREIGN)
    orientation = series.kind.orientation if known else seen.orientation
    weighting = series.kind.weighting if orientation is not seen.orientation else seen.weighting
    return series.with_kind(SeriesKind(orientation, weighting, KindBasis.PIXELS))
