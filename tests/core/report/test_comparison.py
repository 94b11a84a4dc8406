"""Two results of one patient: a change is stated where it is likely, and not where the results cannot be compared."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lumbar_core.anatomy import LEVELS, Severity, Side
from lumbar_core.choices import Choices
from lumbar_core.errors import Refused, WrongFormat
from lumbar_core.report.comparison import compare, describe_comparison, read_earlier
from lumbar_core.report.result import Comparison, ReaderMark, StudyResult
from lumbar_core.report.to_json import render_json
from lumbar_core.report.to_pdf import render_pdf
from lumbar_core.report.to_text import render_text
from tests.core.report.pdf_pages import pages
from tests.factories import CANAL, FORAMEN, a_finding, a_result

MILD, MODERATE, SEVERE, UNSURE = (0.97, 0.02, 0.01), (0.02, 0.96, 0.02), (0.01, 0.02, 0.97), (0.3, 0.4, 0.3)
L4_L5, L5_S1 = LEVELS[3:]


def result_with(canal: tuple[float, float, float], foramen: tuple[float, float, float] = MILD) -> StudyResult:
    grades = [Severity(max(range(3), key=shares.__getitem__)) for shares in (canal, foramen)]
    return a_result((
        replace(a_finding(CANAL, L4_L5, grade=grades[0]), probabilities=canal),
        replace(a_finding(FORAMEN, L5_S1, Side.LEFT, grade=grades[1]), probabilities=foramen),
    ))  # fmt: skip


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(pages(pdf)).split())


def compared(before: StudyResult, now: StudyResult, identity: bool = False) -> Comparison:
    other = replace(before, study_key="fedcba9876543210", identity=replace(before.identity, study_uid="1.2.3.3"))
    return compare(read_earlier(render_json(other, identity)), now)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (MODERATE, SEVERE, ("Spinal canal at L4/L5: graver, Moderate then and Severe now.",)),
        (SEVERE, MILD, ("Spinal canal at L4/L5: milder, Severe then and Normal/Mild now.",)),
        (MODERATE, MODERATE, ()),
        (MODERATE, UNSURE, ()),
        (UNSURE, SEVERE, ()),
    ],
)
def test_a_change_is_stated_where_both_distributions_make_it_likely(
    before: tuple[float, float, float], now: tuple[float, float, float], said: tuple[str, ...]
) -> None:
    comparison = compared(result_with(before), result_with(now))
    assert comparison.sentences == said
    assert comparison.unchanged == 2 - len(said)
    assert comparison.not_comparable == ()


def test_the_gravest_structure_stands_first() -> None:
    comparison = compared(result_with(MILD, MILD), result_with(MODERATE, SEVERE))
    assert [sentence.split(":")[0] for sentence in comparison.sentences] == [
        "Left foramen at L5/S1",
        "Spinal canal at L4/L5",
    ]


def test_other_networks_or_another_counting_are_not_compared() -> None:
    before, now = result_with(MODERATE), result_with(SEVERE)
    other, newer = (
        replace(before, packs=(replace(before.packs[0], **changes), *before.packs[1:]))
        for changes in ({"digest": "ff" * 32}, {"version": "99.0.0"})  # or the same network, calibrated otherwise
    )
    counted = replace(before, numbering=replace(before.numbering, alternative="up"))
    doubtful = replace(before, numbering=replace(before.numbering, doubtful=True))
    packs = "other model packs"
    for earlier, why in ((other, packs), (newer, packs), (counted, "counted differently"), (doubtful, "in doubt")):
        comparison = compared(earlier, now)
        assert comparison.sentences == ()
        assert why in " ".join(comparison.not_comparable)


def test_other_thresholds_flag_otherwise_and_are_compared_all_the_same() -> None:
    before, now = result_with(MODERATE), result_with(SEVERE)
    comparison = compared(replace(before, chosen=Choices(check_p_severe=0.05, borderline_gap=0.3)), now)
    assert comparison == compared(before, now)


def test_a_condition_graded_on_another_kind_of_series_is_left_out() -> None:
    before, now = result_with(MODERATE), result_with(SEVERE, SEVERE)
    series = tuple(replace(s, weighting="STIR") if CANAL in s.used_for else s for s in before.input.series)
    comparison = compared(replace(before, input=replace(before.input, series=series)), now)
    assert [sentence.split(" at ")[0] for sentence in comparison.sentences] == ["Left foramen"]
    assert comparison.not_comparable == ("canal: graded on another kind of series",)


@pytest.mark.parametrize("when", ["then", "now"])
@pytest.mark.parametrize("status", ["changed", "cannot_judge", "agreed"])
def test_what_a_reader_overruled_is_not_compared_by_the_program_s_word(when: str, status: str) -> None:
    before, now = result_with(MODERATE), result_with(SEVERE)

    def read(result: StudyResult) -> StudyResult:
        canal, foramen = result.findings
        grade = {"changed": Severity.NORMAL_MILD, "cannot_judge": None, "agreed": canal.grade}[status]
        return result.with_findings((replace(canal, reader=ReaderMark(status, grade, canal.grade)), foramen))

    comparison = compared(read(before), now) if when == "then" else compared(before, read(now))
    if status == "agreed":
        assert len(comparison.sentences) == 1
        assert comparison.not_comparable == ()
    else:
        assert comparison.sentences == ()
        assert comparison.not_comparable == ("spinal canal at L4/L5: a reader says otherwise than the program",)
    assert comparison.unchanged == 1


def test_two_patients_are_refused_where_both_are_known() -> None:
    before, now = result_with(MODERATE), result_with(SEVERE)
    other = replace(before, identity=replace(before.identity, patient_id="P-2"))
    with pytest.raises(Refused, match="another patient"):
        compared(other, now, identity=True)
    assert compared(other, now).sentences, "without identity the user's word counts"


@pytest.mark.parametrize("identity", [False, True])
def test_a_result_of_the_same_examination_is_no_earlier_one(identity: bool) -> None:
    now = result_with(SEVERE)
    with pytest.raises(Refused, match="this very examination"):
        compare(read_earlier(render_json(now, identity)), now)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema": "lumbar-result/1"}', b"\xff\xfe"])
def test_another_file_is_a_wrong_format(data: bytes) -> None:
    with pytest.raises(WrongFormat, match="earlier file"):
        read_earlier(data)


def test_it_is_said_in_sentences() -> None:
    lines = describe_comparison(replace(compared(result_with(MODERATE), result_with(SEVERE)), patient_named=True))
    assert lines == (
        "Spinal canal at L4/L5: graver, Moderate then and Severe now.",
        "No reliable change at 1 structure.",
    )
    assert describe_comparison(Comparison("", (), 0, (), True)) == ("Nothing was graded in both.",)


def test_where_one_of_them_names_no_patient_the_reader_is_told_to_make_sure() -> None:
    known = result_with(MILD)
    known = replace(known, identity=replace(known.identity, patient_id="one"))
    doubt = "names no patient"
    assert doubt not in " ".join(describe_comparison(compared(known, known, identity=True)))
    assert doubt in " ".join(describe_comparison(compared(known, known, identity=False)))
    nameless = replace(known, identity=replace(known.identity, patient_id=None))
    assert doubt in " ".join(describe_comparison(compared(known, nameless, identity=True)))


def test_every_report_says_what_has_changed_and_none_where_nothing_was_compared() -> None:
    before, now = result_with(MILD), result_with(SEVERE)
    change = "Spinal canal at L4/L5: graver, Normal/Mild then and Severe now."
    with_it = replace(now, compared=compared(before, now))
    assert change in " ".join(render_text(with_it).split())
    assert change in text_of(render_pdf(with_it, {}))
    assert json.loads(render_json(with_it))["compared"]["sentences"] == [change]
    assert "With a result graded on 2026-01-02." in text_of(render_pdf(with_it, {}))
    assert "Compar" not in render_text(now) + text_of(render_pdf(now, {}))


def test_the_doubt_whose_result_it_is_is_no_part_of_what_a_report_leaves_out() -> None:
    many = Comparison("2026-01-02T03:04:05+00:00", tuple(f"Change {n}." for n in range(9)), 0, (), False)
    assert "names no patient" in text_of(render_pdf(replace(result_with(MILD), compared=many), {}))


def test_a_report_says_where_the_changes_are_that_it_has_no_room_for() -> None:
    many = Comparison("2026-01-02T03:04:05+00:00", tuple(f"Change {n}." for n in range(9)), 0, (), True)
    page = text_of(render_pdf(replace(result_with(MILD), compared=many), {}))
    assert "Change 2." in page
    assert "Change 3." not in page
    assert "And 6 more, in the JSON result." in page
