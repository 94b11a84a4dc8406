"""A sweep tries every point once, whoever dies on the way, and says what it found."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from PIL import Image

from tests.training.made_up import a_config, crops_of, five_cells, tiny_network
from training import grade, loop
from training.__main__ import main
from training.crop_store import UNCHANGED, CropData, store_file, write_store
from training.splits import FOLDS
from training.sweep import run as run_module
from training.sweep.run import Plan, open_study, sweep
from training.sweep.space import Space, name_of, rates, recipe_at, studys_own
from training.sweep.summary import COLUMNS, rows_of
from training.sweep.trial import Proxy, fewer_studies

CONFIGS = Path(__file__).resolve().parents[3] / "training" / "configs"
BASE = a_config("grade", mix=0.5, teacher_epochs=2, kernel_steps=15)
SPACE = Space((1e-2, 1e-4), ("one_cycle", "constant"), (4,), (2,), (0.2,))


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grade, "build", tiny_network)
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 0.0)


@pytest.fixture(scope="module")
def data() -> CropData:
    """Eight studies whose grade is their brightness."""
    rng = np.random.default_rng(0)
    cells = [cell for study in range(8) for cell in five_cells(f"{study}_1_1.png", [0, 1, 2, 0, 1], fold=1 + study % 4)]
    bright = np.array([0.2 + 0.4 * int(cell.grade or 0) for cell in cells], np.float32)[:, None, None, None]
    return crops_of(rng.uniform(-0.1, 0.1, (40, 1, 56, 56)).astype(np.float32) + bright, cells)


def plan(out: Path, space: Space = SPACE, *, prune: bool = False) -> Plan:
    return Plan(BASE, space, out, f"sqlite:///{out / 'sweep.db'}", prune)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_grid_is_the_studys_own() -> None:
    assert rates(5) == (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
    assert rates(1) == (1e-3,)
    assert rates(3) == (1e-3, 1e-5, 1e-7)
    own = studys_own()
    assert (own.batches, own.epochs, own.dropouts) == ((32, 64), (50, 100), (0.2, 0.5))
    assert own.points == 80
    point: dict[str, Any] = {"learning_rate": 1e-5, "schedule": "constant", "batch": 32, "epochs": 50, "dropout": 0.5}
    assert name_of(point) == "lr1e-05_constant_b32_e50_d0.5"
    recipe = recipe_at(BASE, point)
    assert (recipe.learning_rate, recipe.schedule, recipe.dropout) == (1e-5, "constant", 0.5)
    assert (recipe.teacher_epochs, recipe.kernel_steps, recipe.mix) == (0, 0, 0.5)


def test_every_point_is_tried_and_told_in_table_plot_and_curves(data: CropData, tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []
    rows = table(sweep(plan(tmp_path), Proxy(data, 1), lambda *at: shown.append(at)))
    assert shown == [(done, 4) for done in range(5)]
    assert tuple(rows[0]) == COLUMNS
    points = {(row["learning_rate"], row["schedule"]) for row in rows}
    assert len(points) == len(rows) == 4
    accuracies = [float(row["val_accuracy"]) for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert all(row["epochs_done"] == row["epochs"] for row in rows)
    folders = sorted((tmp_path / "trials").iterdir())
    assert len(folders) == 4
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {"curves.png", "history.json"}, "no checkpoint is left"
        assert "val_loss" in (folder / "history.json").read_text()
    with Image.open(tmp_path / "sweep.png") as picture:
        assert picture.width > 300
    words = (tmp_path / "sweep.md").read_text()
    assert words.count("| one_cycle |") == words.count("| constant |") == 2
    assert "Always the most frequent grade: accuracy 0.4000" in words


def test_a_finished_sweep_is_told_again_and_nothing_is_trained(
    data: CropData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Space((1e-2,), ("constant",), (4,), (1,), (0.2,))
    first = sweep(plan(tmp_path, small), Proxy(data, 1), lambda *_: None).read_bytes()
    monkeypatch.setattr(run_module, "run_trial", lambda *_: pytest.fail("trained again"))
    assert sweep(plan(tmp_path, small), Proxy(data, 1), lambda *_: None).read_bytes() == first
    with pytest.raises(ValueError, match="another grid"):
        sweep(plan(tmp_path), Proxy(data, 1), lambda *_: None)


def test_a_sweep_killed_half_way_ends_as_an_unbroken_one(
    data: CropData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = Space((1e-2, 1e-3), ("constant",), (4,), (3,), (0.2,))
    (tmp_path / "unbroken").mkdir()
    wanted = table(sweep(plan(tmp_path / "unbroken", space), Proxy(data, 1), lambda *_: None))
    epochs: list[int] = []
    fit = loop.fit

    def power_cut(model: Any, batches: Any, *rest: Any, **more: Any) -> None:
        def source(epoch: int) -> Iterator[Any]:
            epochs.append(epoch)
            if len(epochs) == 5:  # the second trial's second epoch
                raise KeyboardInterrupt
            return batches(epoch)  # type: ignore[no-any-return]

        fit(model, source, *rest, **more)

    monkeypatch.setattr(grade, "fit", power_cut)
    broken = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        sweep(plan(broken, space), Proxy(data, 1), lambda *_: None, silent_s=2)
    rows = table(sweep(plan(broken, space), Proxy(data, 1), lambda *_: None, silent_s=2))
    assert epochs == [0, 1, 2, 0, 1, 1, 2], "it goes on from its checkpoint"
    timeless = [[{k: v for k, v in row.items() if k != "seconds"} for row in each] for each in (rows, wanted)]
    assert timeless[0] == timeless[1]


def test_a_trial_that_failed_is_tried_again(data: CropData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = Space((1e-2,), ("constant",), (4,), (1,), (0.2,))
    run_trial = run_module.run_trial
    monkeypatch.setattr(run_module, "run_trial", lambda *_: (_ for _ in ()).throw(ValueError("disk full")))
    with pytest.raises(ValueError, match="disk full"):
        sweep(plan(tmp_path, space), Proxy(data, 1), lambda *_: None)
    monkeypatch.setattr(run_module, "run_trial", run_trial)
    assert len(table(sweep(plan(tmp_path, space), Proxy(data, 1), lambda *_: None))) == 1


def test_what_is_worse_than_the_median_ends_early_and_keeps_its_course(
    data: CropData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optuna.trial.Trial, "should_prune", lambda trial: trial.number == 1)
    space = Space((1e-2, 1e-3), ("constant",), (4,), (3,), (0.2,))
    rows = table(sweep(plan(tmp_path, space, prune=True), Proxy(data, 1), lambda *_: None))
    assert sorted((row["state"], row["epochs_done"]) for row in rows) == [("complete", "3"), ("pruned", "1")]
    assert all((folder / "curves.png").is_file() for folder in (tmp_path / "trials").iterdir())
    assert rows_of(open_study(plan(tmp_path, space, prune=True)).trials)[0].keys() == set(COLUMNS)


def test_a_proxy_of_fewer_studies_keeps_them_whole(data: CropData) -> None:
    fewer = fewer_studies(data, 3)
    assert len(set(fewer.studies)) == 3
    assert len(fewer.grades) == len(fewer.crops) == len(fewer.views) == 15
    assert fewer_studies(data, 3).studies == fewer.studies
    assert len(fewer_studies(data, 99).grades) == 40
    with pytest.raises(ValueError, match="--fold"):
        Proxy(replace(data, folds=np.full(40, 2)), 1)


def command_words(data: CropData, folder: Path) -> list[str]:
    """A sweep of four points over these crops, below the folder."""
    for name in ("canal", "localise_t2"):
        text = (CONFIGS / f"{name}.toml").read_text()
        (folder / f"{name}.toml").write_text(text.replace("side = 80", "side = 40"))
    recipe = replace(a_config("grade"), side=40, half_width=1.15, long_side=384)
    views = {fold: np.tile(np.float32(UNCHANGED), (40, 1)) for fold in FOLDS}
    write_store(store_file(recipe, folder / "runs" / "cache"), data, views, "packs of the program: made up")
    words = ["sweep", "--config", str(folder / "canal.toml"), "--runs", str(folder / "runs"), "--out", str(folder)]
    words += ["--rates", "2", "--batches", "8", "--epochs", "2", "--dropouts", "0.2", "--threads", "1", "--no-pruning"]
    return words


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://ann:secret@db.example/sweep", "postgresql://ann:***@db.example/sweep is not installed"),
        ("postgresql+psycopg://ann:secret@db.example/sweep", "pip install 'psycopg[binary]'"),
        ("postgresql+psycopg2://ann:secret@db.example/sweep", "pip install psycopg2-binary"),
        ("oracel://ann:secret@db.example/sweep", "oracel://ann:***@db.example/sweep is no database"),
        ("no address but secret", "The storage that was given is no database"),
        ("sqlite:////nowhere/at/all.db", "does not answer"),
    ],
)
def test_a_storage_that_cannot_be_used_is_told_with_its_remedy_and_without_its_password(
    data: CropData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    says: str,
) -> None:
    for driver in ("psycopg", "psycopg2"):
        monkeypatch.setitem(sys.modules, driver, None)
    monkeypatch.setattr(run_module.time, "sleep", lambda _: None)
    assert main([*command_words(data, tmp_path), "--storage", address]) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "secret" not in said


@pytest.mark.slow
def test_two_processes_share_one_sweep(data: CropData, tmp_path: Path) -> None:
    words = command_words(data, tmp_path)
    started = [
        subprocess.Popen([sys.executable, "-m", "training", *words], env=os.environ, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in started:
        _, words_said = process.communicate(timeout=200)
        assert process.returncode == 0, words_said.decode()
    assert len(table(tmp_path / "sweep.csv")) == 4
    trials = optuna.load_study(study_name=None, storage=f"sqlite:///{tmp_path / 'sweep.db'}").trials
    assert len(trials) == 4
    assert all(trial.state is optuna.trial.TrialState.COMPLETE for trial in trials)
    assert main(["sweep", "--config", str(CONFIGS / "recognise.toml"), "--out", str(tmp_path)]) == 1
