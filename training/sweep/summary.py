"""What a sweep found: a table, the best first, and accuracy over the learning rate."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import optuna
from matplotlib import pyplot as plt
from optuna.trial import FrozenTrial, TrialState

from lumbar_core.report.save import save

mpl.use("Agg")

TABLE, WORDS, PLOT = "sweep.csv", "sweep.md", "sweep.png"
KNOBS = ("learning_rate", "schedule", "batch", "epochs", "dropout")
COLUMNS = (*KNOBS, "val_accuracy", "val_loss", "epochs_done", "state", "seconds")
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
    save(out / WORDS, in_markdown(rows).encode())
    if rows:
        save(out / PLOT, plot(rows))
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


def in_markdown(rows: list[Row]) -> str:
    """The table for people."""
    lines = [f"| {' | '.join(name.replace('_', ' ') for name in COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    for row in rows:
        shown = row | {"val_accuracy": f"{row['val_accuracy']:.4f}", "val_loss": f"{row['val_loss']:.4f}"}
        lines.append(f"| {' | '.join(str(shown[name]) for name in COLUMNS)} |")
    return "\n".join(lines) + "\n"


def plot(rows: list[Row]) -> bytes:
    """A panel a batch and dropout: accuracy over the learning rate, a line a schedule and number of epochs."""
    panels = sorted({(row["batch"], row["dropout"]) for row in rows})
    epochs = sorted({row["epochs"] for row in rows})
    figure, axes = plt.subplots(1, len(panels), figsize=(1.2 + 3.2 * len(panels), 3.4), sharey=True, squeeze=False)
    for axis, (batch, dropout) in zip(axes[0], panels, strict=True):
        here = [row for row in rows if (row["batch"], row["dropout"]) == (batch, dropout)]
        for schedule, colour in COLOURS.items():
            for count, style in zip(epochs, ("--", "-", ":", "-.") * len(epochs), strict=False):
                line = sorted(
                    (row for row in here if (row["schedule"], row["epochs"]) == (schedule, count)),
                    key=lambda row: row["learning_rate"],
                )
                xs, ys = [row["learning_rate"] for row in line], [row["val_accuracy"] for row in line]
                axis.plot(xs, ys, style, color=colour, marker="o", markersize=4,
                          label=f"{schedule.replace('_', '-')}, {count} epochs")  # fmt: skip
                pruned = [row for row in line if row["state"] == "pruned"]
                axis.plot([row["learning_rate"] for row in pruned], [row["val_accuracy"] for row in pruned], "x",
                          color="#1b2027", markersize=8)  # fmt: skip
        axis.set(xscale="log", xlabel="learning rate", title=f"batch {batch}, dropout {dropout}")
        axis.grid(color="#d5dae1", linewidth=0.6)
    axes[0][0].set_ylabel("accuracy on the fold left out")
    axes[0][0].legend(frameon=False, fontsize=8)
    figure.text(0.99, 0.01, "× ended early", ha="right", fontsize=8, color="#5c6673")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=110)
    plt.close(figure)
    return written.getvalue()
