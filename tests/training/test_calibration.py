"""The temperature comes of the program's own answers for studies that nobody trained on, and of no others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from lumbar_core.anatomy import Severity
from tests.training.made_up import CANAL, COLUMN, ROWS, SIDE, a_config, five_cells, write_cells
from training import calibration
from training.cells import Cell
from training.evaluate import Answer
from training.runs import ALL, inner, outer
from training.splits import is_for_calibration
from training.workshop import Workshop

CONFIG = a_config("grade")
STUDIES = [str(number) for number in range(1000) if is_for_calibration(str(number))][:40]
RECIPES = Path(__file__).resolve().parents[2] / "training" / "configs"

Packs = dict[str, frozenset[int]]


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    grades = [[1, 0, 0, 0, 0] if n % 2 else [0, 0, 0, 1, 0] for n in range(len(STUDIES))]
    kept = [
        cell for n, study in enumerate(STUDIES) for cell in five_cells(f"{study}_1_1.png", grades[n], fold=1 + n % 4)
    ]
    others = [cell for n in range(8) for cell in five_cells(f"x{n}_1_1.png", fold=1 + n % 4)]
    write_cells(tmp_path / "data" / "rsna_canal", [*kept, *others])
    made = Workshop(tmp_path / "data", tmp_path / "runs", RECIPES)
    for left_out in (*outer(), ALL):
        made.checkpoint(CONFIG.name, left_out).parent.mkdir(parents=True)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Packs, Cell]]:
    """The packs by which each cell was graded: Normal/Mild at .99, wrong in one of four; L5/S1 is not assessed."""
    given: list[tuple[Packs, Cell]] = []

    def answers(cells: Sequence[Cell], images: Path, packs: Packs, workers: int) -> dict[str, list[Answer]]:
        given.extend((packs, cell) for cell in cells)
        return {cell.file: [answer(each) for each in cells if each.file == cell.file] for cell in cells}

    monkeypatch.setattr(calibration, "grading_packs", lambda config, shop, **by: by)
    monkeypatch.setattr(calibration, "answers_to", answers)
    return given


def answer(cell: Cell) -> Answer:
    seen = cell.level.value != "L5/S1"
    sure = (0.99, 0.005, 0.005)
    place = (ROWS[cell.level] + 0.5) / SIDE, (COLUMN + 0.5) / SIDE
    return Answer(
        CANAL, cell.level, seen, sure if seen else None, Severity(0) if seen else None, *place, False, 9.0, (SIDE, SIDE)
    )


def stored(shop: Workshop, left_out: frozenset[int]) -> dict[str, object]:
    path = shop.checkpoint(CONFIG.name, left_out).parent / "calibration.json"
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_only_calibration_studies_of_training_folds_count_located_by_networks_that_saw_neither(
    shop: Workshop, asked: list[tuple[Packs, Cell]]
) -> None:
    calibration.calibrate(CONFIG, frozenset({1}), shop, 1)
    assert {cell.fold for _, cell in asked} == {2, 3, 4}
    assert all(is_for_calibration(cell.study_id) for _, cell in asked)
    for packs, cell in asked:
        assert packs["graded"] == packs["recognised"] == {1}
        assert packs["located"] == {1, cell.fold}
        assert packs["located"] in inner()


def test_the_shipped_grader_is_calibrated_on_all_folds_each_located_by_the_network_that_left_it_out(
    shop: Workshop, asked: list[tuple[Packs, Cell]]
) -> None:
    calibration.calibrate(CONFIG, ALL, shop, 1)
    assert {cell.fold for _, cell in asked} == {1, 2, 3, 4}
    for packs, cell in asked:
        assert packs == {"graded": ALL, "located": frozenset({cell.fold}), "recognised": frozenset({cell.fold})}


def test_an_answer_that_is_too_sure_is_made_as_sure_as_it_is_right(
    shop: Workshop, asked: list[tuple[Packs, Cell]]
) -> None:
    calibration.calibrate(CONFIG, ALL, shop, 1)
    found = stored(shop, ALL)
    temperature = found["temperature"][0]  # type: ignore[index]
    assert temperature > 1.5
    assert str(found["fitted_on"]).startswith(f"{4 * len(STUDIES)} findings"), "what was not assessed tells nothing"
    share = 0.99 ** (1 / temperature)
    assert share / (share + 2 * 0.005 ** (1 / temperature)) == pytest.approx(0.75, abs=0.01)
