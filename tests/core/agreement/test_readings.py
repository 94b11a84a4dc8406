"""The file of readings: what one line holds, what is refused and how, and what a crash leaves."""

from __future__ import annotations

import json

import pytest

from lumbar_core.agreement.readings import (
    Arm,
    Judgement,
    is_code,
    parse_judgements,
    read_judgements,
    to_line,
    to_lines,
)
from lumbar_core.anatomy import STUDY_TARGETS, Condition, Level, Severity, Side, Target
from lumbar_core.errors import Damaged, ReadingError, WrongFormat

FORAMEN = Target(Condition.NEURAL_FORAMINAL_NARROWING, Level.L4_L5, Side.LEFT)


def a_judgement(**changes):
    values = {
        "arm": Arm("R1", 1, False),
        "study": "S07",
        "target": FORAMEN,
        "grade": Severity.MODERATE,
        "seconds": 3.2,
        "at": "2026-01-05T09:30:00Z",
    }
    return Judgement(**{**values, **changes})


def test_a_line_holds_a_judgement_and_gives_it_back():
    for judgement in (
        a_judgement(),
        a_judgement(grade=None, seconds=None, at=""),
        a_judgement(arm=Arm("program", 1, False), probabilities=(0.2, 0.5, 0.3)),
        a_judgement(target=STUDY_TARGETS[0], arm=Arm("R2", 2, True)),
    ):
        assert parse_judgements(to_line(judgement), "a.jsonl") == [judgement]


def test_the_line_is_the_documented_one():
    assert json.loads(to_line(a_judgement())) == {
        "schema": "lumbar-reading/1",
        "reader": "R1",
        "study": "S07",
        "condition": "neural_foraminal_narrowing",
        "level": "L4/L5",
        "side": "left",
        "grade": "M",
        "pass": 1,
        "help": False,
        "seconds": 3.2,
        "at": "2026-01-05T09:30:00Z",
    }


def test_the_last_line_about_a_structure_holds(tmp_path):
    one = tmp_path / "R1.jsonl"
    one.write_bytes(to_lines([a_judgement(), a_judgement(study="S08"), a_judgement(grade=Severity.SEVERE)]))
    found = read_judgements([one])
    assert [(judgement.study, judgement.letter) for judgement in found] == [("S07", "S"), ("S08", "M")]


def test_a_line_cut_by_a_crash_is_left_out_and_the_others_hold():
    data = to_lines([a_judgement(), a_judgement(study="S08")])
    for cut in range(1, len(to_line(a_judgement(study="S08")))):
        assert len(parse_judgements(data[:-cut], "a.jsonl")) == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"grade": "Q"}, "Q"),
        ({"grade": 1}, "1"),
        ({"side": None}, "neural_foraminal_narrowing"),
        ({"side": "middle"}, "middle"),
        ({"level": "T12/L1"}, "T12/L1"),
        ({"level": "unknown"}, "unknown"),
        ({"reader": "A reader with a name"}, "code"),
        ({"pass": 0}, "pass"),
        ({"pass": True}, "pass"),
        ({"help": "yes"}, "help"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"probabilities": [0.5, 0.2, 0.1]}, "sum"),
        ({"schema": "lumbar-result/1"}, "lumbar-reading/1"),
    ],
)
def test_a_line_that_cannot_be_is_damage_with_its_number(change, word):
    bad = json.dumps({**json.loads(to_line(a_judgement())), **change}).encode() + b"\n"
    with pytest.raises(Damaged, match="line 2") as refused:
        parse_judgements(to_line(a_judgement()) + bad, "a.jsonl")
    assert word in str(refused.value)
    assert "a.jsonl" in str(refused.value)


def test_a_missing_key_is_named():
    document = json.loads(to_line(a_judgement()))
    del document["level"]
    with pytest.raises(Damaged, match="lacks level"):
        parse_judgements(json.dumps(document).encode() + b"\n", "a.jsonl")


def test_another_file_is_a_wrong_format(tmp_path):
    for data in (b"condition,grade\n", b'{"schema": "lumbar-result/1"}\n', b"[1]\n", b"\x00\x01", b"no end of line"):
        with pytest.raises(WrongFormat, match="holds no readings"):
            parse_judgements(data, "a.jsonl")
    with pytest.raises(ReadingError, match="cannot be read"):
        read_judgements([tmp_path / "not there.jsonl"])


def test_an_empty_file_holds_no_judgement_yet():
    assert parse_judgements(b"", "a.jsonl") == []


def test_a_code_is_short_and_no_name():
    assert all(map(is_code, ("R1", "S007", "program", "msk_2-b")))
    assert not any(map(is_code, ("", "Anna Muster", "R1/../x", "R1\n", "x" * 25, "Müller")))


def test_the_sittings_have_names():
    names = [Arm("R1", 1, False).name, Arm("R1", 2, False).name, Arm("R1", 1, True).name]
    assert names == ["R1", "R1 again", "R1 with help"]
