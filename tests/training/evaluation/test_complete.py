"""All that an evaluation tells: values that can be reckoned otherwise, groups that add up, files that open."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, SEVERITY_LABELS
from tests.training.evaluation.made_up import a_table, made_up_table
from training import metrics
from training.evaluation.complete import SENSITIVITY, complete, groups
from training.evaluation.curves import left_to_review, reliability, roc
from training.evaluation.page import render_page
from training.evaluation.quality import THIRDS, contrast_to_noise, picture_qualities, third_of
from training.evaluation.tables import COLUMNS, render_csv

FLAT = {"cells": 450, "all_seen": False, "seen_cells": 12, "absent_assessed": 0.01}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Of thirty made-up studies."""
    return FLAT | complete(made_up_table(30))


def test_every_value_lies_in_its_interval_and_the_file_is_json(document: dict[str, Any]) -> None:
    figures = document["all_cells"]["figures"]
    for name, entry in figures.items():
        if entry.get("ci95"):
            low, high = entry["ci95"]
            assert low <= entry["value"] <= high, name
    assert {SENSITIVITY, "precision_moderate", "recall_normal_mild", "auc_moderate"} <= set(figures)
    json.dumps(document, allow_nan=False)


def test_groups_add_up_and_the_confusion_matrix_holds_every_assessed_cell(document: dict[str, Any]) -> None:
    assert set(document["by"]) == {"condition", "level", "side", "picture_quality"}
    for name in ("condition", "level", "picture_quality"):
        assert sum(part["cells"] for part in document["by"][name].values()) == 450
    assert document["by"]["side"]["left"]["cells"] == 300, "the canal has no side"
    counts = document["confusion"]["rows_true_columns_given"]
    assert np.sum(counts) == 450
    assert [sum(row) for row in counts] == [document["all_cells"]["of_grade"][label] for label in SEVERITY_LABELS]


def test_a_group_is_scored_on_its_own_cells_alone(document: dict[str, Any]) -> None:
    table = made_up_table(30)
    of = table.levels == "L4/L5"
    wanted = metrics.accuracy(table.grades[of], table.given[of])
    assert document["by"]["level"]["L4/L5"]["figures"]["acc"]["value"] == pytest.approx(wanted)
    assert [*groups(table)["level"]] == list(LEVELS)


def test_nothing_assessed_is_nothing_told() -> None:
    assert complete(a_table(["a"], ["spinal_canal_stenosis"], [0], np.full((1, 3), np.nan))) == {}


def test_what_was_said_is_about_what_was_so_where_probabilities_are_true() -> None:
    for each in reliability(made_up_table(200)):
        low, high = each["ci95"]
        assert each["from"] <= each["said"] <= each["to"]
        if each["cells"] > 100:
            assert low - 0.03 <= each["said"] <= high + 0.03


def test_leaving_the_least_certain_to_a_reader_makes_the_rest_more_often_right() -> None:
    table = made_up_table(60)
    points = left_to_review(table)
    assert points[0]["acc"] == pytest.approx(metrics.accuracy(table.grades, table.given))
    order = np.argsort(table.probabilities.max(axis=1), kind="stable")[90:]
    at_tenth = next(point for point in points if point["left"] == pytest.approx(0.1))
    assert at_tenth["acc"] == pytest.approx(metrics.accuracy(table.grades[order], table.given[order]))
    assert points[-1]["acc"] > points[0]["acc"] + 0.05


def test_the_roc_holds_the_area_under_the_curve() -> None:
    table = made_up_table(60)
    points = np.array(roc(table, 2))
    area = float(np.trapezoid(points[:, 1], points[:, 0]))
    assert area == pytest.approx(metrics.auc_severe(table.grades, table.probabilities), abs=0.005)
    assert points[0].tolist() == [0.0, 0.0]
    assert points[-1].tolist() == [1.0, 1.0]


def test_noise_lowers_a_pictures_quality(tmp_path) -> None:
    rng = np.random.default_rng(0)
    ramp = np.tile(np.linspace(0, 200, 128, dtype=np.float32), (128, 1))
    qualities = [contrast_to_noise(ramp + rng.normal(0, sigma, ramp.shape).astype(np.float32)) for sigma in (2, 8, 20)]
    assert qualities[0] > 3 * qualities[1] > 3 * qualities[2]
    assert qualities[1] == pytest.approx(200 / 8, rel=0.1)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    assert picture_qualities(tmp_path, ["broken.png", "absent.png"]) == {}
    assert third_of([1.0, float("nan"), 2.0, 3.0]) == [THIRDS[0], "", THIRDS[1], THIRDS[2]]


def test_the_table_has_a_row_for_every_figure(document: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(document).decode())))
    assert tuple(rows[0]) == COLUMNS
    found = {(row["by"], row["group"], row["figure"]): row for row in rows}
    assert len(found) == len(rows)
    accuracy = document["by"]["level"]["L3/L4"]["figures"]["acc"]
    row = found["level", "L3/L4", "acc"]
    assert [float(row[name]) for name in ("value", "low", "high")] == pytest.approx(
        [accuracy["value"], *accuracy["ci95"]]
    )
    assert ("competition", "score", "mean weighted log loss") in found


class Balance(HTMLParser):
    """Which elements are open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_needs_nothing_else_and_shows_the_figures(document: dict[str, Any]) -> None:
    page = render_page(document, "all", "of “made <up>”").decode()
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "<script" not in page
    assert page.count("data:image/svg+xml;base64,") == 6
    assert f"{document['all_cells']['figures']['acc']['value']:.3f}" in parser.text
    assert "made <up>" in parser.text
    assert "12 structures of studies that a pack was trained on" in parser.text


def test_the_page_says_when_everything_was_seen_in_training(document: dict[str, Any]) -> None:
    page = render_page(document | {"all_seen": True}, "canal", "made up").decode()
    assert "was in the training" in page
