"""The table: one row a finding, safe to open."""

from __future__ import annotations

import csv
import io

import pytest

from lumbar_core.anatomy import Severity
from lumbar_core.report.result import InputInfo, ReaderMark
from lumbar_core.report.to_csv import render_csv
from lumbar_core.study import InputKind
from tests.factories import CANAL, a_finding, a_mixed_result, a_picture_result, a_result, not_assessed

HEADING = (
    "path,condition,side,image_side,level,assessed,reason_code,grade,p_normal_mild,p_moderate,p_severe,"
    "check,borderline,column,row,reader_status,reader_grade"
)


def rows(*results):
    return list(csv.DictReader(io.StringIO(render_csv(results).decode())))


def test_the_heading_is_the_contract():
    assert render_csv([]).decode() == HEADING + "\n"


def test_each_finding_of_each_result_has_a_row():
    assert len(rows(a_mixed_result(), a_picture_result())) == 30


def test_a_graded_row_holds_grade_probabilities_and_place():
    (row,) = rows(a_result((a_finding(CANAL, check=True),)))
    assert row == {
        "path": "study",
        "condition": "spinal_canal_stenosis",
        "side": "",
        "image_side": "",
        "level": "L4/L5",
        "assessed": "true",
        "reason_code": "",
        "grade": "Severe",
        "p_normal_mild": "0.01",
        "p_moderate": "0.11",
        "p_severe": "0.88",
        "check": "true",
        "borderline": "false",
        "column": "160.5",
        "row": "195.0",
        "reader_status": "",
        "reader_grade": "",
    }


@pytest.mark.parametrize(
    ("mark", "cells"),
    [
        (ReaderMark("agreed", Severity.SEVERE, Severity.SEVERE), ("Severe", "agreed", "Severe")),
        (ReaderMark("changed", Severity.MODERATE, Severity.SEVERE), ("Severe", "changed", "Moderate")),
        (ReaderMark("cannot_judge", None, Severity.SEVERE), ("Severe", "cannot_judge", "")),
    ],
)
def test_what_the_reader_said_stands_beside_the_programs_grade(mark, cells):
    (row,) = rows(a_result((a_finding(CANAL, reader=mark),)))
    assert (row["grade"], row["reader_status"], row["reader_grade"]) == cells
    assert row["reason_code"] == ("reader_cannot_judge" if mark.grade is None else "")


def test_a_row_without_grade_has_its_reason_and_empty_cells():
    (row,) = rows(a_result((not_assessed(),)))
    assert (row["assessed"], row["reason_code"], row["grade"], row["p_severe"], row["column"]) == (
        "false",
        "no_series",
        "",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("=1+1.png", "'=1+1.png"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=a", "'\t=a"),
        ("  =a", "'  =a"),
        ("plain, with comma.png", "plain, with comma.png"),
        ("a=b", "a=b"),
    ],
)
def test_a_path_that_a_spreadsheet_would_run_is_escaped(name, written):
    info = InputInfo(name, InputKind.PICTURE, 1, (), ())
    (row,) = rows(a_result((a_finding(),), input=info))
    assert row["path"] == written
