"""The whole story on one page: a study in, a result out.

bytes ─► Study ─► recognised series ─► located levels ─► crops ─► grades ─► StudyResult
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import lumbar_core
from lumbar_core.anatomy import LEVELS, STUDY_TARGETS, Condition, Level, Orientation, Reason, Side, Target, Weighting
from lumbar_core.errors import Cancelled, ReadingError
from lumbar_core.findings import Grade, ImagePoint, NotGraded, SliceLevels, View
from lumbar_core.grade.crops import crop_places
from lumbar_core.grade.grader import Sight, fuse_views, grade_slice
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.localise.frame import SeriesNumbering, number_series, shift_levels
from lumbar_core.localise.localiser import localise
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.recognise.border import content_box
from lumbar_core.recognise.recogniser import TURNED, Recognition, recognise
from lumbar_core.report.build import build_findings, build_input
from lumbar_core.report.result import Alternative, Numbering, PackUsed, ProgramInfo, StudyResult, Timing
from lumbar_core.report.study_key import study_key
from lumbar_core.study import InputKind, Instance, KindBasis, PixelReader, Pixels, Series, SeriesKind, Study

CANAL = Condition.SPINAL_CANAL_STENOSIS
LOCALISER = "localise_t2"
MOST_SLICES = 24  # of one series that are searched; thicker stacks of thin slices are thinned out
MOST_VIEWS = 3  # slices fused for one finding
CANCEL_POLL_S = 0.05

_COUNTED = "levels counted up from the lowest disc that looks like L5/S1, five lumbar vertebrae assumed"
_COUNTS: dict[Alternative | None, str] = {
    None: _COUNTED,
    "up": f"{_COUNTED}; shifted up by the user",
    "down": f"{_COUNTED}; shifted down by the user",
}


class Step(StrEnum):
    """What the pipeline is doing."""

    DECODE = "decode"
    RECOGNISE = "recognise"
    LOCALISE = "localise"
    GRADE = "grade"


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far one step is; picture and points where there is something to show."""

    step: Step
    done: int
    of: int
    detail: str = ""
    picture: Instance | None = None
    points: tuple[ImagePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may choose for one analysis.

    numbering: count one level "up" (L4/L5 becomes L3/L4) or "down". operating_point: None for the pack's.
    """

    numbering: Alternative | None = None
    post_operative: bool = False
    operating_point: str | None = None


ReportProgress = Callable[[Progress], None]
AskCancelled = Callable[[], bool]


def _no_report(progress: Progress) -> None:
    """Nobody watches."""


def _never() -> bool:
    return False


def analyse(
    study: Study,
    packs: PackSet,
    report: ReportProgress = _no_report,
    cancelled: AskCancelled = _never,
    *,
    pixels: PixelReader | None = None,
    options: Options = Options(),
    read_ms: float = 0.0,
) -> StudyResult:
    """Grade a study. Raises Cancelled, ModelError; what cannot be assessed is a finding with its reason, not an error.

    pixels: None starts a decode process and ends it. read_ms: time that reading took, for the record.
    """
    own = DecodeProcess() if pixels is None else None
    reader: PixelReader = own or pixels  # type: ignore[assignment]  # one of the two is there
    try:
        with _watching(cancelled, reader, packs):
            return _Analysis(study, packs, report, cancelled, reader, options, read_ms).run()
    finally:
        if own is not None:
            own.close()
        packs.resume()


def recognise_study(study: Study, packs: PackSet, pixels: PixelReader, cancelled: AskCancelled = _never) -> Study:
    """Fill in plane and weighting of series whose header does not tell, from the picture itself."""
    return study.with_series(tuple(_recognise_series(series, packs, pixels, cancelled) for series in study.series))


@contextmanager
def _watching(cancelled: AskCancelled, reader: PixelReader, packs: PackSet) -> Iterator[None]:
    """While inside, a cancel ends the decoding and the running inference at once."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(CANCEL_POLL_S):
            if cancelled():
                packs.stop()
                reader.close()
                return

    watcher = threading.Thread(target=watch, name="cancel-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


def _recognise_series(series: Series, packs: PackSet, pixels: PixelReader, cancelled: AskCancelled) -> Series:
    if series.excluded or series.kind.basis is not KindBasis.NONE or packs.recogniser is None:
        return series
    _raise_if(cancelled)
    try:
        image = pixels.read(series.instances[len(series.instances) // 2])
    except ReadingError:
        return series  # said when the series' slices are decoded for grading
    box = content_box(image)
    seen = recognise(image, packs.recogniser, box)
    return _with_recognition(series, seen, packs.recogniser, framed=box is not None)


def _with_recognition(series: Series, seen: Recognition, pack: Pack, framed: bool) -> Series:
    notes = series.notes
    if framed:
        notes = (*notes, "the picture has a frame around it (a screenshot?), which was cut off")
    if seen.kind == TURNED and seen.probability >= pack.contract.threshold("turned"):
        excluded = "the picture looks turned or mirrored; open it upright, front of the body to the left"
        return replace(series, excluded=excluded, notes=notes)
    sure = seen.probability >= pack.contract.threshold("kind")
    kind = series.kind
    orientation = kind.orientation if kind.orientation is not Orientation.UNKNOWN else seen.orientation
    weighting = seen.weighting if seen.weighting is not Weighting.UNKNOWN else kind.weighting
    if not sure or seen.orientation is Orientation.UNKNOWN:
        if kind.orientation is Orientation.UNKNOWN:
            return replace(series, excluded="this does not look like a lumbar spine MRI", notes=notes)
        orientation, weighting = kind.orientation, kind.weighting
    return replace(series, kind=SeriesKind(orientation, weighting, KindBasis.PIXELS), notes=notes)


def _raise_if(cancelled: AskCancelled) -> None:
    if cancelled():
        raise Cancelled


@dataclass(slots=True)
class _Clock:
    """Milliseconds by step."""

    decode: float = 0.0
    recognise: float = 0.0
    localise: float = 0.0
    grade: float = 0.0

    @contextmanager
    def timing(self, step: Step) -> Iterator[None]:
        """Add the time spent inside to a step."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - started) * 1000
            setattr(self, step.value, getattr(self, step.value) + spent)


@dataclass(slots=True, eq=False)
class _Located:
    """A sagittal T2 series with its slices' pixels and levels under one count."""

    series: Series
    pixels: dict[int, Pixels]  # by id(instance)
    numbering: SeriesNumbering


class _Analysis:
    """One run of the pipeline; holds what its steps share."""

    def __init__(
        self,
        study: Study,
        packs: PackSet,
        report: ReportProgress,
        cancelled: AskCancelled,
        pixels: PixelReader,
        options: Options,
        read_ms: float,
    ) -> None:
        self._study = study
        self._packs = packs
        self._report = report
        self._cancelled = cancelled
        self._pixels = pixels
        self._options = options
        self._read_ms = read_ms
        self._clock = _Clock()
        self._notes: list[str] = list(study.notes)

    def run(self) -> StudyResult:
        started, started_at = time.perf_counter(), datetime.now(UTC)
        with self._clock.timing(Step.RECOGNISE):
            self._study = recognise_study(self._study, self._packs, self._pixels, self._cancelled)
        self._report(Progress(Step.RECOGNISE, len(self._study.series), len(self._study.series)))
        if self._options.post_operative:
            self._notes.append("previous lumbar surgery or implant, as the user said")
        series = self._sagittal_t2()
        located = self._locate(series) if series else None
        grades, missing = self._canal(located)
        targets = self._targets()
        missing += [self._other_condition(target) for target in targets if target.condition is not CANAL]
        used = {located.series.id: tuple(grade.target for grade in grades)} if located else {}
        return StudyResult(
            program=ProgramInfo(
                "Lumbar MRI", lumbar_core.__version__, self._packs.provider, started_at.isoformat(timespec="seconds")
            ),
            packs=self._packs_used(),
            identity=self._study.identity,
            study_key=study_key(self._study),
            input=build_input(self._study, used),
            numbering=self._numbering(located),
            findings=build_findings(targets, grades, missing, self._study),
            measurements=(),
            notes=tuple(self._notes),
            timing_ms=self._timing((time.perf_counter() - started) * 1000),
        )

    # -- which series -----------------------------------------------------------------------------

    def _sagittal_t2(self) -> Series | None:
        """The series the canal is graded on: T2 before STIR, then the finer one; a duplicate is said."""
        usable = [
            series
            for series in self._study.series
            if not series.excluded
            and series.kind.orientation is Orientation.SAGITTAL
            and series.kind.weighting in (Weighting.T2, Weighting.STIR)
        ]
        if not usable:
            return None
        best = max(usable, key=lambda series: (_rank_for_canal(series), -usable.index(series)))
        if len(usable) > 1:
            self._notes_about(f"{len(usable)} sagittal T2 series; the canal was graded on {best.id}")
        return best

    def _notes_about(self, sentence: str) -> None:
        if sentence not in self._notes:
            self._notes.append(sentence)

    # -- locate -----------------------------------------------------------------------------------

    def _locate(self, series: Series) -> _Located | None:
        pack = self._packs.localiser(LOCALISER)
        if pack is None:
            return None
        slices = self._decode(series)
        if not slices:
            return None
        content = content_box(slices[0][1]) if slices[0][0].plane is None else None
        with self._clock.timing(Step.LOCALISE):
            found = localise(slices, pack, content, lambda part: self._show_levels(part, len(slices)))
        numbering = number_series(found, pack.contract.threshold("lumbar"), pack.contract.threshold("visibility"))
        if self._options.numbering is not None:
            shifted = tuple(shift_levels(levels, self._options.numbering) for levels in numbering.slices)
            numbering = replace(numbering, slices=shifted, margin=-numbering.margin)
        return _Located(series, {id(instance): image for instance, image in slices}, numbering)

    def _decode(self, series: Series) -> list[tuple[Instance, Pixels]]:
        chosen = series.instances[:: -(-len(series.instances) // MOST_SLICES)]
        slices = []
        for done, instance in enumerate(chosen, start=1):
            _raise_if(self._cancelled)
            try:
                with self._clock.timing(Step.DECODE):
                    slices.append((instance, self._pixels.read(instance)))
            except ReadingError as error:
                self._notes_about(f"a slice could not be decoded: {error}")
            self._report(Progress(Step.DECODE, done, len(chosen), picture=instance))
        return slices

    def _show_levels(self, found: list[SliceLevels], of: int) -> None:
        best = max(found, key=lambda levels: sum(point.visibility for point in levels.points.values()))
        points = tuple(best.points.values())
        self._report(Progress(Step.LOCALISE, len(found), of, picture=best.instance, points=points))

    # -- grade ------------------------------------------------------------------------------------

    def _canal(self, located: _Located | None) -> tuple[list[Grade], list[NotGraded]]:
        targets = [target for target in self._targets() if target.condition is CANAL]
        pack = self._packs.grader(CANAL)
        if pack is None:
            return [], [_no_pack(target) for target in targets]
        if located is None:
            return [], [self._no_series(target) for target in targets]
        views, missing = self._canal_views(located, pack)
        doubts = self._doubts(located)
        return fuse_views(views, pack.contract, self._options.operating_point, doubts), missing

    def _canal_views(self, located: _Located, pack: Pack) -> tuple[list[View], list[NotGraded]]:
        limits = self._limits()
        lumbar = [levels for levels in located.numbering.slices if levels.lumbar >= limits.lumbar]
        by_slice: dict[int, tuple[SliceLevels, list[Sight]]] = {}
        missing = []
        for level in LEVELS:
            target = Target(CANAL, level, None)
            seen = _best_slices(lumbar, level, limits)
            if not seen:
                missing.append(_why_not(target, located, lumbar))
            for levels in seen:
                sight = Sight(target, levels.points[level], crop_places(levels)[level])
                by_slice.setdefault(id(levels.instance), (levels, []))[1].append(sight)
        views: list[View] = []
        total = sum(len(sights) for _, sights in by_slice.values())
        for levels, sights in by_slice.values():
            _raise_if(self._cancelled)
            with self._clock.timing(Step.GRADE):
                image = located.pixels[id(levels.instance)]
                views += grade_slice(levels.instance, image, sights, list(crop_places(levels).values()), pack)
            detail = f"{len(views)} of {total} crops"
            self._report(
                Progress(Step.GRADE, len(views), total, detail, levels.instance, tuple(levels.points.values()))
            )
        return views, missing

    def _limits(self) -> _Limits:
        pack = self._packs.localiser(LOCALISER)
        assert pack is not None  # nothing is located without it
        threshold = pack.contract.threshold
        return _Limits(threshold("lumbar"), threshold("visibility"), threshold("confidence"))

    def _doubts(self, located: _Located) -> dict[Target, tuple[str, ...]]:
        """Reasons to check that hold for every canal finding."""
        pack = self._packs.localiser(LOCALISER)
        assert pack is not None
        reasons = [*self._notes_that_flag(), *located.series.notes]
        if self._options.numbering is None and located.numbering.margin < pack.contract.threshold("numbering_margin"):
            reasons.append("the counting of levels is in doubt")
        if located.numbering.disagreeing:
            reasons.append("slices of the series count the levels differently")
        return {Target(CANAL, level, None): tuple(reasons) for level in LEVELS}

    def _notes_that_flag(self) -> list[str]:
        return [*self._study.notes, *(["previous surgery or implant"] if self._options.post_operative else [])]

    # -- what is not graded -------------------------------------------------------------------------

    def _targets(self) -> tuple[Target, ...]:
        """25 for a study or a series; for one image, the structures that such an image can show."""
        if self._study.kind in (InputKind.STUDY, InputKind.SERIES):
            return STUDY_TARGETS
        series = self._study.series[0] if self._study.series else None
        kind = series.kind if series else None
        if kind is not None and kind.orientation is Orientation.SAGITTAL and kind.weighting is Weighting.T1:
            return tuple(Target(Condition.NEURAL_FORAMINAL_NARROWING, level, None) for level in LEVELS)
        if kind is not None and kind.orientation is Orientation.AXIAL:
            return tuple(_axial_targets(has_geometry=series is not None and series.instances[0].plane is not None))
        return tuple(Target(CANAL, level, None) for level in LEVELS)

    def _no_series(self, target: Target) -> NotGraded:
        series = self._study.series[0] if len(self._study.series) == 1 else None
        if series is not None and series.excluded:
            return NotGraded(target, Reason.NOT_LUMBAR, series.excluded)
        if self._packs.localiser(LOCALISER) is None:
            return _no_pack(target)
        return NotGraded(target, Reason.NO_SERIES, "no sagittal T2 series was found")

    def _other_condition(self, target: Target) -> NotGraded:
        if self._packs.grader(target.condition) is None:
            return _no_pack(target)
        return NotGraded(target, Reason.NO_SERIES, "no series for this structure was found")

    # -- the frame of the result ----------------------------------------------------------------------

    def _packs_used(self) -> tuple[PackUsed, ...]:
        return tuple(
            PackUsed(
                pack.name,
                pack.contract.version,
                pack.contract.digest,
                self._options.operating_point or pack.contract.operating_point,
            )
            for pack in self._packs.all
        )

    def _numbering(self, located: _Located | None) -> Numbering:
        if located is None or located.numbering.voting == 0:
            return Numbering("no level was located", self._options.numbering, None, ())
        agreed = () if located.numbering.disagreeing else (located.series.id,)
        basis = _COUNTS[self._options.numbering]
        return Numbering(basis, self._options.numbering, round(located.numbering.margin, 2), agreed)

    def _timing(self, total: float) -> Timing:
        clock = self._clock
        values = (self._read_ms, clock.decode, clock.recognise, clock.localise, clock.grade, total + self._read_ms)
        return Timing(*(round(value, 1) for value in values))


@dataclass(frozen=True, slots=True)
class _Limits:
    """Below these a structure is not assessed; from the localiser's contract."""

    lumbar: float
    visibility: float
    confidence: float


def _rank_for_canal(series: Series) -> tuple[bool, bool, int]:
    """A whole series before a lone slice, T2 before STIR, the finer matrix first."""
    return len(series.instances) > 2, series.kind.weighting is Weighting.T2, series.instances[0].rows


def _best_slices(lumbar: list[SliceLevels], level: Level, limits: _Limits) -> list[SliceLevels]:
    """The slices on which a level's canal shows, best first."""
    seen = [
        levels
        for levels in lumbar
        if level in levels.points
        and levels.points[level].visibility >= limits.visibility
        and levels.points[level].confidence >= limits.confidence
    ]
    return sorted(seen, key=lambda levels: -levels.points[level].visibility)[:MOST_VIEWS]


def _why_not(target: Target, located: _Located, lumbar: list[SliceLevels]) -> NotGraded:
    if not lumbar:
        return NotGraded(target, Reason.NOT_LUMBAR, "no slice looks like a sagittal T2 slice through the lumbar canal")
    holding = [levels for levels in lumbar if target.level in levels.points]
    if holding:
        return NotGraded(target, Reason.NOT_IN_SLICE, "the canal does not show at this level")
    if _lies_outside(target.level, lumbar[0], located):
        return NotGraded(target, Reason.OUTSIDE_COVERAGE, "the level lies beyond the picture's edge")
    return NotGraded(target, Reason.NOT_LOCATED, "the level was not found")


def _lies_outside(level: Level, levels: SliceLevels, located: _Located) -> bool:
    """Whether the chain, carried on at its own spacing, reaches this level only beyond the image."""
    order = {each: index for index, each in enumerate(LEVELS)}
    if not levels.points:
        return False
    nearest = min(levels.points, key=lambda each: abs(order[each] - order[level]))
    steps = order[level] - order[nearest]
    row = levels.points[nearest].row + steps * levels.disc_distance_px
    rows = located.pixels[id(levels.instance)].shape[0]
    return not 0 <= row < rows


def _no_pack(target: Target) -> NotGraded:
    return NotGraded(target, Reason.NO_PACK, "no model pack for this structure is installed")


def _axial_targets(has_geometry: bool) -> Iterator[Target]:
    for side in (Side.RIGHT, Side.LEFT):
        if has_geometry:
            yield Target(Condition.SUBARTICULAR_STENOSIS, Level.UNKNOWN, side)
        else:
            yield Target(Condition.SUBARTICULAR_STENOSIS, Level.UNKNOWN, None, image_side=side)
