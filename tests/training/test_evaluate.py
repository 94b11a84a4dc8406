"""Scoring through the program's own pipeline: the keys, what counts as absent, and what was seen in training."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS, Level, Severity, Side
from lumbar_core.errors import LumbarError
from lumbar_core.inference.packs import CONTRACT, Pack, PackSet
from tests.training.made_up import (
    CANAL,
    COLUMN,
    RECESS,
    ROWS,
    SIDE,
    a_cell,
    five_cells,
    tile_cells,
    write_cells,
    write_tiles,
)
from training import answers as answering
from training import evaluate as evaluating
from training.__main__ import main
from training.answers import Answer, Question, answers_to
from training.cells import Cell
from training.evaluate import figures, intervals, score, study_hash
from training.evaluation.complete import complete

KEYS = ["cells", "assessed", "within6", "median_px", "wll", "acc", "auc_severe", "macro_auc", "kappa", "ece"]
KEYS += ["ece_bound", "recall_moderate", "recall_severe", "absent_assessed"]
SURE = {0: (0.9, 0.08, 0.02), 1: (0.2, 0.7, 0.1), 2: (0.05, 0.15, 0.8)}


def an_answer(level: Level = Level.L4_L5, grade: int | None = 0, **changes: Any) -> Answer:
    """What the program says at the made-up mark; grade None: not assessed."""
    given = Answer(
        condition=CANAL,
        level=level,
        assessed=grade is not None,
        probabilities=None if grade is None else SURE[grade],
        grade=None if grade is None else Severity(grade),
        row=(ROWS[level] + 0.5) / SIDE,
        column=(COLUMN + 0.5) / SIDE,
        check=False,
        margin=4.0,
        size=(SIDE, SIDE),
    )
    return replace(given, **changes)


def five_answers(grades: tuple[int | None, ...]) -> list[Answer]:
    return [an_answer(level, grade) for level, grade in zip(LEVELS, grades, strict=True)]


Run = Callable[..., dict[str, Any]]


class GivenAnswers(nullcontext[Any]):
    """In the place of the processes that grade."""

    def __init__(self, given: dict[str, list[Answer]]) -> None:
        super().__init__(self)
        self.given = given

    def map(self, _: object, questions: Sequence[Question], chunksize: int) -> list[list[Answer]]:
        return [self.given[str(path).rpartition("/images/")[2]] for path, _ in questions]


class Here(nullcontext[Any]):
    """In the place of the processes that grade: this one."""

    def __init__(self) -> None:
        super().__init__(self)

    def map(self, answer: Callable[[Question], list[Answer]], questions: Sequence[Question], chunksize: int) -> Any:
        return map(answer, questions)


@pytest.fixture(autouse=True)
def only_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told beside the flat figures takes a while, and has tests of its own."""
    monkeypatch.setattr(evaluating, "complete", lambda table: {})


@pytest.fixture
def run(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`evaluate` over a made-up folder, with given answers and a pack that has seen given studies."""

    def evaluated(cells: list[Cell], given: dict[str, list[Answer]], seen: tuple[str, ...] = ()) -> dict[str, Any]:
        class Contract:
            conditions = (CANAL,)
            trained_on_salt = "salt"
            trained_on = frozenset(study_hash("salt", study) for study in seen)
            name = "canal"
            task = "grade"

        packs = PackSet((Pack(tmp_path, Contract()),))  # type: ignore[arg-type]  # what scoring asks of one
        monkeypatch.setattr(evaluating, "load_packs", lambda *_: packs)
        monkeypatch.setattr(answering, "program_pool", lambda *_: GivenAnswers(given))
        (tmp_path / CONTRACT).write_text("{}")
        write_cells(tmp_path, cells)
        (tmp_path / "images").mkdir(exist_ok=True)
        for file in given:
            (tmp_path / "images" / file).parent.mkdir(exist_ok=True)
            (tmp_path / "images" / file).touch()
        return evaluating.evaluate("canal", tmp_path, 1, tmp_path_factory.mktemp("runs"))

    return evaluated


ONE, TWO = "1_1_1.png", "2_1_1.png"
GRADES = (0, 1, 2, 0, 1)


def test_the_figures_are_flat_with_the_reference_beside_them(run: Run) -> None:
    cells = five_cells(ONE, GRADES, reference=(0.5, 0.3, 0.2))
    result = run(cells, {ONE: five_answers((0, 1, 2, 0, 0))})
    assert [key for key in result if key in KEYS] == KEYS
    assert {*KEYS, "reference", "seen_cells", "all_seen"} <= set(result)
    assert all(result[key] is None or isinstance(result[key], int | float) for key in KEYS)
    assert (result["cells"], result["assessed"], result["within6"]) == (5, 1.0, 1.0)
    assert result["acc"] == pytest.approx(0.8)
    assert result["recall_moderate"] == 0.5
    assert result["absent_assessed"] is None
    assert {"wll", "acc", "kappa", "ece", "auc_severe"} <= set(result["reference"])
    assert result["reference"]["cells"] == 5


def test_what_is_told_beside_them_holds_the_same_values_with_intervals(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluating, "complete", complete)
    result = run(five_cells(ONE, GRADES), {ONE: five_answers((0, 1, 2, 0, 0))})
    figures_in_all = result["all_cells"]["figures"]
    for key in ("acc", "kappa", "wll", "auc_severe", "macro_auc", "recall_severe", "ece", "ece_bound", "assessed"):
        assert figures_in_all[key]["value"] == pytest.approx(result[key]), key
    assert set(result["by"]["level"]) == set(LEVELS)
    assert result["competition"]["score"] is None, "two conditions are missing"
    json.dumps(result, allow_nan=False)


def test_without_a_grade_of_one_kind_its_figures_are_null_and_the_file_stays_json(run: Run) -> None:
    cells = five_cells(ONE, reference=(0.5, 0.3, 0.2))
    result = run(cells, {ONE: five_answers((0, 0, 0, 0, 0))})
    assert result["auc_severe"] is result["recall_severe"] is result["kappa"] is None
    assert result["reference"]["recall_severe"] is None
    json.dumps(result, allow_nan=False)


def test_what_was_not_assessed_counts_in_the_share_and_in_no_other_figure(run: Run) -> None:
    result = run(five_cells(ONE, GRADES), {ONE: five_answers((0, None, 2, 0, None))})
    assert result["assessed"] == pytest.approx(0.6)
    assert result["within6"] == pytest.approx(0.6)
    assert result["acc"] == 1.0


def test_absent_rows_must_not_be_assessed(run: Run) -> None:
    cells = [*five_cells(ONE, GRADES)[:3], a_cell(ONE, Level.L4_L5, None), a_cell(ONE, Level.L5_S1, None)]
    cells += [a_cell(TWO, level, None) for level in LEVELS]
    result = run(cells, {ONE: five_answers((0, 1, 2, 0, None)), TWO: five_answers((None,) * 5)})
    assert result["cells"] == 3
    assert result["absent_assessed"] == pytest.approx(1 / 7)


def test_a_picture_that_the_program_refused_holds_structures_rightly_not_assessed(run: Run) -> None:
    cells = [*five_cells(ONE, GRADES), *[a_cell(TWO, level, None) for level in LEVELS]]
    assert run(cells, {ONE: five_answers(GRADES), TWO: []})["absent_assessed"] == 0.0


def test_a_picture_that_no_row_names_is_not_looked_at(run: Run) -> None:
    result = run(five_cells(ONE, GRADES), {ONE: five_answers(GRADES), "Thumbs.db": five_answers(GRADES)})
    assert (result["cells"], result["absent_assessed"]) == (5, None)


def test_a_picture_that_is_not_there_is_no_refusal(tmp_path: Path, run: Run) -> None:
    with pytest.raises(FileNotFoundError, match="1 of 2 pictures"):
        run([*five_cells(ONE, GRADES), *five_cells(TWO, GRADES)], {ONE: five_answers(GRADES)})


def test_a_picture_in_a_folder_of_its_own_has_its_answers(run: Run) -> None:
    cells = five_cells("study/1_1_1.png", GRADES, study_id="1")
    result = run(cells, {"study/1_1_1.png": five_answers(GRADES)})
    assert (result["assessed"], result["acc"]) == (1.0, 1.0)


def test_where_nobody_marked_a_place_none_is_missed(run: Run) -> None:
    cells = [replace(cell, row=math.nan, column=math.nan) for cell in five_cells(ONE, GRADES)]
    result = run(cells, {ONE: five_answers(GRADES)})
    assert (result["assessed"], result["acc"], result["within6"], result["median_px"]) == (1.0, 1.0, None, None)
    result = run([*cells[:3], *five_cells(ONE, GRADES)[3:]], {ONE: five_answers((0, 1, 2, 0, None))})
    assert (result["within6"], result["median_px"]) == (0.5, 0.0)


@pytest.mark.parametrize("assessed", list(Side))
def test_what_is_absent_on_both_sides_may_be_assessed_on_neither(assessed: Side) -> None:
    absent = a_cell(ONE, grade=None, condition=RECESS)
    both = [an_answer(grade=0 if side is assessed else None, condition=RECESS, side=side) for side in Side]
    assert score([absent], {ONE: both})[0].assessed
    assert not score([replace(absent, side=assessed)], {ONE: [each for each in both if not each.assessed]})[0].assessed


def test_a_tile_is_asked_for_every_level_that_its_rows_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Level] = []
    monkeypatch.setattr(answering, "packs_here", lambda: PackSet(()))
    monkeypatch.setattr(answering, "assess_tile", lambda tile, _: asked.extend(cell.level for cell in tile.cells) or [])
    absent = [a_cell(ONE, level, None, condition=RECESS, original_columns=320) for level in LEVELS]
    write_tiles(tmp_path, absent)
    monkeypatch.setattr(answering, "program_pool", lambda *_: Here())
    answers_to(absent, tmp_path / "images", None, 1)
    assert asked == list(LEVELS)


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_a_tile_that_cannot_be_read_is_a_refusal(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "program_pool", lambda *_: Here())
    (tmp_path / ONE).write_bytes(data)
    assert answers_to(tile_cells(ONE), tmp_path, None, 1) == {ONE: []}


def test_a_tile_whose_scale_nothing_tells_is_named_before_any_is_graded(tmp_path: Path) -> None:
    (tmp_path / ONE).touch()
    with pytest.raises(ValueError, match=ONE):
        answers_to(tile_cells(ONE, original_columns=0), tmp_path, None, 1)


def test_where_the_table_gives_no_size_the_pictures_own_counts(run: Run) -> None:
    cells = [replace(cell, width=0, height=0) for cell in five_cells(ONE, GRADES)]
    result = run(cells, {ONE: five_answers(GRADES)})
    assert (result["within6"], result["median_px"]) == (1.0, pytest.approx(0.0, abs=0.5))


def test_seen_cells_are_left_aside(run: Run) -> None:
    cells = [*five_cells(ONE, GRADES), *five_cells(TWO, GRADES)]
    given = {ONE: five_answers(GRADES), TWO: five_answers((2, 2, 0, 2, 2))}
    result = run(cells, given, seen=("2",))
    assert (result["cells"], result["acc"], result["seen_cells"], result["all_seen"]) == (5, 1.0, 5, False)
    result = run(cells, given, seen=("1",))
    assert (result["cells"], result["acc"]) == (5, 0.0)


def test_absent_structures_of_seen_studies_are_left_aside_too(run: Run) -> None:
    cells = [*five_cells(ONE, GRADES), a_cell(TWO, Level.L1_L2, None)]
    given = {ONE: five_answers(GRADES), TWO: five_answers((0, 0, 0, 0, 0))}
    assert run(cells, given, seen=("2",))["absent_assessed"] is None


def test_where_all_was_seen_it_is_said(run: Run) -> None:
    result = run(five_cells(ONE, GRADES), {ONE: five_answers(GRADES)}, seen=("1",))
    assert (result["cells"], result["seen_cells"], result["all_seen"]) == (5, 5, True)


def test_a_pack_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LumbarError, match="nothing_like_it"):
        evaluating.evaluate("nothing_like_it", tmp_path, 1, tmp_path)
    assert main(["evaluate", "--pack", "nothing_like_it", "--data", str(tmp_path)]) == 1
    assert "nothing_like_it" in capsys.readouterr().err


def test_the_command_writes_the_figures_to_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("training.__main__.evaluate", lambda pack, *_: {"cells": 3, "pack": pack})
    out = tmp_path / "figures.json"
    assert main(["evaluate", "--pack", "canal", "--data", str(tmp_path), "--json", str(out)]) == 0
    assert json.loads(out.read_text()) == json.loads(capsys.readouterr().out) == {"cells": 3, "pack": "canal"}


@pytest.mark.parametrize(("width", "height"), [(SIDE, SIDE), (2 * SIDE, 2 * SIDE), (SIDE, SIDE // 2)])
def test_errors_are_reckoned_from_the_tables_own_size(width: int, height: int) -> None:
    cell = a_cell(width=width, height=height, row=0.4 * height - 0.5, column=0.6 * width - 0.5)
    answer = an_answer(row=0.4, column=0.6 + 10 / width)
    (scored,) = score([cell], {cell.file: [answer]})
    assert scored.error_px == pytest.approx(10 * 250 / max(width, height))


def test_a_structure_without_an_answer_is_infinitely_far() -> None:
    assert [each.error_px for each in score(five_cells(ONE), {})] == [math.inf] * 5
    assert figures(score(five_cells(ONE), {}))["median_px"] is None


def test_the_command_writes_table_and_page_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"cells": 0, "all_seen": False, "seen_cells": 0, "absent_assessed": None}
    monkeypatch.setattr("training.__main__.evaluate", lambda *_: document)
    table, page = tmp_path / "new" / "figures.csv", tmp_path / "page.html"
    arguments = ["evaluate", "--pack", "canal", "--data", str(tmp_path), "--csv", str(table), "--html", str(page)]
    assert main(arguments) == 0
    assert table.read_text().startswith("by,group,figure,value,low,high,cells\n")
    assert "Nothing was assessed" in page.read_text(encoding="utf-8")


def test_intervals_hold_the_figures() -> None:
    rng = np.random.default_rng(0)
    cells = [cell for study in range(12) for cell in five_cells(f"{study}_1_1.png", rng.permutation(GRADES).tolist())]
    given: dict[str, list[Answer]] = {}
    for cell in cells:
        told = int(cell.grade or 0) if rng.random() < 0.8 else int(rng.integers(3))
        given.setdefault(cell.file, []).append(an_answer(cell.level, told))
    scored = score(cells, given)
    total, spread = figures(scored), intervals(scored)
    assert set(spread) <= set(total)
    assert all(low <= total[name] <= high for name, (low, high) in spread.items())
