"""Copies without identity and printed reports, asked for at the controller and in the window."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lumbar_core.dicom_out.deidentify import Exported
from lumbar_core.errors import PrintingError, SavingError
from lumbar_core.report.printing import Handed
from lumbar_gui import problems
from lumbar_gui.state import Page
from tests.gui.conftest import Driver
from tests.gui.fakes import FakeCore, a_picture_study
from tests.gui.test_controller import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(FakeCore(), tmp_path / "settings.json")
    yield desk
    desk.controller.shut_down()


def test_a_copy_says_where_it_is_and_what_is_not_in_it(desk: Desk, tmp_path: Path) -> None:
    desk.choose()
    desk.controller.outgoing.copy(tmp_path)
    assert desk.state.busy
    desk.until(lambda: desk.state.problem)
    assert desk.core.copied == [tmp_path]
    assert desk.state.problem is not None
    assert desk.state.problem.title == "Copied without identity"
    assert "study-x1" in desk.state.problem.finding
    assert "1 file was left out" in desk.state.problem.remedy
    assert "scan_0031.dcm" in desk.state.problem.details
    assert not desk.state.busy


def test_one_file_is_one_file(tmp_path: Path) -> None:
    assert "1 file is in" in problems.copied(Exported(tmp_path / "study-x1", 1, (), ())).finding
    assert problems.studies_missing(["S02"]).finding.startswith("1 is missing: S02.")


def test_a_picture_is_saved_under_no_other_name_than_its_own_kinds(desk: Desk, tmp_path: Path) -> None:
    desk.controller.outgoing.save_picture(tmp_path / "key.jpg", b"png")
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert ".png" in desk.state.problem.remedy
    assert not list(tmp_path.glob("*.jpg"))


def test_a_copy_is_cancelled_like_everything(desk: Desk, tmp_path: Path) -> None:
    desk.core.hold_copy = threading.Event()
    desk.choose()
    desk.controller.outgoing.copy(tmp_path)
    desk.until(lambda: "1 of 2" in desk.state.busy)
    assert not desk.controller.outgoing.can_copy(), "one at a time"
    assert not desk.controller.can_upload()
    desk.controller.cancel()
    desk.until(lambda: not desk.state.busy)
    assert desk.core.copied == []
    assert desk.state.problem is None
    assert desk.state.page is Page.CHOSEN


def test_going_back_ends_a_copy(desk: Desk, tmp_path: Path) -> None:
    desk.core.hold_copy = threading.Event()
    desk.choose()
    desk.controller.outgoing.copy(tmp_path)
    desk.controller.back()
    desk.until(lambda: not desk.state.busy)
    assert desk.core.copied == []


def test_another_examination_ends_a_copy_and_nothing_else_begins_while_it_is_read(desk: Desk, tmp_path: Path) -> None:
    desk.core.hold_copy, desk.core.hold_reading = threading.Event(), threading.Event()
    desk.core.hold_reading.set()
    desk.choose()
    desk.controller.outgoing.copy(tmp_path)
    desk.until(lambda: "1 of 2" in desk.state.busy)
    desk.core.hold_reading.clear()
    desk.controller.choose([Path("another")])
    desk.until(lambda: "copy" not in [thread.name for thread in threading.enumerate()] and desk.outbox.empty())
    assert "Reading" in desk.state.busy
    assert not desk.controller.can_upload(), "what is open is about to be replaced"
    desk.core.hold_reading.set()
    desk.until(lambda: not desk.state.busy)
    assert desk.core.copied == []


def test_closing_the_program_clears_a_copy_away(desk: Desk, tmp_path: Path) -> None:
    desk.core.hold_copy = threading.Event()
    desk.choose()
    desk.controller.outgoing.copy(tmp_path)
    desk.controller.shut_down()
    assert "copy" not in [thread.name for thread in threading.enumerate()]
    assert desk.core.copied == []


class SlowPrinter(FakeCore):
    """One that takes its time."""

    def _print(self, pdf: bytes) -> Handed:
        time.sleep(0.2)
        return super()._print(pdf)


def test_closing_the_program_still_prints(tmp_path: Path) -> None:
    desk = Desk(SlowPrinter(), tmp_path / "settings.json")
    desk.grade()
    desk.controller.outgoing.print(False)
    desk.until(lambda: desk.core.rendered)
    desk.controller.shut_down()
    assert len(desk.core.printed) == 1


def test_a_copy_that_cannot_be_written_is_said(desk: Desk, tmp_path: Path) -> None:
    desk.choose()
    desk.core.save_error = SavingError("The disk is full.", "Free some space.")
    desk.controller.outgoing.copy(tmp_path)
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert desk.state.problem.title == "Not saved"


def test_a_picture_has_no_identity_to_remove(desk: Desk, tmp_path: Path) -> None:
    desk.core.study = a_picture_study()
    desk.choose()
    assert not desk.controller.outgoing.can_copy()
    desk.controller.outgoing.copy(tmp_path)
    assert not desk.state.busy


@pytest.mark.parametrize("identity", [False, True])
def test_what_is_printed_is_what_would_be_saved(desk: Desk, identity: bool, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.outgoing.print(identity)
    desk.until(lambda: desk.state.told)
    assert desk.state.told == "Handed to the printer"
    assert desk.core.printed == [f".pdf {identity} 25".encode()]
    desk.controller.saving.save(tmp_path / "report.pdf", identity)
    desk.until(lambda: desk.core.saved)
    printed, saved = desk.core.rendered
    assert [finding.grade for finding in printed.findings] == [finding.grade for finding in saved.findings]
    assert not desk.state.told, "the latest word is about what was saved"


def test_the_archive_s_folder_is_the_latest_word_after_printing(desk: Desk, tmp_path: Path) -> None:
    desk.grade()
    desk.controller.outgoing.print(False)
    desk.until(lambda: desk.state.told)
    desk.controller.saving.archive(tmp_path, False)
    desk.controller.saving.confirm_archive()
    desk.until(lambda: desk.state.saved)
    assert desk.state.told == f"DICOM objects written to “{tmp_path.name}”"


def test_a_printer_that_refuses_is_said(desk: Desk) -> None:
    desk.grade()
    desk.core.print_error = PrintingError("Nothing was printed: no default destination.", "Check the printer.")
    desk.controller.outgoing.print(False)
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert (desk.state.problem.title, desk.state.problem.remedy) == ("Not printed", "Check the printer.")


def test_printing_is_no_saving(desk: Desk) -> None:
    desk.grade()
    desk.controller.mark("x")
    desk.controller.outgoing.print(False)
    desk.until(lambda: desk.state.told)
    assert desk.state.edited


def test_in_the_window_control_p_prints_and_the_box_says_with_what(driver: Driver, core: FakeCore) -> None:
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.press("Control-p")
    driver.settle()
    assert core.printed == [], "there is nothing to print yet"
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS and not driver.state.busy)
    driver.press("Control-p")
    driver.until(lambda: core.printed)
    driver.until(lambda: driver.state.told)


def test_in_the_window_a_copy_is_asked_for_by_button_and_key(
    driver: Driver, core: FakeCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = driver.window.pages[Page.CHOSEN]
    monkeypatch.setattr(page.tools.prompts, "copy_folder", lambda: tmp_path)
    driver.controller.choose([Path("study")])
    driver.until(lambda: driver.state.page is Page.CHOSEN and not driver.state.busy)
    page.copy.invoke()  # type: ignore[attr-defined]
    driver.until(lambda: core.copied == [tmp_path] and driver.state.problem)
    driver.press("Control-Shift-S")
    driver.until(lambda: core.copied == [tmp_path, tmp_path])
