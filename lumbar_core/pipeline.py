"""The whole story on one page: a study in, a result out.

bytes ─► Study ─► recognised series ─► located levels ─► crops ─► grades ─► StudyResult
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import lumbar_core
from lumbar_core.analysis.axial_canal import with_axial_views
from lumbar_core.analysis.canal import CANAL, grade_canal
from lumbar_core.analysis.foramina import FORAMEN, grade_foramina
from lumbar_core.analysis.heights import with_height_doubts
from lumbar_core.analysis.job import AskCancelled, Job, Options, Progress, ReportProgress, Step, watching
from lumbar_core.analysis.kinds import recognise_series, repeats_for, usable_series
from lumbar_core.analysis.locate import Located, locate
from lumbar_core.analysis.lone_axial import grade_lone
from lumbar_core.analysis.recesses import (
    RECESS,
    UNPLACED,
    Sections,
    canals_of,
    find_sections,
    grade_recesses,
    without_sides,
)
from lumbar_core.analysis.regrade import grade_at
from lumbar_core.analysis.signal_voids import void_doubts
from lumbar_core.analysis.study_numbering import Numbered, describe, number_study, study_doubts
from lumbar_core.analysis.targets import no_pack, not_graded, targets_of
from lumbar_core.analysis.views import Seen
from lumbar_core.anatomy import Condition, Level, Reason, Target
from lumbar_core.findings import Grade, NotGraded
from lumbar_core.geometry import Points3
from lumbar_core.grade.grader import fuse_views
from lumbar_core.inference.packs import Pack, PackSet
from lumbar_core.reading.decoding import DecodeProcess
from lumbar_core.report.build import build_findings, build_input
from lumbar_core.report.result import PackUsed, ProgramInfo, StudyResult, Timing
from lumbar_core.report.study_key import study_key
from lumbar_core.study import Instance, PixelReader, Series, Study

__all__ = ["AskCancelled", "Options", "Progress", "ReportProgress", "Step", "analyse", "grade_again", "recognise_study"]

ReceiveGrade = Callable[[Grade], None]
MOST_SEARCHED = 4  # series of one structure that are searched for levels until one shows them
MOST_VOTING = 2  # series of one structure that are searched: the one to grade on, and one that votes on the count


def _no_report(progress: Progress) -> None:
    """Nobody watches."""


def _never() -> bool:
    return False


def _not_wanted(grade: Grade) -> None:
    """Nobody looks behind a finding."""


def analyse(
    study: Study,
    packs: PackSet,
    report: ReportProgress = _no_report,
    cancelled: AskCancelled = _never,
    *,
    pixels: PixelReader | None = None,
    options: Options = Options(),  # noqa: B008  frozen
    read_ms: float = 0.0,
    behind: ReceiveGrade = _not_wanted,
) -> StudyResult:
    """Grade a study. Raises Cancelled, ModelError; what cannot be assessed is a finding with its reason, not an error.

    pixels: None starts a decode process and ends it. read_ms: time that reading took, for the record. behind: gets
    each graded structure with its views and what the network saw of them, in the order of the findings' evidence.
    """
    with _reader(pixels) as reader:
        job = Job(packs, reader, report, cancelled, options)
        with watching(job):
            return _run(study, job, read_ms, behind)


def recognise_study(study: Study, packs: PackSet, pixels: PixelReader, cancelled: AskCancelled = _never) -> Study:
    """Fill in plane and weighting of series whose header does not tell, from the picture itself."""
    return recognise_series(study, Job(packs, pixels, _no_report, cancelled, Options()))


def grade_again(
    grade: Grade,
    image: Instance,
    place: tuple[float, float],
    study: Study,
    canal_mm: Points3 | None,
    packs: PackSet,
    pixels: PixelReader,
    options: Options,
    cancelled: AskCancelled = _never,
) -> Grade:
    """One finding at the (row, column) of an image that the reader chose; canal_mm: its level's canal in the patient.

    Raises LocalisationError where it cannot be graded there, ReadingError, Cancelled, ModelError.
    """
    job = Job(packs, pixels, _no_report, cancelled, options)
    with watching(job):
        return grade_at(grade, image, *place, study, canal_mm, job)


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


def _run(study: Study, job: Job, read_ms: float, behind: ReceiveGrade) -> StudyResult:
    started, started_at = time.perf_counter(), datetime.now(UTC)
    with job.clock.timing(Step.RECOGNISE):
        study = recognise_series(study, job)
    job.report(Progress(Step.RECOGNISE, len(study.series), len(study.series)))
    for note in _flags(study, job):
        job.note(note)
    targets = targets_of(study)
    numbered = _number(study, targets, job)
    sections = with_height_doubts(_find_sections(study, numbered, targets, job), numbered, job)
    numbered = numbered.with_canals(canals_of(sections))
    if study.is_lone_axial:
        grades, missing = grade_lone(study, targets, _flags(study, job), job)
    else:
        grades, missing = _grade(study, numbered, sections, targets, job)
    for grade in grades:
        behind(grade)
    for notice in job.packs.notices:
        job.note(notice)
    return StudyResult(
        program=_program(job, started_at),
        packs=_packs_used(job),
        identity=study.identity,
        study_key=study_key(study),
        input=build_input(study, _used(grades, study), job.undecoded),
        numbering=describe(numbered, job),
        findings=build_findings(targets, grades, missing, study),
        measurements=(),
        notes=tuple(job.notes),
        timing_ms=_timing(job, read_ms, (time.perf_counter() - started) * 1000),
        chosen=job.options.choices,
        midline=_midline(numbered),
    )


def _number(study: Study, targets: tuple[Target, ...], job: Job) -> Numbered:
    """Search the series that the targets are graded on, and count them alike."""
    wanted = {target.condition for target in targets}
    canals = _locate(study, CANAL, MOST_VOTING, job) if CANAL in wanted else []
    foramina = _locate(study, FORAMEN, 1, job) if FORAMEN in wanted else []
    return number_study(canals, foramina[0] if foramina else None)


def _midline(numbered: Numbered) -> dict[Level, tuple[float, float, float]]:
    places = numbered.frame.midline if numbered.frame is not None else {}
    return {level: (float(x), float(y), float(z)) for level, (x, y, z) in places.items()}


def _find_sections(study: Study, numbered: Numbered, targets: tuple[Target, ...], job: Job) -> Sections:
    """The axial slice of each level whose recesses are asked for; none where nothing could be searched for them.

    Foramina and canal use them too, whether or not the recesses can be graded.
    """
    localiser, usable = job.packs.localiser_for(RECESS), usable_series(study, RECESS)
    if localiser is None or not usable or study.is_lone_axial:
        return {}
    for series in usable:
        repeats = [one for one in repeats_for(study, RECESS) if one.excluded and one.excluded.instead == series.id]
        _tell_choice(series, [series, *repeats], job)
    levels = dict.fromkeys(target.level for target in targets if target.condition is RECESS)
    if numbered.is_unplaced or not any(series.is_placed for series in usable):
        return dict.fromkeys(levels, UNPLACED)
    return find_sections(usable, levels, numbered.frame, localiser, job)


def _locate(study: Study, condition: Condition, most: int, job: Job) -> list[Located]:
    """The levels on the best series of a condition, of which the first is graded.

    That is the first one that shows levels at all: of a whole spine the other series lie above the lumbar one.
    """
    pack, usable = job.packs.localiser_for(condition), usable_series(study, condition)
    if pack is None or not usable:
        return []
    found: list[Located] = []
    for number, series in enumerate(usable[:MOST_SEARCHED], start=1):
        located = locate(series, pack, job)
        found += [located] if located is not None else []
        if located is not None and located.has_levels:
            found = [located, *_voting(located, usable[number:], pack, most - 1, job)]
            break
    if found:
        _tell_choice(found[0].series, [*usable, *repeats_for(study, condition)], job)
    return found[:most]


def _tell_choice(graded: Series, among: list[Series], job: Job) -> None:
    """Note which one of several series is graded."""
    if len(among) > 1:
        kinds = " and ".join(dict.fromkeys(series.kind.weighting for series in among))
        plane, weighting = graded.kind.orientation, graded.kind.weighting
        job.note(f"one of {len(among)} {plane} {kinds} series was graded: {weighting} with {graded.size}")


def _voting(graded: Located, others: list[Series], pack: Pack, most: int, job: Job) -> list[Located]:
    """The levels on further series that vote on the count; a few coarse slices (a scout) would only cast doubt."""
    enough = [series for series in others if 2 * len(series.instances) >= len(graded.series.instances)]
    found = [locate(series, pack, job) for series in enough[:most]]
    return [located for located in found if located is not None]


def _grade(
    study: Study, numbered: Numbered, sections: Sections, targets: tuple[Target, ...], job: Job
) -> tuple[list[Grade], list[NotGraded]]:
    """Grades of what was located; for everything else the reason why there is none."""
    grades: list[Grade] = []
    missing: list[NotGraded] = []
    common = (*_flags(study, job), *void_doubts(numbered.canal), *study_doubts(numbered, job))
    for condition in Condition:
        wanted = [target for target in targets if target.condition is condition]
        pack = job.packs.grader(condition)
        seen = _see(condition, wanted, numbered, sections, pack, job) if pack is not None and wanted else None
        if pack is None or seen is None:
            missing += [_not_tried(target, study, job) for target in wanted]
            continue
        doubts = {target: (*common, *seen.doubts.get(target, ())) for target in wanted}
        second = job.packs.second_grader(condition)
        beside = job.contract_of(second) if second is not None else None
        grades += fuse_views(seen.views, job.contract_of(pack), doubts, beside)
        missing += seen.missing
    return grades, missing


def _see(
    condition: Condition, wanted: list[Target], numbered: Numbered, sections: Sections, pack: Pack, job: Job
) -> Seen | None:
    """Views of a condition's structures; None where no series was searched for them."""
    if condition is CANAL and numbered.canal is not None:
        seen, second = grade_canal(numbered.canal, pack, job), job.packs.second_grader(CANAL)
        return with_axial_views(seen, sections, second, job) if second is not None else seen
    if condition is FORAMEN and numbered.foramina is not None:
        return grade_foramina(numbered.foramina, wanted, numbered.frame, pack, job, unplaced=numbered.is_unplaced)
    if condition is RECESS and sections:
        torn = numbered.frame is not None and numbered.frame.torn and not numbered.frame.has_midline
        return grade_recesses(without_sides(sections) if torn else sections, wanted, pack, job)
    return None


def _not_tried(target: Target, study: Study, job: Job) -> NotGraded:
    """Why a structure has no grade where no level was looked for, or nobody can grade it."""
    if not usable_series(study, target.condition):
        return not_graded(target, study, job.packs)
    localiser = job.packs.localiser_for(target.condition)
    if localiser is None or job.packs.grader(target.condition) is None:
        return no_pack(target)
    return NotGraded(target, Reason.POOR_QUALITY, "no slice of its series could be decoded")


def _used(grades: list[Grade], study: Study) -> dict[str, tuple[Target, ...]]:
    """By series, the targets graded from it; one that was seen in two planes is of both."""
    series_of = {id(image): series.id for series in study.series for image in series.instances}
    used: dict[str, tuple[Target, ...]] = {}
    for grade in grades:
        for name in dict.fromkeys(series_of[id(view.instance)] for view in grade.views):
            used[name] = (*used.get(name, ()), grade.target)
    return used


def _flags(study: Study, job: Job) -> tuple[str, ...]:
    """Findings about the whole input that flag every finding."""
    said = ("previous lumbar surgery or implant, as the user said",) if job.options.post_operative else ()
    return (*study.notes, *said)


def _program(job: Job, started_at: datetime) -> ProgramInfo:
    provider, when = job.packs.provider, started_at.isoformat(timespec="seconds")
    return ProgramInfo("Lumbar MRI", lumbar_core.__version__, provider, when)


def _packs_used(job: Job) -> tuple[PackUsed, ...]:
    contracts = [job.contract_of(pack) for pack in job.packs.all]
    return tuple(
        PackUsed(
            name=contract.name,
            version=contract.version,
            digest=contract.digest,
            operating_point=contract.operating_point if contract.task == "grade" else None,
            conditions=contract.conditions if contract.task == "grade" else (),
            accuracy=contract.accuracy if contract.task == "grade" else None,
        )
        for contract in contracts
    )


def _timing(job: Job, read_ms: float, total_ms: float) -> Timing:
    steps = (job.clock.spent[step] for step in (Step.DECODE, Step.RECOGNISE, Step.LOCALISE, Step.GRADE))
    return Timing(*(round(value, 1) for value in (read_ms, *steps, total_ms + read_ms)))
