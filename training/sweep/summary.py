"""What a sweep found: a table, the best first, and accuracy over the learning rate."""

from __future__ import annotations

import csv
import io
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
import optuna
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from optuna.trial import FrozenTrial, TrialState

from lumbar_core.report.save import save

mpl.use("Agg")

TABLE, WORDS, PLOT = "sweep.csv", "sweep.md", "sweep.png"
KNOBS = ("learning_rate", "schedule", "batch", "epochs", "dropout")
COLUMNS = (*KNOBS, "val_accuracy", "val_loss", "epochs_done", "state", "seconds")
MOST_COMMON = "most_common"  # under which a study keeps the accuracy of always saying the most frequent grade
COLOURS = {"one_cycle": "#0b74b5", "constant": "#b3263a"}
Row = dict[str, Any]


def write_summary(study: optuna.Study, out: Path) -> Path:
    """OUT/sweep.csv, .md and .png; returns the table's path."""
    rows = rows_of(study.get_trials(deepcopy=False))
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    save(out / TABLE, table.getvalue().encode())
    most_common = study.user_attrs.get(MOST_COMMON)
    save(out / WORDS, in_markdown(rows, most_common).encode())
    if rows:
        save(out / PLOT, plot(rows, most_common))
    return out / TABLE


def rows_of(trials: list[FrozenTrial]) -> list[Row]:
    """One a point that has ended, the most accurate first."""
    rows = [
        {knob: trial.params[knob] for knob in KNOBS}
        | {name: trial.user_attrs.get(name) for name in ("val_accuracy", "val_loss", "epochs_done", "seconds")}
        | {"state": "pruned" if trial.state is TrialState.PRUNED else "complete"}
        for trial in trials
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    ]
    return sorted(rows, key=lambda row: (-row["val_accuracy"], row["val_loss"]))


def in_markdown(rows: list[Row], most_common: float | None = None) -> str:
    """The table for people; most_common: as for `plot`."""
    lines = [f"| {' | '.join(name.replace('_', ' ') for name in COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    for row in rows:
        shown = row | {"val_accuracy": f"{row['val_accuracy']:.4f}", "val_loss": f"{row['val_loss']:.4f}"}
        lines.append(f"| {' | '.join(str(shown[name]) for name in COLUMNS)} |")
    if most_common is not None:
        lines += ["", f"Always the most frequent grade: accuracy {most_common:.4f}."]
    return "\n".join(lines) + "\n"


def plot(rows: list[Row], most_common: float | None = None) -> bytes:
    """Accuracy and log loss over the learning rate: a column a batch and dropout, a line a schedule and epochs.

    most_common: what always saying the most frequent grade gives, for comparison.
    """
    panels = sorted({(row["batch"], row["dropout"]) for row in rows})
    figure, axes = plt.subplots(
        2, len(panels), figsize=(1.2 + 3.2 * len(panels), 5.6), sharex=True, sharey="row", squeeze=False
    )
    for column, (batch, dropout) in enumerate(panels):
        here = [row for row in rows if (row["batch"], row["dropout"]) == (batch, dropout)]
        for axis, name in zip(axes[:, column], ("val_accuracy", "val_loss"), strict=True):
            _lines(axis, here, name)
        axes[0][column].set_title(f"batch {batch}, dropout {dropout}")
        axes[1][column].set(xscale="log", xlabel="learning rate")
        if most_common is not None:
            axes[0][column].axhline(most_common, color="#5c6673", linewidth=0.9, linestyle=":")
    axes[0][0].set_ylabel("accuracy on the fold left out")
    axes[1][0].set_ylabel("log loss there")
    axes[1][0].legend(frameon=False, fontsize=8)
    words = "× ended early" + ("" if most_common is None else "; dotted: always the most frequent grade")
    figure.text(0.99, 0.01, words, ha="right", fontsize=8, color="#5c6673")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=110)
    plt.close(figure)
    return written.getvalue()


def _lines(axis: Axes, rows: list[Row], name: str) -> None:
    styles = dict(zip(sorted({row["epochs"] for row in rows}), cycle(("--", "-", ":", "-.")), strict=False))
    for schedule, colour in COLOURS.items():
        for epochs, style in styles.items():
            line = [row for row in rows if (row["schedule"], row["epochs"]) == (schedule, epochs)]
            if not line:
                continue
            points = sorted((row["learning_rate"], row[name], row["state"]) for row in line)
            label = f"{schedule.replace('_', '-')}, {epochs} epochs"
            axis.plot([x for x, _, _ in points], [y for _, y, _ in points], style, color=colour, marker="o",
                      markersize=4, label=label)  # fmt: skip
            ended = [(x, y) for x, y, state in points if state == "pruned"]
            axis.plot([x for x, _ in ended], [y for _, y in ended], "x", color="#1b2027", markersize=8)
    axis.grid(color="#d5dae1", linewidth=0.6)
