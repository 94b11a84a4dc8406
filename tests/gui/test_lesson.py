"""Looking together at what readers disagree on: at the slice, with what each said and the examples beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbar_core.agreement.readings import LETTERS, Arm, Judgement, to_lines
from lumbar_core.agreement.report import build_report
from lumbar_core.agreement.to_json import render_json
from lumbar_core.anatomy import STUDY_TARGETS
from lumbar_core.errors import ReadingError, Refused, WrongFormat
from lumbar_gui.__main__ import parse
from lumbar_gui.blind import target_of
from lumbar_gui.lesson import Lesson
from lumbar_gui.state import Page
from tests.gui.conftest import Driver
from tests.gui.fakes import FakeCore
from tests.gui.plans import some_studies, write_plan
from tests.gui.test_reading_room import words_in


def write_report(folder: Path, first: str = "NNNNNSN", second: str = "NNNNMNN") -> Path:
    """Two readers of study S01 who differ at two structures: by one grade, and by two."""
    judgements = [
        Judgement(Arm(reader, 1, False), "S01", target, LETTERS[letter])
        for reader, letters in (("R1", first), ("R2", second))
        for target, letter in zip(STUDY_TARGETS, letters, strict=False)
    ]
    path = folder / "agreement.json"
    path.write_bytes(render_json(build_report(judgements)))
    return path


def test_each_opens_at_its_slice_with_what_everyone_said(driver: Driver, core: FakeCore, tmp_path: Path) -> None:
    core.study = some_studies()
    plan, _ = write_plan(tmp_path)
    driver.controller.room.look_together(plan, write_report(tmp_path), [tmp_path])
    driver.until(lambda: driver.state.worklist is not None)
    driver.settle()
    shown = list(words_in(driver.root))
    assert "Look at together: 2 structures" in shown
    assert "S01, right foramen at L1/L2" in shown
    driver.controller.open_case(0)
    driver.until(lambda: driver.state.page is Page.RESULTS and not driver.state.busy)
    driver.settle()
    finding, panes = driver.state.finding, driver.state.panes
    assert finding is not None
    assert panes is not None
    assert target_of(finding) == STUDY_TARGETS[5]
    assert finding.location is not None
    assert panes.current.series_id == finding.location.series
    shown = list(words_in(driver.root))
    assert any("R1 Severe, R2 Normal/Mild" in words for words in shown)
    assert "The three grades on generated patients" in shown
    assert any("%" in words for words in shown)  # the program's distribution
    assert not any("MUSTER" in words or "P-" in words for words in shown)
    driver.press("Control-Next")
    driver.until(lambda: driver.state.lesson is not None and driver.state.lesson.target == STUDY_TARGETS[4])


def test_nothing_is_changed_or_saved_while_looking_together(driver: Driver, core: FakeCore, tmp_path: Path) -> None:
    core.study = some_studies()
    plan, _ = write_plan(tmp_path)
    driver.controller.room.look_together(plan, write_report(tmp_path), [tmp_path])
    driver.until(lambda: driver.state.worklist is not None)
    driver.controller.open_case(0)
    driver.until(lambda: driver.state.page is Page.RESULTS and not driver.state.busy)
    before = driver.state.result
    for key in ("n", "s", "x", "Return", "bracketleft", "Control-z", "Control-i"):
        driver.press(key)
    driver.controller.saving.save(tmp_path / "result.json", identity=True)
    driver.settle()
    assert (driver.state.result, driver.state.edited, core.saved) == (before, False, [])
    driver.controller.back()
    assert driver.state.lesson is None
    driver.controller.close_worklist()
    core.study = some_studies()[0]
    driver.controller.choose([tmp_path])
    driver.until(lambda: driver.state.page is Page.CHOSEN)
    driver.controller.upload()
    driver.until(lambda: driver.state.page is Page.RESULTS)
    driver.settle()
    assert driver.window.results.save.winfo_ismapped()
    assert not any("What the readers said" in words for words in words_in(driver.root))


def test_what_cannot_be_used_says_so(tmp_path: Path) -> None:
    plan, _ = write_plan(tmp_path)
    with pytest.raises(ReadingError, match="cannot be read"):
        Lesson(plan, tmp_path / "none.json")
    with pytest.raises(WrongFormat):
        Lesson(plan, plan)
    lesson = Lesson(plan, write_report(tmp_path))
    with pytest.raises(Refused, match="None of the disputed"):
        lesson.take(some_studies(5)[4:])
    assert lesson.missing == ("S01",)
    with pytest.raises(Refused, match="disagree on nothing"):
        Lesson(plan, write_report(tmp_path, "NNN", "NNN")).take(some_studies())


def test_the_report_is_named_on_the_command_line() -> None:
    wanted = (Path("p.json"), Path("agreement.json"))
    assert parse(["a", "--plan", "p.json", "--together", "agreement.json"]) == ([Path("a")], wanted)
    for wrong in (["a", "--together", "r.json"], ["a", "--plan", "p", "--together", "r", "--reader", "R1"]):
        with pytest.raises(SystemExit):
            parse(wrong)


def test_the_report_is_written_from_the_window(driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for reader, letter in (("R1", "N"), ("R2", "M")):
        files.append(tmp_path / f"{reader}.jsonl")
        told = [Judgement(Arm(reader, 1, False), "S01", target, LETTERS[letter]) for target in STUDY_TARGETS]
        files[-1].write_bytes(to_lines(told))
    monkeypatch.setattr(driver.application.prompts, "readings", lambda: tuple(files))
    monkeypatch.setattr(driver.application.prompts, "report_folder", lambda: tmp_path / "report")
    driver.window.start.report_agreement()
    driver.until(lambda: driver.state.told)
    assert (tmp_path / "report" / "agreement.html").is_file()
    assert "agreement.html" in driver.state.told
    files[0].write_bytes(b"{}\n")
    driver.window.start.report_agreement()
    driver.until(lambda: driver.state.problem)
    assert "holds no readings" in driver.state.problem.finding  # type: ignore[union-attr]
