"""What a user can ask for: open, grade, cancel, count anew, leave. Decides; draws nothing.

Marks, plans, saving, looking behind and the like have a module each, made and asked here.

Every answer of a worker comes through `handle`; an answer of a job that is no longer wanted is dropped by
comparing the job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lumbar_core.choices import Choices
from lumbar_core.report.result import Alternative, Finding, StudyResult
from lumbar_core.study import Instance, Series, Study
from lumbar_gui import problems, reader_marks
from lumbar_gui.ahead import Ahead
from lumbar_gui.browsing import Browser, first_to_preview
from lumbar_gui.expectation import can_be_graded, study_title, with_role
from lumbar_gui.journal import Journal
from lumbar_gui.lesson import Lesson
from lumbar_gui.looking import Looking, Sight
from lumbar_gui.marking import Marking
from lumbar_gui.outgoing import Outgoing
from lumbar_gui.pictures import PictureFailed, PictureLoader, PictureReady, PictureStore
from lumbar_gui.placing import Placing, Surroundings
from lumbar_gui.planning import Planning
from lumbar_gui.reading_room import Around, ReadingRoom
from lumbar_gui.recent import Recent
from lumbar_gui.remark import Remark
from lumbar_gui.saving import Desk, Saving
from lumbar_gui.services import Services
from lumbar_gui.settings import Settings, save_settings
from lumbar_gui.sitting import Sitting
from lumbar_gui.state import Leaving, Page, Preview, State, StepCount
from lumbar_gui.tally import Tally
from lumbar_gui.tasks import FilesRead, Tasks
from lumbar_gui.viewed import watch_what_is_shown
from lumbar_gui.worker import Done, Failed, Job, Message, Outbox, Reported, Stopped
from lumbar_gui.worklist import Status, Worklist

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
        self._working_since = 0.0
        self._pending: tuple[Path, ...] = ()
        self._journal = Journal(settings_path.parent)
        self.remark = Remark(state, settings_path.parent)
        self._recent = Recent(settings_path.parent)
        self.tally = Tally(settings_path.parent)
        self._chosen_paths: tuple[Path, ...] = ()
        watch_what_is_shown(state, self.browser.picture)
        self._wanted_numbering: Alternative | None = None
        self._opening_case = False  # what is being read is a case of the list
        self._ahead = Ahead(state, self._tasks, outbox, lambda: services.options(None, False, self._choices()))
        self.room = ReadingRoom(state, self.browser, Around(self.choose, self._forget_list, self._ahead.go_on))
        self.marking = Marking(state, self._journal, self.browser, lambda: self._grading is not None)
        desk = Desk(lambda: self.room.is_open, self._as_saved, self.marking.note_clean, self._leave)
        self.saving = Saving(state, self._tasks, outbox, desk, self._journal, self.remark, self.tally)
        around = Surroundings(
            blocked=lambda: self.room.is_open or self.saving.is_going,
            options=self._options_as_graded,
            pause=self._ahead.pause,
            go_on=self._ahead.go_on,
            stop=self._stop,
            keep=lambda result: self.marking.keep(self._flagged(result)),
        )
        self.placing = Placing(state, self.browser, self._tasks, outbox, around)
        sight = Sight(
            by_plan=lambda: self.room.is_open,
            grading=lambda: self._grading is not None,
            options=self._options_as_graded,
            where=self.placing.where,
            pause=self._ahead.pause,
            go_on=self._ahead.go_on,
        )
        self.looking = Looking(state, self._tasks, outbox, sight)

    # Opening

    def start(self) -> None:
        """Load the packs and start the decode process ahead of need."""
        device = self.state.settings.device
        self._starting = self._job("start", lambda job: self._tasks.start_up(job, device))
        if self.state.settings.recent:
            self.state.change(recent=self._recent.read())

    def choose(self, paths: Sequence[Path], sitting: Sitting | Lesson | None = None) -> None:
        """Read what the user handed over, for a plan or as it is; asks first where marks are unsaved."""
        self.room.wait_for(sitting)
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
        self._stop_work()
        self._ahead.pause()
        if self.state.page in (Page.RESULTS, Page.PROCESSING):
            self._forget()
        chosen = self._chosen_paths = tuple(paths)
        self._working_since = time.monotonic()
        self.state.change(problem=None, busy="Reading…", preview=None, told="")
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
        self.room.end()
        self.state.change(worklist=None, room=None, lesson=None)

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
        if self.room.is_open:
            return
        wanted: Alternative | None = None if self.state.numbering not in (None, direction) else direction
        if self.state.page is Page.RESULTS and not self.state.busy and wanted != self.state.numbering:
            self._grade(wanted)

    def cancel(self) -> None:
        """Stop the run, and what it still says is dropped; without one, the tool that the mouse draws with.

        What the window asks is answered with what changes nothing.
        """
        if self.state.leaving is not None:
            self.stay()
        if self.state.archive is not None:
            self.saving.refuse_archive()
        self.browser.end()
        self.outgoing.cancel()
        self.planning.cancel()
        self.placing.cancel()
        if self._grading is None and self._reading is None:
            return
        self.room.wait_for(None)
        if self._opening_case:
            self._leave_case(Status.WAITING)
        self._stop_work()
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
        """The reader's grade for the chosen finding, n, m, s or x: by a plan, or of a result."""
        (self.room if self.room.is_open else self.marking).mark(key)

    def agree(self) -> None:
        """The reader agrees with the chosen finding: by a plan, or of a result."""
        (self.room if self.room.is_open else self.marking).agree()

    # Saving and leaving

    def _as_saved(self, result: StudyResult) -> StudyResult:
        return reader_marks.as_saved(result, self.state.viewed, self.state.comparison)

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
        self.room.wait_for(None)
        self.state.change(leaving=None)

    def hide_identity(self) -> None:
        """Hide the patient's identity on the screen, or show it again."""
        self.state.change(identity_hidden=not self.state.identity_hidden)

    def set_settings(self, settings: Settings) -> None:
        """Take over and keep the user's preferences."""
        save_settings(self._settings_path, settings)
        before = self.state.settings.choices
        self.state.change(settings=settings)
        if not settings.recent and self.state.recent:
            self.forget_recent()
        if settings.choices.operating_point != before.operating_point:
            self._ahead.begin_anew()
        if settings.choices.thresholds != before.thresholds and not self.room.is_open:
            self.marking.flag_again(self._flagged)  # grades do not hang on them, so the open case need not be graded

    def look_together(self) -> None:
        """Let zoom and brightness of all pictures change together, or of each alone."""
        self.set_settings(replace(self.state.settings, together=not self.state.settings.together))

    def shut_down(self) -> None:
        """Stop everything that runs; the window is gone."""
        self.placing.forget()
        for job in (self._starting, self._reading, self._grading):
            if job is not None:
                job.cancel()
        self._ahead.forget()
        self.room.wait_for(None)
        self.room.end()
        self.planning.cancel()
        self.outgoing.shut_down(LAST_WORK_S)
        self._loader.close()
        self._store.close()
        self.saving.shut_down(LAST_WORK_S)

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
        own = ((self._starting, self._started), (self._reading, self._read_on), (self._grading, self._graded_on))
        takers = [take for job, take in own if message.job is job]
        helpers = (self.saving, self.looking, self.placing, self.outgoing, self.planning, self._ahead)
        takers += [helper.handle for helper in helpers if helper.owns(message.job)]
        for take in takers:
            take(message)

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
        if self.room.entering is not None:
            self.room.take(studies)
        elif len(studies) == 1:
            self._take(studies[0])
        else:
            self._forget_list()
            self._remember(studies)
            worklist = Worklist.of(studies)
            unreadable = [each for study in studies for each in study.unreadable]
            problem = problems.left_out(unreadable) if unreadable else None
            self.state.change(busy="", worklist=worklist, study=None, page=Page.START, preview=None, problem=problem)

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
        self.room.wait_for(None)
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
        if self.room.is_open:
            self.room.show(result)
            return
        result = self._flagged(result)  # graded ahead, or while the settings were changed
        wanted, before, chosen = self._wanted_numbering, self.state.result, self.state.finding
        kept = self._journal.restored(result)
        restored = self._flagged(kept) if kept is not None else None
        if before is None:
            self.marking.note_clean(result)
        else:
            self.marking.remember(before, self.state.numbering)
            result = reader_marks.carried(before, result)
        remark_back = before is None and self.remark.restore()
        problem = problems.restored(restored, remark_back) if restored is not None or remark_back else None
        if restored is not None:
            self.marking.remember(result, wanted)
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
        self.marking.follow(chosen)

    # Steps shared by the requests above

    def _job(self, name: str, work: Callable[[Job], object]) -> Job:
        return Job(name, work, self._outbox).start()

    def _stop(self, job: Job | None) -> None:
        if job is not None:
            job.cancel()
            self._store.stop()

    def _stop_work(self) -> None:
        """Nothing is read or graded any more."""
        self._stop(self._reading)
        self._stop(self._grading)
        self._reading = self._grading = None
        self._opening_case = False

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
        return self._services.options(numbering, self.state.post_operative, self._choices())

    def _options_as_graded(self) -> Options:
        """As the result was graded, whatever the settings say since: one report has one operating point."""
        chosen = self.state.result.chosen if self.state.result is not None else self._choices()
        return self._services.options(self.state.numbering, self.state.post_operative, chosen)

    def _choices(self) -> Choices:
        """In a reading plan the packs' own: all its readers must be shown the same."""
        return Choices() if self.room.is_open else self.state.settings.choices

    def _flagged(self, result: StudyResult) -> StudyResult:
        """A result by the thresholds of the settings."""
        packs = self.state.packs
        return result if packs is None else self._services.flag_again(result, packs, self.state.settings.choices)

    def _leave(self, leaving: Leaving) -> None:
        """Go, once a report that is being written is; asked a second time, without waiting for it."""
        if self.saving.holds_back(leaving):
            return
        if self.state.unsaved or self.placing.is_going:  # what is being graded elsewhere will be
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
            self.choose(pending, self.room.entering)
        elif leaving is Leaving.NEXT and onward is not None:
            self.open_case(onward)

    def _forget(self) -> None:
        """Everything of this case: pictures, findings, marks, what runs."""
        self.outgoing.cancel()
        self.placing.forget()
        self._stop_work()
        self.marking.forget()
        self._tasks.forget()
        self.looking.forget()
        self.remark.close()
        self._loader.forget()
        self._store.forget()
        if self.state.worklist is not None:
            self.state.change(worklist=self.state.worklist.closed())
        self.room.close_study()
        self.state.change(
            page=Page.START, study=None, result=None, selected=None, panes=None, numbering=None, steps={},
            preview=None, problem=None, busy="", edited=False, leaving=None, archive=None, saved=None, told="",
            earlier=None, lesson=None, viewed=frozenset(), tags=None, evidence=None, post_operative=False,
            broken=frozenset(),
        )  # fmt: skip

    def _page_without_result(self) -> Page:
        return Page.CHOSEN if self.state.study is not None else Page.START
