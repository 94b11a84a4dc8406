"""The whole story on one page: a study in, a result out.

bytes ─► Study ─► recognised series ─► located levels ─► crops ─► grades ─► StudyResult
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import lumbar_core
from lumbar_core.analysis.canal import CANAL, Located, count_doubts, grade_canal, locate, size_doubts
from lumbar_core.analysis.job import AskCancelled, Job, Options, Progress, ReportProgress, Step, watching
from lumbar_core.analysis.kinds import recognise_series, sagittal_t2
from lumbar_core.analysis.targets import no_pack, not_graded, targets_of
from lumbar_core.anatomy import LEVELS, Level, Reason, Target
from lumbar_core.findings import Grade, NotGraded
from lumbar_core.grade.grader import fuse_views
from lumbar_core.inference.packs import PackSet
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.report.build import build_findings, build_input
from lumbar_core.report.result import Alternative, Numbering, PackUsed, ProgramInfo, StudyResult, Timing
from lumbar_core.report.study_key import study_key
from lumbar_core.study import PixelReader, Study

__all__ = ["AskCancelled", "Options", "Progress", "ReportProgress", "Step", "analyse", "recognise_study"]

LOCALISER = "localise_t2"

_COUNTED = "levels counted up from the lowest disc that looks like L5/S1, five lumbar vertebrae assumed"
_NAMED = "no disc that looks like L5/S1 was found; levels named by how they look, five lumbar vertebrae assumed"
_SHIFTED: dict[Alternative | None, str] = {
    None: "",
    "up": "; shifted up by the user",
    "down": "; shifted down by the user",
}


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
    options: Options = Options(),  # noqa: B008  frozen
    read_ms: float = 0.0,
) -> StudyResult:
    """Grade a study. Raises Cancelled, ModelError; what cannot be assessed is a finding with its reason, not an error.

    pixels: None starts a decode process and ends it. read_ms: time that reading took, for the record.
    """
    with _reader(pixels) as reader:
        job = Job(packs, reader, report, cancelled, options)
        with watching(job):
            return _run(study, job, read_ms)


def recognise_study(study: Study, packs: PackSet, pixels: PixelReader, cancelled: AskCancelled = _never) -> Study:
    """Fill in plane and weighting of series whose header does not tell, from the picture itself."""
    return recognise_series(study, Job(packs, pixels, _no_report, cancelled, Options()))


@contextmanager
def _reader(pixels: PixelReader | None) -> Iterator[PixelReader]:
    if pixels is not None:
        yield pixels
        return
    own = DecodeProcess()
    try:
        yield own
    finally:
        own.close()


def _run(study: Study, job: Job, read_ms: float) -> StudyResult:
    started, started_at = time.perf_counter(), datetime.now(UTC)
    with job.clock.timing(Step.RECOGNISE):
        study = recognise_series(study, job)
    job.report(Progress(Step.RECOGNISE, len(study.series), len(study.series)))
    for note in _flags(study, job):
        job.note(note)
    targets = targets_of(study)
    located = _locate(study, job)
    grades, missing = _grade(study, located, targets, job)
    used = {located.series.id: tuple(grade.target for grade in grades)} if located else {}
    return StudyResult(
        program=_program(job, started_at),
        packs=_packs_used(job),
        identity=study.identity,
        study_key=study_key(study),
        input=build_input(study, used, job.undecoded),
        numbering=_numbering(located, job),
        findings=build_findings(targets, grades, missing, study),
        measurements=(),
        notes=tuple(job.notes),
        timing_ms=_timing(job, read_ms, (time.perf_counter() - started) * 1000),
    )


def _locate(study: Study, job: Job) -> Located | None:
    series, pack = sagittal_t2(study, job), job.packs.localiser(LOCALISER)
    return locate(series, pack, job) if series is not None and pack is not None else None


def _grade(
    study: Study, located: Located | None, targets: tuple[Target, ...], job: Job
) -> tuple[list[Grade], list[NotGraded]]:
    """Grades of the canal where it was located; for everything else the reason why there is none."""
    pack = job.packs.grader(CANAL)
    rest = [target for target in targets if target.condition is not CANAL or located is None]
    missing = [_not_tried(target, study, job) for target in rest]
    if located is None:
        return [], missing
    canal = [target for target in targets if target.condition is CANAL]
    if pack is None:
        return [], [*missing, *(no_pack(target) for target in canal)]
    views, unseen = grade_canal(located, pack, job)
    reasons = (*_flags(study, job), *located.series.notes, *count_doubts(located, job), *size_doubts(located))
    doubts = {Target(CANAL, level, None): reasons for level in LEVELS}
    return fuse_views(views, pack.contract, job.options.operating_point, doubts), [*missing, *unseen]


def _not_tried(target: Target, study: Study, job: Job) -> NotGraded:
    """Why a structure has no grade where no level was looked for."""
    if target.condition is not CANAL or sagittal_t2(study, job) is None:
        return not_graded(target, study, job.packs)
    if job.packs.localiser(LOCALISER) is None or job.packs.grader(CANAL) is None:
        return no_pack(target)
    return NotGraded(target, Reason.POOR_QUALITY, "no slice of its series could be decoded")


def _flags(study: Study, job: Job) -> tuple[str, ...]:
    """Findings about the whole input that flag every finding."""
    said = ("previous lumbar surgery or implant, as the user said",) if job.options.post_operative else ()
    return (*study.notes, *said)


def _program(job: Job, started_at: datetime) -> ProgramInfo:
    provider, when = job.packs.provider, started_at.isoformat(timespec="seconds")
    return ProgramInfo("Lumbar MRI", lumbar_core.__version__, provider, when)


def _packs_used(job: Job) -> tuple[PackUsed, ...]:
    chosen = job.options.operating_point
    contracts = [pack.contract for pack in job.packs.all]
    return tuple(PackUsed(c.name, c.version, c.digest, chosen or c.operating_point) for c in contracts)


def _numbering(located: Located | None, job: Job) -> Numbering:
    chosen = job.options.numbering
    if located is None or not any(levels.points for levels in located.lumbar):
        return Numbering("no level was located", chosen, None, ())
    doubtful = bool(count_doubts(located, job))
    if located.numbering.voting == 0:
        return Numbering("too few discs were seen to count the levels", chosen, None, (), doubtful)
    # A shift by the user moves the lowest disc away from L5/S1: the count it stands on is still the one from there.
    named = chosen is None and not any(Level.L5_S1 in levels.points for levels in located.lumbar)
    agreed = (located.series.id,) if located.numbering.agreed else ()
    margin = round(located.numbering.margin, 2)
    basis = _NAMED if named else f"{_COUNTED}{_SHIFTED[chosen]}"
    return Numbering(basis, chosen, margin, agreed, doubtful)


def _timing(job: Job, read_ms: float, total_ms: float) -> Timing:
    steps = (job.clock.spent[step] for step in (Step.DECODE, Step.RECOGNISE, Step.LOCALISE, Step.GRADE))
    return Timing(*(round(value, 1) for value in (read_ms, *steps, total_ms + read_ms)))
