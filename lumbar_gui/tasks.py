"""What runs on the workers' threads: loading packs, reading, recognising, grading, writing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillWaiting
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.agreement.planning import PlanWishes, plan_words
from lumbar_core.errors import Cancelled, SavingError, WrongFormat
from lumbar_core.report.comparison import Earlier
from lumbar_core.report.form import ReportForm
from lumbar_core.report.printing import Handed
from lumbar_core.report.result import Finding, StudyResult
from lumbar_core.study import Instance, PixelReader, Study
from lumbar_gui.evidence import Behind, kept_behind
from lumbar_gui.expectation import can_be_graded
from lumbar_gui.pictures import CancellableReader, PictureStore
from lumbar_gui.problems import ACCEPTED
from lumbar_gui.services import Place, Services
from lumbar_gui.state import Archive, Evidence, Header
from lumbar_gui.worker import Job

if TYPE_CHECKING:
    from lumbar_core.dicom_out.deidentify import Exported
    from lumbar_core.findings import Grade
    from lumbar_core.inference.packs import PackSet
    from lumbar_core.pipeline import Options, Progress

WAIT_S = 0.1  # between looks at whether the packs are there or the job was cancelled


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was saved, with the remark that it was asked to print."""

    path: Path
    result: StudyResult
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Archived:
    """A folder that has a result's DICOM objects, with the remark that its pages were asked to print."""

    folder: Path
    remark: str


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An examination that was graded ahead, with what the networks saw."""

    study: Study
    result: StudyResult
    behind: Behind


@dataclass(frozen=True, slots=True)
class FilesRead:
    """How many files are read, or written."""

    done: int
    of: int


class Tasks:
    """The work of each kind of job; every method runs on the job's thread."""

    def __init__(self, services: Services, store: PictureStore) -> None:
        self._services = services
        self._store = store
        self._packs: Future[PackSet] = Future()
        self._networks = threading.Lock()
        self._read_ms = 0.0
        self._behind: Behind = {}

    def start_up(self, job: Job, device: str) -> PackSet:
        """Load the packs, start the decode process. Raises ModelError, and so does every later wait for the packs."""
        try:
            self._packs.set_result(self._services.load_packs(device))
        except BaseException as error:
            self._packs.set_exception(error)
            raise
        self._store.warm()
        return self._packs.result()

    def read(self, job: Job, paths: tuple[Path, ...]) -> tuple[Study, ...]:
        """One recognised examination, or several as they were read; on the way the images of the first series."""
        started = told = time.perf_counter()
        self._behind = {}

        def count(done: int, of: int) -> None:
            nonlocal told
            # A message a file would keep the window busy with ten thousand of them.
            if done == of or time.perf_counter() - told > WAIT_S:
                told = time.perf_counter()
                job.report(FilesRead(done, of))

        studies = self._services.read_studies(paths, count, job.cancelled, job.report)
        # Of several examinations each record has its share.
        self._read_ms = (time.perf_counter() - started) * 1000 / max(1, len(studies))
        if not studies:
            raise WrongFormat("Nothing in there is a picture or a DICOM image.", ACCEPTED)
        return studies if len(studies) > 1 else (self.recognise(job, studies[0]),)

    def recognise(self, job: Job, study: Study) -> Study:
        """Fill in plane and weighting from the pictures where headers do not tell."""
        job.report("Looking at the series…")
        packs = self._wait_for_packs(job)
        with self._networks_of(job):
            return self._services.recognise(study, packs, self._reader(job), job.cancelled)

    def grade(self, job: Job, study: Study, options: Options) -> StudyResult:
        """Grade a study, reporting the pipeline's progress."""
        graded = self._grade(job, study, options, self._reader(job), job.report)
        self.take(graded.behind)
        return graded.result

    def prepare(self, job: Job, study: Study, options: Options) -> Prepared | None:
        """Recognise and grade an examination that nobody looks at yet, with a reader of its own; None: not gradable."""
        packs, reader = self._wait_for_packs(job), self._services.open_reader()
        try:
            with self._networks_of(job):
                known = self._services.recognise(study, packs, reader, job.cancelled)
            return self._grade(job, known, options, reader, lambda _: None) if can_be_graded(known) else None
        finally:
            reader.close()

    def _grade(
        self, job: Job, study: Study, options: Options, reader: PixelReader, report: Callable[[Progress], None]
    ) -> Prepared:
        packs = self._wait_for_packs(job)
        grades: list[Grade] = []
        with self._networks_of(job):
            result = self._services.analyse(
                study, packs, report, job.cancelled, reader, options, self._read_ms, grades.append
            )
        return Prepared(study, result, kept_behind(result, grades))

    def take(self, behind: Behind) -> None:
        """Keep what stands behind the findings of the case that is open."""
        self._behind = {**self._behind, **behind}

    def place(self, job: Job, finding: Finding, study: Study, place: Place, options: Options) -> Finding | None:
        """Grade one finding where the reader put it; None where nothing of it is kept. Raises LocalisationError."""
        own = finding.own or finding
        packs, grade = self._wait_for_packs(job), self._behind.get((own.key, own.location))
        if grade is None:
            return None
        with self._networks_of(job):
            there, again = self._services.grade_again(
                packs, grade, study, place, self._reader(job), options, job.cancelled
            )
        self.take({(there.key, there.location): again})
        return there

    def explain(
        self, job: Job, finding: Finding, study: Study, placed: Place | None, options: Options
    ) -> Evidence | None:
        """What stands behind a finding; None where nothing of it is kept.

        placed: where the reader put it; one that came back after a crash has to be graded there once more.
        """
        if placed is not None and (finding.key, finding.location) not in self._behind:
            self.place(job, finding, study, placed, options)
        packs, grade = self._wait_for_packs(job), self._behind.get((finding.key, finding.location))
        if grade is None:
            return None
        with self._networks_of(job):
            if job.cancelled():
                raise Cancelled
            return Evidence(finding, self._services.explain(packs, grade))

    def write(
        self,
        job: Job,
        path: Path,
        result: StudyResult,
        saved_as: StudyResult,
        study: Study,
        identity: bool,
        form: ReportForm,
    ) -> Written:
        """Render and save a report of the result; saved_as: it as it goes into a file. Raises SavingError."""
        self._services.save(path, self._services.render(path, saved_as, study, self._reader(job), identity, form))
        return Written(path, result, form.remark)

    def archive(self, job: Job, to: Archive, saved_as: StudyResult, study: Study, form: ReportForm) -> Archived:
        """Write DICOM objects. Raises SavingError."""
        self._services.archive(to.folder, saved_as, study, self._reader(job), to.identity, form)
        return Archived(to.folder, form.remark)

    def copy(self, job: Job, study: Study, folder: Path) -> Exported:
        """Write a copy without identity. Raises SavingError, ReadingError, Cancelled."""
        return self._services.copy(study, folder, lambda done, of: job.report(FilesRead(done, of)), job.cancelled)

    def print(self, job: Job, saved_as: StudyResult, study: Study, identity: bool, form: ReportForm) -> Handed:
        """Render the report and hand it to a printer. Raises PrintingError."""
        pdf = self._services.render(Path("report.pdf"), saved_as, study, self._reader(job), identity, form)
        return self._services.print_pdf(pdf)

    def make_plan(self, job: Job, folder: Path, out: Path, wishes: PlanWishes) -> str:
        """Write a reading plan of the studies below a folder; gives what to tell. Raises ReadingError, SavingError."""
        count = lambda done, of: job.report(FilesRead(done, of))  # noqa: E731
        plan = self._services.make_plan(folder, out, wishes, count, job.cancelled)
        return f"The plan is saved as {out.name}: {plan_words(plan)}"

    def report_agreement(self, job: Job, readings: Sequence[Path], folder: Path) -> Path:
        """Write how far readers agree; gives the folder. Raises ReadingError, SavingError."""
        self._services.report_agreement(readings, folder)
        return folder

    def save_picture(self, job: Job, path: Path, png: bytes) -> str:
        """Write a picture; gives what to tell. Raises SavingError, also for a name with another ending."""
        if path.suffix.lower() != ".png":
            raise SavingError("The picture is saved as PNG only.", "End the file name in .png.")
        self._services.save(path, png)
        return f"Picture saved as {path.name}"

    def header(self, job: Job, of: str, instance: Instance) -> Header:
        """An image's header. Raises ReadingError."""
        return Header(of, self._services.tags(instance))

    def earlier(self, job: Job, path: Path) -> Earlier:
        """An earlier result to compare with. Raises ReadingError."""
        return self._services.read_earlier(path)

    def forget(self) -> None:
        """Nothing of the case is kept."""
        self._behind = {}

    @contextmanager
    def _networks_of(self, job: Job) -> Iterator[None]:
        """The networks for this job alone: a cancelled run still holds them for a moment."""
        while not self._networks.acquire(timeout=WAIT_S):
            if job.cancelled():
                raise Cancelled
        try:
            yield
        finally:
            self._networks.release()

    def _reader(self, job: Job) -> CancellableReader:
        return CancellableReader(self._store, job.cancelled)

    def _wait_for_packs(self, job: Job) -> PackSet:
        while not job.cancelled():
            try:
                return self._packs.result(timeout=WAIT_S)
            except StillWaiting:
                continue
        raise Cancelled
