"""How often a reader changes the program's grades: counted a study once, and only where all was judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.report.result import StudyResult
from lumbar_gui import reader_marks
from lumbar_gui.tally import ENOUGH, Tally, in_words
from tests.factories import CANAL, FORAMEN, a_result


def judged(study: str, *keys: str) -> StudyResult:
    """A study whose five canals, all Normal/Mild by the program, were marked so; "" leaves one alone."""
    result = replace(a_result(), study_key=study)
    canals = [finding for finding in result.findings if finding.condition is CANAL]
    for finding, key in zip(canals, keys, strict=True):
        if key:
            result = reader_marks.with_finding(result, reader_marks.marked(finding, key))
    return result


def test_after_enough_studies_it_says_how_much_and_which_way(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    for number in range(ENOUGH):
        assert tally.habits() == ()
        tally.add(judged(f"study {number}", "m" if number < 25 else "n", "n", "n", "n", "x"))
    (habit,) = Tally(tmp_path).habits()
    assert habit.counts == {"agreed": 175, "up": 25, "cannot_judge": 50}
    assert habit.changed == pytest.approx(25 / 200)
    assert in_words(habit) == f"At this site you changed 12% of canal grades, mostly up ({ENOUGH} studies)."


def test_a_study_saved_again_counts_once_and_as_it_was_saved_last(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    for number in range(ENOUGH):
        tally.add(judged(f"study {number}", *"mmmmm"))
        tally.add(judged(f"study {number}", *"nnnnn"))
    (habit,) = tally.habits()
    assert habit.studies == ENOUGH
    assert habit.changed == 0
    assert in_words(habit).startswith("At this site you changed 0% of canal grades (")


def test_a_study_with_a_finding_left_alone_does_not_count(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    for number in range(ENOUGH):
        tally.add(judged(f"study {number}", "m", "m", "m", "m", ""))
    assert tally.habits() == ()
    assert not (tmp_path / "tally.json").exists()


def test_each_condition_counts_for_itself(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    for number in range(ENOUGH):
        tally.add(judged(f"study {number}", *"nnnnn"))
    assert [habit.condition for habit in tally.habits()] == [CANAL]
    assert FORAMEN not in {habit.condition for habit in tally.habits()}


@pytest.mark.parametrize("text", ["", "[]", '{"a": 3}', '{"a": {"b": 4}}', '{"a": {"b": {"up": "x"}}}'])
def test_a_broken_file_is_begun_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "tally.json").write_text(text, encoding="utf-8")
    tally = Tally(tmp_path)
    assert tally.habits() == ()
    tally.add(judged("study", *"nnnnn"))
    assert "study" in (tmp_path / "tally.json").read_text(encoding="utf-8")
