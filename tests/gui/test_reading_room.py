"""Blind reading in the window: by keyboard, with nothing of the program's grades anywhere until the plan shows them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lumbar_core.agreement.plan import Reveal
from lumbar_core.agreement.readings import read_judgements
from lumbar_core.anatomy import STUDY_TARGETS, Severity
from lumbar_gui.__main__ import parse
from lumbar_gui.state import Page
from lumbar_gui.worklist import Status
from tests.gui.conftest import Driver
from tests.gui.fakes import FakeCore
from tests.gui.plans import some_studies, write_plan

Enter = Callable[..., Driver]


@pytest.fixture
def enter(driver: Driver, core: FakeCore, tmp_path: Path) -> Iterator[Enter]:
    """The window as reader R1 of a plan over three studies, the first of them open."""

    def enter_(**choices: object) -> Driver:
        core.study = some_studies()
        path, _ = write_plan(tmp_path, **choices)
        driver.controller.room.enter(path, "R1", [tmp_path])
        driver.until(lambda: driver.state.room is not None)
        driver.controller.open_case(0)
        driver.until(lambda: driver.state.page is Page.RESULTS and not driver.state.busy)
        driver.settle()
        return driver

    return enter_  # type: ignore[return-value]


def words_in(widget: tk.Misc) -> Iterator[str]:
    """Every word that a widget and all below it show, canvases too."""
    for child in widget.winfo_children():
        if child.winfo_ismapped():
            if isinstance(child, tk.Canvas):
                texts = [item for item in child.find_all() if child.type(item) == "text"]
                yield from (str(child.itemcget(item, "text")) for item in texts)
            elif "text" in child.keys():  # noqa: SIM118 - a widget is no dict
                yield str(child["text"])
        yield from words_in(child)


def colours_in(canvas: tk.Canvas) -> set[str]:
    return {str(canvas.itemcget(item, "fill")) for item in canvas.find_all() if canvas.type(item) != "image"}


def grade_all(driver: Driver, key: str = "m") -> None:
    for _ in STUDY_TARGETS:
        driver.press(key)


def test_a_study_is_read_by_keyboard_alone_and_each_key_is_on_the_disk(enter: Enter, tmp_path: Path) -> None:
    driver = enter()
    driver.window.results.grid_of_grades.focus_force()
    for key in "nmsx":
        driver.press(key)
    told = read_judgements([tmp_path / "plan-R1.jsonl"])
    assert [(each.target, each.letter) for each in told] == list(zip(STUDY_TARGETS[:4], "NMSX", strict=True))
    assert driver.state.finding is not None
    assert driver.state.finding.key == driver.state.result.findings[4].key  # type: ignore[union-attr]
    assert not driver.state.edited


def test_the_slices_follow_from_structure_to_structure(enter: Enter) -> None:
    driver = enter()
    seen = []
    for _ in range(12):
        finding, panes = driver.state.finding, driver.state.panes
        assert finding is not None
        assert panes is not None
        if finding.location is not None:
            seen.append((finding.location.series, panes.current.series_id))
        driver.press("n")
    assert len(seen) > 8
    assert all(wanted == shown for wanted, shown in seen)


def test_nothing_of_the_program_s_grades_shows_while_blind(enter: Enter, core: FakeCore) -> None:
    """The made-up study is full of Severe and Moderate, flagged and uncertain."""
    assert {each.grade for each in core.result.findings} >= {Severity.SEVERE, Severity.MODERATE}
    driver = enter()
    results, look = driver.window.results, driver.window.look
    own = {"Normal/Mild", "Moderate", "Severe", "N/M", "Mod.", "Sev."}  # the grid's legend and the panel's scale
    shown = [words for words in words_in(driver.root) if words]
    graded = [words for words in shown if words in own]
    assert len(graded) == 3, graded  # the legend alone
    others = [words for words in shown if words not in own and not words.startswith("N no or mild")]
    assert not [words for words in others if "%" in words or "Check" in words or "sever" in words.lower()]
    assert not any("MUSTER" in words or "P-" in words for words in shown)
    for pane in results.pictures._panes.values():
        assert not colours_in(pane.canvas) & {look.palette.severe, look.palette.moderate}
    for key in ("v", "period", "bracketleft", "Control-z", "Control-e", "Control-i", "Return", "Control-Return"):
        driver.press(key)
    driver.settle()
    assert (driver.state.evidence, driver.state.tags, driver.state.earlier) == (None, None, None)
    assert driver.state.result is not None
    assert all(each.grade is None and each.reader is None for each in driver.state.result.findings)


def test_nothing_can_be_saved_copied_or_archived_while_blind(
    enter: Enter, core: FakeCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = enter()
    monkeypatch.setattr(driver.application.prompts, "save_path", lambda _suggested: tmp_path / "result.json")
    driver.root.clipboard_clear()
    driver.root.clipboard_append("before")
    driver.press("Control-s")
    driver.press("Control-Shift-C")
    driver.press("Control-p")
    driver.controller.saving.save(tmp_path / "result.json", identity=True)
    driver.controller.saving.archive(tmp_path, identity=True)
    driver.settle()
    assert (core.saved, core.archived, driver.state.archive) == ([], [], None)
    assert driver.root.clipboard_get() == "before"
    assert not driver.window.results.save.winfo_ismapped()
    assert not driver.window.results.print.winfo_ismapped()
    assert not driver.window.results.remark_card.winfo_ismapped()
    assert not driver.controller.outgoing.can_copy()
    assert (driver.state.told, core.printed) == ("", [])


def test_the_differences_show_once_the_study_is_read(enter: Enter) -> None:
    driver = enter(reveal=Reveal.AFTER_STUDY)
    grade_all(driver)
    assert driver.state.room is not None
    assert driver.state.room.revealed
    headline = str(driver.window.results.headline["text"])
    assert "you and the program differ at" in headline
    assert any("The program said" in words for words in words_in(driver.root))
    before = driver.state.result
    driver.press("s")
    assert driver.state.result == before


def test_at_the_end_means_after_the_last_study(enter: Enter) -> None:
    driver = enter(reveal=Reveal.AT_END)
    for number in range(3):
        grade_all(driver)
        room = driver.state.room
        assert room is not None
        assert room.revealed is (number == 2)
        if number < 2:
            driver.press("Control-Next")
            driver.until(lambda: driver.state.page is Page.RESULTS and driver.state.room.graded == 0)  # type: ignore[union-attr]
    driver.controller.back()
    driver.settle()
    assert driver.state.page is Page.START
    assert [case.status for case in driver.state.worklist.cases] == [Status.READ] * 3  # type: ignore[union-attr]
    assert any("Everything is read" in words for words in words_in(driver.root))


def test_a_pause_covers_the_pictures(enter: Enter) -> None:
    driver = enter()
    driver.press("p")
    driver.settle()
    cover, pictures = driver.window.results.cover, driver.window.results.pictures
    assert cover.winfo_ismapped()
    assert (cover.winfo_width(), cover.winfo_height()) == (pictures.winfo_width(), pictures.winfo_height())
    driver.press("n")
    assert driver.state.room is not None
    assert driver.state.room.graded == 0
    driver.press("p")
    driver.settle()
    assert not driver.state.room.paused
    assert not cover.winfo_ismapped()


def test_the_list_calls_studies_by_their_labels(enter: Enter) -> None:
    driver = enter()
    driver.controller.back()
    driver.settle()
    assert driver.state.page is Page.START
    shown = list(words_in(driver.root))
    assert {"S01", "S02", "S03"} <= set(shown)
    assert any("Reader R1: 0 of 3 read" in words for words in shown)
    assert not any("P-" in words or "MUSTER" in words for words in shown)


def test_what_was_read_before_is_there_again(enter: Enter, tmp_path: Path) -> None:
    driver = enter()
    for key in "nms":
        driver.press(key)
    driver.controller.close_worklist()
    driver.controller.back()
    driver.controller.room.enter(tmp_path / "plan.json", "R1", [tmp_path])
    driver.until(lambda: driver.state.room is not None)
    driver.controller.open_case(0)
    driver.until(lambda: driver.state.page is Page.RESULTS and not driver.state.busy)
    assert driver.state.room is not None
    assert driver.state.room.graded == 3


def test_another_study_ends_the_reading(enter: Enter, core: FakeCore) -> None:
    driver = enter()
    core.study = some_studies()[0]
    driver.controller.choose([Path("elsewhere")])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    assert (driver.state.room, driver.state.worklist) == (None, None)
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS)
    driver.settle()
    assert driver.window.results.save.winfo_ismapped()
    assert driver.window.results.remark_card.winfo_manager()
    assert any(each.grade is Severity.SEVERE for each in driver.state.result.findings)  # type: ignore[union-attr]


def test_a_wrong_plan_is_said_in_place(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    driver.controller.room.enter(tmp_path / "plan.json", "R1", [tmp_path])
    assert driver.state.problem is not None
    assert "no reading plan" in driver.state.problem.finding
    assert "PNG" not in driver.state.problem.remedy, "it is no picture that is wanted"
    assert driver.controller.room.readers_of(tmp_path / "plan.json") == ()


def test_a_plan_and_its_reader_are_named_on_the_command_line() -> None:
    assert parse(["a", "b"]) == ([Path("a"), Path("b")], None)
    assert parse(["a", "--plan", "p.json", "--reader", "R1"]) == ([Path("a")], (Path("p.json"), "R1"))
    assert parse(["-psn_0_1"]) == ([Path("-psn_0_1")], None)
    for wrong in (["a", "--plan", "p.json"], ["a", "--reader", "R1"], ["--plan", "p.json", "--reader", "R1"]):
        with pytest.raises(SystemExit):
            parse(wrong)
