"""One numbering for a study: each searched series votes, the frame decides, who counts otherwise is counted anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lumbar_core.analysis.canal import near_the_canal
from lumbar_core.analysis.foramina import lies_aside_mm
from lumbar_core.analysis.job import Job
from lumbar_core.analysis.locate import Located, count_doubts
from lumbar_core.anatomy import LEVELS, Level
from lumbar_core.geometry import Points3
from lumbar_core.localise.frame import LevelFrame, Vote, fit_frame
from lumbar_core.localise.numbering import Shift
from lumbar_core.report.result import Alternative, Numbering
from lumbar_core.study import Series

_COUNTED = "levels counted up from the lowest disc that looks like L5/S1, five lumbar vertebrae assumed"
_NAMED = "no disc that looks like L5/S1 was found; levels named by how they look, five lumbar vertebrae assumed"
_SHIFTED: dict[Alternative | None, str] = {
    None: "",
    "up": "; shifted up by the user",
    "down": "; shifted down by the user",
}


@dataclass(frozen=True, slots=True, eq=False)
class Numbered:
    """The searched series of a study under one numbering.

    canal, foramina: the series that each is graded on, None without one. frame: None without a placed level, and for
    pictures without geometry. names: of the series, for people, by id.
    """

    canal: Located | None
    foramina: Located | None
    frame: LevelFrame | None
    names: Mapping[str, str]

    @property
    def lead(self) -> Located | None:
        """The series whose own count the levels have: the canal's before the foramina's."""
        searched = [located for located in (self.canal, self.foramina) if located is not None]
        return next((located for located in searched if located.has_levels), next(iter(searched), None))

    @property
    def aside_mm(self) -> Mapping[str, float]:
        """Series, by id, that lie too far aside of the canal to tell the sides of what they show, and how far."""
        off = lies_aside_mm(self.foramina, self.frame) if self.foramina is not None else None
        return {self.foramina.series.id: off} if self.foramina is not None and off is not None else {}

    @property
    def is_unplaced(self) -> bool:
        """Whether a series shows the canal, but no file tells where that lies in the patient."""
        told = self.frame is not None and self.frame.has_midline
        return self.canal is not None and not self.canal.series.is_placed and not told

    def with_canals(self, canals: Mapping[Level, Points3]) -> Numbered:
        """With sides told from where axial slices have the canal, (3,) mm in the patient by level."""
        return replace(self, frame=self.frame.with_canals(canals)) if self.frame is not None else self


def number_study(canals: Sequence[Located], foramina: Located | None) -> Numbered:
    """Fit one frame to all searched series; canals: those that show the canal, first the one to be graded."""
    votes = [_vote(located, shows_canal=True) for located in canals]
    votes += [_vote(foramina, shows_canal=False)] if foramina is not None else []
    frame = fit_frame(votes)
    searched = [*canals, foramina] if foramina is not None else list(canals)
    return Numbered(
        canal=_as_the_frame(canals[0], frame, shows_canal=True) if canals else None,
        foramina=_as_the_frame(foramina, frame, shows_canal=False) if foramina is not None else None,
        frame=frame,
        names=_names([each.series for each in searched]),
    )


def _names(searched: Sequence[Series]) -> dict[str, str]:
    """The series for people, by id: by plane and weighting, and by size too where two have the same."""
    alike = Counter(series.kind.weighting for series in searched)
    return {
        series.id: f"sagittal {series.kind.weighting}"
        + (f" ({series.size})" if alike[series.kind.weighting] > 1 else "")
        for series in searched
    }


def study_doubts(numbered: Numbered, job: Job) -> tuple[str, ...]:
    """Why the study's numbering may be wrong; each flags every finding."""
    lead, frame = numbered.lead, numbered.frame
    doubts = count_doubts(lead, job) if lead is not None else ()
    if frame is None or not frame.disagreed:
        return doubts
    first, others = numbered.names[frame.agreed[0]], " and ".join(numbered.names[each] for each in frame.disagreed)
    return (*doubts, f"{others} counts the levels differently than {first}, whose count is used")


def describe(numbered: Numbered, job: Job) -> Numbering:
    """The numbering as the result tells it."""
    chosen, lead = job.options.numbering, numbered.lead
    if lead is None or not lead.has_levels:
        return Numbering("no level was located", chosen, None, ())
    doubtful = bool(study_doubts(numbered, job))
    if lead.numbering.voting == 0:
        return Numbering("too few discs were seen to count the levels", chosen, None, (), doubtful)
    # A shift by the user moves the lowest disc away from L5/S1: the count it stands on is still the one from there.
    named = chosen is None and not any(Level.L5_S1 in levels.points for levels in lead.lumbar)
    basis = _NAMED if named else f"{_COUNTED}{_SHIFTED[chosen]}"
    return Numbering(
        basis=basis + _fit(numbered),
        alternative=chosen,
        margin=round(lead.numbering.margin, 2),
        agreed_by=_agreed(numbered, lead),
        doubtful=doubtful,
    )


def _agreed(numbered: Numbered, lead: Located) -> tuple[str, ...]:
    if not lead.numbering.agreed:
        return ()
    return numbered.frame.agreed if numbered.frame is not None else (lead.series.id,)


def _fit(numbered: Numbered) -> str:
    """Which series fit though their files do not place them together with the others, and which lies aside of them."""
    frame, aside = numbered.frame, numbered.aside_mm
    if frame is None:
        return ""
    fitting = " and ".join(numbered.names[each] for each in frame.strangers if each not in aside)
    own = [f"{fitting} has a frame of reference of its own and fits by anatomy"] if fitting else []
    beside = [f"{numbered.names[each]} lies {abs(off):.0f} mm aside of the canal" for each, off in aside.items()]
    return "".join(f"; {clause}" for clause in (*own, *beside))


def _as_the_frame(located: Located, frame: LevelFrame | None, *, shows_canal: bool) -> Located:
    """The series counted as the frame counts; as it is where neither way of counting brings it there."""
    if frame is None or located.series.id not in frame.disagreed:
        return located
    ways: tuple[Shift, ...] = ("up", "down")
    for way in ways:
        shifted = located.shifted(way)
        if frame.counts_alike(_vote(shifted, shows_canal).places):
            return shifted
    return located


def _vote(located: Located, shows_canal: bool) -> Vote:
    slices = near_the_canal(located) if shows_canal else located.lumbar
    places: dict[Level, Points3] = {}
    for level in LEVELS:
        seen = [
            (point.visibility, levels.instance.plane.to_patient(np.array([point.row, point.column])))
            for levels in located.showing(level, slices)
            if levels.instance.plane is not None
            for point in [levels.points[level]]
        ]
        if seen:
            places[level] = np.average([place for _, place in seen], axis=0, weights=[weight for weight, _ in seen])
    uid = located.series.instances[0].frame_of_reference_uid
    return Vote(located.series.id, uid, places, located.numbering.margin, shows_canal)
