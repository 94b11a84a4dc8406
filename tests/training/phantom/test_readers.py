"""Readers of known noise and bias: their agreement is known, and the program's intervals cover it."""

from __future__ import annotations

import numpy as np
import pytest

from lumbar_core.agreement.comparison import FIGURES
from lumbar_core.agreement.figures import bias, percent_agreement
from training.metrics import wilson
from training.phantom.coverage import coverage, verdict
from training.phantom.readers import PATIENTS, SimulatedReader, grades_of, true_table, usual_grades

EXACT, HIGH = SimulatedReader("R1", 0.01), SimulatedReader("R2", 0.4, 0.3)


def test_a_reader_without_noise_or_bias_says_the_truth():
    assert np.round(EXACT.confusion, 9).tolist() == np.eye(3).tolist()
    assert percent_agreement(true_table(usual_grades(), EXACT, EXACT)) == pytest.approx(1)


def test_the_table_of_what_is_said_is_what_a_reader_says():
    truths = np.tile(np.arange(3), (20000, 1))
    said = HIGH.read(truths, np.random.default_rng(0))
    for true in range(3):
        shares = np.bincount(said[:, true], minlength=3) / len(said)
        assert shares.tolist() == pytest.approx(HIGH.confusion[true].tolist(), abs=0.01)


def test_the_exact_table_is_the_limit_of_reading_very_often():
    truths, random = np.tile(usual_grades(), (20, 1)), np.random.default_rng(1)
    one, other = EXACT.read(truths, random), HIGH.read(truths, random)
    counted = np.zeros((3, 3))
    np.add.at(counted, (one.ravel(), other.ravel()), 1)
    exact = true_table(usual_grades(), EXACT, HIGH)
    for measured in FIGURES.values():
        assert float(measured.figure(counted)) == pytest.approx(float(measured.figure(exact)), abs=0.01)
    assert bias(exact) < 0


def test_the_recorded_grades_are_those_of_the_generated_patients():
    lines = usual_grades()
    assert lines.shape == (PATIENTS, 25)
    assert ["NMS"[grade] for grade in lines[7]] == list(grades_of(7))


def test_intervals_cover_the_truth_about_nineteen_times_in_twenty():
    """A short form of `python -m training agreement-coverage`: 50 departments, the means over figures of a part."""
    rows = coverage(studies=30, departments=50)["figures"]
    whole = [row for row in rows if row["figure"].startswith("all structures")]
    assert all(row["intervals"] == row["unmarked"] == 50 for row in whole)
    assert all(row["covered"] > 0.84 for row in whole)
    assert 0.93 <= np.mean([row["covered"] for row in whole]) <= 0.97
    rare = [row for row in rows if row["figure"].startswith("spinal_canal") and "kappa" in row["figure"]]
    assert any(row["unmarked"] < row["intervals"] for row in rare)
    assert 0.93 <= np.mean([row["covered_unmarked"] for row in rare]) <= 0.97
    severe = [row for row in rows if row["figure"].startswith("spinal_canal") and "severe" in row["figure"]]
    assert all(row["intervals"] > 40 for row in severe)


def test_departments_are_the_same_however_many_there_are_and_whoever_counts_them(monkeypatch):
    alone = coverage(studies=6, departments=7)
    monkeypatch.setattr("training.phantom.coverage._AT_ONCE", 2)
    told = []
    assert coverage(6, 7, workers=2, show=lambda done, of: told.append((done, of))) == alone
    assert told == [(2, 7), (4, 7), (6, 7), (7, 7)]
    more = coverage(studies=6, departments=8)
    grown = [row["intervals"] - less["intervals"] for row, less in zip(more["figures"], alone["figures"], strict=True)]
    assert set(grown) <= {0, 1}


def row(figure, covered, of):
    share = covered / of if of else None
    return {"figure": figure, "covered_unmarked": share, "ci95": list(wilson(share, of)) if of else None}


def test_the_verdict_tells_sampling_error_from_an_interval_that_is_wrong():
    rows = [row("good", 475, 500), row("unlucky", 460, 500), row("short", 430, 500), row("long", 499, 500)]
    found = verdict([*rows, row("none", 0, 0)])
    assert found["within"] == 1
    assert [each.split(":")[0] for each in found["unsure"]] == ["unlucky"]
    assert [each.split(":")[0] for each in found["outside"]] == ["short", "long"]
    assert found["unsure"][0] == "unlucky: 92.0% (89.3% to 94.1%)"
