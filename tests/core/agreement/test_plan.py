"""The reading plan: what it holds, in which order, when something is due, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lumbar_core.agreement.plan import (
    Reveal,
    make_plan,
    progress_of,
    read_plan,
    render_plan,
    to_read,
)
from lumbar_core.errors import Refused, WrongFormat
from lumbar_core.study import Identity
from tests.core.agreement.rooms import sitting
from tests.core.fake_studies import a_study

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def studies(count=10):
    return [replace(a_study(), identity=Identity(study_uid=f"1.2.{number}")) for number in range(count)]


def a_plan(**choices):
    values = {"seed": 3, **choices}
    return make_plan(studies(), ["R1", "R2"], **values)


def test_every_reader_reads_every_study_once_in_an_order_of_their_own():
    plan = a_plan()
    orders = [[item.study for item in plan.queue(reader)] for reader in ("R1", "R2")]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(plan.studies)
    assert orders[0] != orders[1]
    assert not any(item.helped or item.pass_number > 1 for item in plan.queue("R1"))


def test_the_same_seed_gives_the_same_orders_and_another_gives_others():
    assert a_plan().queues == a_plan().queues
    assert a_plan().queues != a_plan(seed=4).queues


def test_a_share_is_read_again_at_the_end_the_same_for_all():
    plan = a_plan(repeat=0.3)
    again = {reader: [i.study for i in plan.queue(reader) if i.pass_number == 2] for reader in ("R1", "R2")}
    assert len(again["R1"]) == 3
    assert set(again["R1"]) == set(again["R2"])
    assert [item.pass_number for item in plan.queue("R1")] == [1] * 10 + [2] * 3


def test_help_is_crossed_between_halves_and_between_readers():
    plan = a_plan(with_help=True)
    first = {reader: {item.study for item in plan.queue(reader)[:10] if item.helped} for reader in ("R1", "R2")}
    assert len(first["R1"]) == len(first["R2"]) == 5
    assert first["R1"].isdisjoint(first["R2"])
    for reader in ("R1", "R2"):
        later = {item.study for item in plan.queue(reader)[10:] if item.helped}
        assert later == set(plan.studies) - first[reader]


def test_a_plan_survives_its_file_and_names_nobody():
    plan = a_plan(repeat=0.2, with_help=True, reveal=Reveal.AFTER_STUDY, washout_days=14)
    data = render_plan(plan)
    assert read_plan(data) == plan
    assert b"1.2." not in data


def test_a_study_is_known_again_by_its_plan_alone():
    plan, other = a_plan(), a_plan()
    one = studies()[4]
    assert read_plan(render_plan(plan)).label(one) in plan.studies
    assert set(plan.studies.values()).isdisjoint(other.studies.values())
    assert plan.label(replace(a_study(), identity=Identity(study_uid="9.9"))) is None


def test_labels_do_not_follow_the_order_of_the_folder():
    plan = a_plan()
    assert [plan.label(study) for study in studies()] != sorted(plan.studies)


@pytest.mark.parametrize(
    "choices",
    [
        {"readers": ["R1", "R1"]},
        {"readers": ["R1", "r1"]},
        {"readers": []},
        {"readers": ["Dr. Muster"]},
        {"readers": ["program"]},
        {"repeat": 1.5},
        {"washout_days": -1},
        {"studies": []},
        {"studies": [a_study(), a_study()]},
    ],
)
def test_what_cannot_be_a_plan_is_refused(choices):
    values = {"studies": studies(), "readers": ["R1"], "seed": 1, **choices}
    with pytest.raises(Refused):
        make_plan(values.pop("studies"), values.pop("readers"), **values)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "lumbar-plan/9"},
        {"salt": "no hex"},
        {"reveal": "soon"},
        {"washout_days": -3},
        {"seed": "1"},
        {"studies": []},
        {"readers": []},
        {"readers": [{"reader": "R1", "queue": [{"study": "S99", "pass": 1, "help": False}]}]},
        {"readers": [{"reader": "R1", "queue": [{"study": "S01", "pass": 1, "help": 0}]}]},
        {"readers": [{"reader": "R1", "queue": [{"study": "S01", "pass": 1, "help": False}] * 2}]},
        {"studies": 5},
    ],
)
def test_another_file_is_no_plan(change):
    document = {**json.loads(render_plan(a_plan())), **change}
    with pytest.raises(WrongFormat, match="no reading plan"):
        read_plan(json.dumps(document).encode())
    with pytest.raises(WrongFormat):
        read_plan(b"\x00")


def test_a_reader_whom_the_plan_does_not_know_is_told_who_is():
    with pytest.raises(Refused, match="R1, R2"):
        a_plan().queue("R3")


def timed(judgements, when):
    return [replace(judgement, at=when.isoformat()) for judgement in judgements]


def test_the_next_is_the_first_that_is_neither_done_nor_to_wait_for():
    plan = a_plan(repeat=0.2, washout_days=28)
    order = plan.queue("R1")
    assert to_read(progress_of(plan, "R1", [], NOW))[0].item == order[0]
    done = timed(sitting("R1", {order[0].study: "N" * 25}), NOW)
    begun = timed(sitting("R1", {order[1].study: "N" * 7}), NOW)
    progress = progress_of(plan, "R1", done + begun, NOW)
    assert [each.done for each in progress[:2]] == [True, False]
    assert to_read(progress)[0].item == order[1]
    assert len(to_read(progress)[0].graded) == 7
    assert to_read(progress_of(plan, "R2", done + begun, NOW))[0].item == plan.queue("R2")[0]


def test_a_study_is_read_again_only_after_the_wash_out():
    plan = a_plan(repeat=0.2, washout_days=28)
    everything = timed(sitting("R1", dict.fromkeys(plan.studies, "N" * 25)), NOW)
    too_early, late = (progress_of(plan, "R1", everything, NOW + timedelta(days=days)) for days in (27, 28))
    assert to_read(too_early) == []
    assert {each.due for each in too_early if not each.done} == {NOW + timedelta(days=28)}
    assert to_read(late)[0].item.pass_number == 2


def test_nothing_is_read_again_before_it_was_read():
    plan = a_plan(repeat=1.0, washout_days=0)
    queue = plan.queue("R1")
    progress = [each for each in progress_of(plan, "R1", [], NOW) if each.item.pass_number == 2]
    assert to_read(progress)[0].item.pass_number == 2  # alone, it stands for the first reading
    firsts = [item for item in queue if item.pass_number == 1]
    assert [each.item for each in to_read(progress_of(plan, "R1", [], NOW))] == firsts
