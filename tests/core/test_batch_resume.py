"""What holds of an earlier run, and what must not go into one table with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.batch.resume import go_on
from lumbar_core.batch.task import Task
from lumbar_core.errors import Refused
from lumbar_core.study import InputKind

JOURNAL = Path("results.jsonl")


def task(path: str, digest: str, folder: str = "here", listed_as: str = "studies") -> Task:
    return Task(path, "/in", InputKind.STUDY, (f"/in/{path}",), f"/in/{path}", (), listed_as, digest, folder)


A, B = task("a", "of a"), task("b", "of b")
DONE = {"a": A.batch, "b": B.batch}


def test_what_is_the_same_is_not_done_again() -> None:
    left = go_on([A, B, task("c", "of c")], DONE, JOURNAL)
    assert ([each.path for each in left.open], left.stale) == (["c"], frozenset())


def test_what_has_changed_is_done_anew_in_place_of_its_line() -> None:
    changed = replace(B, digest="other")
    left = go_on([A, changed], DONE, JOURNAL)
    assert (left.open, left.stale) == ((changed,), {"b"})


def test_the_only_input_may_have_changed() -> None:
    left = go_on([replace(A, digest="other")], {"a": A.batch}, JOURNAL)
    assert left.stale == {"a"}


def test_the_line_of_an_input_that_is_gone_stays() -> None:
    left = go_on([A], DONE, JOURNAL)
    assert (left.open, left.stale) == ((), frozenset())


def test_an_input_under_another_name_takes_the_place_of_its_line() -> None:
    renamed = replace(B, path="b/1.dcm")
    left = go_on([A, renamed], DONE, JOURNAL)
    assert (left.open, left.stale) == ((renamed,), {"b"})


def test_another_folder_goes_on_where_all_of_it_is_there_and_the_same() -> None:
    there = [replace(each, folder="there") for each in (A, B, task("c", "of c"))]
    assert [each.path for each in go_on(there, DONE, JOURNAL).open] == ["c"]
    for others in (there[:1], [there[0], replace(there[1], digest="other")]):
        with pytest.raises(Refused, match="another folder"):
            go_on(others, DONE, JOURNAL)


def test_a_folder_that_went_on_elsewhere_is_known_there() -> None:
    there = [replace(each, folder="there") for each in (A, replace(B, digest="other"), task("c", "of c"))]
    left = go_on(there, DONE | {"c": there[2].batch}, JOURNAL)
    assert left.stale == {"b"}


def test_another_kind_of_inputs_is_refused() -> None:
    with pytest.raises(Refused, match="--as studies"):
        go_on([replace(A, listed_as="pictures")], DONE, JOURNAL)


def test_lines_that_do_not_say_what_they_were_made_from_are_refused() -> None:
    with pytest.raises(Refused, match="earlier version"):
        go_on([A, B], DONE | {"b": None}, JOURNAL)


def test_with_nothing_done_all_is_open() -> None:
    assert go_on([A, B], {}, JOURNAL).open == (A, B)
