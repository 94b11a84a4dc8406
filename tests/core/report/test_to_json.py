"""The result object is a contract with other programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lumbar_core.anatomy import Level, Severity
from lumbar_core.choices import Choices
from lumbar_core.report.language import speaking
from lumbar_core.report.result import INTENDED_USE, NOT_LOOKED_FOR, InputInfo, Measurement, ReaderMark, UnreadableFile
from lumbar_core.report.to_csv import render_csv
from lumbar_core.report.to_json import render_json, render_json_line
from lumbar_core.study import InputKind
from tests.factories import CANAL, a_finding, a_location, a_mixed_result, a_result, not_assessed

KEYS = {
    "": {
        "schema", "notice", "program", "packs", "study", "input", "numbering", "findings", "measurements", "summary",
        "timing_ms", "compared", "chosen",
    },
    "program": {"name", "version", "provider", "started_at"},
    "input": {"path", "kind", "files_read", "unreadable", "series", "notes", "batch"},
    "chosen": {"operating_point", "check_p_severe", "borderline_gap"},
    "numbering": {"basis", "alternative", "margin", "agreed_by", "doubtful"},
    "summary": {"headline", "scope", "worst_grade", "counts", "to_check", "not_looked_for"},
    "timing_ms": {"read", "decode", "recognise", "localise", "grade", "total"},
}  # fmt: skip
FINDING_KEYS = {
    "condition", "side", "image_side", "level", "assessed", "reason_code", "reason", "grade", "probabilities",
    "worst_view", "check", "check_reasons", "borderline", "location", "evidence", "reader", "viewed", "own",
}  # fmt: skip


def parsed(result, identity=False):
    return json.loads(render_json(result, identity))


@pytest.mark.parametrize("part", KEYS)
def test_every_key_of_the_table_is_there_and_no_other(part):
    document = parsed(a_mixed_result())
    assert set(document[part] if part else document) == KEYS[part]


def test_a_finding_has_every_key_also_when_it_was_not_assessed():
    document = parsed(a_result((a_finding(), not_assessed())))
    assert [set(finding) for finding in document["findings"]] == [FINDING_KEYS, FINDING_KEYS]
    lost = document["findings"][1]
    assert lost["assessed"] is False
    assert lost["reason_code"] == "no_series"
    assert [lost[key] for key in ("grade", "probabilities", "worst_view", "location", "reader")] == [None] * 5
    assert lost["evidence"] == []


def test_a_graded_finding_says_where_how_sure_and_how_grave():
    finding = parsed(a_result((a_finding(CANAL, Level.L4_L5, grade=Severity.SEVERE),)))["findings"][0]
    assert finding["grade"] == "Severe"
    assert finding["probabilities"] == {"Normal/Mild": 0.01, "Moderate": 0.11, "Severe": 0.88}
    assert finding["location"] == {
        "series": "s2",
        "file": "t2/09.dcm",
        "frame": 0,
        "column": 160.5,
        "row": 195.0,
        "patient_mm": [0.5, -20.0, -25.0],
    }
    assert finding["reason_code"] is None
    assert finding["reason"] is None


def test_the_summary_counts_every_grade():
    summary = parsed(a_mixed_result())["summary"]
    assert summary["headline"] == "Severe canal stenosis at L4/L5, and 3 more severe findings"
    assert summary["counts"] == {"Normal/Mild": 10, "Moderate": 10, "Severe": 4}
    assert summary["scope"] == {
        "assessed": 24,
        "of": 25,
        "complete_conditions": ["spinal_canal_stenosis", "neural_foraminal_narrowing"],
    }
    assert (summary["worst_grade"], summary["to_check"]) == ("Severe", 2)
    assert summary["not_looked_for"] == list(NOT_LOOKED_FOR)


def test_an_empty_result_has_a_summary_too():
    summary = parsed(a_result(()))["summary"]
    assert summary["worst_grade"] is None
    assert summary["scope"] == {"assessed": 0, "of": 0, "complete_conditions": []}


def test_without_identity_nothing_of_the_patient_leaves():
    document = parsed(a_mixed_result())
    assert document["study"] == {"key": "0123456789abcdef"}
    text = render_json(a_mixed_result()).decode()
    for secret in ("Made^Up", "P-1", "20260101", "1.2.3.4", "MADE UP", "AX T2"):
        assert secret not in text
    assert all(
        set(series) == {"id", "plane", "weighting", "slices", "used_for", "excluded"}
        for series in document["input"]["series"]
    )


def test_with_identity_identifiers_stand_as_in_the_file_and_null_where_it_has_none():
    document = parsed(a_mixed_result(), identity=True)
    assert document["study"] == {
        "patient_name": "Made^Up",
        "patient_id": "P-1",
        "birth_date": None,
        "study_date": "20260101",
        "accession_number": None,
        "study_uid": "1.2.3.4",
    }
    assert document["input"]["series"][0]["description"] == "SAG T1 OF MR MADE UP"
    assert document["input"]["series"][0]["series_uid"] == "1.2.3.4.1"


def test_what_the_reader_cannot_judge_has_that_reason_beside_the_programs_own_grade():
    mark = ReaderMark("cannot_judge", None, Severity.SEVERE)
    with speaking("de"):
        (finding,) = parsed(a_result((a_finding(reader=mark),)))["findings"]
    assert (finding["reason_code"], finding["reason"]) == ("reader_cannot_judge", "the reader cannot judge it")
    assert (finding["assessed"], finding["grade"], finding["reader"]["was"]) == (True, "Severe", "Severe")


def test_what_was_not_assessed_keeps_the_programs_reason_whatever_the_reader_says():
    for mark in (ReaderMark("cannot_judge", None, None), ReaderMark("changed", Severity.SEVERE, None)):
        (finding,) = parsed(a_result((replace(not_assessed(), reader=mark),)))["findings"]
        assert (finding["assessed"], finding["reason_code"], finding["grade"]) == (False, "no_series", None)


def test_reader_marks_measurements_and_unreadable_files_are_written():
    result = a_result(
        (a_finding(reader=ReaderMark("changed", Severity.MODERATE, Severity.SEVERE)),),
        measurements=(Measurement("sac depth", Level.L4_L5, 8.5, "mm", "12", a_location()),),
    )
    info = InputInfo("p", result.input.kind, 1, (UnreadableFile("a.dcm", "Cut short.", "Copy."),), ())
    document = parsed(a_result(result.findings, measurements=result.measurements, input=info))
    assert document["findings"][0]["reader"] == {"status": "changed", "grade": "Moderate", "was": "Severe"}
    assert document["measurements"][0]["level"] == "L4/L5"
    assert document["measurements"][0]["location"]["file"] == "t2/09.dcm"
    assert document["input"]["unreadable"] == [{"path": "a.dcm", "finding": "Cut short.", "remedy": "Copy."}]


def test_a_reader_s_grade_leads_the_headline_and_leaves_the_program_s_own_numbers():
    seen = a_finding(grade=Severity.NORMAL_MILD, reader=ReaderMark("changed", Severity.SEVERE, Severity.NORMAL_MILD))
    document = parsed(a_result((seen, *a_result().findings[4:])))
    assert document["summary"]["headline"] == "Severe canal stenosis at L4/L5"
    assert document["summary"]["worst_grade"] == document["findings"][0]["grade"] == "Normal/Mild"
    assert document["summary"]["counts"] == {"Normal/Mild": 22, "Moderate": 0, "Severe": 0}


def test_the_notice_goes_with_every_result():
    assert parsed(a_result())["notice"] == INTENDED_USE


def test_the_one_line_form_is_the_same_object_on_one_line():
    line = render_json_line(a_mixed_result())
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == parsed(a_mixed_result())


def test_the_same_result_gives_the_same_bytes():
    assert render_json(a_mixed_result()) == render_json(a_mixed_result())


def test_a_file_name_that_is_not_text_survives():
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    info = InputInfo(name, InputKind.PICTURE, 1, (), ())
    result = a_result(input=info)
    assert json.loads(render_json(result).decode("utf-8"))["input"]["path"] == name
    assert json.loads(render_json_line(result).decode("utf-8"))["input"]["path"] == name
    assert render_csv([result]).decode("utf-8").count("caf\\udce9.png") == 25


def shape(value):
    """The keys of an object, all the way down; of a list, the shapes of what it holds."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


def test_what_the_user_chose_in_place_of_the_packs_is_told():
    assert set(parsed(a_result())["chosen"].values()) == {None}
    told = parsed(a_result(chosen=Choices("sensitive", check_p_severe=0.05)))["chosen"]
    assert told == {"operating_point": "sensitive", "check_p_severe": 0.05, "borderline_gap": None}


def test_the_example_in_the_documentation_has_the_shape_of_a_real_result():
    text = (Path(__file__).parents[3] / "docs" / "RESULT.md").read_text(encoding="utf-8")
    example = json.loads(text.split("```json\n")[1].split("```")[0])
    real = parsed(a_result((a_finding(), not_assessed())))
    for key in KEYS:
        assert set(example[key] if key else example) == set(real[key] if key else real)
    assert shape(example["findings"]) == shape(real["findings"])
    assert set(example["packs"][0]) == set(real["packs"][0])
    assert all(f"`{key}`" in text for key in FINDING_KEYS)
