"""Two views of one canal: the same discs, each study by networks that never saw it, and no share tells on itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lumbar_core.anatomy import LEVELS
from tests.training.made_up import CANAL, a_cell, a_config, an_axial_config, save_checkpoint, tile_cells, write_cells
from tests.training.made_up import tiny_network as network
from training import second_view
from training.answers import Answer
from training.calibration import HALVES, half_of
from training.cells import Cell
from training.config import TrainConfig
from training.evaluate import Scored
from training.runs import ALL, outer
from training.second_view import Pairs, both_views, refuse_unscorable_view, score_second_view
from training.workshop import Workshop

CONFIGS = Path(__file__).resolve().parents[2] / "training" / "configs"
THRESHOLDS = {"check_p_severe": 0.1, "borderline_gap": 0.1, "share": 0.25}
CONFIG = an_axial_config("grade", name="canal_axial", grades_of="rsna_canal", thresholds=THRESHOLDS)
STUDIES = 40


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    canals = [
        a_cell(f"{study}_2_1.png", level, (study + index) % 3, fold=1 + study % 4)
        for study in range(STUDIES)
        for index, level in enumerate(LEVELS)
    ]
    tiles = [
        cell
        for study in range(STUDIES)
        for number, level in ((1, LEVELS[3]), (2, LEVELS[4]), (3, LEVELS[4]))
        for cell in tile_cells(f"{study}_5_{number}.png", level=level, fold=1 + study % 4)
    ]
    write_cells(tmp_path / "rsna_canal", canals)
    write_cells(tmp_path / "rsna_subarticular", tiles)
    return Workshop(tmp_path, tmp_path / "runs", CONFIGS)


def said(cell: Cell, sure: float) -> Scored:
    """An answer that gives the right grade so much."""
    shares = np.full(3, (1 - sure) / 2)
    shares[int(cell.grade or 0)] = sure
    answer = Answer(
        condition=CANAL,
        level=cell.level,
        assessed=True,
        probabilities=(float(shares[0]), float(shares[1]), float(shares[2])),
        grade=cell.grade,
        row=0.5,
        column=0.5,
        check=False,
        margin=None,
        size=(9, 9),
    )
    return Scored(cell, answer, 0.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Which recipe was asked about which fold, and how many cells."""
    found: list[tuple[str, int, int]] = []

    def answers(
        config: TrainConfig,
        left_out: frozenset[int],
        beside: Any,
        shop: Any,
        workers: int,
        cells: Sequence[Cell],
        _: Any,
    ) -> list[Scored]:
        assert {cell.fold for cell in cells} == left_out
        found.append((config.name, *left_out, len(cells)))
        rng = np.random.default_rng(len(found))
        given = [said(cell, float(rng.uniform(0.2, 0.9))) for cell in cells]
        missed = "" if config.is_axial else "7"
        return [Scored(each.cell, None, 9.0) if each.cell.study_id == missed else each for each in given]

    monkeypatch.setattr(second_view, "locating_packs", lambda *_: [])
    monkeypatch.setattr(second_view, "fold_answers", answers)
    return found


def test_the_same_discs_are_answered_by_the_networks_without_their_fold(
    shop: Workshop, asked: list[tuple[str, int, int]]
) -> None:
    discs, pairs = both_views(CONFIG, shop, 1)
    assert asked == [
        (name, fold, cells) for fold in (1, 2, 3, 4) for name, cells in (("canal", 20), ("canal_axial", 30))
    ]
    assert discs == 2 * STUDIES
    assert len(pairs.studies) == 2 * (STUDIES - 1), "a disc that one view does not assess is none of both"
    assert "7" not in pairs.studies
    assert [1 + int(study) % 4 for study in pairs.studies] == list(pairs.folds)


def test_several_tiles_of_a_disc_are_fused_to_one_answer(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    sure = {"0_5_2.png": 0.9, "0_5_3.png": 0.3}
    monkeypatch.setattr(second_view, "locating_packs", lambda *_: [])
    monkeypatch.setattr(
        second_view, "fold_answers", lambda c, out, *rest: [said(cell, sure.get(cell.file, 0.5)) for cell in rest[3]]
    )
    _, pairs = both_views(CONFIG, shop, 1)
    index = [n for n, study in enumerate(pairs.studies) if study == "0"][1]
    logs = np.log([[0.9, 0.05, 0.05], [0.3, 0.35, 0.35]]).mean(axis=0)
    right = int(pairs.grades[index])
    assert np.ptp(np.delete(pairs.axial[index], right)) == pytest.approx(0)
    assert pairs.axial[index, right] - pairs.axial[index].min() == pytest.approx(logs[0] - logs[1])


def test_a_half_is_calibrated_by_the_other_of_its_fold_alone() -> None:
    rng = np.random.default_rng(0)
    studies = [str(number) for number in range(400)]
    halves = np.array([half_of(study) for study in studies])
    grades = rng.integers(0, 3, 400)
    logits = rng.normal(size=(400, 3)) + 2 * np.eye(3)[grades]
    pairs = Pairs(studies, grades, np.arange(400) % 4 + 1, halves, logits, logits)
    before = pairs.calibrated(logits)
    own = (pairs.folds == 2) & (halves == HALVES[0])
    changed = replace(pairs, grades=np.where(own, grades[::-1], grades)).calibrated(logits)
    moved = np.abs(changed - before).max(axis=1) > 1e-12
    assert set(np.flatnonzero(moved)) == set(np.flatnonzero((pairs.folds == 2) & (halves == HALVES[1])))


def test_each_view_and_both_are_scored_together_and_by_fold(shop: Workshop, asked: list[tuple[str, int, int]]) -> None:
    shop.checkpoint(CONFIG.name, ALL).parent.mkdir(parents=True)
    result = score_second_view(CONFIG, shop, 1)
    json.dumps(result)
    assert set(result["by_fold"]) == {"1", "2", "3", "4"}
    for part in (result, *result["by_fold"].values()):
        for name in ("wll", "acc", "kappa"):
            gained = part["fused_less_sagittal"]
            assert gained[name] == pytest.approx(part["fused"][name] - part["sagittal"][name])
            assert gained["ci95"][name][0] <= gained[name] + 0.05
            assert gained["ci95"][name][1] >= gained[name] - 0.05
    shares = result["wll_by_share"]
    assert shares["0.0"] == pytest.approx(result["sagittal"]["wll"])
    assert shares["1.0"] == pytest.approx(result["axial"]["wll"])
    assert result["share"] == 0.25
    assert result["checks"]["studies"] == STUDIES - 1
    assert result["operating_points"]["argmax"]["acc"] <= 1
    assert result["operating_point"] in result["operating_points"]
    metrics = {metric["name"]: metric for metric in result["pack_metrics"]}
    assert metrics["wll"]["value"] == result["fused"]["wll"]
    assert metrics["wll, fused less sagittal"]["ci95"] is not None
    calibration = json.loads((shop.runs / CONFIG.name / "all" / "calibration.json").read_text(encoding="utf-8"))
    assert len(calibration["temperature"]) == 2, "the axial view alone, and fused"


def test_a_fused_finding_is_flagged_where_it_may_be_severe_or_its_planes_are_two_grades_apart() -> None:
    sure, doubtful, severe = [0.98, 0.01, 0.01], [0.85, 0.0, 0.15], [0.0, 0.1, 0.9]
    seen = {
        "sagittal": np.array([sure, sure, sure, severe]),
        "axial": np.array([sure, sure, severe, severe]),
        "fused": np.array([sure, doubtful, [0.0, 0.9, 0.1], severe]),
    }
    assert list(second_view.flagged(CONFIG, seen)) == [False, True, True, False]


def test_without_a_first_view_or_a_share_nothing_is_trained(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="share"):
        refuse_unscorable_view(replace(CONFIG, thresholds={}), shop)
    with pytest.raises(ValueError, match="cross-validate that one"):
        refuse_unscorable_view(CONFIG, shop)
    for left_out in outer():
        save_checkpoint(shop.checkpoint("canal", left_out).parent, a_config("grade"), network(a_config("grade")))
    monkeypatch.setattr(second_view, "refuse_unscorable", lambda config, _: None)
    refuse_unscorable_view(CONFIG, shop)
