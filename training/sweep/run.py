"""Several processes through one grid: Optuna keeps in a database what is done, and hands out what is left.

A process that dies leaves its trial to the others, who go on with its checkpoint: a beat in the database tells that a
trial lives.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError

from lumbar_core.errors import LumbarError
from training.config import TrainConfig
from training.sweep.space import Space, name_of, recipe_at
from training.sweep.summary import MOST_COMMON, write_summary
from training.sweep.trial import Proxy, run_trial

TRIALS = "trials"
BEAT_S, SILENT_S = 20, 90  # between signs of life; after so long without one a trial is taken over
TRIES = 5
PACKAGES = {"psycopg": "'psycopg[binary]'", "psycopg2": "psycopg2-binary"}  # of SQLAlchemy's drivers for PostgreSQL
SEED = 1
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep. storage: an SQLAlchemy address, SQLite's or PostgreSQL's. prune: end what is worse than the median."""

    base: TrainConfig
    space: Space
    out: Path
    storage: str
    prune: bool


def sweep(plan: Plan, proxy: Proxy, show: Callable[[int, int], None], silent_s: int = SILENT_S) -> Path:
    """Do what is left of the grid, wait for what others are doing, write the summary; returns its table's path.

    show: told (done, of) after each trial. Raises ValueError where the storage holds another grid.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    study = open_study(plan, silent_s)
    study.set_user_attr(MOST_COMMON, proxy.most_common)
    while (left := _left(study, plan.space.points)) is not None:
        show(plan.space.points - left.open, plan.space.points)
        with _quietly():
            if left.free:
                study.optimize(lambda trial: _objective(trial, plan, proxy), n_trials=1)
            elif left.running:
                time.sleep(1)
                optuna.storages.fail_stale_trials(study)
            else:
                _again(study)
        write_summary(study, plan.out)
    show(plan.space.points, plan.space.points)
    return write_summary(study, plan.out)


def open_study(plan: Plan, silent_s: int = SILENT_S) -> optuna.Study:
    """The sweep in its storage, made where it is not yet there. Raises ValueError for one of another grid."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = _storage(plan.storage, silent_s)
    shortest = min(plan.space.epochs)
    pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
    if plan.prune:
        pruner = optuna.pruners.MedianPruner(n_startup_trials=8, n_warmup_steps=max(1, shortest // 2))
    study = optuna.create_study(
        storage=storage,
        sampler=optuna.samplers.GridSampler(plan.space.as_grid(), seed=SEED),
        pruner=pruner,
        study_name=f"{plan.base.name} {plan.base.digest[:12]}",
        direction="maximize",
        load_if_exists=True,
    )
    grid = {name: list(values) for name, values in plan.space.as_grid().items()}
    if study.user_attrs.get("grid", grid) != grid:
        raise ValueError(f"{_shown(plan.storage)} holds a sweep of this recipe over another grid: name another --out")
    study.set_user_attr("grid", grid)
    return study


def _storage(address: str, silent_s: int) -> optuna.storages.RDBStorage:
    """The database; of processes that start at once one makes its tables, and the others try again.

    Raises LumbarError where there is no driver for it, no server, or no such kind of database.
    """
    for left in reversed(range(TRIES)):
        try:
            with _quietly():
                return optuna.storages.RDBStorage(
                    address,
                    heartbeat_interval=min(BEAT_S, max(1, silent_s // 3)),
                    grace_period=silent_s,
                    heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(),
                )
        except (IntegrityError, OperationalError) as error:
            if not left:
                raise LumbarError(
                    f"The storage {_shown(address)} does not answer.",
                    "Start its server, and check host, database, user and password.",
                ) from error
            time.sleep(1)
        except ImportError as error:
            driver = make_url(address).get_dialect().driver
            raise LumbarError(
                f"The driver for the storage {_shown(address)} is not installed.",
                f"On every machine of the sweep: pip install {PACKAGES.get(driver, driver)}",
            ) from error
        except ArgumentError as error:
            raise LumbarError(
                f"The storage {_shown(address)} is no database that is known.",
                "Give --storage as sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.",
            ) from error
    raise AssertionError("unreachable")


def _shown(address: str) -> str:
    """An address without its password; one that cannot be parsed may hold one anywhere."""
    try:
        return make_url(address).render_as_string(hide_password=True)
    except ArgumentError:
        return "that was given"


@dataclass(frozen=True, slots=True)
class _Left:
    """open: points not ended. free: whether one of them is nobody's. running: whether one is somebody's."""

    open: int
    free: bool
    running: bool


def _left(study: optuna.Study, points: int) -> _Left | None:
    """None when all is done."""
    trials = study.get_trials(deepcopy=False)
    started = {trial.system_attrs.get("grid_id") for trial in trials} - {None}
    ended = {trial.system_attrs["grid_id"] for trial in trials if trial.state in ENDED}
    waiting = any(trial.state is TrialState.WAITING for trial in trials)
    running = any(trial.state is TrialState.RUNNING for trial in trials)
    if len(ended) == points:
        return None
    return _Left(points - len(ended), free=waiting or len(started) < points, running=running)


def _again(study: optuna.Study) -> None:
    """Put up once more what failed and nobody took up."""
    trials = study.get_trials(deepcopy=False)
    ended = {trial.system_attrs["grid_id"] for trial in trials if trial.state in ENDED}
    failed = {trial.system_attrs["grid_id"]: trial for trial in trials if trial.state is TrialState.FAIL}
    for point, trial in failed.items():
        if point not in ended:
            optuna.storages.RetryHeartbeatStaleTrialCallback()(study, trial)


def _objective(trial: optuna.Trial, plan: Plan, proxy: Proxy) -> float:
    point = {name: trial.suggest_categorical(name, list(values)) for name, values in plan.space.as_grid().items()}
    config = recipe_at(plan.base, point)
    started = time.monotonic()

    def report(epoch: int, measured: dict[str, float]) -> bool:
        trial.report(measured["val_accuracy"], epoch)
        trial.set_user_attr("val_loss", measured["val_loss"])
        trial.set_user_attr("val_accuracy", measured["val_accuracy"])
        trial.set_user_attr("epochs_done", epoch + 1)
        trial.set_user_attr("seconds", round(time.monotonic() - started, 1))
        return not trial.should_prune()

    last = run_trial(config, proxy, plan.out / TRIALS / name_of(point), report)
    if last is None:
        raise optuna.TrialPruned
    return last["val_accuracy"]


def _quietly() -> warnings.catch_warnings[None]:
    """Optuna calls its beats experimental."""
    return warnings.catch_warnings(action="ignore", category=ExperimentalWarning)
