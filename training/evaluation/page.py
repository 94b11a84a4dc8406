"""An evaluation as one HTML page that needs no other file: the figures with their intervals, and the plots."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from lumbar_core.anatomy import SEVERITY_LABELS
from lumbar_core.report.result import INTENDED_USE
from training.evaluation.complete import EVERY, SENSITIVITY, SHORT
from training.evaluation.plots import confusion_plot, groups_plot, reliability_plot, review_plot, roc_plot

WORDS = {
    "assessed": "assessed",
    "acc": "accuracy",
    "kappa": "linear κ",
    "macro_auc": "AUC, mean of the three",
    "auc_severe": "AUC of Severe",
    SENSITIVITY: "sensitivity for Severe at 95 % specificity",
    "recall_moderate": "recall of Moderate",
    "recall_severe": "recall of Severe",
    "wll": "weighted log loss",
    "ece": "calibration error (15 bins)",
    "ece_bound": "… of a perfectly calibrated model at this size",
}
OF_GROUPS = ("assessed", "acc", "kappa", "macro_auc", "recall_moderate", "recall_severe", SENSITIVITY, "wll")
BY_WORDS = {"condition": "condition", "level": "level", "side": "side", "picture_quality": "picture quality"}
COMPETITION_WORDS = {
    "spinal_canal_stenosis": "spinal canal stenosis",
    "neural_foraminal_narrowing": "neural foraminal narrowing",
    "subarticular_stenosis": "subarticular stenosis",
    "any_severe_spinal": "any Severe canal in the study",
}
STYLE = """
body { font: 15px/1.5 system-ui, "Segoe UI", sans-serif; color: #1b2027; background: #f4f5f7; margin: 0; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; max-width: 46rem; } .dim { color: #5c6673; } .warn { color: #8a5a00; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #d5dae1; vertical-align: top; }
th { font-weight: 600; color: #5c6673; } td.n { text-align: right; white-space: nowrap; } th.n { text-align: right; }
td:first-child { white-space: nowrap; } .ci { color: #5c6673; font-size: .85em; white-space: nowrap; }
.narrow .ci { display: block; } .narrow { font-size: .9rem; } .plots { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; } figcaption { color: #5c6673; font-size: .85rem; max-width: 24rem; } img { max-width: 100%; }
"""


def render_page(document: dict[str, Any], pack: str, made_on: str) -> bytes:
    """The page, UTF-8. document: what `evaluate` returns. made_on: of the pictures that were scored, in words."""
    subject = "every grader of the program" if pack == EVERY else f"the pack “{pack}”"
    parts = [f"<h1>Evaluation of {escape(subject)}</h1>", *_heading(document, made_on)]
    if "all_cells" in document:
        parts += [*_in_all(document), *_plots(document), *_groups(document), *_competition(document)]
    else:
        parts.append("<p>Nothing was assessed: there is nothing to tell.</p>")
    title = f"<title>Evaluation of {escape(subject)}</title>"
    head = f'<!doctype html>\n<html lang="en"><meta charset="utf-8">{title}<style>{STYLE}</style>'
    return (head + "<main>" + "\n".join(parts) + "</main></html>\n").encode()


def _heading(document: dict[str, Any], made_on: str) -> Iterable[str]:
    studies = f" of {document['studies']} studies" if "studies" in document else ""
    yield f'<p class="dim">{document["cells"]} graded structures{studies}, {escape(made_on)}. {INTENDED_USE}</p>'
    if document["all_seen"]:
        yield '<p class="warn">Every one of these studies was in the training: no figure here tells what to expect.</p>'
    elif document["seen_cells"]:
        seen = document["seen_cells"]
        yield f"<p>{seen} structures of studies that a pack was trained on are left aside.</p>"
    if document["absent_assessed"] is not None:
        share = f"{document['absent_assessed']:.1%}"
        yield f"<p>Of structures that their picture does not show, {share} were assessed all the same.</p>"
    yield '<p class="dim">In brackets: 95 % bootstrap interval over studies.</p>'


def _in_all(document: dict[str, Any]) -> Iterable[str]:
    figures = document["all_cells"]["figures"]
    theirs = document.get("reference", {})
    heads = ["", "", *(["comparison networks, same structures"] if theirs else [])]
    rows = [
        [words, _estimate(figures[name]), *([_number(theirs.get(name))] if theirs else [])]
        for name, words in WORDS.items()
        if name in figures
    ]
    yield "<h2>In all</h2>" + _table(heads, rows)
    counts = document["all_cells"]["of_grade"]
    grades = [
        [
            label,
            str(counts[label]),
            *(_estimate(figures[f"{kind}_{short}"]) for kind in ("precision", "recall", "auc")),
        ]
        for label, short in zip(SEVERITY_LABELS, SHORT, strict=True)
    ]
    yield "<h2>By grade</h2>" + _table(["grade", "structures", "precision", "recall", "AUC against the rest"], grades)


def _plots(document: dict[str, Any]) -> Iterable[str]:
    plots = (
        (confusion_plot(document["confusion"]["rows_true_columns_given"]), "Confusion, in shares of each true grade."),
        (roc_plot(document["roc"]), "Each grade against the rest."),
        (
            reliability_plot(document["reliability"], "probability of the most likely grade"),
            "Reliability: how often the most likely grade was right. On the dashed line, what is said is so.",
        ),
        (
            reliability_plot(document["reliability_severe"], "P(Severe)"),
            "Reliability of P(Severe).",
        ),
        (
            review_plot(document["left_to_review"], document["flagged_check"]),
            "Accuracy of what the program keeps when a reader takes the rest.",
        ),
    )
    yield "<h2>Curves</h2><div class='plots'>"
    yield from (_figure(svg, caption) for svg, caption in plots)
    yield "</div>"


def _groups(document: dict[str, Any]) -> Iterable[str]:
    yield "<h2>By group</h2>"
    yield _figure(groups_plot(document["by"]), "Accuracy, recall of Severe and κ by group, with their intervals.")
    if "picture_quality" in document["by"]:
        yield '<p class="dim">Picture quality: thirds of these pictures by contrast over noise, from their pixels.</p>'
    for by, parts in document["by"].items():
        heads = [BY_WORDS[by], "structures", *(WORDS[name] for name in OF_GROUPS)]
        rows = [
            [
                key.replace("_", " "),
                str(part["cells"]),
                *(_estimate(part["figures"].get(name, {"value": None})) for name in OF_GROUPS),
            ]
            for key, part in parts.items()
        ]
        yield _table(heads, rows, "narrow")


def _competition(document: dict[str, Any]) -> Iterable[str]:
    found = document["competition"]
    yield "<h2>The competition’s score</h2>"
    yield (
        "<p>RSNA 2024: weighted log loss, rows weighted 1/2/4 by their true grade, and whether any level’s canal is "
        "Severe; the score is the mean of the four. Lower is better; a third for everything gives 1.0986 for each "
        "condition.</p>"
    )
    rows = [[COMPETITION_WORDS[name], _estimate(part)] for name, part in found["parts"].items()]
    if found["score"] is not None:
        rows.append(["score", _estimate({"value": found["score"], "ci95": found["ci95"]})])
    yield _table(["", ""], rows)
    if found["score"] is None:
        yield '<p class="dim">No score: it needs all three conditions.</p>'
    if found["answered_by_thirds"]:
        yield f'<p class="dim">{found["answered_by_thirds"]} structures not assessed were answered by a third each.</p>'


def _figure(svg: bytes, caption: str) -> str:
    data = base64.b64encode(svg).decode()
    caption = escape(caption)
    source = f"data:image/svg+xml;base64,{data}"
    return f'<figure><img alt="{caption}" src="{source}"><figcaption>{caption}</figcaption></figure>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], look: str = "") -> str:
    head = "".join(f"<th{' class=n' if index else ''}>{escape(text)}</th>" for index, text in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{' class=n' if i else ''}>{cell}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll {look}"><table><tr>{head}</tr>{body}</table></div>'


def _estimate(entry: dict[str, Any]) -> str:
    interval = entry.get("ci95")
    words = f' <span class="ci">({interval[0]:.3f}–{interval[1]:.3f})</span>' if interval else ""
    return _number(entry["value"]) + words


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
