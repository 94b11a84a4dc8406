"""What to look at together: the structures on which readers differ most."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lumbar_core.agreement.report import build_report
from lumbar_core.agreement.teaching import disputed, read_disputed
from lumbar_core.agreement.to_json import render_json
from lumbar_core.anatomy import STUDY_TARGETS, Severity
from lumbar_core.errors import WrongFormat
from tests.core.agreement.rooms import sitting


def test_the_widest_apart_come_first_and_agreement_does_not_come():
    found = disputed(sitting("R1", {"S1": "NNMN"}) + sitting("R2", {"S1": "NMSS"}) + sitting("R3", {"S1": "NNSN"}))
    assert [each.target for each in found] == [STUDY_TARGETS[3], STUDY_TARGETS[2], STUDY_TARGETS[1]]
    assert found[0].given == (("R1", Severity(0)), ("R2", Severity(2)), ("R3", Severity(0)))


def test_readings_with_help_and_second_readings_are_no_dispute():
    readings = (
        sitting("R1", {"S1": "N"}) + sitting("R1", {"S1": "S"}, again=2) + sitting("R2", {"S1": "S"}, helped=True)
    )
    assert disputed(readings) == ()


def test_who_cannot_judge_is_shown_and_does_not_count():
    found = disputed(sitting("R1", {"S1": "XM"}) + sitting("R2", {"S1": "SS"}))
    assert [each.target for each in found] == [STUDY_TARGETS[1]]
    three = disputed(sitting("R1", {"S1": "X"}) + sitting("R2", {"S1": "S"}) + sitting("R3", {"S1": "N"}))
    assert three[0].given[0] == ("R1", None)


def test_the_programs_grade_stands_beside_and_makes_no_dispute_of_its_own():
    program = [replace(each, probabilities=(0.1, 0.2, 0.7)) for each in sitting("program", {"S1": "SS"})]
    found = disputed(sitting("R1", {"S1": "NN"}) + sitting("R2", {"S1": "NM"}) + program)
    assert [each.target for each in found] == [STUDY_TARGETS[1]]
    assert (found[0].program, found[0].probabilities) == (Severity.SEVERE, (0.1, 0.2, 0.7))


def test_the_list_ends_where_it_was_told_to():
    many = sitting("R1", {"S1": "N" * 25}) + sitting("R2", {"S1": "M" * 25})
    assert len(disputed(many, most=4)) == 4


def test_the_list_comes_back_from_the_report_s_file():
    program = [replace(each, probabilities=(0.1, 0.2, 0.7)) for each in sitting("program", {"S1": "SS"})]
    report = build_report(sitting("R1", {"S1": "NXN"}) + sitting("R2", {"S1": "MSS"}) + program)
    assert len(report.disputed) == 2
    assert read_disputed(render_json(report)) == report.disputed


@pytest.mark.parametrize("data", [b"{}", b"[]", b"\x00", b'{"schema": "lumbar-agreement/1"}', b'{"schema": "x"}'])
def test_another_file_is_no_report(data):
    with pytest.raises(WrongFormat, match="no agreement report"):
        read_disputed(data)
