"""What is open, running, graded and looked at; whoever shows it is told of each change. No Tk, no decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.report.comparison import Earlier, compare
from lumbar_core.report.form import ReportForm
from lumbar_core.report.result import Alternative, Comparison, Finding, StudyResult
from lumbar_core.study import Instance, Series, Study, Window
from lumbar_gui.plan_form import PlanForm
from lumbar_gui.recent import Remembered
from lumbar_gui.rendering import Point, Viewport
from lumbar_gui.settings import Settings
from lumbar_gui.worklist import Room, Worklist

if TYPE_CHECKING:
    from lumbar_core.agreement.teaching import Disputed
    from lumbar_core.grade.evidence import ViewEvidence
    from lumbar_core.inference.packs import PackSet
    from lumbar_core.reading.dicom.tags import TagLine


class Page(StrEnum):
    """The four states of the window."""

    START = "start"
    CHOSEN = "chosen"
    PROCESSING = "processing"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong and what to do, shown in place; details stay behind a click."""

    title: str
    finding: str
    remedy: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class StepCount:
    """How far one step of the work is, in things one can count."""

    done: int
    of: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The picture shown while work goes on, with the levels found so far as (row, column)."""

    instance: Instance
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is looked at; None until the user changes it: the pane then opens at the spine.

    turns: quarter turns clockwise, 0 to 3, also of what it opens at.
    """

    viewport: Viewport | None = None
    window: Window | None = None
    turns: int = 0


class Slot(StrEnum):
    """A pane's place in the layout, named for the series that it is meant for."""

    SAGITTAL_T2 = "sagittal T2"
    AXIAL = "axial"
    SAGITTAL_T1 = "sagittal T1"


@dataclass(frozen=True, slots=True)
class Pane:
    """The slice of a series that one picture pane shows."""

    series_id: str
    index: int


class Tool(StrEnum):
    """What the mouse draws."""

    LENGTH = "length"
    ANGLE = "angle"


@dataclass(frozen=True, slots=True)
class Measure:
    """A length or an angle on one slice, by the (row, column) of the points placed so far."""

    tool: Tool
    pane: Pane
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Panes:
    """The picture panes, the one that keys act on, and how each series is looked at.

    shown:    in the order of the layout; only what the study has.
    enlarged: the active pane has all the room.
    linked:   panes of parallel slices scroll together.
    playing:  the active pane runs through its slices by itself.
    tool:     what the mouse draws in place of changing the window; pointer: where it is, (row, column), while it draws.
    cursor:   a point of the patient, mm, that all panes show.
    carried:  where the chosen finding is being put on the active pane's slice, (row, column).
    """

    shown: Mapping[Slot, Pane]
    active: Slot
    looks: Mapping[str, Look] = field(default_factory=dict)
    invert: bool = False
    marks_hidden: bool = False
    lines_hidden: bool = False
    enlarged: bool = False
    linked: bool = True
    playing: bool = False
    tool: Tool | None = None
    measures: tuple[Measure, ...] = ()
    pointer: Point | None = None
    cursor: tuple[float, float, float] | None = None
    carried: Point | None = None

    @property
    def current(self) -> Pane:
        """What the active pane shows."""
        return self.shown[self.active]

    def look_at(self, series_id: str) -> Look:
        """How a series is looked at, in whichever pane."""
        return self.looks.get(series_id, Look())


class Leaving(StrEnum):
    """Where the user wants to go while marks are unsaved."""

    BACK = "back"
    CLOSE = "close"
    OPEN = "open"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Header:
    """An image's header: of which slice, in words, and its lines."""

    of: str
    lines: tuple[TagLine, ...]


class EvidenceMap(StrEnum):
    """What is painted over the crops: what hiding a part costs, or the network's own map of places."""

    HIDING = "hiding"
    PLACES = "places"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A finding with what its grade was taken from, slice by slice."""

    finding: Finding
    views: tuple[ViewEvidence, ...]

    @property
    def maps(self) -> tuple[EvidenceMap, ...]:
        """What can be painted; the network's own map only where the pack gives one."""
        given = bool(self.views) and all(view.places is not None for view in self.views)
        return tuple(EvidenceMap) if given else (EvidenceMap.HIDING,)


@dataclass(frozen=True, slots=True)
class Archive:
    """Where DICOM objects are to be written, and whether the patient's identity is printed in them."""

    folder: Path
    identity: bool


FindingKey = tuple[object, object, object, object]
Listener = Callable[[frozenset[str]], None]


@dataclass(slots=True, eq=False)
class State:
    """Everything the window shows. Changed by the controller alone, through `change`.

    busy:      what is being done just now, in words; "" when idle.
    worklist:  several examinations in what was handed over, to be read one after the other.
    room:      where a reader is in a reading plan; None outside of one.
    lesson:    the structure that is looked at together because readers disagree on it.
    recent:    what was opened before, where the user wants it remembered.
    edited:    the result holds reader's marks that no file has yet.
    pictures:  how many images have become ready to show.
    broken:    images that could not be decoded.
    leaving:   where the user wants to go, while asked about unsaved marks.
    tags:      the header of the image that was asked for, while it is looked through.
    evidence:  what the networks saw of the finding that was asked about, while it is looked at.
    evidence_map: which map of the evidence the reader wants painted.
    roomy:     the window has room for all panes beside each other; the active one alone until it has said so.
    viewed:    findings whose slice has been shown.
    earlier:   a result of the same patient that this one is compared with.
    told:      what was done last, in words, where it left no single file to name.
    plan_form: what is typed of a reading plan.
    remark:    on this result, for its report alone; remark_saved: as the last one has it.
    archive:   where unreviewed findings are to be written as DICOM objects, while asked whether they shall be.
    """

    settings: Settings = field(default_factory=Settings)
    page: Page = Page.START
    problem: Problem | None = None
    busy: str = ""
    packs: PackSet | None = None
    study: Study | None = None
    worklist: Worklist | None = None
    room: Room | None = None
    lesson: Disputed | None = None
    recent: tuple[Remembered, ...] = ()
    post_operative: bool = False
    steps: dict[str, StepCount] = field(default_factory=dict)
    preview: Preview | None = None
    result: StudyResult | None = None
    numbering: Alternative | None = None
    selected: FindingKey | None = None
    panes: Panes | None = None
    edited: bool = False
    leaving: Leaving | None = None
    tags: Header | None = None
    evidence: Evidence | None = None
    evidence_map: EvidenceMap = EvidenceMap.HIDING
    roomy: bool = False
    viewed: frozenset[FindingKey] = frozenset()
    earlier: Earlier | None = None
    archive: Archive | None = None
    remark: str = ""
    remark_saved: str = ""
    plan_form: PlanForm = field(default_factory=PlanForm)
    saved: Path | None = None
    told: str = ""
    identity_hidden: bool = False
    pictures: int = 0
    broken: frozenset[Instance] = frozenset()
    _listeners: list[Listener] = field(default_factory=list)

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def change(self, **values: object) -> None:
        """Set fields and tell every listener which of them differ now."""
        changed = set()
        for name, value in values.items():
            if getattr(self, name) is not value:
                setattr(self, name, value)
                changed.add(name)
        if changed:
            for listener in tuple(self._listeners):
                listener(frozenset(changed))

    @property
    def by_plan(self) -> bool:
        """Whether a reading plan says what is shown: then nothing is named, and nothing saved or handed on here."""
        return self.room is not None or self.lesson is not None

    @property
    def comparison(self) -> Comparison | None:
        """What has changed since the earlier result, where there is one."""
        return compare(self.earlier, self.result) if self.result is not None and self.earlier is not None else None

    @property
    def unsaved(self) -> bool:
        """Whether marks or a remark would be lost with the case."""
        return self.edited or self.remark.strip() != self.remark_saved.strip()

    @property
    def unconfirmed(self) -> int:
        """How many findings the reader has not both seen and marked."""
        findings = self.result.findings if self.result is not None else ()
        return sum(not replace(each, viewed=each.key in self.viewed).confirmed for each in findings)

    @property
    def form(self) -> ReportForm:
        """How a report of this case is to look."""
        settings = self.settings
        return ReportForm(settings.language, settings.paper, settings.header, self.remark)

    @property
    def finding(self) -> Finding | None:
        """The chosen finding."""
        if self.result is None:
            return None
        return next((finding for finding in self.result.findings if finding.key == self.selected), None)

    def series(self, series_id: str) -> Series | None:
        """The series of that short name."""
        if self.study is None:
            return None
        return next((series for series in self.study.series if series.id == series_id), None)

    def instance(self, pane: Pane) -> Instance | None:
        """The image that a pane shows."""
        series = self.series(pane.series_id)
        return series.instances[pane.index] if series is not None else None
