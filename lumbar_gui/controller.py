"""What a user can ask for: open, grade, cancel, mark, count anew, save, leave. Decides; draws nothing.

Every answer of a worker comes through `handle`; an answer of a job that is no longer wanted is dropped by
comparing the job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.errors import LumbarError, Refused
from lumbar_core.report.comparison import Earlier, compare
from lumbar_core.report.result import Alternative, Finding, StudyResult
from lumbar_core.study import Instance, Series, Study
from lumbar_gui import problems, reader_marks
from lumbar_gui.ahead import Ahead
from lumbar_gui.blind import next_ungraded, target_of, unnamed
from lumbar_gui.browsing import Browser, first_to_preview
from lumbar_gui.expectation import can_be_graded, study_title, with_role
from lumbar_gui.history import History, Moment
from lumbar_gui.journal import Journal
from lumbar_gui.lesson import Lesson
from lumbar_gui.outgoing import Outgoing
from lumbar_gui.pictures import PictureFailed, PictureLoader, PictureReady, PictureStore
from lumbar_gui.placing import Placing, Surroundings
from lumbar_gui.planning import Planning
from lumbar_gui.recent import Recent
from lumbar_gui.remark import Remark
from lumbar_gui.services import Services
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.sitting import Sitting, open_plan
from lumbar_gui.state import Archive, Evidence, Header, Leaving, Page, Preview, State, StepCount
from lumbar_gui.tally import Tally
from lumbar_gui.tasks import Archived, FilesRead, Tasks, Written
from lumbar_gui.viewed import watch_what_is_shown
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox, Reported, Stopped
from lumbar_gui.worklist import Case, Status, Worklist

if TYPE_CHECKING:
    from lumbar_core.pipeline import Options, Progress

# A job shorter than this shows no page of its own: no flash for a lone picture.
PATIENCE_S = 0.4
LAST_WORK_S = 5.0  # that the closed window's program waits for what is still being written


class Controller:
    """The window's decisions. Its public methods run on the Tk thread and never wait."""

    def __init__(
        self, state: State, services: Services, outbox: Outbox, settings_path: Path, quit_window: Callable[[], None]
    ) -> None:
        self.state = state
        self._services = services
        self._outbox = outbox
        self._settings_path = settings_path
        self._quit_window = quit_window
        self._store = PictureStore(services.open_reader)
        self._loader = PictureLoader(self._store, outbox)
        self.browser = Browser(state, self._store, self._loader)
        self._tasks = Tasks(services, self._store)
        self.planning = Planning(state, self._tasks, outbox)
        self.outgoing = Outgoing(state, self._tasks, outbox, self._as_saved)
        self._starting: Job | None = None
        self._reading: Job | None = None
        self._grading: Job | None = None
        self._saving: Job | None = None
        self._saved_of: Study | None = None  # whose report is being written
        self._looking: Job | None = None
        self._working_since = 0.0
        self._pending: tuple[Path, ...] = ()
        self._history = History()
        self._journal = Journal(settings_path.parent)
        self.remark = Remark(state, settings_path.parent)
        self._recent = Recent(settings_path.parent)
        self.tally = Tally(settings_path.parent)
        self._chosen_paths: tuple[Path, ...] = ()
        watch_what_is_shown(state, self.browser.picture)
        self._clean: StudyResult | None = None  # the result whose marks are all in a file, or that has none
        self._wanted_numbering: Alternative | None = None
        self._next_after_saving = False
        self._leaving_once_saved: Leaving | None = None
        self._opening_case = False  # what is being read is a case of the list
        self._sitting: Sitting | None = None  # a reader works through a plan
        self._lesson: Lesson | None = None  # readers look together at what they disagree on
        self._entering: Sitting | Lesson | None = None  # one of the two, once the plan's studies are read
        self._saved_case: Case | None = None  # of the list, whose report is being written
        self.last_saved: Path | None = None  # in this sitting; says where and as what the next report goes
        self._ahead = Ahead(
            state, self._tasks, outbox, lambda: services.options(None, False, state.settings.operating_point or None)
        )
        around = Surroundings(
            blocked=lambda: self._by_plan or self._saving is not None,
            options=self._options_of,
            pause=self._ahead.pause,
            go_on=self._ahead.go_on,
            stop=self._stop,
            keep=self._keep,
        )
        self.placing = Placing(state, self.browser, self._tasks, outbox, around)

    # Opening

    def start(self) -> None:
        """Load the packs and start the decode process ahead of need."""
        device = self.state.settings.device
        self._starting = self._job("start", lambda job: self._tasks.start_up(job, device))
        if self.state.settings.recent:
            self.state.change(recent=self._recent.read())

    def enter_room(self, plan: Path, reader: str, paths: Sequence[Path]) -> None:
        """Read the studies of a plan as one of its readers."""
        try:
            sitting = Sitting(plan, reader)
        except LumbarError as error:
            self.state.change(problem=problems.from_error(error))
            return
        self.choose(paths, sitting)

    def look_together(self, plan: Path, report: Path, paths: Sequence[Path]) -> None:
        """Go through what the readers of a plan disagree on most, by a report of theirs."""
        try:
            lesson = Lesson(plan, report)
        except LumbarError as error:
            self.state.change(problem=problems.from_error(error))
            return
        self.choose(paths, lesson)

    def readers_of(self, plan: Path) -> tuple[str, ...]:
        """The readers' codes of a plan; none, and said why, where the file is no plan."""
        try:
            return tuple(open_plan(plan).queues)
        except LumbarError as error:
            self.state.change(problem=problems.from_error(error))
            return ()

    def choose(self, paths: Sequence[Path], sitting: Sitting | Lesson | None = None) -> None:
        """Read what the user handed over, for a plan or as it is; asks first where marks are unsaved."""
        self._enter_later(sitting)
        if not paths:
            return
        if (self.state.unsaved or self.placing.is_going) and self.state.page is Page.RESULTS:
            self._pending = tuple(paths)
            self.state.change(leaving=Leaving.OPEN)
            return
        if self._opening_case:
            self._leave_case(Status.WAITING)
        self.outgoing.cancel()
        self.planning.cancel()
        for job in (self._reading, self._grading):
            self._stop(job)
        self._reading = self._grading = None
        self._opening_case = False
        self._ahead.pause()
        if self.state.page in (Page.RESULTS, Page.PROCESSING):
            self._forget()
        chosen = self._chosen_paths = tuple(paths)
        self._working_since = time.monotonic()
        self.state.change(problem=None, busy="Reading…", preview=None)
        self._reading = self._job("read", lambda job: self._tasks.read(job, chosen))

    def open_sample(self) -> None:
        """Read the bundled sample, like any other input."""
        self.choose((self._services.sample(),))

    def open_recent(self, index: int) -> None:
        """Read again what was opened before."""
        self.choose([Path(path) for path in self.state.recent[index].paths])

    def forget_recent(self) -> None:
        """Nothing of what was opened is remembered."""
        self._recent.forget()
        self.state.change(recent=())

    def load_all(self) -> None:
        """Read the further slices that lie beside a lone one."""
        study = self.state.study
        if study is not None:
            own = {instance.source.path for series in study.series for instance in series.instances}
            self.choose((*sorted(own), *study.siblings))

    def open_case(self, index: int) -> None:
        """Go on with one of several examinations: at once where it was graded ahead."""
        worklist = self.state.worklist
        if worklist is None:
            return
        self.cancel()
        worklist = self.state.worklist or worklist
        study, prepared = worklist.cases[index].study, self._ahead.take(index)
        self.state.change(worklist=worklist.opened(index), problem=None)
        if prepared is not None:
            self._chosen(prepared.study)
            self._tasks.take(prepared.behind)
            self._wanted_numbering = None
            self._show(prepared.result)
            return
        self._ahead.pause()
        self._opening_case = True
        self._working_since = time.monotonic()
        self.state.change(busy="Looking at the series…")
        self._reading = self._job("recognise", lambda job: (self._tasks.recognise(job, study),))

    def next_case(self) -> None:
        """The next examination of the list; asks first where marks are unsaved."""
        worklist = self.state.worklist
        if worklist is not None and worklist.next() is not None and not self.state.busy:
            self._leave(Leaving.NEXT)

    def close_worklist(self) -> None:
        """The list of examinations is forgotten, and what is being read of it."""
        if self._opening_case:
            self.cancel()
        self._forget_list()

    def _forget_list(self) -> None:
        self._ahead.forget()
        if self._sitting is not None:
            self._sitting.end()
        self._sitting = self._lesson = None
        self.state.change(worklist=None, room=None, lesson=None)

    def _enter_later(self, sitting: Sitting | Lesson | None) -> None:
        if self._entering is not None and self._entering is not sitting:
            self._entering.end()
        self._entering = sitting

    def _enter(self, sitting: Sitting | Lesson, studies: Sequence[Study]) -> None:
        """The plan's studies are read: show the list of what is to be done."""
        self._entering = None
        self._forget_list()
        self.state.change(busy="", study=None, page=Page.START, preview=None)
        try:
            worklist = sitting.take(studies)
        except LumbarError as error:
            sitting.end()
            self.state.change(problem=problems.from_error(error))
            return
        missing = problems.studies_missing(sitting.missing) if sitting.missing else None
        if isinstance(sitting, Sitting):
            self._sitting = sitting
            self.state.change(worklist=worklist, room=sitting.room(), problem=missing)
        else:
            self._lesson = sitting
            self.state.change(worklist=worklist, problem=missing)

    @property
    def _by_plan(self) -> bool:
        """Whether what is read belongs to a plan: then nothing of it is named, graded anew or saved here."""
        return self._sitting is not None or self._lesson is not None

    def _leave_case(self, status: Status) -> None:
        """No case of the list is open; the one that was being opened has this status."""
        worklist = self.state.worklist
        if worklist is not None and worklist.current is not None:
            self.state.change(worklist=worklist.with_status(worklist.current, status).closed())

    def change_role(self, series: Series, role: str) -> None:
        """Take the user's word for what a series is."""
        study = self.state.study
        if study is not None:
            changed = tuple(with_role(kept, role) if kept.id == series.id else kept for kept in study.series)
            self.state.change(study=study.with_series(changed))

    def set_post_operative(self, post_operative: bool) -> None:
        self.state.change(post_operative=post_operative)

    def dismiss_problem(self) -> None:
        self.state.change(problem=None)

    # Grading

    def can_upload(self) -> bool:
        """Whether something readable is chosen and nothing is under way."""
        study = self.state.study
        return study is not None and not self.state.busy and can_be_graded(study)

    def upload(self) -> None:
        """Grade what is chosen."""
        if self.can_upload():
            self.state.change(problem=None, result=None, numbering=None, selected=None, panes=None, saved=None)
            self._grade(None)

    def shift(self, direction: Alternative) -> None:
        """Count the levels one up or one down; the other way leads back first.

        Not in a reading plan: all its readers must mean the same level.
        """
        if self._by_plan:
            return
        wanted: Alternative | None = None if self.state.numbering not in (None, direction) else direction
        if self.state.page is Page.RESULTS and not self.state.busy and wanted != self.state.numbering:
            self._grade(wanted)

    def cancel(self) -> None:
        """Stop the run, and what it still says is dropped; without one, the tool that the mouse draws with."""
        self.browser.end()
        self.outgoing.cancel()
        self.planning.cancel()
        self.placing.cancel()
        if self._grading is None and self._reading is None:
            return
        self._enter_later(None)
        self._stop(self._grading)
        self._stop(self._reading)
        if self._opening_case:
            self._leave_case(Status.WAITING)
        self._grading = self._reading = None
        self._opening_case = False
        page = Page.RESULTS if self.state.result is not None else self._page_without_result()
        self.state.change(page=page, busy="", preview=None)
        self._ahead.go_on()

    def tick(self) -> None:
        """Called by the pump: show the page of the work once it takes long enough to be worth it."""
        grading = self._grading is not None and self.state.page is Page.CHOSEN
        # Of a few files there is nothing to look at before they are all read.
        reading = self._reading is not None and self.state.preview is not None and self.state.page is not Page.RESULTS
        self.browser.tick(time.monotonic())
        self.remark.tick(time.monotonic())
        if (grading or reading) and time.monotonic() - self._working_since > PATIENCE_S:
            self.state.change(page=Page.PROCESSING)

    # Reader's marks

    def mark(self, key: str) -> None:
        """The reader's grade for the chosen finding: n, m, s or x."""
        if self._sitting is not None:
            self._mark_in_room(self._sitting, key.upper())
            return
        if self._lesson is not None:
            return
        if self.state.finding is not None:
            self._say(reader_marks.marked(self.state.finding, key))

    def agree(self) -> None:
        """The reader agrees with the chosen finding."""
        finding = self.state.finding
        if self._sitting is not None:
            if finding is not None and finding.grade is not None:  # there only where the plan shows it
                self._mark_in_room(self._sitting, "NMS"[finding.grade])
            return
        if self._lesson is not None:
            return
        if finding is not None and finding.assessed:
            self._say(reader_marks.agreed(finding))

    def _say(self, marked: Finding) -> None:
        """Keep what the reader says of a finding; confirmed is only what was on the screen."""
        result = self.state.result
        if result is None or self._grading is not None:
            return
        if marked.reader is not None and marked.reader.status == "agreed" and marked.key not in self.state.viewed:
            self.state.change(problem=problems.NOT_SEEN)
        else:
            self._keep(reader_marks.with_finding(result, marked))

    def _mark_in_room(self, sitting: Sitting, letter: str) -> None:
        """Write down what a reader of a plan says, and go to the next structure."""
        finding, room = self.state.finding, self.state.room
        if finding is None or room is None or room.paused or self.state.page is not Page.RESULTS or self.state.busy:
            return
        try:
            result = sitting.mark(finding, letter)
        except LumbarError as error:
            self.state.change(problem=problems.from_error(error))
            return
        self.state.change(result=result, room=sitting.room(), problem=None)
        following, worklist = next_ungraded(result, finding.key), self.state.worklist
        if following is not None:
            self.browser.select(following.key)
        elif worklist is not None and worklist.current is not None:
            self.state.change(worklist=worklist.with_status(worklist.current, Status.READ))

    def pause(self) -> None:
        """Stop the clock of a sitting and cover what is read, or go on."""
        if self._sitting is not None and self.state.page is Page.RESULTS and not self.state.busy:
            self._sitting.pause()
            self.state.change(room=self._sitting.room())

    def undo(self) -> None:
        """Take back the reader's latest mark or counting."""
        self._go_through_history(self._history.back)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._go_through_history(self._history.forth)

    def compare_with(self, path: Path) -> None:
        """Set the result beside an earlier one of the same patient."""
        if self.state.result is not None and self._looking is None and not self._by_plan:
            self._looking = self._job("earlier", lambda job: self._tasks.earlier(job, path))

    def look_at_header(self) -> None:
        """Show the header of the file that the active pane shows."""
        panes = self.state.panes
        instance = self.state.instance(panes.current) if panes is not None else None
        if panes is not None and instance is not None and not self._by_plan:  # a header names the patient
            of = f"{panes.active}, slice {panes.current.index + 1}"
            self._looking = self._job("header", lambda job: self._tasks.header(job, of, instance))

    def look_behind(self) -> None:
        """Show what the networks saw of the chosen finding."""
        study, finding = self.state.study, self.state.finding
        if study is None or finding is None or not finding.assessed:
            return
        if self._grading is None and self._looking is None:
            self._ahead.pause()
            options, placed = self._options_of(finding), self.placing.where(finding)
            self._looking = self._job("evidence", lambda job: self._tasks.explain(job, finding, study, placed, options))

    def close_sheet(self) -> None:
        """Nothing is looked through or behind any more."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
            self._ahead.go_on()
        self.state.change(tags=None, evidence=None)

    # Saving and leaving

    def save(self, path: Path, identity: bool, *, then_next: bool = False) -> None:
        """Write the report of the kind that the path's ending names; then_next: and go on in the list."""
        result, study = self.state.result, self.state.study
        if result is None or study is None or self._saving is not None or self._by_plan:
            return
        self._next_after_saving = then_next
        self._saved_case = self.state.worklist.open_case if self.state.worklist is not None else None
        saved_as, self._saved_of, form = self._as_saved(result), study, self.state.form
        self.state.change(problem=None, saved=None, told="", busy="Saving…")
        self._saving = self._job(
            "save", lambda job: self._tasks.write(job, path, result, saved_as, study, identity, form)
        )

    def archive(self, folder: Path, identity: bool) -> None:
        """Write DICOM objects into a folder; asks first where the reader has not seen and marked every finding."""
        if self.state.result is None or self._by_plan:
            return
        self.state.change(archive=Archive(folder, identity))
        if not self.state.unconfirmed:
            self.confirm_archive()

    def confirm_archive(self) -> None:
        """Write them all the same; each says that it is unreviewed."""
        archive, result, study = self.state.archive, self.state.result, self.state.study
        if archive is None or result is None or study is None or self._saving is not None:
            return
        saved_as, self._saved_of, form = self._as_saved(result), study, self.state.form
        self.state.change(archive=None, problem=None, saved=None, told="", busy="Writing DICOM objects…")
        self._saving = self._job("archive", lambda job: self._tasks.archive(job, archive, saved_as, study, form))

    def _as_saved(self, result: StudyResult) -> StudyResult:
        return reader_marks.as_saved(result, self.state.viewed, self.state.comparison)

    def refuse_archive(self) -> None:
        self.state.change(archive=None)

    def back(self) -> None:
        """To the first page, everything of this case forgotten; asks first where marks are unsaved."""
        self._leave(Leaving.BACK)

    def close(self) -> None:
        """End the program; asks first where marks are unsaved."""
        self._leave(Leaving.CLOSE)

    def discard(self) -> None:
        """Go where the user wanted to go, without the marks."""
        leaving = self.state.leaving
        if self.state.result is not None:
            self._journal.forget(self.state.result)
        self.remark.discard()
        self.state.change(leaving=None, edited=False)
        if leaving is not None:
            self._go(leaving)

    def stay(self) -> None:
        self._pending = ()
        self._enter_later(None)
        self.state.change(leaving=None)

    def hide_identity(self) -> None:
        """Hide the patient's identity on the screen, or show it again."""
        self.state.change(identity_hidden=not self.state.identity_hidden)

    def set_settings(self, settings: Settings) -> None:
        """Take over and keep the user's preferences."""
        save_settings(self._settings_path, settings)
        other_grades = settings.operating_point != self.state.settings.operating_point
        self.state.change(settings=settings)
        if not settings.recent and self.state.recent:
            self.forget_recent()
        if other_grades:
            self._ahead.begin_anew()

    def shut_down(self) -> None:
        """Stop everything that runs; the window is gone."""
        self.placing.forget()
        for job in (self._starting, self._reading, self._grading):
            if job is not None:
                job.cancel()
        self._ahead.forget()
        self._enter_later(None)
        if self._sitting is not None:
            self._sitting.end()
        self.planning.cancel()
        self.outgoing.shut_down(LAST_WORK_S)
        self._loader.close()
        self._store.close()
        if self._saving is not None:
            self._saving.wait(LAST_WORK_S)

    # Answers of the workers, on the Tk thread

    def handle(self, message: object) -> None:
        """Take one message of a worker."""
        match message:
            case PictureReady():
                self.state.change(pictures=self.state.pictures + 1)
            case PictureFailed():
                broken = self.state.broken | {message.instance}
                self.state.change(pictures=self.state.pictures + 1, broken=broken)
            case Reported() | Done() | Failed() | Stopped():
                self._handle_job(message)

    def _handle_job(self, message: Message) -> None:
        own = (
            (self._starting, self._started), (self._reading, self._read_on), (self._grading, self._graded_on),
            (self._saving, self._saved_on), (self._looking, self._looked_on),
        )  # fmt: skip
        takers = [take for job, take in own if message.job is job]
        helpers = (self.placing, self.outgoing, self.planning, self._ahead)
        takers += [helper.handle for helper in helpers if helper.owns(message.job)]
        for take in takers:
            take(message)

    def _looked_on(self, message: Message) -> None:
        self._looking = None
        self._ahead.go_on()
        if isinstance(message, Done) and isinstance(message.value, Header):
            self.state.change(tags=message.value)
        elif isinstance(message, Done) and isinstance(message.value, Evidence):
            self.state.change(evidence=message.value)
        elif isinstance(message, Done) and isinstance(message.value, Earlier):
            self._compare(message.value)
        elif isinstance(message, Failed):
            self.state.change(problem=problems.from_error(message.error, message.details))

    def _compare(self, earlier: Earlier) -> None:
        if self.state.result is None:
            return
        try:
            compare(earlier, self.state.result)
        except Refused as error:
            self.state.change(problem=problems.from_error(error))
        else:
            self.state.change(earlier=earlier, problem=None)

    def _started(self, message: Message) -> None:
        if isinstance(message, Done):
            self.state.change(packs=message.value)
        elif isinstance(message, Failed):
            self.state.change(problem=problems.from_error(message.error, message.details))

    def _read_on(self, message: Message) -> None:
        match message:
            case Reported(value=str(words)):
                self.state.change(busy=words)
            case Reported(value=FilesRead(done, of)):
                words = f"Reading {done} of {of} files…" if of > 1 else "Reading…"
                self.state.change(busy=words, steps={"read": StepCount(done, of)})
            case Reported(value=tuple(images)):
                self._show_first(images)
            case Done(value=tuple(studies)):
                self._reading = None
                self._studies_read(studies)
            case Failed():
                problem = problems.from_error(message.error, message.details)
                self._stop_reading(Status.FAILED)
                self.state.change(problem=problem)
            case Stopped():
                self._stop_reading(Status.WAITING)

    def _studies_read(self, studies: tuple[Study, ...]) -> None:
        if self._entering is not None:
            self._enter(self._entering, studies)
        elif len(studies) == 1:
            self._take(studies[0])
        else:
            self._forget_list()
            self._remember(studies)
            worklist = Worklist.of(studies)
            self.state.change(busy="", worklist=worklist, study=None, page=Page.START, preview=None)

    def _take(self, study: Study) -> None:
        """A case of the list is graded at once; what was chosen beside a list replaces it."""
        if not self._opening_case:
            self._remember((study,))
        of_list, self._opening_case = self._opening_case, False
        accepted = self._chosen(study)
        if of_list and accepted:
            self.upload()
        elif of_list:
            self._leave_case(Status.FAILED)
        elif accepted:
            self._forget_list()

    def _remember(self, studies: tuple[Study, ...]) -> None:
        if self.state.settings.recent:
            now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
            words = study_title(studies[0]) if len(studies) == 1 else f"{len(studies)} examinations"
            self.state.change(recent=self._recent.add(self._chosen_paths, words, now))

    def _show_first(self, images: tuple[Instance, ...]) -> None:
        """The first series of many files, to look at while the others are read."""
        middle = images[len(images) // 2]
        self.state.change(preview=Preview(middle))
        self.browser.want([middle])

    def _stop_reading(self, status: Status) -> None:
        """Back to where the user was before something was chosen; status: of the case that was being opened."""
        if self._opening_case:
            self._leave_case(status)
        self._opening_case = False
        self._enter_later(None)
        self._reading = None
        page = self._page_without_result() if self.state.page is Page.PROCESSING else self.state.page
        self.state.change(page=page, busy="", preview=None)

    def _chosen(self, study: Study) -> bool:
        """Show what was read; or say why nothing of it can be used, stay where the user is, and give False."""
        if not any(series.instances for series in study.series):
            self.state.change(busy="", problem=problems.nothing_readable(study.unreadable))
            return False
        self._store.forget(but={instance for series in study.series for instance in series.instances})
        self.state.change(study=study, busy="", problem=None, post_operative=False, page=Page.CHOSEN, preview=None)
        self.browser.want([series.instances[len(series.instances) // 2] for series in study.series if series.instances])
        return True

    def _graded_on(self, message: Message) -> None:
        match message:
            case Reported():
                self._progressed(message.value)
            case Done(value=StudyResult() as result):
                self._grading = None
                self._show(result)
            case Failed():
                self._grading = None
                worklist = self.state.worklist
                if worklist is not None and worklist.current is not None and self.state.result is None:
                    self.state.change(worklist=worklist.with_status(worklist.current, Status.FAILED))
                page = self.state.page if self.state.page is Page.RESULTS else Page.CHOSEN
                problem = problems.from_error(message.error, message.details)
                self.state.change(page=page, busy="", problem=problem, preview=None)
            case Stopped():
                self.cancel()

    def _progressed(self, value: object) -> None:
        progress: Progress = value  # type: ignore[assignment]
        steps = {**self.state.steps, str(progress.step): StepCount(progress.done, progress.of, progress.detail)}
        self.state.change(steps=steps)
        points = tuple((point.row, point.column) for point in progress.points)
        # One picture until levels are found in another: slices flying past would tell nothing.
        worth_showing = bool(points) or self.state.preview is None
        if progress.picture is not None and worth_showing and self.state.page is not Page.RESULTS:
            self.state.change(preview=Preview(progress.picture, points))
            self.browser.want([progress.picture])

    def _show(self, result: StudyResult) -> None:
        if self._sitting is not None:
            self._show_in_room(self._sitting, result)
            return
        if self._lesson is not None:
            self._show_disputed(self._lesson, result)
            return
        wanted, before, chosen = self._wanted_numbering, self.state.result, self.state.finding
        restored = self._journal.restored(result)
        if before is None:
            self._clean = result
        else:
            self._history.add(Moment(before, self.state.numbering))
            result = reader_marks.carried(before, result)
        remark_back = before is None and self.remark.restore()
        problem = problems.restored(restored, remark_back) if restored is not None or remark_back else None
        if restored is not None:
            self._history.add(Moment(result, wanted))
        edited = self.state.edited or restored is not None
        shown = restored or result
        viewed = reader_marks.agreed_keys(restored) if restored is not None else frozenset()
        viewed |= reader_marks.carried_keys(before or shown, shown, self.state.viewed)
        self.state.change(
            result=shown, numbering=wanted, edited=edited, viewed=viewed, busy="", preview=None, problem=problem
        )
        if before is None:
            self.state.change(page=Page.RESULTS)
            self.browser.open_result()
            counting = self._journal.other_counting(result)
            if restored is None and counting is not None:
                self._grade(counting)  # where the marks that a crash left behind belong
            else:
                self._ahead.go_on()
        else:
            self._counted_anew(before, shown, chosen)

    def _counted_anew(self, before: StudyResult, shown: StudyResult, chosen: Finding | None) -> None:
        """Marks and choice go along with their structures to another counting of the levels."""
        self._ahead.go_on()
        if self.state.edited:
            self._journal.keep(shown)
            self._journal.forget(before)
        moved = next((f for f in shown.findings if chosen is not None and reader_marks.same_place(chosen, f)), None)
        self.state.change(selected=moved.key if moved is not None else self.state.selected)

    def _show_in_room(self, sitting: Sitting, result: StudyResult) -> None:
        """Only what the plan lets the reader see comes into the state."""
        worklist = self.state.worklist
        if worklist is None or worklist.current is None:
            return
        shown = sitting.open(worklist.current, result)
        self.state.change(result=shown, room=sitting.room(), busy="", preview=None, problem=None, page=Page.RESULTS)
        self.browser.open_result()
        first = next_ungraded(shown, None)
        if first is not None:
            self.browser.select(first.key)
        self._ahead.go_on()

    def _show_disputed(self, lesson: Lesson, result: StudyResult) -> None:
        """A study of the list, at the structure that it is about."""
        worklist = self.state.worklist
        if worklist is None or worklist.current is None:
            return
        disputed, shown = lesson.at(worklist.current), unnamed(result)
        self.state.change(result=shown, lesson=disputed, busy="", preview=None, problem=None, page=Page.RESULTS)
        self.browser.open_result()
        about = next((each for each in shown.findings if target_of(each) == disputed.target), None)
        if about is not None:
            self.browser.select(about.key)
        self._ahead.go_on()

    def _saved_on(self, message: Message) -> None:
        if isinstance(message, Reported):
            return
        self._saving = None
        leaving, self._leaving_once_saved = self._leaving_once_saved, None
        if isinstance(message, Done) and isinstance(message.value, Written):
            self._note_saved(message.value.path)
            self.tally.add(message.value.result)
        if self.state.study is not self._saved_of:
            self._saved_late(message)
            return
        self.state.change(busy="")
        self._tell_saved(message)
        if leaving is not None and isinstance(message, Done):
            self._leave(leaving)

    def _saved_late(self, message: Message) -> None:
        """The case is closed: that its report is written is no word on this one, that it is not must be said."""
        if isinstance(message, Done) and isinstance(message.value, Written):
            self._journal.forget(message.value.result)
        elif isinstance(message, Failed):
            self.state.change(problem=problems.from_error(message.error, message.details))

    def _tell_saved(self, message: Message) -> None:
        match message:
            case Failed():
                self.state.change(problem=problems.from_error(message.error, message.details))
            case Done(value=Archived() as archived):
                self.state.change(saved=archived.folder)
                self.remark.printed(archived.remark)
            case Done(value=Written() as written):
                self._written(written)

    def _written(self, written: Written) -> None:
        self._clean, leaving = written.result, self.state.leaving
        marked_since = self.state.edited and self.state.result is not written.result
        if not marked_since:
            self._journal.forget(written.result)
        self.state.change(saved=written.path, edited=marked_since, leaving=None)
        if written.path.suffix.lower() == ".pdf":  # no other kind holds the remark
            self.remark.printed(written.remark)
        worklist, onward = self.state.worklist, self._next_after_saving
        self._next_after_saving = False
        if marked_since:
            return
        if leaving is None and onward and worklist is not None:
            leaving = Leaving.NEXT if worklist.next() is not None else Leaving.BACK
        if leaving is not None:
            self._leave(leaving)

    def _note_saved(self, path: Path) -> None:
        """Where the last report went, and in the list that it did."""
        self.last_saved = path
        worklist = self.state.worklist
        for index, case in enumerate(worklist.cases if worklist is not None else ()):
            if worklist is not None and self._saved_case is not None and case.study is self._saved_case.study:
                self.state.change(worklist=worklist.with_status(index, Status.SAVED))

    # Steps shared by the requests above

    def _job(self, name: str, work: Callable[[Job], object]) -> Job:
        return Job(name, work, self._outbox).start()

    def _stop(self, job: Job | None) -> None:
        if job is not None:
            job.cancel()
            self._store.stop()

    def _grade(self, numbering: Alternative | None) -> None:
        study = self.state.study
        if study is None:
            return
        options = self._options(numbering)
        first = first_to_preview(study)
        self._ahead.pause()

        self._wanted_numbering = numbering
        self._working_since = time.monotonic()
        busy = "Counting the levels anew…" if self.state.page is Page.RESULTS else "Grading…"
        read = {step: count for step, count in self.state.steps.items() if step == "read"}
        self.state.change(busy=busy, steps=read, preview=Preview(first) if first is not None else None)
        self._grading = self._job("grade", lambda job: self._tasks.grade(job, study, options))

    def _options(self, numbering: Alternative | None) -> Options:
        return self._services.options(numbering, self.state.post_operative, self.state.settings.operating_point or None)

    def _options_of(self, finding: Finding) -> Options:
        """As the result was graded, whatever the settings say since: one report has one operating point."""
        packs = self.state.result.packs if self.state.result is not None else ()
        point = next((pack.operating_point for pack in packs if finding.condition in pack.conditions), None)
        return self._services.options(self.state.numbering, self.state.post_operative, point)

    def _keep(self, result: StudyResult) -> None:
        if self.state.result is not None:
            self._history.add(Moment(self.state.result, self.state.numbering))
        self._journal.keep(result)
        self.state.change(result=result, edited=True, saved=None)

    def _go_through_history(self, step: Callable[[Moment], Moment | None]) -> None:
        result = self.state.result
        if result is None or self.state.busy or self.state.page is not Page.RESULTS:
            return
        moment = step(Moment(result, self.state.numbering))
        if moment is None:
            return
        edited = self._clean is None or reader_marks.marks_of(moment.result) != reader_marks.marks_of(self._clean)
        if edited:
            self._journal.keep(moment.result)
        if not edited or moment.numbering != self.state.numbering:
            self._journal.forget(result)
        viewed = reader_marks.carried_keys(result, moment.result, self.state.viewed)
        self.state.change(result=moment.result, numbering=moment.numbering, edited=edited, viewed=viewed, saved=None)

    def _leave(self, leaving: Leaving) -> None:
        """Go, once a report that is being written is; asked a second time, without waiting for it."""
        if self._saving is not None and self._leaving_once_saved is not leaving:
            self._leaving_once_saved = leaving
        elif self.state.unsaved or self.placing.is_going:  # what is being graded elsewhere will be
            self.state.change(leaving=leaving)
        else:
            self._go(leaving)

    def _go(self, leaving: Leaving) -> None:
        pending, self._pending = self._pending, ()
        if leaving is Leaving.CLOSE:
            self._quit_window()
            return
        onward = self.state.worklist.next() if self.state.worklist is not None else None
        self._forget()
        if leaving is Leaving.OPEN:
            self.choose(pending, self._entering)
        elif leaving is Leaving.NEXT and onward is not None:
            self.open_case(onward)

    def _forget(self) -> None:
        """Everything of this case: pictures, findings, marks, what runs."""
        self.outgoing.cancel()
        self.placing.forget()
        for job in (self._reading, self._grading):
            self._stop(job)
        self._reading = self._grading = None
        self._opening_case = False
        self._history.forget()
        self._tasks.forget()
        self._clean = self._looking = None
        self.remark.close()
        self._loader.forget()
        self._store.forget()
        if self.state.worklist is not None:
            self.state.change(worklist=self.state.worklist.closed())
        if self._sitting is not None:
            self._leave_reading(self._sitting)
        self.state.change(
            page=Page.START, study=None, result=None, selected=None, panes=None, numbering=None, steps={},
            preview=None, problem=None, busy="", edited=False, leaving=None, archive=None, saved=None, told="",
            earlier=None, lesson=None, viewed=frozenset(), tags=None, evidence=None, post_operative=False,
            broken=frozenset(),
        )  # fmt: skip

    def _leave_reading(self, sitting: Sitting) -> None:
        """No study of the plan is open; once all is read the list shows all of it, to look at again."""
        sitting.close()
        if sitting.finished:
            self.state.change(worklist=sitting.worklist())
        self.state.change(room=sitting.room())

    def _page_without_result(self) -> Page:
        return Page.CHOSEN if self.state.study is not None else Page.START
