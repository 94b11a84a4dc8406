"""Which sittings are compared, over which structures, and what is counted without being graded."""

from __future__ import annotations

import pytest

from lumbar_core.agreement.comparison import Kind, compare_all, many_readers, reader_bias
from lumbar_core.agreement.estimate import NOTHING, ONE_GRADE
from lumbar_core.agreement.readings import Arm
from lumbar_core.agreement.sheet import PARTS, Part, lay_out
from lumbar_core.anatomy import Condition, Level, Side
from tests.core.agreement.rooms import sitting

STUDIES = [f"S{number}" for number in range(6)]
R1, R2 = Arm("R1", 1, False), Arm("R2", 1, False)


def alike(letters):
    return dict.fromkeys(STUDIES, letters)


def test_two_sittings_are_compared_where_they_differ_in_one_thing():
    grades = alike("NMSNM" * 5)
    sheet = lay_out(
        sitting("R1", grades)
        + sitting("R1", grades, again=2)
        + sitting("R1", grades, helped=True)
        + sitting("R2", grades)
        + sitting("R2", grades, helped=True)
        + sitting("program", grades)
    )
    found = [(each.kind, each.first.name, each.second.name) for each in compare_all(sheet)]
    assert found == [
        (Kind.READERS, "R1", "R2"),
        (Kind.READERS, "R1 with help", "R2 with help"),
        (Kind.SELF, "R1", "R1 again"),
        (Kind.HELP, "R1", "R1 with help"),
        (Kind.HELP, "R2", "R2 with help"),
        (Kind.PROGRAM, "R1", "program"),
        (Kind.PROGRAM, "R1 with help", "program"),
        (Kind.PROGRAM, "R2", "program"),
        (Kind.PROGRAM, "R2 with help", "program"),
    ]


def test_the_table_counts_first_by_second_and_leaves_out_what_nobody_could_judge():
    sheet = lay_out(sitting("R1", alike("NMSX" + "N" * 21)) + sitting("R2", alike("NSSN" + "X" * 21)))
    whole = compare_all(sheet)[0].parts[0]
    assert whole.table == ((6, 0, 0), (0, 0, 6), (0, 0, 6))
    assert (whole.structures, whole.cannot_judge, whole.studies) == (18, 22 * 6, 6)
    assert whole.figures["percent_agreement"].value == pytest.approx(2 / 3)


def test_what_one_reader_has_not_read_is_no_disagreement():
    sheet = lay_out(sitting("R1", alike("N" * 25)) + sitting("R2", {"S0": "N" * 25, "elsewhere": "S" * 25}))
    whole = compare_all(sheet)[0].parts[0]
    assert (whole.structures, whole.cannot_judge, whole.studies) == (25, 0, 1)


def test_readers_without_a_common_study_are_not_compared():
    assert compare_all(lay_out(sitting("R1", {"S1": "N" * 25}) + sitting("R2", {"S2": "N" * 25}))) == ()


def test_every_part_has_its_structures():
    """Canal 5, foramina and recesses 10 each; 5 a level; 10 a side."""
    sizes = {part: int(part.columns.sum()) for part in PARTS}
    assert sizes[Part()] == 25
    assert [sizes[Part(condition=each)] for each in Condition] == [5, 10, 10]
    assert {sizes[part] for part in PARTS if part.level and not part.condition} == {5}
    assert {sizes[Part(side=side)] for side in Side} == {10}
    sheet = lay_out(sitting("R1", alike("S" * 5 + "N" * 20)) + sitting("R2", alike("M" * 5 + "N" * 20)))
    compared = compare_all(sheet)[0]
    assert compared.part(Part(condition=Condition.SPINAL_CANAL_STENOSIS)).table[2][1] == 30
    assert compared.part(Part(side=Side.LEFT)).figures["percent_agreement"].value == 1
    assert compared.part(Part(side=Side.LEFT)).figures["kappa"].reason == ONE_GRADE
    at_level = compared.part(Part(condition=Condition.SPINAL_CANAL_STENOSIS, level=Level.L4_L5))
    assert (at_level.structures, at_level.figures["bias"].value) == (6, 1)


def test_fleiss_kappa_is_for_three_readers_or_more_and_for_what_all_graded():
    two = sitting("R1", alike("NM" + "N" * 23)) + sitting("R2", alike("NM" + "N" * 23))
    assert many_readers(lay_out(two + sitting("program", alike("S" * 25)))) is None
    three = many_readers(lay_out(two + sitting("R3", alike("NMX" + "N" * 22))))
    assert three is not None
    assert three.readers == ("R1", "R2", "R3")
    assert three.parts[Part()].value == pytest.approx(1)


def test_a_readers_bias_is_against_the_mean_of_the_others():
    sheet = lay_out(
        sitting("R1", alike("M" * 25)) + sitting("R2", alike("N" * 25)) + sitting("R3", alike("S" * 5 + "N" * 20))
    )
    assert reader_bias(sheet, R1, Part()).value == pytest.approx((1 + 0.6) / 2)
    assert reader_bias(sheet, R2, Part(side=Side.LEFT)).value == pytest.approx(-0.5)
    alone = lay_out(sitting("R1", alike("M" * 25)))
    assert reader_bias(alone, R1, Part()).reason == NOTHING
