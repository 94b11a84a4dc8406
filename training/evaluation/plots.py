"""The plots of an evaluation's page, each an SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lumbar_core.anatomy import SEVERITY_LABELS

mpl.use("Agg")

INK, FAINT, LINE = "#1b2027", "#d5dae1", "#0b74b5"
OF_GRADE = ("#3f6d95", "#8a5a00", "#b3263a")
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "evaluation",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": "#5c6673",
    "axes.labelcolor": INK,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}


def confusion_plot(counts: Sequence[Sequence[int]]) -> bytes:
    """Shares of each true grade's row, with the counts."""
    with mpl.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(3.9, 3.2))
        shares = [[count / max(1, sum(row)) for count in row] for row in counts]
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axis.grid(visible=False)
        for row, column in ((r, c) for r in range(3) for c in range(3)):
            share, dark = shares[row][column], shares[row][column] > 0.55
            text = f"{share:.0%}\n{counts[row][column]}"
            axis.text(column, row, text, ha="center", va="center", color="white" if dark else INK)
        axis.set_xticks(range(3), SEVERITY_LABELS)
        axis.set_yticks(range(3), SEVERITY_LABELS)
        axis.set(xlabel="the program", ylabel="radiologists")
        return _svg(figure)


def reliability_plot(bins: Sequence[dict[str, Any]], label: str) -> bytes:
    """What was said against how often it was so, with the cells of each bin below."""
    with mpl.rc_context(STYLE):
        figure, (axis, below) = plt.subplots(
            2, 1, figsize=(3.9, 3.6), sharex=True, gridspec_kw={"height_ratios": [4, 1]}
        )
        axis.plot([0, 1], [0, 1], color="#5c6673", linewidth=0.8, linestyle="--")
        for each in bins:
            low, high = each["ci95"] or (each["so"], each["so"])
            axis.plot([each["said"]] * 2, [low, high], color=LINE, linewidth=1)
        axis.plot([each["said"] for each in bins], [each["so"] for each in bins], color=LINE, marker="o", markersize=4)
        axis.set(ylabel="how often it was so", xlim=(0, 1), ylim=(0, 1.02))
        middles = [(each["from"] + each["to"]) / 2 for each in bins]
        below.bar(middles, [each["cells"] for each in bins], width=1 / 16, color="#9aa4b2")
        below.set(xlabel=label, ylabel="cells", yscale="log")
        return _svg(figure)


def roc_plot(curves: dict[str, Sequence[Sequence[float]]]) -> bytes:
    """ROC of each grade against the rest, with the line of 95 % specificity."""
    with mpl.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(3.9, 3.2))
        for (label, points), colour in zip(curves.items(), OF_GRADE, strict=True):
            if points:
                axis.plot([x for x, _ in points], [y for _, y in points], color=colour, label=label)
        axis.axvline(0.05, color="#5c6673", linewidth=0.8, linestyle="--")
        axis.text(0.06, 0.02, "95 % specificity", color="#5c6673", fontsize=8)
        axis.set(xlabel="1 − specificity", ylabel="sensitivity", xlim=(-0.01, 1), ylim=(0, 1.01))
        axis.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.08))
        return _svg(figure)


def review_plot(points: Sequence[dict[str, Any]], own: dict[str, float | None]) -> bytes:
    """Accuracy of what is kept against the share left to a reader; the program's own flags as a point."""
    with mpl.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(3.9, 3.2))
        shares = [point["left"] for point in points]
        bounds = [point["ci95"] or (point["acc"], point["acc"]) for point in points]
        axis.fill_between(shares, [low for low, _ in bounds], [high for _, high in bounds], color=LINE, alpha=0.15)
        axis.plot(shares, [point["acc"] for point in points], color=LINE, label="least certain first")
        if own["left"] is not None and own["acc"] is not None:
            axis.plot([own["left"]], [own["acc"]], "D", color=OF_GRADE[2], label="what is flagged “check”")
        axis.set(xlabel="share left to a reader", ylabel="accuracy of the rest", xlim=(0, 0.5))
        axis.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1))
        axis.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1))
        axis.legend(frameon=False, loc="lower right")
        return _svg(figure)


def groups_plot(groups: dict[str, dict[str, dict[str, Any]]]) -> bytes:
    """Accuracy and recall of Severe of every group, with intervals."""
    rows = [(key, group) for parts in groups.values() for key, group in parts.items()]
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(1, 3, figsize=(8.2, 0.9 + 0.27 * len(rows)), sharey=True)
        for axis, (name, title) in zip(
            axes, (("acc", "accuracy"), ("recall_severe", "recall of Severe"), ("kappa", "linear κ")), strict=True
        ):
            _dots(axis, [group["figures"].get(name) for _, group in rows])
            axis.set(xlabel=title)
        axes[0].set_yticks(range(len(rows)), [key.replace("_", " ") for key, _ in rows])
        axes[0].invert_yaxis()
        return _svg(figure)


def _dots(axis: Axes, entries: Sequence[dict[str, Any] | None]) -> None:
    for row, entry in enumerate(entries):
        if entry is None or entry["value"] is None:
            continue
        if entry["ci95"]:
            axis.plot(entry["ci95"], [row, row], color=LINE, linewidth=1.2)
        axis.plot([entry["value"]], [row], "o", color=LINE, markersize=5)


def _svg(figure: Figure) -> bytes:
    figure.tight_layout()
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    plt.close(figure)
    return written.getvalue()
