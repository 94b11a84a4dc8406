"""The agreement report as one HTML page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import lumbar_core
from lumbar_core.agreement.comparison import FIGURES, Comparison
from lumbar_core.agreement.drawing import Drawing, to_svg
from lumbar_core.agreement.estimate import Estimate
from lumbar_core.agreement.plots import agreement_by_level, reader_biases, table_drawing
from lumbar_core.agreement.published import PUBLISHED
from lumbar_core.agreement.report import AgreementReport
from lumbar_core.agreement.sheet import PARTS, Part
from lumbar_core.agreement.teaching import Disputed
from lumbar_core.agreement.wording import (
    FIGURE_NAMES,
    METHOD,
    TITLE,
    bias_sentences,
    part_words,
    sittings_sentence,
    structures_words,
    target_words,
    with_interval,
)
from lumbar_core.anatomy import Severity
from lumbar_core.report.result import INTENDED_USE

_STYLE = """
body { font: 15px/1.45 "Segoe UI", Helvetica, Arial, sans-serif; color: #1b2027; background: #fff; margin: 2rem auto;
       max-width: 1300px; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; } caption { text-align: left; color: #5c6673; }
th, td { border-bottom: 1px solid #d5dae1; padding: .25rem .7rem .25rem 0; text-align: right; white-space: nowrap;
         font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, .words :is(th, td) { text-align: left; } .words td { white-space: normal; }
.figures :is(th, td) { white-space: normal; font-size: .75rem; line-height: 1.3; vertical-align: top; padding-right: 0;
                       padding-left: .5rem; }
.figures :is(th, td):first-child { white-space: nowrap; padding-left: 0; }
.wide { overflow-x: auto; } .dim { color: #5c6673; } svg { max-width: 100%; height: auto; font-family: inherit; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; } footer { margin-top: 3rem; font-weight: bold; }
@page { size: landscape; margin: 12mm; }
@media print { body { margin: 0; max-width: none; } .figures :is(th, td) { font-size: 7pt; padding-left: .3rem; }
               h2, h3 { break-after: avoid; } tr, svg { break-inside: avoid; } }
"""

_PLOT, _TABLE = (670.0, 170.0), 122.0  # points


def render_html(report: AgreementReport) -> bytes:
    """The page: UTF-8, no script, nothing loaded from anywhere."""
    body = [
        f"<h1>{TITLE}</h1>",
        f"<p>{escape(sittings_sentence(report))}</p>",
        *(f"<p><strong>{escape(words)}</strong></p>" for words in bias_sentences(report)),
        "<h2>Over all structures</h2>",
        _overview(report.comparisons),
        _many(report),
        _plot("Agreement by level (AC2 with linear weights)", agreement_by_level(report, *_PLOT)),
        _plot("Who grades higher, and where (grades above the mean of the others)", reader_biases(report, *_PLOT)),
        _tables(report.comparisons),
        _teaching(report.disputed),
        _published(),
        "<h2>By structure, level and side</h2>",
        *(_by_part(each) for each in report.comparisons),
        "<h2>How this was computed</h2>",
        *(f"<p>{escape(words)}</p>" for words in METHOD),
        f"<footer>{escape(INTENDED_USE)} Lumbar MRI {lumbar_core.__version__}.</footer>",
    ]
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(part for part in body if part)
        + "\n</body></html>\n"
    )
    return page.encode()


def _overview(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return "<p>No two sittings have a study in common.</p>"
    heads = ["", "kind", "structures", "not judged", *(FIGURE_NAMES[name] for name in FIGURES)]
    rows = []
    for each in comparisons:
        whole = each.part(Part())
        figures = (_figure(whole.figures[name], name) for name in FIGURES)
        counts = (str(whole.structures), str(whole.cannot_judge))
        rows.append([f"{each.first.name} and {each.second.name}", each.kind.value, *counts, *figures])
    return _table(heads, rows, "figures")


def _many(report: AgreementReport) -> str:
    if report.many is None:
        return ""
    rows = [[part_words(part), with_interval(report.many.parts[part], "kappa")] for part in PARTS[:11]]
    return f"<h3>All of {escape(', '.join(report.many.readers))}</h3>" + _table(["", "Fleiss' kappa"], rows)


def _plot(title: str, drawing: Drawing | None) -> str:
    return f"<h2>{escape(title)}</h2>{to_svg(drawing)}" if drawing is not None else ""


def _tables(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return ""
    drawn = "".join(to_svg(table_drawing(each, each.part(Part()), _TABLE)) for each in comparisons)
    return (
        "<h2>Structures by the grades of both</h2>"
        '<p class="dim">Rows: the grade of the first; columns: of the second. '
        f'N no or mild, M moderate, S severe.</p><div class="row">{drawn}</div>'
    )


def _teaching(disputed: Sequence[Disputed]) -> str:
    if not disputed:
        return ""
    readers = list(dict.fromkeys(reader for each in disputed for reader, _ in each.given))
    known = any(each.probabilities is not None for each in disputed)
    rows = []
    for each in disputed:
        given = dict(each.given)
        told = [_grade(given[reader]) if reader in given else "" for reader in readers]
        rows.append([f"{each.study}, {target_words(each.target)}", *told, *(_of_program(each) if known else ())])
    heads = ["", *readers, *(("program", "its distribution, %") if known else ())]
    return "<h2>Look at together: where the readers differ most</h2>" + _table(heads, rows, "words")


def _of_program(each: Disputed) -> tuple[str, str]:
    if each.probabilities is None:
        return "", ""
    return _grade(each.program), " / ".join(f"{100 * share:.0f}" for share in each.probabilities)


def _published() -> str:
    rows = [[structures_words(each.conditions), each.figure, each.who, each.source] for each in PUBLISHED]
    return "<h2>How far readers agree in print</h2>" + _table(["", "figure", "who", "source"], rows, "words")


def _by_part(comparison: Comparison) -> str:
    heads = ["", "studies", "structures", "not judged", *(FIGURE_NAMES[name] for name in FIGURES)]
    rows = []
    for part in comparison.parts:
        words = part_words(part.part) + (" *" if part.caution else "")
        counts = (str(part.studies), str(part.structures), str(part.cannot_judge))
        rows.append([words, *counts, *(_figure(part.figures[name], name) for name in FIGURES)])
    title = f"<h3>{escape(comparison.first.name)} and {escape(comparison.second.name)}</h3>"
    note = '<p class="dim">* Severe in fewer than two studies: the intervals of kappa may be too short.</p>'
    return title + _table(heads, rows, "figures") + (note if any(part.caution for part in comparison.parts) else "")


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """kind: "words" for sentences, "figures" for many columns of figures with their intervals."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _figure(estimate: Estimate, name: str) -> str:
    """With its interval, which goes to a line of its own where there is no room for both, whole."""
    figure, *interval = with_interval(estimate, name).split(" (")
    return " (".join(each.replace(" ", "\N{NO-BREAK SPACE}") for each in (figure, *interval))


def _grade(grade: Severity | None) -> str:
    return "cannot judge" if grade is None else grade.label
