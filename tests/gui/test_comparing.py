"""A result beside an earlier one of the same patient: said in the window and in what is saved, gone with the case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.anatomy import Severity
from lumbar_core.report.result import StudyResult
from lumbar_core.report.to_json import render_json
from tests.gui.conftest import Driver
from tests.gui.fakes import FakeCore, a_placed_result
from tests.gui.test_controller import Desk
from tests.gui.test_large_scale import graded


def milder() -> StudyResult:
    """The case as it was graded earlier, when nothing was narrow."""
    result = a_placed_result()
    normal = tuple(
        replace(each, grade=Severity.NORMAL_MILD, probabilities=(0.98, 0.01, 0.01)) if each.assessed else each
        for each in result.findings
    )
    program = replace(result.program, started_at="2026-03-01T10:00:00+00:00")
    return replace(result, findings=normal, program=program, study_key="fedcba9876543210")


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    path = tmp_path / "earlier.json"
    path.write_bytes(render_json(milder()))
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(FakeCore(), tmp_path / "settings.json")
    desk.grade()
    yield desk
    desk.controller.shut_down()


def test_what_has_changed_is_said_and_saved(desk: Desk, earlier: Path, tmp_path: Path) -> None:
    desk.controller.looking.compare_with(earlier)
    desk.until(lambda: desk.state.comparison)
    comparison = desk.state.comparison
    assert comparison is not None
    assert any("graver, Normal/Mild then and Severe now" in sentence for sentence in comparison.sentences)
    desk.controller.saving.save(tmp_path / "r.pdf", identity=False)
    desk.until(lambda: desk.state.saved)
    assert desk.core.rendered[-1].compared == comparison
    assert not desk.state.edited


def test_it_follows_another_counting(desk: Desk, earlier: Path) -> None:
    desk.controller.looking.compare_with(earlier)
    desk.until(lambda: desk.state.comparison)
    desk.controller.shift("up")
    desk.until(lambda: desk.state.numbering == "up")
    assert desk.state.comparison is not None
    assert desk.state.comparison.sentences == ()
    assert desk.state.comparison.not_comparable == ("the levels were counted differently",)


def test_another_patient_is_refused(desk: Desk, tmp_path: Path) -> None:
    other = replace(milder(), identity=replace(milder().identity, patient_id="somebody else"))
    path = tmp_path / "other.json"
    path.write_bytes(render_json(other, identity=True))
    result = desk.state.result
    assert result is not None
    desk.state.change(result=replace(result, identity=replace(result.identity, patient_id="this one")))
    desk.controller.looking.compare_with(path)
    desk.until(lambda: desk.state.problem)
    assert desk.state.problem is not None
    assert "another patient" in desk.state.problem.finding
    assert desk.state.comparison is None


def test_what_is_no_result_is_refused_in_place(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text("[]", encoding="utf-8")
    desk.controller.looking.compare_with(path)
    desk.until(lambda: desk.state.problem)
    assert desk.state.comparison is None


def test_nothing_of_it_stays_for_the_next_case(desk: Desk, earlier: Path) -> None:
    desk.controller.looking.compare_with(earlier)
    desk.until(lambda: desk.state.comparison)
    desk.controller.back()
    assert desk.state.earlier is None
    desk.grade()
    assert desk.state.comparison is None


@pytest.mark.gui
def test_the_window_asks_for_the_file_and_shows_the_change(driver: Driver, earlier: Path) -> None:
    graded(driver)
    card = driver.window.results.comparison
    assert "Was this patient graded before?" in str(card.words["text"])
    driver.window.tools.prompts.earlier_result = lambda: earlier  # type: ignore[method-assign]
    driver.root.geometry("1280x520+0+0")  # the card lies below the edge of the column
    driver.settle()
    card.ask.invoke()
    driver.until(lambda: driver.state.comparison is not None)
    driver.settle()
    bottom = driver.window.results.winfo_rooty() + driver.window.results.winfo_height()
    assert card.winfo_rooty() + card.winfo_height() <= bottom, "what has changed is out of sight"
    words = str(card.words["text"])
    assert words.startswith("Compared with a result graded on 1 March 2026:")
    assert "graver, Normal/Mild then and Severe now" in words
