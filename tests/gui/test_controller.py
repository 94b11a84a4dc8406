"""The window's decisions, against a made-up core and without a display."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from lumbar_core.anatomy import Level, Reason, Severity, Side
from lumbar_core.errors import Damaged, ModelError, SavingError, WrongFormat
from lumbar_core.report.headline import headline
from lumbar_core.report.result import Location, StudyResult
from lumbar_core.study import Exclusion, Instance, Study, Unreadable, Window
from lumbar_gui.browsing import first_to_show
from lumbar_gui.controller import PATIENCE_S, Controller
from lumbar_gui.places import find_instance
from lumbar_gui.rendering import Viewport
from lumbar_gui.settings import Settings, read_settings
from lumbar_gui.state import Archive, Leaving, Look, Page, Slot, State, Tool
from lumbar_gui.worker import Job, Reported
from tests.factories import CANAL, FORAMEN, MODERATE, RECESS, a_finding, a_result
from tests.gui.fakes import (
    WRONG,
    BrokenReader,
    FakeCore,
    a_picture_study,
    a_placed_picture_result,
    a_study,
    broken_file,
)
from tests.gui.sample import AXIAL, T1, T2, nearest, sample_series, spot


class Desk:
    """A controller with the pump done by hand."""

    def __init__(self, core: FakeCore, settings_path: Path) -> None:
        self.core = core
        self.state = State()
        self.outbox: SimpleQueue[object] = SimpleQueue()
        self.closed = False
        self.pages: list[Page] = []
        self.controller = Controller(self.state, core.services(), self.outbox, settings_path, self._close)
        self.state.subscribe(lambda changed: self.pages.append(self.state.page) if "page" in changed else None)
        self.controller.start()

    def _close(self) -> None:
        self.closed = True

    def until(self, done: Callable[[], object], seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, "it did not come to pass"
            with suppress(Empty):
                self.controller.handle(self.outbox.get(timeout=0.01))
            self.controller.tick()

    def choose(self) -> None:
        self.controller.choose([Path("study")])
        self.until(lambda: self.state.page is Page.CHOSEN)

    def grade(self) -> None:
        self.choose()
        self.controller.upload()
        self.until(lambda: self.state.page is Page.RESULTS)

    @property
    def active(self) -> Instance:
        """The image of the pane that keys act on."""
        instance = self.state.instance(self.state.panes.current)  # type: ignore[union-attr]
        assert instance is not None
        return instance

    def indices(self) -> dict[Slot, int]:
        """The slice that each pane shows."""
        return {slot: pane.index for slot, pane in self.state.panes.shown.items()}  # type: ignore[union-attr]

    def look(self, slot: Slot) -> Look:
        panes = self.state.panes
        assert panes is not None
        return panes.look_at(panes.shown[slot].series_id)

    def canal(self, level: Level) -> object:
        return next(f.key for f in self.state.result.findings if (f.condition, f.level) == (CANAL, level))  # type: ignore[union-attr]


FOLDER_OF = {Slot.SAGITTAL_T2: T2, Slot.AXIAL: AXIAL, Slot.SAGITTAL_T1: T1}


def slices_at(location: Location) -> dict[Slot, int]:
    """The slice of each series nearest to a finding's place."""
    return {slot: nearest(sample_series(folder), location.patient_mm) for slot, folder in FOLDER_OF.items()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(FakeCore(), tmp_path / "settings.json")
    yield desk
    desk.controller.shut_down()


# Opening


def test_nothing_can_be_graded_before_something_readable_is_chosen(desk: Desk) -> None:
    assert not desk.controller.can_upload()
    desk.choose()
    assert desk.controller.can_upload()


def test_a_message_says_nothing_twice(desk: Desk) -> None:
    desk.core.read_error = WrongFormat("Wrong format: notes.txt is a text file.", "")
    desk.controller.choose([Path("notes.txt")])
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert desk.state.problem.finding == "notes.txt is a text file."
    desk.core.read_error = None
    words = "Wrong format: b.txt is a text file."
    desk.core.study = a_study(series=(), unreadable=(Unreadable(Path("b.txt"), words, ""),))
    desk.controller.choose([Path("b.txt")])
    desk.until(lambda: desk.state.problem is not None and "b.txt" in desk.state.problem.finding)
    assert desk.state.problem.finding == "b.txt is a text file."


def test_a_wrong_format_is_said_and_the_page_stays(desk: Desk) -> None:
    desk.core.read_error = WRONG
    desk.controller.choose([Path("notes.txt")])
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert desk.state.problem.title == "Wrong format"
    assert "PNG" in desk.state.problem.remedy
    assert desk.state.page is Page.START
    assert not desk.controller.can_upload()


def test_a_wrong_file_after_a_good_one_leaves_the_good_one_chosen(desk: Desk) -> None:
    desk.choose()
    desk.core.read_error = WRONG
    desk.controller.choose([Path("notes.txt")])
    desk.until(lambda: desk.state.problem)
    assert desk.state.page is Page.CHOSEN
    assert desk.controller.can_upload()


def test_files_none_of_which_can_be_read_are_a_wrong_format(desk: Desk) -> None:
    desk.core.study = a_study(series=(), unreadable=(broken_file(), broken_file()))
    desk.controller.choose([Path("folder")])
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert "None of 2 files" in desk.state.problem.finding
    assert "scan_0031.dcm" in desk.state.problem.details
    assert desk.state.study is None


def a_list(desk: Desk, *studies: Study) -> None:
    """Hand over several examinations at once."""
    desk.core.study = studies
    desk.controller.choose([Path("folder")])
    desk.until(lambda: desk.state.worklist)


def test_beside_a_list_it_is_said_what_could_not_be_read(desk: Desk) -> None:
    a_list(desk, a_study(unreadable=(broken_file(),)), a_study())
    assert desk.state.problem is not None
    assert desk.state.problem.title == "1 file could not be read"
    assert "scan_0031.dcm" in desk.state.problem.finding
    desk.controller.close_worklist()
    a_list(desk, a_study(unreadable=(broken_file(),)), a_study(unreadable=(broken_file(),)))
    assert desk.state.problem.title == "2 files could not be read"
    assert desk.state.problem.details.count("scan_0031.dcm") == 2
    a_list(desk, a_study(), a_study())
    assert desk.state.problem is None


def statuses(desk: Desk) -> list[str]:
    assert desk.state.worklist is not None
    return [case.status.value for case in desk.state.worklist.cases]


def test_two_examinations_are_never_mixed(desk: Desk) -> None:
    one, two = a_study(), a_picture_study()
    a_list(desk, one, two)
    assert desk.state.study is None
    desk.controller.open_case(1)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert desk.state.study is two
    desk.controller.back()
    assert desk.state.study is None
    assert statuses(desk) == ["waiting", "opened"]


def test_the_next_two_of_a_list_are_graded_while_one_is_read(desk: Desk) -> None:
    a_list(desk, *(a_study() for _ in range(4)))
    desk.controller.open_case(0)
    desk.until(lambda: statuses(desk) == ["opened", "graded", "graded", "waiting"])
    asked = len(desk.core.options)
    desk.controller.next_case()
    assert desk.state.page is Page.RESULTS, "at once"
    assert desk.state.worklist is not None
    assert desk.state.worklist.place == "2 of 4"
    desk.until(lambda: statuses(desk) == ["opened", "opened", "graded", "graded"])
    assert len(desk.core.options) == asked + 1
    desk.controller.looking.behind()
    desk.until(lambda: desk.state.evidence)


def test_a_case_that_could_not_be_graded_ahead_can_still_be_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise Damaged("Slice 4 ends early.", "Copy it again.")

    monkeypatch.setattr(desk.controller._tasks, "prepare", fails)
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: statuses(desk) == ["opened", "could not be graded"])
    assert desk.state.problem is None, "nobody asked for it yet"
    desk.controller.next_case()
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert statuses(desk) == ["opened", "opened"]


def test_what_is_saved_stands_in_the_list_and_the_next_case_opens(desk: Desk, tmp_path: Path) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    desk.controller.mark("x")
    desk.controller.saving.save(tmp_path / "one.pdf", identity=False, then_next=True)
    desk.until(lambda: desk.state.worklist is not None and desk.state.worklist.current == 1)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert statuses(desk) == ["saved", "opened"]
    desk.controller.saving.save(tmp_path / "two.pdf", identity=False, then_next=True)
    desk.until(lambda: desk.state.page is Page.START)
    assert statuses(desk) == ["saved", "saved"]
    desk.controller.close_worklist()
    assert desk.state.worklist is None


def test_a_case_saved_with_every_finding_seen_and_marked_is_confirmed(desk: Desk, tmp_path: Path) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert desk.state.result is not None
    for finding in desk.state.result.findings:
        desk.controller.browser.select(finding.key)
        desk.controller.mark("x")
        desk.until(lambda finding=finding: finding.location is None or finding.key in desk.state.viewed)
    desk.controller.saving.save(tmp_path / "one.pdf", identity=False)
    desk.until(lambda: desk.state.saved)
    assert statuses(desk)[0] == "confirmed and saved"


def test_unsaved_marks_are_asked_about_before_the_next_case(desk: Desk) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    desk.controller.mark("x")
    desk.controller.next_case()
    assert desk.state.leaving is Leaving.NEXT
    assert statuses(desk)[0] == "opened"
    desk.controller.discard()
    desk.until(lambda: desk.state.worklist is not None and desk.state.worklist.current == 1)


def test_a_second_case_opened_at_once_is_the_one_that_is_shown(desk: Desk) -> None:
    one, two = a_study(), a_picture_study()
    a_list(desk, one, two)
    desk.controller.open_case(0)
    desk.controller.open_case(1)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert desk.state.study is two
    assert statuses(desk) == ["waiting", "opened"]
    assert desk.state.worklist is not None
    assert desk.state.worklist.current == 1


def test_a_list_closed_while_a_case_is_read_opens_nothing(desk: Desk) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.controller.close_worklist()
    desk.core.study = a_study()
    desk.choose()
    assert desk.state.worklist is None
    assert desk.state.page is Page.CHOSEN


def test_what_is_said_of_one_patient_is_not_said_of_the_next(desk: Desk) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.state.change(post_operative=True)
    desk.until(lambda: statuses(desk) == ["opened", "graded"])
    assert desk.core.options[-1].post_operative is False


def test_other_settings_grade_anew_what_lies_ahead(desk: Desk) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: statuses(desk) == ["opened", "graded"])
    desk.controller.set_settings(replace(desk.state.settings, operating_point="sensitive"))
    assert statuses(desk) == ["opened", "waiting"]
    desk.until(lambda: statuses(desk) == ["opened", "graded"])
    assert desk.core.options[-1].choices.operating_point == "sensitive"


def test_what_cannot_be_graded_is_not_graded_ahead_and_says_why_when_opened(desk: Desk) -> None:
    scouts = a_study()
    scouts = scouts.with_series((replace(scouts.series[0], excluded=Exclusion(Reason.NOT_LUMBAR, "A scout.")),))
    a_list(desk, a_study(), scouts, a_study())
    desk.controller.open_case(0)
    desk.until(lambda: statuses(desk) == ["opened", "waiting", "graded"])
    desk.controller.next_case()
    desk.until(lambda: desk.state.page is Page.CHOSEN)
    assert desk.state.study is scouts


def test_a_report_written_after_its_case_was_closed_counts_as_saved(desk: Desk, tmp_path: Path) -> None:
    a_list(desk, a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    desk.controller.saving.save(tmp_path / "one.pdf", identity=False)
    desk.controller.back()
    desk.until(lambda: statuses(desk)[0] == "saved")
    assert desk.controller.saving.last == tmp_path / "one.pdf"


def test_a_study_counts_among_the_reader_s_habits_also_when_its_report_is_written_late(
    desk: Desk, tmp_path: Path
) -> None:
    desk.grade()
    assert desk.state.result is not None
    for finding in desk.state.result.findings:
        desk.controller.browser.select(finding.key)
        desk.controller.mark("x")
    counted = tmp_path / "tally.json"
    desk.controller.saving.save(tmp_path / "one.pdf", identity=False)
    desk.controller.back()
    desk.controller.back()  # without waiting
    desk.controller.discard()
    assert desk.state.page is Page.START
    desk.until(counted.exists)


def test_looking_behind_a_finding_does_not_wait_for_what_lies_ahead(desk: Desk) -> None:
    a_list(desk, a_study(), a_study(), a_study())
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.page is Page.RESULTS)
    desk.core.analyse_s = 30.0
    desk.controller.looking.behind()
    desk.until(lambda: desk.state.evidence, seconds=5.0)
    desk.core.analyse_s = 0.0


def test_a_study_chosen_while_another_is_graded_is_the_only_one_that_is_shown(desk: Desk) -> None:
    desk.choose()
    desk.core.hold = threading.Event()
    desk.controller.upload()
    other = a_picture_study()
    desk.core.study = other
    desk.controller.choose([Path("other")])
    desk.core.hold.set()
    desk.until(lambda: desk.state.study is other)
    assert desk.state.page is Page.CHOSEN
    assert desk.state.result is None


def test_a_wrong_file_leaves_the_list_and_its_open_case_as_they_were(desk: Desk) -> None:
    a_list(desk, a_study(), a_study())
    desk.core.analyse_error = Damaged("Slice 4 ends early.", "Copy it again.")
    desk.controller.open_case(0)
    desk.until(lambda: desk.state.problem)
    assert statuses(desk) == ["could not be graded", "waiting"]
    assert desk.state.page is Page.CHOSEN
    desk.core.read_error = WRONG
    desk.controller.choose([Path("wrong.txt")])
    desk.until(lambda: desk.state.problem is not None and desk.state.problem.title == "Wrong format")
    desk.core.study = a_study(series=(), unreadable=(broken_file(),))
    desk.core.read_error = None
    desk.controller.choose([Path("broken")])
    desk.until(lambda: not desk.state.busy)
    assert desk.state.worklist is not None
    assert desk.state.worklist.current == 0
    desk.core.analyse_error = None
    desk.controller.upload()
    desk.until(lambda: statuses(desk)[1] == "graded")


def test_leaving_waits_for_a_report_that_is_being_written(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.saving.save(tmp_path / "one.pdf", identity=False)
    desk.controller.close()
    assert not desk.closed
    desk.until(lambda: desk.closed)
    assert (tmp_path / "one.pdf").exists()


def test_who_asks_twice_does_not_wait(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.saving.save(tmp_path / "one.pdf", identity=False)
    desk.controller.close()
    desk.controller.close()
    assert desk.closed


def test_a_report_that_could_not_be_written_keeps_the_reader_there(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.core.save_error = SavingError("The disk is full.", "Save elsewhere.")
    desk.controller.saving.save(tmp_path / "one.pdf", identity=False)
    desk.controller.back()
    desk.until(lambda: desk.state.problem)
    assert desk.state.page is Page.RESULTS


def test_other_input_closes_the_list(desk: Desk) -> None:
    a_list(desk, a_study(), a_study())
    desk.core.study = a_study()
    desk.choose()
    assert desk.state.worklist is None


def test_what_cannot_be_graded_cannot_be_uploaded(desk: Desk) -> None:
    study = a_study()
    desk.core.study = study.with_series(
        (replace(study.series[0], excluded=Exclusion(Reason.NOT_LUMBAR, "CT, not MR.")),)
    )
    desk.choose()
    assert not desk.controller.can_upload()


def test_all_slices_beside_a_lone_one_are_loaded_on_request(desk: Desk) -> None:
    desk.core.study = a_study(siblings=(Path("2.dcm"),))
    desk.choose()
    desk.core.study = a_study()
    desk.controller.load_all()
    desk.until(lambda: desk.state.study is desk.core.study)


def test_a_broken_pack_is_said_and_reading_does_not_hang(tmp_path: Path) -> None:
    def no_packs(_device: str) -> object:
        raise ModelError("Pack canal was altered.", "Install it again.")

    core = FakeCore()
    desk = Desk(core, tmp_path / "s.json")
    desk.controller.shut_down()
    services = replace(core.services(), load_packs=no_packs)  # type: ignore[arg-type]
    desk.controller = Controller(desk.state, services, desk.outbox, tmp_path / "s.json", lambda: None)
    desk.controller.start()
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert desk.state.problem.finding == "Pack canal was altered."
    desk.controller.choose([Path("study")])
    desk.until(lambda: not desk.state.busy)
    desk.controller.shut_down()


# Grading


def test_a_result_opens_at_its_gravest_finding(desk: Desk) -> None:
    desk.grade()
    finding = desk.state.finding
    assert finding is not None
    assert finding.grade is desk.state.result.worst_grade  # type: ignore[union-attr]
    assert desk.state.panes is not None
    assert desk.state.panes.current.series_id == finding.location.series  # type: ignore[union-attr]


def test_a_result_opens_at_the_finding_that_its_headline_names() -> None:
    unsure = a_finding(CANAL, Level.L4_L5, grade=Severity.MODERATE, probabilities=(0.3, 0.4, 0.3))
    sure = a_finding(FORAMEN, Level.L3_L4, grade=Severity.MODERATE, probabilities=(0.1, 0.9, 0.0))
    result = a_result((sure, unsure))
    assert headline(result).startswith("Moderate canal stenosis at L4/L5")
    assert first_to_show(result) is unsure
    calm = a_result((replace(sure, grade=Severity.NORMAL_MILD, probabilities=(0.9, 0.1, 0.0)),))
    assert first_to_show(calm) is calm.findings[0]
    assert first_to_show(a_result(())) is None


def test_a_quick_run_shows_no_page_of_its_own(desk: Desk) -> None:
    desk.grade()
    assert Page.PROCESSING not in desk.pages


def test_a_longer_run_shows_its_page_with_a_picture_and_counts(desk: Desk) -> None:
    desk.choose()
    desk.core.hold = threading.Event()
    desk.controller.upload()
    desk.until(lambda: desk.state.page is Page.PROCESSING)
    desk.until(lambda: "grade" in desk.state.steps)
    assert (desk.state.steps["grade"].done, desk.state.steps["grade"].of) == (31, 50)
    assert desk.state.preview is not None
    desk.until(lambda: desk.controller.browser.picture(desk.state.preview.instance) is not None)  # type: ignore[union-attr]
    assert len(desk.state.preview.points) == 5
    desk.core.hold.set()
    desk.until(lambda: desk.state.page is Page.RESULTS)


def test_of_many_files_the_first_series_shows_while_the_others_are_read(desk: Desk) -> None:
    desk.core.hold_reading = threading.Event()
    desk.controller.choose([Path("big")])
    desk.until(lambda: desk.state.page is Page.PROCESSING)
    assert desk.state.busy == "Reading 340 of 10000 files…" or desk.state.steps["read"].of == 1
    preview = desk.state.preview
    assert preview is not None
    desk.until(lambda: desk.controller.browser.picture(preview.instance) is not None)
    desk.core.hold_reading.set()
    desk.until(lambda: desk.state.page is Page.CHOSEN)
    assert desk.state.preview is None
    assert not desk.state.busy


def test_reading_many_files_is_cancelled_back_to_where_it_began(desk: Desk) -> None:
    desk.core.hold_reading = threading.Event()
    desk.controller.choose([Path("big")])
    desk.until(lambda: desk.state.page is Page.PROCESSING)
    desk.controller.cancel()
    assert (desk.state.page, desk.state.busy, desk.state.preview) == (Page.START, "", None)


def test_a_fault_while_many_files_are_read_leads_back_too(desk: Desk) -> None:
    desk.core.hold_reading, desk.core.read_error = threading.Event(), WRONG
    desk.controller.choose([Path("big")])
    desk.until(lambda: desk.state.page is Page.PROCESSING)
    desk.core.hold_reading.set()
    desk.until(lambda: desk.state.problem is not None)
    assert (desk.state.page, desk.state.busy, desk.state.preview) == (Page.START, "", None)


def test_cancel_takes_effect_at_once_and_late_messages_are_dropped(desk: Desk) -> None:
    desk.choose()
    desk.core.hold = threading.Event()
    desk.controller.upload()
    desk.until(lambda: desk.state.page is Page.PROCESSING)
    started = time.monotonic()
    desk.controller.cancel()
    assert time.monotonic() - started < 0.5
    assert desk.state.page is Page.CHOSEN
    assert desk.controller.can_upload()
    desk.core.hold.set()
    end = time.monotonic() + PATIENCE_S
    desk.until(lambda: time.monotonic() > end)
    assert desk.state.result is None
    assert desk.state.page is Page.CHOSEN


def test_a_new_run_waits_until_a_cancelled_one_has_let_go_of_the_networks(tmp_path: Path) -> None:
    core, running, most = FakeCore(), [0], [0]

    def stubborn(*_: object) -> StudyResult:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.2)
        running[0] -= 1
        return core.result

    desk = Desk(core, tmp_path / "s.json")
    desk.controller.shut_down()
    services = replace(core.services(), analyse=stubborn)
    desk.controller = Controller(desk.state, services, desk.outbox, tmp_path / "s.json", lambda: None)
    desk.controller.start()
    desk.choose()
    desk.controller.upload()
    desk.until(lambda: running[0])
    desk.controller.cancel()
    desk.controller.upload()
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert most[0] == 1
    desk.controller.shut_down()


def test_a_message_of_another_job_changes_nothing(desk: Desk) -> None:
    desk.choose()
    stranger = Job("old", lambda _job: None, desk.outbox)
    desk.controller.handle(Reported(stranger, "Reading 1 of 2 files…"))
    assert desk.state.busy == ""


def test_a_run_that_fails_says_so_and_stays_at_the_chosen_study(desk: Desk) -> None:
    desk.choose()
    desk.core.analyse_error = Damaged("Slice 4 ends early.", "Copy it again.")
    desk.controller.upload()
    desk.until(lambda: desk.state.problem)
    assert desk.state.page is Page.CHOSEN
    assert desk.controller.can_upload()


def test_surgery_and_operating_point_reach_the_pipeline(desk: Desk) -> None:
    desk.choose()
    desk.controller.set_post_operative(True)
    desk.controller.set_settings(Settings(operating_point="sensitive"))
    desk.controller.upload()
    desk.until(lambda: desk.state.page is Page.RESULTS)
    assert desk.core.options[-1].post_operative
    assert desk.core.options[-1].choices.operating_point == "sensitive"


# Counting of levels


def test_shifting_counts_anew_and_keeps_the_view(desk: Desk) -> None:
    desk.grade()
    desk.controller.browser.select(desk.canal(Level.L4_L5))  # type: ignore[arg-type]
    panes = desk.state.panes
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    assert desk.state.finding is not None
    assert desk.state.finding.level is Level.L3_L4
    assert desk.state.panes is panes
    assert desk.state.page is Page.RESULTS


def test_the_other_way_leads_back_first(desk: Desk) -> None:
    desk.grade()
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    desk.controller.shift("down")
    desk.until(lambda: desk.state.numbering is None)
    assert [o.numbering for o in desk.core.options] == [None, "up", None]


def test_the_same_shift_twice_does_nothing_more(desk: Desk) -> None:
    desk.grade()
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    desk.controller.shift("up")
    assert not desk.state.busy
    assert len(desk.core.options) == 2


def test_a_cancelled_shift_leaves_the_result(desk: Desk) -> None:
    desk.grade()
    desk.core.hold = threading.Event()
    desk.controller.shift("up")
    desk.controller.cancel()
    assert desk.state.page is Page.RESULTS
    assert desk.state.numbering is None
    desk.core.hold.set()


# Looking around


def test_choosing_a_finding_goes_to_its_slice(desk: Desk) -> None:
    desk.grade()
    for finding in desk.state.result.assessed:  # type: ignore[union-attr]
        desk.controller.browser.select(finding.key)
        assert str(desk.active.source.path).endswith(finding.location.file)  # type: ignore[union-attr]


def test_scrolling_stops_at_the_ends(desk: Desk) -> None:
    desk.grade()
    browser = desk.controller.browser
    browser.step_slice(-1000)
    assert desk.state.panes.current.index == 0  # type: ignore[union-attr]
    browser.step_slice(1000)
    series = desk.state.series(desk.state.panes.current.series_id)  # type: ignore[union-attr]
    assert desk.state.panes.current.index == len(series.instances) - 1  # type: ignore[union-attr]


def test_next_to_check_goes_round(desk: Desk) -> None:
    desk.grade()
    flagged = [finding.key for finding in desk.state.result.to_check]  # type: ignore[union-attr]
    seen = []
    for _ in range(3):
        desk.controller.browser.next_to_check()
        seen.append(desk.state.selected)
    assert set(seen) == set(flagged)
    assert seen[0] == seen[2]
    desk.controller.mark("x")
    left = [key for key in flagged if key != seen[2]]
    for _ in range(2):
        desk.controller.browser.next_to_check()
        assert desk.state.selected in left, "what was said of one is not asked for again"


def test_each_series_keeps_its_own_look_until_reset(desk: Desk) -> None:
    desk.grade()
    browser = desk.controller.browser
    browser.look(window=Window(1, 2))
    assert [desk.look(slot).window for slot in Slot] == [Window(1, 2), None, None]
    browser.step_pane(1)
    browser.look(viewport=Viewport(5, 5, 2))
    browser.reset()
    assert [desk.look(slot) for slot in Slot] == [Look(window=Window(1, 2)), Look(), Look()]
    browser.step_pane(-1)
    browser.reset()
    assert desk.look(Slot.SAGITTAL_T2) == Look()


def test_inverting_and_hiding_marks_are_for_all_panes(desk: Desk) -> None:
    desk.grade()
    desk.controller.browser.invert()
    desk.controller.browser.hide_marks(True)
    desk.controller.browser.step_pane(1)
    assert desk.state.panes is not None
    assert (desk.state.panes.invert, desk.state.panes.marks_hidden) == (True, True)


def test_choosing_a_finding_moves_every_pane_to_its_place(desk: Desk) -> None:
    desk.grade()
    desk.controller.browser.select((FORAMEN, Side.RIGHT, None, Level.L3_L4))
    assert desk.indices() == slices_at(spot(FORAMEN, Level.L3_L4, Side.RIGHT).location())
    assert desk.indices()[Slot.SAGITTAL_T1] == spot(FORAMEN, Level.L3_L4, Side.RIGHT).index
    assert desk.state.panes.active is Slot.SAGITTAL_T1  # type: ignore[union-attr]
    desk.controller.browser.select(desk.canal(Level.L2_L3))  # type: ignore[arg-type]
    assert desk.indices() == {slot: spot(CANAL, Level.L2_L3, folder=folder).index for slot, folder in FOLDER_OF.items()}


def test_a_structure_that_was_not_assessed_moves_no_pane(desk: Desk) -> None:
    desk.grade()
    before = desk.state.panes
    desk.controller.browser.select(next(f.key for f in desk.state.result.findings if not f.assessed))  # type: ignore[union-attr]
    assert desk.state.panes is before


def test_evidence_takes_the_other_panes_along(desk: Desk) -> None:
    desk.grade()
    desk.controller.browser.select(desk.canal(Level.L4_L5))  # type: ignore[arg-type]
    desk.controller.browser.next_evidence()
    after = spot(CANAL, Level.L4_L5)
    assert desk.indices() == slices_at(after.location(1))
    assert desk.indices()[Slot.SAGITTAL_T2] == after.index + 1


def test_scrolling_moves_the_active_pane_alone(desk: Desk) -> None:
    desk.grade()
    before = desk.indices()
    desk.controller.browser.activate(Slot.AXIAL)
    desk.controller.browser.step_slice(2)
    assert desk.indices() == {**before, Slot.AXIAL: before[Slot.AXIAL] + 2}


# Marks, saving, leaving


def test_back_is_instant_when_nothing_was_edited_and_forgets_everything(desk: Desk) -> None:
    desk.grade()
    desk.controller.back()
    assert desk.state.page is Page.START
    assert (desk.state.study, desk.state.result, desk.state.panes, desk.state.selected) == (None, None, None, None)
    assert not desk.controller.can_upload()


def test_esc_answers_what_the_window_asks_with_what_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.mark("m")
    marked = desk.state.result
    desk.controller.back()
    desk.controller.cancel()
    assert (desk.state.page, desk.state.leaving, desk.state.result) == (Page.RESULTS, None, marked)
    desk.controller.saving.archive(tmp_path, False)
    assert desk.state.archive is not None
    desk.controller.cancel()
    assert desk.state.archive is None
    assert desk.core.archived == []


def test_back_asks_when_marks_are_unsaved(desk: Desk) -> None:
    desk.grade()
    desk.controller.mark("m")
    assert desk.state.finding.reader.grade is MODERATE  # type: ignore[union-attr]
    desk.controller.back()
    assert (desk.state.page, desk.state.leaving) == (Page.RESULTS, Leaving.BACK)
    desk.controller.stay()
    assert (desk.state.page, desk.state.leaving) == (Page.RESULTS, None)
    desk.controller.back()
    desk.controller.discard()
    assert desk.state.page is Page.START


def test_saving_while_leaving_leaves(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.mark("x")
    desk.controller.close()
    assert not desk.closed
    desk.controller.saving.save(tmp_path / "r.json", identity=False)
    desk.until(lambda: desk.closed)
    assert (tmp_path / "r.json").exists()


def test_a_new_study_over_unsaved_marks_waits_for_the_answer(desk: Desk) -> None:
    desk.grade()
    desk.controller.mark("x")
    desk.controller.choose([Path("other")])
    assert desk.state.leaving is Leaving.OPEN
    desk.controller.discard()
    desk.until(lambda: desk.state.page is Page.CHOSEN)
    assert desk.state.result is None


def test_a_report_that_cannot_be_saved_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.mark("m")
    desk.core.save_error = SavingError("The disk is full.", "Free some space.")
    desk.controller.saving.save(tmp_path / "r.pdf", identity=False)
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert desk.state.problem.title == "Not saved"
    assert desk.state.edited
    assert desk.state.page is Page.RESULTS
    desk.core.save_error = None
    desk.controller.saving.save(tmp_path / "r.pdf", identity=True)
    desk.until(lambda: desk.state.saved)
    assert not desk.state.edited
    assert desk.core.saved[-1][2]


def test_what_was_seen_is_what_a_pane_has_shown(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    first = desk.state.finding
    assert first is not None
    desk.until(lambda: first.key in desk.state.viewed)
    unseen = next(
        finding for finding in desk.state.result.findings  # type: ignore[union-attr]
        if finding.location is not None and finding.key not in desk.state.viewed
    )  # fmt: skip
    desk.controller.browser.select(unseen.key)
    desk.until(lambda: unseen.key in desk.state.viewed)
    desk.controller.saving.save(tmp_path / "r.json", identity=False)
    desk.until(lambda: desk.state.saved)
    assert desk.core.rendered[-1].findings != desk.state.result.findings  # type: ignore[union-attr]
    assert {finding.key for finding in desk.core.rendered[-1].findings if finding.viewed} == desk.state.viewed
    desk.controller.back()
    assert desk.state.viewed == frozenset()


def test_a_pane_that_is_covered_shows_nothing(desk: Desk) -> None:
    desk.grade()
    first = desk.state.finding
    assert first is not None
    desk.controller.browser.enlarge()
    desk.until(lambda: first.key in desk.state.viewed)
    before = desk.state.viewed
    recess = next(f for f in desk.state.result.findings if f.condition is RECESS and f.key not in before)  # type: ignore[union-attr]
    desk.controller.browser.select(recess.key)
    desk.until(lambda: recess.key in desk.state.viewed)
    assert {key for key in desk.state.viewed - before if key[0] is not RECESS} == set()


def test_a_late_answer_of_a_closed_case_says_nothing_in_the_next(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.looking.at_header()
    desk.controller.saving.save(tmp_path / "a.pdf", identity=False)
    saving = desk.controller.saving.is_going
    desk.controller.back()
    desk.core.study = a_study()
    desk.choose()
    desk.until(lambda: not desk.controller.saving.is_going)
    assert saving
    assert desk.state.saved is None
    assert desk.state.tags is None
    assert desk.state.page is Page.CHOSEN


def test_what_a_network_saw_goes_with_the_case(desk: Desk) -> None:
    desk.grade()
    desk.controller.looking.behind()
    desk.until(lambda: desk.state.evidence is not None)
    desk.controller.looking.close()
    assert desk.state.evidence is None
    desk.controller.looking.behind()
    looking = desk.controller.looking._job
    desk.controller.back()
    assert looking is not None
    looking.wait(5.0)
    desk.choose()
    assert desk.state.evidence is None
    assert not desk.controller._tasks._behind


def test_while_the_levels_are_counted_anew_no_mark_is_taken(desk: Desk) -> None:
    desk.grade()
    desk.core.hold = threading.Event()
    desk.controller.shift("up")
    desk.controller.mark("x")
    desk.controller.agree()
    assert marks(desk) == []
    desk.core.hold.set()
    desk.until(lambda: desk.state.numbering == "up")


@pytest.fixture
def blind(tmp_path: Path) -> Iterator[Desk]:
    """A graded case of which no picture can be decoded."""
    core = FakeCore()
    desk = Desk(core, tmp_path / "settings.json")
    desk.controller.shut_down()
    services = replace(core.services(), open_reader=BrokenReader)
    desk.state = State()
    desk.controller = Controller(desk.state, services, desk.outbox, tmp_path / "settings.json", lambda: None)
    desk.controller.start()
    desk.grade()
    desk.until(lambda: desk.state.broken)
    yield desk
    desk.controller.shut_down()


def test_a_slice_that_cannot_be_decoded_was_not_seen(blind: Desk) -> None:
    assert blind.state.viewed == frozenset()


@pytest.mark.parametrize("how", ["Enter", "its own letter"])
def test_what_was_not_on_the_screen_is_not_confirmed_but_another_grade_can_be_given(blind: Desk, how: str) -> None:
    assert blind.state.finding is not None
    assert blind.state.finding.grade is Severity.SEVERE
    if how == "Enter":
        blind.controller.agree()
    else:
        blind.controller.mark("s")
    assert marks(blind) == []
    assert blind.state.problem is not None
    assert blind.state.problem.title == "Not confirmed"
    blind.controller.mark("m")
    assert marks(blind) == ["changed"]


def test_unreviewed_findings_go_to_the_archive_only_after_a_second_word(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.saving.archive(tmp_path, identity=False)
    assert desk.state.archive == Archive(tmp_path, False)
    desk.controller.saving.refuse_archive()
    assert desk.state.archive is None
    assert desk.core.archived == []
    desk.controller.saving.archive(tmp_path, identity=True)
    desk.controller.saving.confirm_archive()
    desk.until(lambda: desk.state.saved == tmp_path)
    ((folder, result, identity),) = desk.core.archived
    assert (folder, identity) == (tmp_path, True)
    assert desk.state.told == f"DICOM objects written to “{tmp_path.name}”"
    assert {finding.key for finding in result.findings if finding.viewed} <= desk.state.viewed
    assert not desk.state.busy


def test_reviewed_findings_go_to_the_archive_at_once(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    assert desk.state.result is not None
    for finding in desk.state.result.findings:
        desk.controller.browser.select(finding.key)
        desk.controller.mark("x")
        desk.until(lambda finding=finding: finding.location is None or finding.key in desk.state.viewed)
    desk.controller.saving.archive(tmp_path, identity=False)
    assert desk.state.archive is None
    desk.until(lambda: desk.state.saved == tmp_path)
    assert desk.state.edited, "the archive's objects are no report that can be opened again"


def test_what_was_marked_unseen_is_asked_about_before_it_goes_to_the_archive(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    assert desk.state.result is not None
    for finding in desk.state.result.findings:
        desk.state.change(selected=finding.key)  # without going to its slice
        desk.controller.mark("x")
    desk.controller.saving.archive(tmp_path, identity=False)
    assert desk.state.archive is not None
    unseen = [each for each in desk.state.result.findings if each.location and each.key not in desk.state.viewed]
    assert desk.state.unconfirmed == len(unseen) > 0


def test_what_was_agreed_with_before_a_crash_was_seen(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    assert desk.state.result is not None
    finding = next(each for each in desk.state.result.findings if each.assessed and each.condition is RECESS)
    desk.controller.browser.select(finding.key)
    desk.until(lambda: finding.key in desk.state.viewed)
    desk.controller.agree()
    after_crash = Desk(FakeCore(), tmp_path / "settings.json")
    after_crash.grade()
    assert finding.key in after_crash.state.viewed
    after_crash.controller.shut_down()


def test_a_remark_counts_as_saved_once_an_archive_s_pages_have_it(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.remark.write("Sciatica.")
    desk.controller.saving.archive(tmp_path / "pacs", identity=False)
    desk.controller.saving.confirm_archive()
    assert desk.state.unsaved
    desk.until(lambda: desk.state.saved)
    assert not desk.state.unsaved
    desk.controller.remark.write("Sciatica on the right.")
    assert desk.state.unsaved


def test_an_archive_that_cannot_be_written_is_said(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.core.save_error = SavingError("The disk is full.", "Free some space.")
    desk.controller.saving.archive(tmp_path, identity=False)
    desk.controller.saving.confirm_archive()
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert desk.state.problem.title == "Not saved"


def marks(desk: Desk) -> list[str]:
    assert desk.state.result is not None
    return [finding.reader.status for finding in desk.state.result.findings if finding.reader is not None]


def test_marks_are_taken_back_and_done_again(desk: Desk) -> None:
    desk.grade()
    desk.controller.marking.undo()
    assert marks(desk) == [], "there is nothing to take back"
    desk.controller.mark("x")
    desk.controller.browser.select(desk.canal(Level.L1_L2))
    desk.controller.mark("s")
    assert len(marks(desk)) == 2
    desk.controller.marking.undo()
    assert marks(desk) == ["cannot_judge"]
    assert desk.state.edited
    desk.controller.marking.undo()
    assert not desk.state.edited, "as it was graded"
    desk.controller.marking.redo()
    desk.controller.marking.redo()
    desk.controller.marking.redo()
    assert len(marks(desk)) == 2
    desk.controller.marking.undo()
    desk.controller.mark("n")
    desk.controller.marking.redo()
    assert len(marks(desk)) == 2, "what was taken back before a new mark is gone"


def lengths(desk: Desk) -> list[float]:
    assert desk.state.panes is not None
    return [measure.points[0][0] for measure in desk.state.panes.measures]


def draw(desk: Desk, row: float) -> None:
    browser = desk.controller.browser
    browser.measure(Tool.LENGTH)
    browser.place((row, 10.0))
    browser.hover((row, 20.0))
    browser.place((row, 30.0))
    browser.end()


def test_drawings_are_taken_back_in_their_turn_with_the_marks(desk: Desk) -> None:
    desk.grade()
    draw(desk, 50.0)
    desk.controller.mark("x")
    draw(desk, 60.0)
    desk.controller.browser.remove_measure()
    assert lengths(desk) == [50.0]
    seen = []
    for _ in range(5):
        desk.controller.marking.undo()
        seen.append((lengths(desk), marks(desk)))
    assert seen == [
        ([50.0, 60.0], ["cannot_judge"]), ([50.0], ["cannot_judge"]), ([50.0], []), ([], []), ([], [])
    ]  # fmt: skip
    assert not desk.state.edited
    for _ in range(5):
        desk.controller.marking.redo()
    assert (lengths(desk), marks(desk)) == ([50.0], ["cannot_judge"])
    desk.controller.browser.step_slice(1)
    desk.controller.browser.invert()
    desk.controller.marking.undo()
    assert lengths(desk) == [50.0, 60.0], "looking elsewhere is no step"


def test_drawings_of_a_case_are_not_brought_back_in_the_next(desk: Desk) -> None:
    desk.grade()
    draw(desk, 50.0)
    desk.controller.back()
    desk.grade()
    desk.controller.marking.undo()
    assert lengths(desk) == []


def test_a_counting_is_taken_back_with_its_findings(desk: Desk) -> None:
    desk.grade()
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    desk.controller.marking.undo()
    assert desk.state.numbering is None
    assert desk.state.result == desk.core.result
    assert not desk.state.edited
    desk.controller.marking.redo()
    assert desk.state.numbering == "up"
    assert not desk.state.edited, "a counting alone is no mark"


def test_the_chosen_structure_stays_chosen_when_a_counting_is_taken_back(desk: Desk) -> None:
    desk.grade()
    l4_l5, l3_l4 = desk.canal(Level.L4_L5), desk.canal(Level.L3_L4)
    desk.controller.browser.select(l4_l5)
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    assert desk.state.selected == l3_l4
    desk.controller.marking.undo()
    assert desk.state.selected == l4_l5
    desk.controller.marking.redo()
    assert desk.state.selected == l3_l4


def test_where_a_counting_has_not_the_chosen_structure_the_pictures_go_to_its_namesake(desk: Desk) -> None:
    desk.grade()
    desk.controller.browser.select((RECESS, Side.LEFT, None, Level.L1_L2))
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    finding, panes = desk.state.finding, desk.state.panes
    assert desk.state.study is not None
    assert finding is not None
    assert finding.location is not None
    assert panes is not None
    assert finding.level is Level.L1_L2
    found = find_instance(desk.state.study, finding.location)
    assert found is not None
    assert panes.shown[Slot.AXIAL].index == found[1]


def test_marks_survive_a_crash(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.mark("x")
    after_crash = Desk(FakeCore(), tmp_path / "settings.json")
    after_crash.grade()
    assert marks(after_crash) == ["cannot_judge"]
    assert after_crash.state.edited
    assert after_crash.state.problem is not None
    assert after_crash.state.problem.title == "Your marks are back"
    after_crash.controller.marking.undo()
    assert marks(after_crash) == []
    after_crash.controller.shut_down()


def test_marks_on_a_counting_of_the_user_s_survive_a_crash_with_it(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    desk.controller.mark("x")
    after_crash = Desk(FakeCore(), tmp_path / "settings.json")
    after_crash.grade()
    after_crash.until(lambda: after_crash.state.numbering == "up")
    assert marks(after_crash) == ["cannot_judge"]
    after_crash.controller.shut_down()


@pytest.mark.parametrize("how", ["saved", "discarded", "taken back"])
def test_marks_that_are_saved_or_not_wanted_do_not_come_back(desk: Desk, tmp_path: Path, how: str) -> None:
    desk.grade()
    desk.controller.mark("x")
    assert list((tmp_path / "unsaved").iterdir())
    if how == "saved":
        desk.controller.saving.save(tmp_path / "r.pdf", identity=False)
        desk.until(lambda: desk.state.saved)
    elif how == "discarded":
        desk.controller.back()
        desk.controller.discard()
    else:
        desk.controller.marking.undo()
    assert not list((tmp_path / "unsaved").iterdir())


def test_settings_are_kept(desk: Desk, tmp_path: Path) -> None:
    desk.controller.set_settings(Settings(theme="light"))
    assert read_settings(tmp_path / "settings.json").theme == "light"


def test_a_lone_picture_goes_the_same_way(desk: Desk) -> None:
    desk.core.study, desk.core.result = a_picture_study(), a_placed_picture_result()
    desk.grade()
    assert desk.active is desk.core.study.series[0].instances[0]
