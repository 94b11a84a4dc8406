"""The temperature that answers ask for; either half of a fold is calibrated by the other, the shipped one by all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lumbar_core.anatomy import Severity
from lumbar_core.inference.packs import load_pack_folders
from tests.training.made_up import (
    CANAL,
    a_config,
    five_cells,
    save_checkpoint,
    tiny_network,
    write_cells,
    write_pictures,
)
from training import calibration, cross_validate, grade
from training.answers import Answer
from training.cells import Cell
from training.evaluate import Scored
from training.kept_answers import KeptAnswers
from training.runs import ALL, outer
from training.splits import FOLDS
from training.workshop import Workshop

CONFIG = a_config("grade")
RECIPES = Path(__file__).resolve().parents[2] / "training" / "configs"
STUDIES = 40
SURE = (0.99, 0.005, 0.005)


def answered(cells: Sequence[Cell]) -> list[Scored]:
    """Normal/Mild, and sure of it, at four levels; L5/S1 is not assessed."""
    given = []
    for cell in cells:
        seen = cell.level.value != "L5/S1"
        grade_given = Severity.NORMAL_MILD if seen else None
        place = (cell.row / cell.height, cell.column / cell.width)
        size = (cell.height, cell.width)
        answer = Answer(CANAL, cell.level, seen, SURE if seen else None, grade_given, *place, False, 9.0, size)
        given.append(Scored(cell, answer, 1.0 if seen else float("inf")))
    return given


def cells_of(share_wrong: int) -> list[Cell]:
    """Studies of four folds; in one of so many findings that were assessed the program is wrong."""
    found: list[Cell] = []
    for study in range(STUDIES):
        grades = [int((4 * study + level) % share_wrong == 0) for level in range(4)]
        found += five_cells(f"{study}_1_1.png", [*grades, 2], fold=1 + study % 4)
    return found


def test_an_answer_that_is_too_sure_is_made_as_sure_as_it_is_right() -> None:
    found = calibration.fitted(answered(cells_of(share_wrong=4)))
    temperature = found["temperature"][0]
    share = SURE[0] ** (1 / temperature)
    assert share / (share + 2 * SURE[1] ** (1 / temperature)) == pytest.approx(0.75, abs=0.01)
    assert found["fitted_on"].startswith(f"{4 * STUDIES} findings"), "what was not assessed tells nothing"


def test_without_an_answer_a_grader_stays_as_it_was_trained() -> None:
    assert calibration.fitted([]) == calibration.AS_TRAINED


def test_studies_are_parted_in_two_halves_steadily() -> None:
    halves = [calibration.half_of(str(study)) for study in range(1000)]
    assert halves == [calibration.half_of(str(study)) for study in range(1000)]
    assert sum(halves) == pytest.approx(500, abs=60)


def test_the_program_takes_a_grader_before_it_is_calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from export.write_pack import write_pack

    monkeypatch.setattr(grade, "build", tiny_network)
    cells = [cell for study in range(2) for cell in five_cells(f"{study}_1_1.png")]
    write_cells(tmp_path / "rsna_canal", cells)
    write_pictures(tmp_path / "rsna_canal", cells)
    path = save_checkpoint(tmp_path / "run", CONFIG, tiny_network(CONFIG))
    calibration.write_calibration(path.parent, calibration.AS_TRAINED)
    write_pack(path, tmp_path / "canal", tmp_path, "fold", {"pack_metrics": []})
    assert load_pack_folders([tmp_path / "canal"]).grader(CANAL) is not None


def test_no_study_is_calibrated_by_its_own_grade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Workshop(tmp_path / "data", tmp_path / "runs", RECIPES)
    write_cells(shop.data / CONFIG.data, cells_of(share_wrong=4))
    for left_out in (*outer(), ALL):
        shop.checkpoint(CONFIG.name, left_out).parent.mkdir(parents=True)
    asked: list[tuple[set[str], str]] = []  # of which studies, by a grader calibrated on what
    rested_on: dict[str, set[str]] = {}

    def packs(name: str, left_out: frozenset[int], _: Workshop) -> Path:
        return shop.checkpoint(CONFIG.name, left_out).parent

    def answers(
        cells: Sequence[Cell], images: Path, folders: Sequence[Path], workers: int, kept: KeptAnswers
    ) -> Sequence[Cell]:
        stored = json.loads((folders[-1] / "calibration.json").read_text(encoding="utf-8"))
        asked.append(({cell.study_id for cell in cells}, stored["fitted_on"]))
        return cells

    def fitted(scored: Sequence[Scored]) -> dict[str, Any]:
        name = f"call {len(rested_on)}"
        rested_on[name] = {each.cell.study_id for each in scored}
        return calibration.AS_TRAINED | {"fitted_on": name}

    monkeypatch.setattr(cross_validate, "locating_packs", lambda *_: [])
    monkeypatch.setattr(cross_validate, "fold_pack", packs)
    monkeypatch.setattr(cross_validate, "refuse_seen", lambda *_: None)
    monkeypatch.setattr(cross_validate, "keep_answers", lambda runs, _: KeptAnswers(runs / "answers.jsonl"))
    monkeypatch.setattr(cross_validate, "answers_to", answers)
    monkeypatch.setattr(cross_validate, "score", lambda cells, given: answered(given))
    monkeypatch.setattr(cross_validate, "fitted", fitted)
    scored = cross_validate.score_folds(CONFIG, shop, 1)
    assert len(scored) == 5 * STUDIES
    assert len(asked) == 3 * len(FOLDS)
    for studies, name in asked:
        others = rested_on.get(name, set())
        assert not studies & others
        if others:
            assert len({int(study) % 4 for study in studies | others}) == 1, "of the same fold, which no network saw"
    shipped = json.loads((shop.checkpoint(CONFIG.name, ALL).parent / "calibration.json").read_text(encoding="utf-8"))
    assert len(rested_on[shipped["fitted_on"]]) == STUDIES
    assert shipped["ece"] is not None
