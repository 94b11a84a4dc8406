"""A list of examinations: in their order, each with how far it is."""

from __future__ import annotations

from lumbar_gui.worklist import Case, Status, Worklist
from tests.gui.fakes import a_study

LIST = Worklist.of([a_study() for _ in range(5)])


def test_the_next_is_the_one_after_the_open_one_and_none_comes_after_the_last() -> None:
    assert (LIST.next(), LIST.place) == (0, "")
    assert (LIST.opened(1).next(), LIST.opened(1).place) == (2, "2 of 5")
    assert LIST.opened(4).next() is None
    assert LIST.opened(4).closed().next() == 0


def test_two_lie_ahead_of_the_open_one() -> None:
    assert list(LIST.opened(1).ahead()) == [2, 3]
    assert list(LIST.opened(3).ahead()) == [4]
    assert list(LIST.opened(4).ahead()) == []


def test_what_was_saved_stays_so_when_it_is_opened_again() -> None:
    saved = LIST.opened(0).with_status(0, Status.SAVED)
    again = saved.closed().opened(0)
    assert again.cases[0].status is Status.SAVED
    assert again.with_status(0, Status.CONFIRMED).cases[0].status is Status.CONFIRMED, "saved again"
    assert again.current == 0


def test_a_plan_s_study_waits_for_its_reader_although_the_program_has_graded_it() -> None:
    graded = LIST.cases[0].study, Status.GRADED
    assert Case(*graded).words == "graded"
    assert Case(*graded, "S01").words == "waiting"
    assert Case(LIST.cases[0].study, Status.READ, "S01").words == "read"
