"""A reader working through a plan: what is shown when, what is on the disk, how long it took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lumbar_core.agreement.plan import Reveal
from lumbar_core.agreement.readings import read_judgements
from lumbar_core.anatomy import STUDY_TARGETS
from lumbar_core.errors import ReadingError, Refused, SavingError, WrongFormat
from lumbar_core.report.result import StudyResult
from lumbar_gui.sitting import Sitting
from lumbar_gui.worklist import Status
from tests.gui.fakes import a_placed_result
from tests.gui.plans import some_studies, write_plan


@dataclass
class Time:
    """A clock that goes on when told."""

    seconds: float = 0.0
    now: datetime = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    sittings: list[Sitting] = field(default_factory=list)

    def sit(self, path: Path, reader: str = "R1") -> Sitting:
        sitting = Sitting(path, reader, lambda: self.now, lambda: self.seconds)
        self.sittings.append(sitting)
        return sitting


@pytest.fixture
def time_() -> Iterator[Time]:
    kept = Time()
    yield kept
    for sitting in kept.sittings:
        sitting.end()


def begun(time_: Time, folder: Path, **choices: Any) -> Sitting:
    """A sitting of R1 with the first study open."""
    sitting = time_.sit(write_plan(folder, **choices)[0])
    sitting.take(some_studies())
    sitting.open(0, a_placed_result())
    return sitting


def grade_all(sitting: Sitting, letter: str = "M") -> StudyResult:
    shown = sitting.shown()
    for finding in shown.findings:
        shown = sitting.mark(finding, letter)
    return shown


def is_blind(result: StudyResult) -> bool:
    return all(each.grade is None and each.probabilities is None for each in result.findings)


def test_the_list_follows_the_plan_and_names_nobody(time_: Time, tmp_path: Path) -> None:
    path, plan = write_plan(tmp_path)
    worklist = time_.sit(path).take(some_studies())
    assert [case.label for case in worklist.cases] == [item.study for item in plan.queue("R1")]
    assert [plan.label(case.study) for case in worklist.cases] == [case.label for case in worklist.cases]


def test_each_grade_is_on_the_disk_at_once_with_its_seconds(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path)
    time_.seconds = 4.0
    sitting.mark(sitting.shown().findings[0], "S")
    time_.seconds = 9.0
    sitting.mark(sitting.shown().findings[1], "X")
    first, second = read_judgements([tmp_path / "plan-R1.jsonl"])
    assert (first.letter, first.seconds, first.target) == ("S", 4.0, STUDY_TARGETS[0])
    assert (second.letter, second.seconds, second.at) == ("X", 5.0, "2026-03-01T09:00:00+00:00")


def test_a_correction_is_one_more_line_and_its_time_is_added(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path)
    time_.seconds = 4.0
    sitting.mark(sitting.shown().findings[0], "S")
    time_.seconds = 6.0
    shown = sitting.mark(sitting.shown().findings[0], "N")
    assert len((tmp_path / "plan-R1.jsonl").read_bytes().splitlines()) == 2
    (kept,) = read_judgements([tmp_path / "plan-R1.jsonl"])
    assert (kept.letter, kept.seconds) == ("N", 6.0)
    assert shown.findings[0].shown_grade == 0


def test_a_pause_stops_the_clock_and_takes_no_grade(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path)
    time_.seconds = 3.0
    sitting.pause()
    assert sitting.room().paused
    time_.seconds = 500.0
    sitting.mark(sitting.shown().findings[0], "S")
    assert sitting.room().graded == 0
    sitting.pause()
    time_.seconds = 502.0
    sitting.mark(sitting.shown().findings[0], "S")
    assert read_judgements([sitting.path])[0].seconds == 5.0


def test_a_very_long_look_has_no_seconds(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path)
    time_.seconds = 4000.0
    sitting.mark(sitting.shown().findings[0], "S")
    assert read_judgements([sitting.path])[0].seconds is None


def test_blind_until_the_study_is_read_then_shown_and_closed(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path, reveal=Reveal.AFTER_STUDY)
    assert is_blind(sitting.shown())
    for finding in sitting.shown().findings[:-1]:
        assert is_blind(sitting.mark(finding, "M"))
    shown = sitting.mark(sitting.shown().findings[-1], "M")
    assert not is_blind(shown)
    assert sitting.room().revealed
    lines = sitting.path.read_bytes()
    sitting.mark(shown.findings[0], "S")
    assert sitting.path.read_bytes() == lines


def test_at_the_end_means_after_everything(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path, reveal=Reveal.AT_END)
    for index in range(3):
        sitting.open(index, a_placed_result())
        assert is_blind(sitting.shown())
        shown = grade_all(sitting)
        assert is_blind(shown) is (index < 2)
    assert sitting.finished
    sitting.close()
    again = sitting.worklist()
    assert [case.status for case in again.cases] == [Status.READ] * 3
    assert not is_blind(sitting.open(0, a_placed_result()))


def test_with_help_the_program_s_grades_are_in_sight_from_the_start(time_: Time, tmp_path: Path) -> None:
    sitting = time_.sit(write_plan(tmp_path, with_help=True)[0])
    worklist = sitting.take(some_studies())
    helped = [case.label.endswith("with help") for case in worklist.cases]
    assert True in helped
    assert False in helped
    for index, has_help in enumerate(helped):
        shown = sitting.open(index, a_placed_result())
        assert is_blind(shown) is not has_help
        assert sitting.room().helped is has_help
        sitting.mark(shown.findings[0], "M")
    assert {each.arm.helped for each in read_judgements([sitting.path])} == {True, False}


def test_a_reader_comes_back_to_where_they_were(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path)
    for finding in sitting.shown().findings[:7]:
        sitting.mark(finding, "N")
    sitting.end()
    back = time_.sit(tmp_path / "plan.json")
    back.take(some_studies())
    shown = back.open(0, a_placed_result())
    assert back.room().graded == 7
    assert [each.reader is not None for each in shown.findings[:8]] == [True] * 7 + [False]


def test_what_a_crash_cut_short_is_dropped_and_the_next_line_is_whole(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path)
    sitting.mark(sitting.shown().findings[0], "N")
    sitting.mark(sitting.shown().findings[1], "N")
    sitting.end()
    sitting.path.write_bytes(sitting.path.read_bytes()[:-9])
    back = time_.sit(tmp_path / "plan.json")
    back.take(some_studies())
    back.open(0, a_placed_result())
    assert back.room().graded == 1
    back.mark(back.shown().findings[1], "S")
    assert [each.letter for each in read_judgements([back.path])] == ["N", "S"]


def test_a_second_reading_waits_for_the_wash_out(time_: Time, tmp_path: Path) -> None:
    sitting = begun(time_, tmp_path, repeat=0.34, washout_days=28)
    for index in range(3):
        sitting.open(index, a_placed_result())
        grade_all(sitting)
    sitting.end()
    with pytest.raises(Refused, match="before 2026-03-29"):
        time_.sit(tmp_path / "plan.json").take(some_studies())
    time_.now += timedelta(days=28)
    (case,) = time_.sit(tmp_path / "plan.json").take(some_studies()).cases
    assert case.label.endswith("again")


def test_studies_that_are_not_there_are_told_and_the_others_can_be_read(time_: Time, tmp_path: Path) -> None:
    sitting = time_.sit(write_plan(tmp_path)[0])
    assert len(sitting.take(some_studies()[:2]).cases) == 2
    assert len(sitting.missing) == 1
    with pytest.raises(Refused, match="None of the plan's"):
        sitting.take(some_studies(5)[4:])


def test_what_cannot_be_used_says_so(time_: Time, tmp_path: Path) -> None:
    path, _ = write_plan(tmp_path)
    with pytest.raises(Refused, match="no reader"):
        time_.sit(path, "R9")
    with pytest.raises(ReadingError, match="cannot be read"):
        time_.sit(tmp_path / "none.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(WrongFormat):
        time_.sit(tmp_path / "other.json")
    sitting = begun(time_, tmp_path)
    sitting.mark(sitting.shown().findings[0], "N")
    (tmp_path / "plan-R2.jsonl").write_bytes(sitting.path.read_bytes())
    with pytest.raises(Refused, match="readings of R1"):
        time_.sit(path, "R2")


def test_a_full_disk_is_told_and_nothing_half_is_left(
    time_: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = begun(time_, tmp_path)
    sitting.mark(sitting.shown().findings[0], "N")
    lines = sitting.path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", full)
        with pytest.raises(SavingError, match="the disk is full"):
            sitting.mark(sitting.shown().findings[1], "N")
    assert sitting.path.read_bytes() == lines
    assert sitting.room().graded == 1
    sitting.mark(sitting.shown().findings[1], "S")
    assert [each.letter for each in read_judgements([sitting.path])] == ["N", "S"]
